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

from facetake import bundle, json_text, rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.networks.audio_emotion import AudioEmotion, CalibratedEmotion
from facetake.networks.emoface import EmoFace
from facetake.networks.facts import Restyler, VisemeClassifier

TOLERANCE = 1e-4  # largest difference allowed between torch and ONNX Runtime
OPSET = 18
TRACED_S = 3.0
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


class RangedEmoFace(nn.Module):
    """What ships: EmoFace with its curves clamped to the controls' ranges and its phones summed to visemes."""

    def __init__(self, network: EmoFace) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.network = network
        self.ranged = Ranged()

    def forward(self, audio: Tensor, emotion: Tensor) -> tuple[Tensor, Tensor]:
        """Maps audio (1, S) and emotion (1, T, 7) to curves (1, T, 174) and viseme log-probabilities (1, T, 16)."""
        curves, phones = self.network(audio, emotion)
        return self.ranged(curves), self.network.visemes(phones)


def export_audio2rig(network: EmoFace, path: Path) -> float:
    """Writes audio2rig.onnx.

    Args:
        network: trained network; left in evaluation mode.
        path: the file to write; written beside and renamed.

    Returns:
        The largest difference between torch and ONNX Runtime, over two clips of different length.

    Raises:
        ModelError: the difference is above `TOLERANCE`, or the path cannot be written.
    """
    names = (["audio", "emotion"], ["curves", "visemes"])
    axes = {"audio": {1: "samples"}, **{name: {1: "frames"} for name in ("emotion", "curves", "visemes")}}
    return _export(RangedEmoFace(network), _spoken, names, axes, bundle.audio2rig_metadata(), path)


def export_restyler(network: Restyler, actors: Sequence[str], path: Path) -> float:
    """Writes restyler.onnx; as `export_audio2rig`. `actors` are the styles after the seven emotions."""
    names = (["curves", "style"], ["restyled"])
    axes = {name: {0: "takes", 1: "frames"} for name in ("curves", "style", "restyled")}
    metadata = {**bundle.restyler_metadata(), "actors": json_text.dump(list(actors))}

    def probe(seconds: float) -> tuple[Tensor, ...]:
        (curves,) = _moved(seconds)
        code = torch.zeros(1, len(EMOTIONS) + len(actors))
        code[0, 2] = 1.0
        return curves, code[:, None].repeat(len(curves), curves.shape[1], 1)

    return _export(_RangedRestyler(network), probe, names, axes, metadata, path)


def export_classifier(network: VisemeClassifier, actors: Sequence[str], path: Path) -> float:
    """Writes viseme_classifier.onnx; as `export_restyler`."""
    names = (["curves"], ["visemes", "styles"])
    axes = {name: {0: "takes", 1: "frames"} for name in ("curves", "visemes", "styles")}
    metadata = {**bundle.classifier_metadata(), "actors": json_text.dump(list(actors))}
    return _export(network, _moved, names, axes, metadata, path)


def export_audio_emotion(network: AudioEmotion, temperature: float, threshold: float, path: Path) -> float:
    """Writes audio_emotion.onnx; as `export_audio2rig`.

    Args:
        network: trained network; left in evaluation mode.
        temperature: by which its scores are divided, fitted on voices it did not learn from.
        threshold: confidence from which on an emotion is shown, chosen on the same voices.
        path: the file to write.
    """
    metadata = {**bundle.audio_emotion_metadata(), "threshold": f"{threshold:g}"}

    def probe(seconds: float) -> tuple[Tensor, ...]:
        return _spoken(seconds)[:1]

    calibrated = CalibratedEmotion(network, temperature)
    return _export(calibrated, probe, (["audio"], ["emotion"]), {"audio": {1: "samples"}}, metadata, path)


class _RangedRestyler(nn.Module):
    """What ships: the restyler with its curves clamped to the controls' ranges."""

    def __init__(self, network: Restyler) -> None:
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
        try:
            beside = path.with_suffix(".part")
            beside.write_bytes(part.read_bytes())
            beside.replace(path)
        except OSError as error:
            raise ModelError(f"cannot write {path}: {error.strerror}") from error
    return worst


def _spoken(seconds: float) -> tuple[Tensor, ...]:
    """Swelling noise and random emotions."""
    generator = torch.Generator().manual_seed(0)
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    swell = torch.linspace(0.0, 40.0, n_samples).sin().abs()
    emotion = torch.rand(1, round(seconds * FRAME_RATE_HZ), len(EMOTIONS), generator=generator).softmax(dim=-1)
    return 0.2 * swell * torch.randn(1, n_samples, generator=generator), emotion


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
    found = bundle.session(path).run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
    pairs = zip(expected if isinstance(expected, tuple) else (expected,), found, strict=True)
    return max(float(np.abs(one.numpy() - other).max()) for one, other in pairs)
