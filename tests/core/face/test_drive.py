"""Tests of facetake.face.drive: takes move models, and come back."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from facetake.face.anny import load  # noqa: E402
from facetake.face.drive import expression_of, head_angles, head_rotation, take_of  # noqa: E402
from facetake.face.head import rotation  # noqa: E402
from facetake.render.perspective import rotation_matrix  # noqa: E402
from facetake.rig import MAXIMUM, MINIMUM, NEUTRAL, columns, from_arkit, to_arkit  # noqa: E402
from facetake.take import Take  # noqa: E402

RATE = Fraction(60)


def lively(n_frames: int = 60) -> Take:
    """A take with every control somewhere in its range, most near rest, as in speech."""
    rng = np.random.default_rng(0)
    share = np.clip(rng.normal(0, 0.35, (n_frames, len(NEUTRAL))), -1, 1)
    values = np.where(share > 0, NEUTRAL + share * (MAXIMUM - NEUTRAL), NEUTRAL - share * (MINIMUM - NEUTRAL))
    return Take(values.astype(np.float32), RATE)


def test_a_take_that_arkit_can_say_comes_back() -> None:
    """Rig -> ARKit -> face -> ARKit -> rig gives a take made of ARKit shapes back to a thousandth on average."""
    model = load()
    shapes = np.clip(np.random.default_rng(1).normal(0, 0.3, (80, 52)), 0, 0.6).astype(np.float32)
    spoken = Take(from_arkit(shapes), RATE)
    back = take_of(expression_of(spoken, model), model, RATE)
    assert np.abs(back.values - spoken.values).mean() < 1e-3


def test_another_take_loses_only_what_arkit_cannot_say() -> None:
    """Of any take the ARKit weights survive the round trip, though not every control does."""
    model = load()
    take = lively()
    back = take_of(expression_of(take, model), model, RATE, start=Fraction(1, 3), origin={"made": "here"})
    away = np.abs(to_arkit(back.values) - to_arkit(take.values))
    assert away.mean() < 0.02
    assert (back.rate, back.start, back.origin["made"]) == (RATE, Fraction(1, 3), "here")


def test_an_open_jaw_opens_the_face() -> None:
    """The rig's jaw control lowers the chin of the model by a centimetre or more."""
    model = load()
    values = np.tile(NEUTRAL, (2, 1)).astype(np.float32)
    values[1, columns("C_jaw")] = 1.0
    expression = expression_of(Take(values, RATE), model)
    moved = model.vertices(torch.zeros(1, model.identity_size), expression)
    low = moved[:, model.topology.parts["lower_face"], 1].amax(dim=1)
    assert low[1] - low[0] > 0.010


def test_head_angles_and_rotation_vectors_are_two_spellings() -> None:
    """Degrees of a take to a vector and back, and the vector's matrix is the preview head's."""
    degrees = np.random.default_rng(2).uniform(-40, 40, (30, 3)).astype(np.float32)
    vectors = head_rotation(degrees)
    np.testing.assert_allclose(head_angles(vectors), degrees, atol=1e-3)
    np.testing.assert_allclose(rotation_matrix(torch.from_numpy(vectors)).numpy(), rotation(degrees), atol=1e-5)
