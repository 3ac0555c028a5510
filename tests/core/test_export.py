"""Networks to ONNX."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="export needs torch")
pytest.importorskip("onnx", reason="export needs onnx")

from facetake import export, inference, rig  # noqa: E402  after the skips
from facetake.errors import ModelError  # noqa: E402
from facetake.networks.emoface import EmoFace, EmoFaceSize  # noqa: E402
from facetake.networks.encoder import MelSize  # noqa: E402


@pytest.mark.parametrize("decoder", ["transformer", "lstm", "fc"])
def test_onnx_gives_what_torch_gives(tmp_path: Path, decoder: str) -> None:
    """Every decoder exports within 1e-4, runs at other lengths, and its curves are in range."""
    torch.manual_seed(0)
    size = EmoFaceSize("mel", mel=MelSize(16, 1, 8), decoder=decoder, width=16, layers=1, heads=2, feedforward=16)  # type: ignore[arg-type]
    network = EmoFace(size, tuple(range(16)))
    export.export_ear(network, tmp_path / "ear.onnx")
    worst = export.export_audio2rig(network, tmp_path / "ear.onnx", tmp_path / "m.onnx")
    export.export_merged(network, tmp_path / "merged.onnx")
    ear, session, merged = (inference.session(tmp_path / f"{name}.onnx") for name in ("ear", "m", "merged"))

    assert worst < 1e-4
    for n_frames in (31, 200):
        audio = np.random.default_rng(0).normal(0, 0.1, (1, n_frames * 16_000 // 60)).astype(np.float32)
        emotion = np.eye(7, dtype=np.float32)[None, [3] * n_frames]
        features, phones, visemes, voice = ear.run(None, {"audio": audio})
        (curves,) = session.run(None, {"features": features, "emotion": emotion})
        assert np.array_equal(voice, features)  # this encoder knows no more of the voice
        assert features.shape == (1, n_frames, 16) and phones.shape == visemes.shape == (1, n_frames, 16)
        at_once, _ = merged.run(None, {"audio": audio, "emotion": emotion})
        assert np.allclose(at_once, curves, atol=1e-5)
        assert curves.shape == (1, n_frames, 174)
        assert (curves >= rig.MINIMUM).all() and (curves <= rig.MAXIMUM).all()
        assert np.allclose(np.exp(visemes).sum(-1), 1, atol=1e-4)


def test_a_difference_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model on which torch and ONNX Runtime differ is not written."""
    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    size = EmoFaceSize("mel", mel=MelSize(16, 1, 8), width=16, layers=1, heads=2, feedforward=16)

    with pytest.raises(ModelError, match="differ by"):
        export.export_ear(EmoFace(size, (0,)), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
