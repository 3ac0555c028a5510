"""Networks to ONNX, with the numbers a model needs to be used carried inside the file.

Runs torch and ONNX Runtime on the same sound and refuses to write a model on which they differ. Knows nothing of
training.
"""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from facetake import bundle, rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.networks.emoface import EmoFace

TOLERANCE = 1e-4  # largest difference allowed between torch and ONNX Runtime
OPSET = 18
PROBE_S = (1.37, 5.0)  # two lengths, so that a length fixed by mistake shows


class RangedEmoFace(nn.Module):
    """What ships: EmoFace with its curves clamped to the controls' ranges and its phones summed to visemes."""

    minimum: Tensor
    maximum: Tensor

    def __init__(self, network: EmoFace) -> None:
        """Wraps a trained network."""
        super().__init__()
        self.network = network
        self.register_buffer("minimum", torch.from_numpy(np.array(rig.MINIMUM)))
        self.register_buffer("maximum", torch.from_numpy(np.array(rig.MAXIMUM)))

    def forward(self, audio: Tensor, emotion: Tensor) -> tuple[Tensor, Tensor]:
        """Maps audio (1, S) and emotion (1, T, 7) to curves (1, T, 174) and viseme log-probabilities (1, T, 16)."""
        curves, phones = self.network(audio, emotion)
        return torch.minimum(torch.maximum(curves, self.minimum), self.maximum), self.network.visemes(phones)


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
    model = RangedEmoFace(network).eval()
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "audio2rig.onnx"
        _to_onnx(model, part)
        _add_metadata(part)
        worst = max(_difference(model.eval(), part, seconds) for seconds in PROBE_S)
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


def _probe(seconds: float) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    n_samples = round(seconds * SAMPLE_RATE_HZ)
    swell = torch.linspace(0.0, 40.0, n_samples).sin().abs()
    emotion = torch.rand(1, round(seconds * FRAME_RATE_HZ), len(EMOTIONS), generator=generator).softmax(dim=-1)
    return 0.2 * swell * torch.randn(1, n_samples, generator=generator), emotion


def _to_onnx(model: nn.Module, path: Path) -> None:
    with warnings.catch_warnings():
        # The graph-capturing exporter fixes the sequence length of a GRU (torch 2.13), so the tracing one is used.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            _probe(3.0),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=["audio", "emotion"],
            output_names=["curves", "visemes"],
            dynamic_axes={
                "audio": {1: "samples"},
                **{name: {1: "frames"} for name in ("emotion", "curves", "visemes")},
            },
        )


def _add_metadata(path: Path) -> None:
    model = onnx.load(path)
    onnx.helper.set_model_props(model, bundle.metadata())
    onnx.save(model, path)


def _difference(model: nn.Module, path: Path, seconds: float) -> float:
    audio, emotion = _probe(seconds)
    with torch.inference_mode():
        expected = model(audio, emotion)
    found = bundle.session(path).run(None, {"audio": audio.numpy(), "emotion": emotion.numpy()})
    return max(float(np.abs(a.numpy() - b).max()) for a, b in zip(expected, found, strict=True))
