"""ARKit's 52 shapes as columns of a file: which name is which shape, and weights to control values.

Shared by the Audio2Face and Live Link Face formats. Knows shape names; not how the files hold them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import table

_SHAPES = {name.lower(): name for name in rig.ARKIT_NAMES}
# Audio2Face overshoots 0..1 now and then, which is clamped; percentages or degrees are another matter.
_LOWEST = -1.0
_HIGHEST = 2.0


def pascal(shape: str) -> str:
    """Apple's `jawOpen` as Live Link Face and Audio2Face's CSV write it: `JawOpen`."""
    return shape[0].upper() + shape[1:]


def shape_of(name: str) -> str | None:
    """The shape that a column name means, whatever its capitals and underscores, or None."""
    return _SHAPES.get(name.lower().replace("_", ""))


def places_of(names: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Where the shapes are among Audio2Face's names.

    Early versions have 46 of the 52 shapes and the newest 16 more for the tongue, which no control of ours has; so
    shapes may be missing here, and unknown tongue shapes are passed over.

    Returns:
        Shape -> position, and the names passed over.

    Raises:
        TakeError: an unknown name, one twice, or no shape at all.
    """
    places = table.match(names, lambda name: shape_of(name) or tongue(name), ())
    passed_over = [name for name in places if name not in rig.ARKIT_NAMES]
    found = {name: place for name, place in places.items() if name in rig.ARKIT_NAMES}
    if not found:
        raise TakeError("there is none of ARKit's 52 blend shapes in the file; is it another kind of file?")
    return found, passed_over


def controls(weights: NDArray[np.floating], places: dict[str, int]) -> NDArray[np.float32]:
    """Control values that show the weights of some columns.

    Args:
        weights: (T, N) weights, 0..1 with some overshoot.
        places: shape -> column; shapes that are not there are at rest.

    Returns:
        (T, 174) values within range.

    Raises:
        TakeError: weights far from 0..1; names the shape and frame.
    """
    shapes = np.zeros((len(weights), len(rig.ARKIT_NAMES)), dtype=np.float32)
    for column, name in enumerate(rig.ARKIT_NAMES):
        if name in places:
            shapes[:, column] = _checked(weights[:, places[name]], name)
    return rig.from_arkit(shapes)


def _checked(weights: NDArray[np.floating], name: str) -> NDArray[np.floating]:
    """The weights of one shape, refused where they cannot be weights."""
    wrong = ~((weights >= _LOWEST) & (weights <= _HIGHEST))
    if wrong.any():
        frame = int(np.argmax(wrong))
        raise TakeError(f"frame {frame}, {name}: {weights[frame]:g} is no blend-shape weight; they lie in 0 to 1")
    return weights


def tongue(name: str) -> str | None:
    """The name itself for Audio2Face's own tongue shapes."""
    return name if name.lower().startswith("tongue") else None
