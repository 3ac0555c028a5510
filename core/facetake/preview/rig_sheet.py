"""A rig map as a picture: how far each control moves, and, where its controls are ARKit's, our head in the test poses.

Knows maps and the preview head. Needs the `preview` extra.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import numpy as np

from facetake.arrays import F32, U8
from facetake.errors import RenderError
from facetake.preview.plot import put
from facetake.rig import ARKIT_NAMES
from facetake.rig.maps import RigMap
from facetake.rig.maps.examination import POSES, Examined
from facetake.rig.maps.skeleton import arkit_of

FEWEST_SHAPES: Final = 26
"""Half of ARKit's: with fewer the head would show too little of a face."""
HEAD: Final = 192  # pixels of a side, by eye: five beside each other are a picture as wide as the bars
ROW: Final = 16  # pixels: a line of letters
LETTERS: Final = 12  # pixels of a letter
WIDTH: Final = 5 * HEAD  # pixels: two rows of five heads
LABEL: Final = 240  # pixels for a name, cut beyond
MARGIN: Final = 8  # pixels
_PAPER: Final = (250, 250, 250)
_INK: Final = (40, 40, 40)
_TRACK: Final = (222, 222, 222)
_BAR: Final = (70, 130, 180)
_DEAD: Final = (200, 60, 50)
"""Colours in sRGB, by eye: a light page, and red for what a person must look at."""


def draw(rig_map: RigMap, found: Examined) -> U8:
    """An sRGB picture (H, W, 3) of an examined map.

    Raises:
        RenderError: the `preview` extra is missing.
    """
    missing = [name for name in ("PIL", "numba") if find_spec(name) is None]
    if missing:
        raise RenderError(f'a picture of a map needs {" and ".join(missing)}; pip install "facetake[preview]"')
    parts = [_bars(rig_map, found)]
    if len(arkit_columns(rig_map)) >= FEWEST_SHAPES:
        parts.insert(0, _heads(rig_map, found.poses))
    return np.concatenate(parts)


def arkit_columns(rig_map: RigMap) -> dict[int, int]:
    """Of a map's controls those that are shapes of ARKit's: place in the map, and column of the shape."""
    meant = {place: arkit_of(name) for place, name in enumerate(rig_map.names)}
    return {place: ARKIT_NAMES.index(name) for place, name in meant.items() if name is not None}


def to_head(rig_map: RigMap, values: F32) -> F32:
    """Weights (T, 52) of our head's shapes for values (T, N) of a map whose controls are ARKit's.

    A control is whole at the end of its range, at the lower one where all of it lies below 0.
    """
    weights = np.zeros((len(values), len(ARKIT_NAMES)), dtype=np.float32)
    for place, column in arkit_columns(rig_map).items():
        low, high = rig_map.ranges[place]
        none, whole = (max(low, 0.0), high) if high > 0.0 else (high, low)
        weights[:, column] = (values[:, place] - none) / (whole - none)
    return np.clip(weights, 0.0, 1.0, out=weights)


def _heads(rig_map: RigMap, poses: F32) -> U8:
    """The head in each test pose, as the map's own values move it."""
    from facetake.face.studio import Studio

    studio = Studio((HEAD, HEAD))
    weights = to_head(rig_map, poses)
    pictures = []
    for vertices, row, name in zip(studio.head.deform(weights), weights, POSES, strict=True):
        picture = studio.picture(vertices, row)
        put(picture, name, MARGIN, HEAD - ROW - MARGIN, _PAPER, LETTERS)
        pictures.append(picture)
    rows = [np.concatenate(pictures[first : first + 5], axis=1) for first in range(0, len(pictures), 5)]
    return np.concatenate(rows)


def _bars(rig_map: RigMap, found: Examined) -> U8:
    """A line a control: its name, its range as a track, and how far it was seen to move; red where it never does."""
    image = np.tile(np.array(_PAPER, np.uint8), (ROW * len(rig_map.controls) + 2 * MARGIN, WIDTH, 1))
    first = LABEL + MARGIN
    long = WIDTH - first - MARGIN
    for place, control in enumerate(rig_map.controls):
        top = MARGIN + ROW * place
        is_dead = control.name in found.dead
        put(image[top : top + ROW, :LABEL], control.name, MARGIN, 0, _DEAD if is_dead else _INK, LETTERS)
        low, high, rest = (
            first + round(long * float(x - control.low) / (control.high - control.low))
            for x in (*found.reach[place], found.rest[place])
        )
        image[top + 4 : top + ROW - 4, first : first + long] = _TRACK
        image[top + 4 : top + ROW - 4, low : max(high, low + 1)] = _BAR
        image[top + 2 : top + ROW - 2, rest : rest + 2] = _DEAD if is_dead else _INK
    return image
