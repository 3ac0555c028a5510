"""Networks to ONNX, with the numbers a model needs to be used carried inside the file.

Runs torch and ONNX Runtime on the same input and refuses to write a model on which they differ. Knows nothing of
training.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from facetake import files, inference, rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.networks.emoface import EmoFace
from facetake.networks.event_detector import EventDetector, EventProbabilities
from facetake.networks.facts import RestylerNetwork, VisemeClassifierNetwork
from facetake.networks.mouth_painter import N_IN, MouthPainterNetwork
from facetake.networks.voice_emotion import CalibratedEmotion, VoiceEmotion

TOLERANCE = 1e-4  # largest difference allowed between torch and ONNX Runtime
QUANTISED = 0.02  # how far a control may move when the ear is quantised
OPSET = 18  # of ONNX; the oldest onnxruntime that pyproject.toml allows reads it
TRACED_S = 3.0  # of sound, by choice: lengths are free in the graph, and `PROBE_S` checks that they are
PROBE_S = (1.37, 5.0)  # two lengths, so that a length fixed by mistake shows


class Ranged(nn.Module):
    """Clamps curves to the controls' ranges."""

    minimum: Tensor
    maximum: Tensor

    def __init__(self) -> None:
        """Takes the ranges from the rig."""
        super().__init__()
        self.register_buffer("minimum", torch.from_numpy(np.array(rig.MINIMUM)))
        self.register_buffer("maximum", torch.from_numpy(np.array(rig.MAXIMUM)))

    def forward(self, curves: Tensor) -> Tensor:
        """Maps curves (..., 174) to the same shape."""
        return torch.minimum(torch.maximum(curves, self.minimum), self.maximum)


class EarOfEmoFace(nn.Module):
    """The half of EmoFace that hears: its encoder and phone head."""

    def __init__(self, network: EmoFace) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.network = network

    def forward(self, audio: Tensor) -> tuple[Tensor, ...]:
        """Maps audio (1, S) to what is heard in it.

        Returns:
            Features (1, T, D), log-probabilities of phones (1, T, P) and visemes (1, T, 16), how the voice sounds
            (1, T, W) and, where the encoder reads them, opening and rounding of the lips (1, T, 2).
        """
        n_frames = (audio.shape[1] * FRAME_RATE_HZ + SAMPLE_RATE_HZ // 2) // SAMPLE_RATE_HZ
        heard = self.network.encoder.hear(audio, n_frames)
        phones = self.network.heard_phones(heard.features)
        told = (heard.features, phones, self.network.visemes(phones), heard.voice)
        return told if heard.lips is None else (*told, heard.lips)


class PerformerOfEmoFace(nn.Module):
    """The half of EmoFace that performs, its curves clamped to the controls' ranges."""

    def __init__(self, network: EmoFace) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.network = network
        self.ranged = Ranged()

    def forward(self, features: Tensor, emotion: Tensor) -> Tensor:
        """Maps features (1, T, D) and emotion (1, T, 7) to curves (1, T, 174)."""
        out: Tensor = self.ranged(self.network.perform(features, emotion))
        return out


class MergedEmoFace(nn.Module):
    """Both halves in one graph, for hosts that want one file."""

    def __init__(self, network: EmoFace) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.ear = EarOfEmoFace(network)
        self.performer = PerformerOfEmoFace(network)

    def forward(self, audio: Tensor, emotion: Tensor) -> tuple[Tensor, Tensor]:
        """Maps audio (1, S) and emotion (1, T, 7) to curves (1, T, 174) and viseme log-probabilities (1, T, 16)."""
        features, _, visemes, *_ = self.ear(audio)
        return self.performer(features, emotion), visemes


def export_ear(network: EmoFace, path: Path, *, quantised: bool = False) -> float:
    """Writes ear.onnx.

    Args:
        network: trained network; left in evaluation mode.
        path: the file to write; written beside and renamed.
        quantised: multiply matrices in 8 bits.

    Returns:
        The largest difference between torch and ONNX Runtime, over two clips of different length, before quantisation.

    Raises:
        ModelError: the difference is above `TOLERANCE`, quantisation moves a control by more than `QUANTISED`, or the
            path cannot be written.
    """
    with torch.no_grad():
        told = EarOfEmoFace(network)(*_voice(TRACED_S))
    names = (["audio"], ["features", "phones", "visemes", "voice", "lips"][: len(told)])
    axes = {"audio": {1: "samples"}, **{name: {1: "frames"} for name in names[1]}}
    if not quantised:
        return _export(EarOfEmoFace(network), _voice, names, axes, inference.ear_metadata(), path)
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        small = Path(folder) / "small.onnx"
        worst = _export(EarOfEmoFace(network), _voice, names, axes, inference.ear_metadata(), exact)
        _quantise(exact, small)
        _check_quantised(network, exact, small)
        _put(small, path)
    return worst


def _quantise(exact: Path, small: Path) -> None:
    """Products with learnt weights in 8 bits; the Fourier transform and the filters stay exact."""
    nodes = onnx.load(exact).graph.node
    inference.quantise(
        exact, small, [node.name for node in nodes if node.op_type == "MatMul" and "log_mel" in node.name]
    )


def _check_quantised(network: EmoFace, exact: Path, small: Path) -> None:
    """Refuses a quantised ear by which a control moves too far."""
    moved = 0.0
    for seconds in PROBE_S:
        audio, emotion = _spoken(seconds)
        heard = [inference.session(file).run(["features"], {"audio": audio.numpy()})[0] for file in (exact, small)]
        with torch.inference_mode():
            one, other = (network.perform(torch.from_numpy(features), emotion) for features in heard)
        moved = max(moved, float((one - other).abs().max()))
    if not moved <= QUANTISED:
        raise ModelError(f"quantisation moves a control by {moved:.3f}, more than {QUANTISED}; export without it")


def export_audio2rig(network: EmoFace, ear: Path, path: Path) -> float:
    """Writes audio2rig.onnx, which reads the features of the ear in the file `ear`; as `export_ear`."""
    names = (["features", "emotion"], ["curves"])
    axes = {name: {1: "frames"} for name in (*names[0], *names[1])}
    metadata = {**inference.audio2rig_metadata(), "ear_sha256": files.hash_of(ear, ModelError)}

    def probe(seconds: float) -> tuple[Tensor, ...]:
        audio, emotion = _spoken(seconds)
        with torch.no_grad():
            return network.encoder(audio, emotion.shape[1]), emotion

    return _export(PerformerOfEmoFace(network), probe, names, axes, metadata, path)


def export_merged(network: EmoFace, path: Path) -> float:
    """Writes both halves as one graph, from sound and emotion to curves and visemes; as `export_ear`."""
    names = (["audio", "emotion"], ["curves", "visemes"])
    axes = {"audio": {1: "samples"}, **{name: {1: "frames"} for name in ("emotion", *names[1])}}
    metadata = {**inference.audio2rig_metadata(), **inference.ear_metadata(), "facetake_model": "merged"}
    return _export(MergedEmoFace(network), _spoken, names, axes, metadata, path)


def export_restyler(network: RestylerNetwork, actors: Sequence[str], path: Path) -> float:
    """Writes restyler.onnx; as `export_audio2rig`. `actors` are the styles after the seven emotions."""
    names = (["curves", "style"], ["restyled"])
    axes = {name: {0: "takes", 1: "frames"} for name in ("curves", "style", "restyled")}
    metadata = {**inference.restyler_metadata(), "actors": json_text.dump(list(actors))}

    def probe(seconds: float) -> tuple[Tensor, ...]:
        (curves,) = _moved(seconds)
        code = torch.zeros(1, len(EMOTIONS) + len(actors))
        code[0, 2] = 1.0
        return curves, code[:, None].repeat(len(curves), curves.shape[1], 1)

    return _export(_RangedRestyler(network), probe, names, axes, metadata, path)


def export_classifier(network: VisemeClassifierNetwork, actors: Sequence[str], path: Path) -> float:
    """Writes viseme_classifier.onnx; as `export_restyler`."""
    names = (["curves"], ["visemes", "styles"])
    axes = {name: {0: "takes", 1: "frames"} for name in ("curves", "visemes", "styles")}
    metadata = {**inference.classifier_metadata(), "actors": json_text.dump(list(actors))}
    return _export(network, _moved, names, axes, metadata, path)


def export_audio_emotion(
    network: VoiceEmotion, temperature: float, threshold: float, ear_sha256: str, path: Path
) -> float:
    """Writes audio_emotion.onnx; as `export_audio2rig`.

    Args:
        network: trained network; left in evaluation mode.
        temperature: by which its scores are divided, fitted on voices it did not learn from.
        threshold: confidence from which on an emotion is shown, chosen on the same voices.
        ear_sha256: of the file of the ear whose voices it learnt.
        path: the file to write.
    """
    names = (["voice"], ["emotion"])
    axes = {"voice": {0: "lines"}, "emotion": {0: "lines"}}
    metadata = {
        **inference.audio_emotion_metadata(),
        "threshold": f"{threshold:g}",
        "ear_sha256": ear_sha256,
        "usual": json_text.dump([float(f"{value:.5g}") for value in network.usual.tolist()]),
    }

    def probe(seconds: float) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(0)
        return (torch.randn(round(seconds), network.out.in_features, generator=generator),)

    return _export(CalibratedEmotion(network, temperature), probe, names, axes, metadata, path)


def export_events(network: EventDetector, kinds: Sequence[str], threshold: float, ear_sha256: str, path: Path) -> float:
    """Writes events.onnx; as `export_audio2rig`.

    Args:
        network: trained network; left in evaluation mode.
        kinds: of events, one a score.
        threshold: probability from which on an event is believed.
        ear_sha256: of the file of the ear whose features it learnt.
        path: the file to write.
    """
    names = (["features"], ["events"])
    axes = {name: {1: "frames"} for name in ("features", "events")}
    metadata = {
        **inference.events_metadata(),
        "kinds": json_text.dump(list(kinds)),
        "threshold": f"{threshold:g}",
        "ear_sha256": ear_sha256,
    }

    def probe(seconds: float) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(0)
        return (torch.randn(1, round(seconds * FRAME_RATE_HZ), len(network.usual), generator=generator),)

    return _export(EventProbabilities(network), probe, names, axes, metadata, path)


def export_mouth_painter(network: MouthPainterNetwork, side: int, path: Path) -> float:
    """Writes mouth_painter.onnx, which says a colour and how much of it shows; as `export_audio2rig`.

    Args:
        network: trained network; left in evaluation mode.
        side: of its pictures in pixels.
        path: the file to write.
    """

    def probe(seconds: float) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(round(seconds))
        return (torch.rand(1, N_IN, side, side, generator=generator) * 2.0 - 1.0,)

    names = (["told"], ["said"])
    axes: dict[str, dict[int, str]] = {"told": {}, "said": {}}
    return _export(network.net, probe, names, axes, inference.mouth_painter_metadata(), path)


class _RangedRestyler(nn.Module):
    """What ships: the restyler with its curves clamped to the controls' ranges."""

    def __init__(self, network: RestylerNetwork) -> None:
        super().__init__()
        self.network = network
        self.ranged = Ranged()

    def forward(self, curves: Tensor, style: Tensor) -> Tensor:
        out: Tensor = self.ranged(self.network(curves, style))
        return out


def _export(
    model: nn.Module,
    probe: Callable[[float], tuple[Tensor, ...]],
    names: tuple[list[str], list[str]],
    axes: Mapping[str, Mapping[int, str]],
    metadata: Mapping[str, str],
    path: Path,
) -> float:
    """Exports, adds the numbers, compares, and only then puts the file in place."""
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "model.onnx"
        _to_onnx(model, probe(TRACED_S), part, names, axes)
        stored = onnx.load(part)
        onnx.helper.set_model_props(stored, dict(metadata))
        onnx.save(stored, part)
        worst = max(_difference(model.eval(), part, probe(seconds), names[0]) for seconds in PROBE_S)
        if not worst <= TOLERANCE:
            raise ModelError(
                f"torch and ONNX Runtime differ by {worst:.2e} on the exported model, more than {TOLERANCE:.0e}"
            )
        _put(part, path)
    return worst


def _put(made: Path, path: Path) -> None:
    """Copies a finished file into place, whole or not at all."""
    try:
        beside = path.with_suffix(".part")
        beside.write_bytes(made.read_bytes())
        files.replace(beside, path)
    except OSError as error:
        raise ModelError(f"{path}: {files.unwritten(error, path)}") from error


def _spoken(seconds: float) -> tuple[Tensor, ...]:
    """Swelling noise and random emotions."""
    generator = torch.Generator().manual_seed(0)
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    swell = torch.linspace(0.0, 40.0, n_samples).sin().abs()
    emotion = torch.rand(1, round(seconds * FRAME_RATE_HZ), len(EMOTIONS), generator=generator).softmax(dim=-1)
    return 0.2 * swell * torch.randn(1, n_samples, generator=generator), emotion


def _voice(seconds: float) -> tuple[Tensor, ...]:
    """Swelling noise alone."""
    return _spoken(seconds)[:1]


def _moved(seconds: float) -> tuple[Tensor, ...]:
    """Two takes of swinging controls."""
    generator = torch.Generator().manual_seed(0)
    frames = torch.arange(round(seconds * FRAME_RATE_HZ))[None, :, None]
    speed, size = torch.rand(2, 2, 1, rig.N_CONTROLS, generator=generator)
    return (size * (0.3 * speed * frames).sin().abs(),)


def _to_onnx(
    model: nn.Module,
    inputs: tuple[Tensor, ...],
    path: Path,
    names: tuple[list[str], list[str]],
    axes: Mapping[str, Mapping[int, str]],
) -> None:
    with warnings.catch_warnings():
        # The graph-capturing exporter fixes the sequence length of a GRU (torch 2.13), so the tracing one is used.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            inputs,
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=names[0],
            output_names=names[1],
            dynamic_axes={name: dict(axis) for name, axis in axes.items()},
        )


def _difference(model: nn.Module, path: Path, inputs: tuple[Tensor, ...], names: list[str]) -> float:
    with torch.inference_mode():
        expected = model(*inputs)
    found = inference.session(path).run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
    pairs = zip(expected if isinstance(expected, tuple) else (expected,), found, strict=True)
    return max(float(np.abs(one.numpy() - other).max()) for one, other in pairs)
