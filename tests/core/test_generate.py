"""The story of generation, with a network whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile as sf

from facetake import rig
from facetake.bundle import AudioToRig, Ear, Models
from facetake.generate import LEAD_FRAMES, GenerateOptions, generate
from facetake.visemes import VISEMES


def test_the_mouth_moves_ahead_of_the_sound(tmp_path: Path) -> None:
    """What the network says of jaw and brow alike reaches the jaw a frame before the brow."""

    def hear(audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = round(audio.shape[1] * 60 / 16_000)
        visemes = np.full((1, count, 16), np.log(1e-4), np.float32)
        visemes[..., VISEMES.index("a")] = 0.0
        return np.zeros((1, count, 4), np.float32), visemes

    def perform(features: np.ndarray, emotion: np.ndarray) -> np.ndarray:
        count = emotion.shape[1]
        bump = np.exp(-np.square((np.arange(count) - 60) / 8)).astype(np.float32)
        curves = np.tile(rig.NEUTRAL, (1, count, 1))
        curves[0][:, rig.columns("C_jaw", "L_brow_raiseIn")] = 0.5 * bump[:, None]
        return curves

    sf.write(tmp_path / "a.wav", np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    options = GenerateOptions(blink=False, gaze=False, head=False)
    models = Models(Ear(hear, 4, "none"), AudioToRig(perform, "none"))
    made = generate(tmp_path / "a.wav", options, models).take.values

    jaw, brow = (int(made[:, rig.columns(name)[0]].argmax()) for name in ("C_jaw", "L_brow_raiseIn"))
    assert brow - jaw == LEAD_FRAMES == 1
