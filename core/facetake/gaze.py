"""What an actor looks at, and when: the camera, a point in space, away from it, or nothing in particular.

A target is a point in metres from between the eyes of a head at rest: x to the actor's left, y up, z forward. It stays
where it is when the head turns. Knows no face and no motion (`facetake.motion.gaze_shifts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from facetake import cues
from facetake.arrays import F64
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.timebase import FURTHEST_S

Look = Literal["target", "away", "free"]
WORDS: Final = ("camera", "away", "free")
CAMERA_M: Final = (0.0, -0.035, 1.064)
"""Where the preview's camera stands (`facetake.face.studio`): at the height of the cheeks."""
NEAREST_M: Final = 0.15  # from between the eyes: what is nearer lies on the nose, and eyes cross no further
HEAD_CENTRE_M: Final = (0.0, -0.02, -0.09)
HEAD_RADIUS_M: Final = 0.13
"""A ball about the head: a target within it is a mistake, such as centimetres, or another origin."""
MOST_SAMPLES: Final = 250_000  # of a host: one for each of an hour's frames
FURTHEST_M: Final = 1e6  # ample: the eyes stand parallel from ten metres on


@dataclass(frozen=True)
class GazeTrack:
    """What is looked at from each cue on; the first holds before its time, too.

    Attributes:
        times_s: (N,) instants of the cues, rising.
        looks: (N,) "target", "away": from what was looked at before, or "free": the eyes dart about of themselves.
        targets_m: (N, 3) points; zero where there is none.
    """

    times_s: F64
    looks: tuple[Look, ...]
    targets_m: F64


def parse(text: str) -> GazeTrack:
    """Reads what is looked at as the user writes it.

    Args:
        text: "camera", a point "0.3,0.1,0.6" in metres, or the path of a file of cues, which also knows "away" and
            "free".

    Raises:
        ConfigError: it is none of these, lies in the head, or the file is wrong.
    """
    if path := cue_file(text):
        return read(path)
    look, target = looked_at(text, "--look")
    return GazeTrack(np.zeros(1), (look,), np.array([target]))


def cue_file(text: str) -> Path | None:
    """The file of cues that was named; None where the target is written out."""
    if text in WORDS or not (cues.looks_like_file(text) or cues.is_file(text)):
        return None
    return Path(text)


def read(path: Path) -> GazeTrack:
    """Reads a file of cues: seconds, then what is looked at from then on ("1.2 0.3,0.1,0.6", "2.5 free").

    Raises:
        ConfigError: the file is missing or not text, holds no cue, or a line is wrong.
    """
    times_s, found = cues.read(path, "a target", "1.2 0.3,0.1,0.6", looked_at)
    return GazeTrack(times_s, tuple(look for look, _ in found), np.array([target for _, target in found]))


def sampled(rows: Sequence[object], where: str) -> GazeTrack:
    """What a host says of an object over time: rows of seconds, x, y and z.

    Args:
        rows: one for each instant at which the object was looked up; where it stands still, one is enough.
        where: what to call them in an error.

    Raises:
        ConfigError: there is none, there are too many, or one is not four numbers, out of order or in the head.
    """
    if not 0 < len(rows) <= MOST_SAMPLES:
        raise ConfigError(f"{where} has {len(rows)} rows; give from 1 to {MOST_SAMPLES}")
    times: list[float] = []
    targets = []
    for number, row in enumerate(rows, 1):
        here = f"{where}, row {number}"
        if not isinstance(row, list | tuple) or len(row) != 4:
            raise ConfigError(f"{here} is {shown(row)}; give seconds, x, y and z")
        times.append(quantities.number(row[0], f"{here}: the time", 0.0, float(FURTHEST_S)))
        targets.append(_point(row[1:], here))
        if number > 1 and times[-1] <= times[-2]:
            raise ConfigError(f"{here} is out of order: {times[-1]:g} s comes after {times[-2]:g} s")
    looks: list[Look] = ["target"] * len(times)
    return GazeTrack(np.array(times), tuple(looks), np.array(targets))


def looked_at(text: str, where: str) -> tuple[Look, tuple[float, ...]]:
    """What a cue says: how it is looked, and the point; "camera" is a target like any other.

    Raises:
        ConfigError: it is no target, or lies in the head.
    """
    if text == "camera":
        return "target", CAMERA_M
    if text in get_args(Look) and text != "target":
        return text, (0.0, 0.0, 0.0)  # type: ignore[return-value]
    parts = text.split(",")
    if len(parts) != 3:
        raise ConfigError(
            f"{where}: {shown(text)} is no target; write camera, away, free, or metres to the actor's left, up and "
            f"forward of the eyes, such as 0.3,0.1,0.6{meant(text, WORDS)}"
        )
    return "target", _point(parts, where)


def _point(parts: Sequence[object], where: str) -> tuple[float, ...]:
    """A target of three numbers, none of them within the head."""
    target = tuple(
        quantities.number(part, f"{where}: {axis}", -FURTHEST_M, FURTHEST_M)
        for part, axis in zip(parts, "xyz", strict=True)
    )
    if np.hypot.reduce(target) < NEAREST_M or np.hypot.reduce(np.subtract(target, HEAD_CENTRE_M)) < HEAD_RADIUS_M:
        point = ",".join(f"{one:g}" for one in target)
        raise ConfigError(
            f"{where}: the target {point} lies in the head or within {NEAREST_M:g} m of the eyes; give metres from "
            "between the eyes: to the actor's left, up and forward"
        )
    return target
