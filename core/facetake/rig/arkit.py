"""Rig controls to ARKit's 52 blend shapes, and back.

The mapping is data (`arkit.toml`), read on first use. 174 controls do not fit into 52 shapes:
thickness, sticky lips, swallowing, teeth, ears and most of the tongue are lost on the way there.
The way back is chosen so that there again gives the same shapes wherever no control meets the end
of its range. Column orders of particular files are not known here (`facetake.formats`).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetake.rig.controls import N_CONTROLS, NEUTRAL, clamp
from facetake.rig.names import both, columns

# Apple's names, in the order in which Live Link Face records them
ARKIT_NAMES: tuple[str, ...] = tuple(
    """
    eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft
    eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight
    jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight
    mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight
    mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper
    mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight
    browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
    cheekSquintRight noseSneerLeft noseSneerRight tongueOut
    """.split()
)
_SHAPE = {name: index for index, name in enumerate(ARKIT_NAMES)}


class _Mapping(NamedTuple):
    """`arkit.toml` as matrices: (174, 52) there, (52, 174) back, and what is done after each."""

    there: NDArray[np.float32]
    back: NDArray[np.float32]
    products: tuple[tuple[int, int], ...]
    minus: tuple[tuple[int, int, float], ...]


def _sides(name: str) -> list[str]:
    return [name.replace("LR_", side, 1) for side in ("L_", "R_")] if name.startswith("LR_") else [name]


@cache
def _mapping() -> _Mapping:
    with (Path(__file__).parent / "arkit.toml").open("rb") as file:
        table = tomllib.load(file)
    there = np.zeros((N_CONTROLS, len(ARKIT_NAMES)), dtype=np.float32)
    for shape, terms in table["to"].items():
        there[columns(*terms), _SHAPE[shape]] = list(terms.values())
    back = np.zeros((len(ARKIT_NAMES), N_CONTROLS), dtype=np.float32)
    for control, terms in table["from"].items():
        for shape, weight in terms.items():
            back[_SHAPE[shape], columns(*_sides(control))] = weight
    products = tuple((_SHAPE[shape], _SHAPE[other]) for shape, other in table["product"].items())
    minus = tuple(
        (_SHAPE[shape], _SHAPE[other], weight)
        for shape, terms in table["minus"].items()
        for other, weight in terms.items()
    )
    return _Mapping(there, back, products, minus)


def to_arkit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """ARKit shape weights for control values.

    Args:
        values: (T, 174) control values.

    Returns:
        (T, 52) float32 in 0..1, one column for each of `ARKIT_NAMES`.
    """
    mapping = _mapping()
    shapes: NDArray[np.float32] = np.clip(np.asarray(values, dtype=np.float32) @ mapping.there, 0.0, 1.0)
    for shape, other in mapping.products:
        shapes[:, shape] *= shapes[:, other]
    for shape, other, weight in mapping.minus:
        shapes[:, shape] -= np.float32(weight) * shapes[:, other]
    np.clip(shapes, 0.0, 1.0, out=shapes)
    return shapes


def from_arkit(shapes: NDArray[np.floating]) -> NDArray[np.float32]:
    """Control values that show ARKit shape weights.

    Args:
        shapes: (T, 52) weights in 0..1, one column for each of `ARKIT_NAMES`.

    Returns:
        (T, 174) float32 within every control's range; controls that ARKit cannot say stay neutral.
    """
    mapping = _mapping()
    weights = np.clip(np.asarray(shapes, dtype=np.float32), 0.0, 1.0)
    values = weights @ mapping.back
    values += np.where(mapping.back.any(axis=0), np.float32(0.0), NEUTRAL)
    values[:, np.r_[both("mouth_lipsTogetherU"), both("mouth_lipsTogetherD")]] = _lips_together(weights)[:, None]
    return clamp(values)


def _lips_together(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T,) how far the lips are held together over an open jaw: mouthClose / jawOpen, 0 on a closed one."""
    close = weights[:, _SHAPE["mouthClose"]]
    jaw = weights[:, _SHAPE["jawOpen"]]
    return np.divide(close, jaw, out=np.zeros_like(close), where=jaw > 1e-4).clip(0.0, 1.0)
