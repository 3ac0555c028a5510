"""What is wrong with a rig map: controls that cannot move, that end at their range, or that do not rest.

Ten poses of our own face and every viseme go through the map; a take may, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from facetake.arrays import F32
from facetake.rig.arkit import ARKIT_NAMES, from_arkit
from facetake.rig.controls import MAXIMUM, MINIMUM, N_CONTROLS, NEUTRAL, mirror_columns
from facetake.rig.maps.rig_map import RigMap
from facetake.rig.names import columns as columns_of
from facetake.rig.viseme_names import VISEMES

POSES: Final[Mapping[str, tuple[Mapping[str, float], str]]] = {
    "jaw open": ({"jawOpen": 1.0}, "a"),
    "smile": ({"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0, "cheekSquintLeft": 0.6, "cheekSquintRight": 0.6}, "sil"),
    "frown": ({"mouthFrownLeft": 1.0, "mouthFrownRight": 1.0, "mouthShrugLower": 0.5}, "sil"),
    "lids shut": ({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, "sil"),
    "eyes left": ({"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0}, "sil"),
    "eyes up": ({"eyeLookUpLeft": 1.0, "eyeLookUpRight": 1.0}, "sil"),
    "brows up": ({"browInnerUp": 1.0, "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0}, "sil"),
    "brows down": ({"browDownLeft": 1.0, "browDownRight": 1.0, "noseSneerLeft": 0.6, "noseSneerRight": 0.6}, "sil"),
    "pucker": ({"mouthPucker": 1.0, "jawOpen": 0.1}, "u"),
    "lips pressed": (
        {"mouthPressLeft": 1.0, "mouthPressRight": 1.0, "mouthRollLower": 0.5, "mouthRollUpper": 0.5},
        "p",
    ),
}
"""Ten test poses: shapes of ARKit's, and the viseme that is shown with them."""
PLACES: Final = (0.15, 0.35, 0.55, 0.75, 1.0)
"""Of an input's way: what only answers to its middle is found, too."""
STILL: Final = 0.01  # of a control's range: what moves less is seen by nobody
OVER: Final = 0.05  # of a control's range by which a sum may leave it in a pose: rounding and small overlaps do
HELD: Final = 0.1  # of a take's frames that may stand at an end of a range: blinks and stops do


@dataclass(frozen=True, eq=False)
class Examined:
    """What was found of a map's N controls.

    Attributes:
        rest: (N,) values on a face at rest.
        reach: (N, 2) lowest and highest value over everything that was tried.
        dead: names that no input moves.
        still: names that neither a pose, a viseme nor the take moves, though something could.
        saturated: names whose sum leaves their range by far, with where and by how much of it.
        restless: names that are not at their neutral on a face at rest, with their value.
        poses: (10, N) values in the test poses.
    """

    rest: F32
    reach: F32
    dead: tuple[str, ...]
    still: tuple[str, ...]
    saturated: Mapping[str, str]
    restless: Mapping[str, float]
    poses: F32


def examine(rig_map: RigMap, values: F32 | None = None, visemes: F32 | None = None) -> Examined:
    """Tries a map.

    Args:
        rig_map: the map.
        values: (T, 174) of a take, if there is one.
        visemes: (T, 16) weights of its visemes, where the map needs them.
    """
    span = rig_map.ranges[:, 1] - rig_map.ranges[:, 0]
    rest = rig_map.rest()
    faces, shown = pose_inputs()
    poses, beyond = rig_map.summed(faces, shown)
    tried = [
        rest[None],
        poses,
        rig_map.apply(np.tile(NEUTRAL, (len(VISEMES), 1)), np.eye(len(VISEMES), dtype=np.float32)),
    ]
    saturated = _beyond(rig_map, beyond / span)
    if values is not None:
        played = rig_map.apply(values, visemes)
        tried.append(played)
        saturated = _held(rig_map, played, rest) | saturated
    seen = np.concatenate(tried)
    could = np.concatenate([seen, rig_map.apply(*_ends())])
    moves = np.abs(seen - rest).max(axis=0) > STILL * span
    could_move = np.abs(could - rest).max(axis=0) > STILL * span
    off = np.abs(rest - rig_map.neutral) > STILL * span
    return Examined(
        rest,
        np.stack([could.min(axis=0), could.max(axis=0)], axis=1),
        _named(rig_map, ~could_move),
        _named(rig_map, could_move & ~moves),
        saturated,
        {name: float(rest[place]) for place, name in enumerate(rig_map.names) if off[place]},
        poses,
    )


def pose_inputs() -> tuple[F32, F32]:
    """(10, 174) values and (10, 16) visemes of the test poses."""
    shapes = np.zeros((len(POSES), len(ARKIT_NAMES)), dtype=np.float32)
    shown = np.zeros((len(POSES), len(VISEMES)), dtype=np.float32)
    for row, (weights, viseme) in enumerate(POSES.values()):
        for name, weight in weights.items():
            shapes[row, ARKIT_NAMES.index(name)] = weight
        shown[row, VISEMES.index(viseme)] = 1.0
    return from_arkit(shapes), shown


def _ends() -> tuple[F32, F32]:
    """Each control alone and with its mirror, each shape of ARKit's, part of the way, jaw shut and open; in silence."""
    columns = np.arange(N_CONTROLS)
    mirror, signs = mirror_columns()
    faces = []
    for share in PLACES:
        alone = np.tile(NEUTRAL, (2, N_CONTROLS, 1))
        for row, end in enumerate((MINIMUM, MAXIMUM)):
            alone[row, columns, columns] = NEUTRAL + share * (end - NEUTRAL)
        paired = alone.copy()
        paired[:, columns, mirror] = NEUTRAL[mirror] + signs * (alone[:, columns, columns] - NEUTRAL)
        faces += [*alone, *paired, from_arkit(share * np.eye(len(ARKIT_NAMES), dtype=np.float32))]
    shut = np.concatenate(faces).astype(np.float32)
    opened = shut.copy()
    opened[:, columns_of("C_jaw")] = 1.0
    silence = np.zeros((2 * len(shut), len(VISEMES)), dtype=np.float32)
    silence[:, VISEMES.index("sil")] = 1.0
    return np.concatenate([shut, opened]), silence


def _beyond(rig_map: RigMap, share: F32) -> dict[str, str]:
    """Controls whose sum goes beyond the upper end of their range by more than a little in a pose."""
    worst = share.argmax(axis=0)
    return {
        name: f"{share[worst[place], place]:+.0%} beyond its range in '{list(POSES)[worst[place]]}'"
        for place, name in enumerate(rig_map.names)
        if share[worst[place], place] > OVER
    }


def _held(rig_map: RigMap, played: F32, rest: F32) -> dict[str, str]:
    """Controls that stand at the upper end of their range, where they do not rest, for long in a take."""
    top = rig_map.ranges[:, 1]
    share = ((played >= top) & (rest < top)).mean(axis=0)
    return {
        name: f"at the end of its range in {share[place]:.0%} of the take"
        for place, name in enumerate(rig_map.names)
        if share[place] > HELD
    }


def _named(rig_map: RigMap, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[str, ...]:
    return tuple(name for name, one in zip(rig_map.names, chosen.tolist(), strict=True) if one)
