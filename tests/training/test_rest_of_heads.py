"""How a head is taken to its rest, and how far its actions go from there."""

from __future__ import annotations

import numpy as np

from facetake_training.head_baking import rest
from facetake_training.head_baking.mesh import SKIN, Mesh

NAMES = [name for given in (*rest.SIZES, "mouthSmile*") for name in rest.sides(given)]


def mesh() -> Mesh:
    """A triangle whose actions each take it their own way."""
    points = np.eye(3)
    deltas = {name: np.full((3, 3), 0.001 * (number + 1)) for number, name in enumerate(NAMES)}
    triangle = np.array([[0, 1, 2]])
    rows = np.arange(3)
    return Mesh(points, triangle, points[:, :2], triangle, np.array([SKIN]), deltas, np.zeros((2, 3)), 0.01, rows)


def test_what_is_there_at_rest_is_taken_off_an_action() -> None:
    """An action that a face has a part of at rest ends where it did; one it lacks at rest starts further back."""
    plain, settled = mesh(), mesh()
    rest.settle(settled, {"mouthSmile*": 0.25, "browInnerUp": -0.5})
    smile, brow = plain.deltas["mouthSmileLeft"], plain.deltas["browInnerUp"]
    both = smile + plain.deltas["mouthSmileRight"]
    np.testing.assert_allclose(settled.vertices, plain.vertices + 0.25 * both - 0.5 * brow)
    np.testing.assert_allclose(settled.deltas["mouthSmileLeft"], 0.75 * smile)
    np.testing.assert_allclose(settled.deltas["browInnerUp"], 1.5 * rest.SIZES["browInnerUp"] * brow)


def test_a_head_that_rests_as_annys_only_moves_by_other_sizes() -> None:
    """With nothing at rest the points stay, and each action goes as far as its size says on both sides."""
    plain, settled = mesh(), mesh()
    rest.settle(settled, {})
    np.testing.assert_array_equal(settled.vertices, plain.vertices)
    for given, size in rest.SIZES.items():
        for name in rest.sides(given):
            np.testing.assert_allclose(settled.deltas[name], size * plain.deltas[name])
