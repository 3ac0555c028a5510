"""Captured performances as takes: shut eyes are whole blinks, others stay as they were fitted."""

from __future__ import annotations

import numpy as np
import torch

from facetake.face.anny import load
from facetake.portrait.capture.performance import shut_of
from facetake.rig import ARKIT_NAMES


def test_lids_that_meet_are_shut_whatever_shuts_them() -> None:
    """Three quarters of a blink and a squint shut an eye, half a blink does not, and each eye is told by itself."""
    model = load()
    rows = torch.zeros(4, len(ARKIT_NAMES))
    for row, weights in enumerate(
        (
            {},
            {"eyeBlinkLeft": 0.5},
            {"eyeBlinkLeft": 1.0},
            {"eyeBlinkRight": 0.8, "eyeSquintRight": 0.6},
        )
    ):
        for name, value in weights.items():
            rows[row, ARKIT_NAMES.index(name)] = value

    shut = shut_of(torch.zeros(model.identity_size), rows, model)

    assert np.allclose(shut["eyeBlinkLeft"], [0, 0, 1, 0], atol=0.01)
    assert np.allclose(shut["eyeBlinkRight"], [0, 0, 0, 1], atol=0.05)
