"""The readout of how a voice sounds, and the file it becomes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks are torch")
pytest.importorskip("onnx", reason="export needs onnx")

from facetake import export, inference  # noqa: E402  after the skips
from facetake.networks.voice_emotion import VoiceEmotion  # noqa: E402


def test_export_carries_threshold_temperature_and_ear(tmp_path: Path) -> None:
    """The file gives what torch gives, for any number of voices, and says when and with which ear to believe it."""
    torch.manual_seed(0)
    network = VoiceEmotion(5)
    network.usual += torch.linspace(-1.0, 1.0, 10)
    assert export.export_audio_emotion(network, 2.0, 0.55, "an ear", tmp_path / "m.onnx") < 1e-4
    session = inference.session(tmp_path / "m.onnx")
    voice = np.random.default_rng(0).normal(0, 1, (3, 10)).astype(np.float32)
    with torch.inference_mode():
        wanted = (network(torch.from_numpy(voice)) / 2.0).softmax(dim=1).numpy()

    numbers = session.get_modelmeta().custom_metadata_map
    assert (numbers["threshold"], numbers["ear_sha256"]) == ("0.55", "an ear")
    assert np.allclose(json.loads(numbers["usual"]), np.linspace(-1.0, 1.0, 10), atol=1e-4)
    assert np.abs(session.run(None, {"voice": voice})[0] - wanted).max() < 1e-5
