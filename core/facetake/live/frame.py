"""One frame of a face on its way to another program."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from facetake import rig
from facetake.arrays import F32
from facetake.take import Take


@dataclass(frozen=True)
class LiveFrame:
    """What every protocol sends of a frame.

    Attributes:
        instant_s: on the clock of the sound, exactly.
        weights: (52,) of ARKit's shapes, in the order of `rig.ARKIT_NAMES`, 0..1.
        head_deg: (3,) yaw, pitch and roll, or None.
    """

    instant_s: Fraction
    weights: F32
    head_deg: F32 | None = None


def frame_of(take: Take, number: int) -> LiveFrame:
    """A frame of a take, by its number from 0."""
    weights = rig.to_arkit(take.values[number : number + 1])[0]
    return LiveFrame(take.start + number / take.rate, weights, None if take.head is None else take.head[number])
