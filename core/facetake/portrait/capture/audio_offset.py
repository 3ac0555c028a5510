"""Whether the sound of a captured video is late: its lips against those that the shipped network hears in the sound.

Much video that has been through editing or the web has its sound a frame or two off, which costs everything that learns
from sound and lips together. Knows captured faces, takes and sound; does not know how a face is captured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facetake.face.drive import from_take
from facetake.face.model import FaceModel
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.portrait.capture.actor import CapturedActor
from facetake.portrait.capture.posed_face import Placed
from facetake.portrait.metrics.lips import LATE_MOST_S, Aperture, follow

SHORTEST_S = 3.0  # less of a line agrees with itself at many places
LEAST_S = 0.06
SURE = 0.45
GAINED = 0.1
"""A lag worth telling of, how well lips must agree at it, and how much better than as they are."""


def lateness(actor: CapturedActor, model: FaceModel, models: Models) -> Aperture | None:
    """How the lips that are heard follow those that were seen; frames above 0 where the sound is late.

    Nothing where there is no sound, or less than `SHORTEST_S` of it.

    Args:
        actor: the capture.
        model: the face model it was captured with.
        models: the shipped networks.
    """
    if actor.sound is None or actor.n_frames < SHORTEST_S * actor.rate:
        return None
    face = Placed(actor, model)
    options = GenerateOptions("neutral", blink=False, gaze=False, head=False)
    heard = face.aperture(from_take(generate(actor.sound, options, models).take, actor.rate, model))
    count = min(len(heard), face.n_frames)
    seen = face.aperture(face.expression[:count])
    return follow(heard[:count].astype(np.float32), seen.astype(np.float32), int(LATE_MOST_S * actor.rate))


@dataclass(frozen=True)
class AudioOffset:
    """A lag of a sound that is worth setting right.

    Attributes:
        late_s: how late the sound is, in seconds; below 0 it is early.
        agrees: correlation of the lips heard and seen once it is moved.
        agreed: the same as it is.
    """

    late_s: float
    agrees: float
    agreed: float

    @property
    def sentence(self) -> str:
        """What was found, as the middle of a sentence."""
        way = "late" if self.late_s > 0.0 else "early"
        return (
            f"{abs(self.late_s):.2f} s {way} against the lips (they agree with r = {self.agrees:.2f} there, "
            f"{self.agreed:.2f} as it is)"
        )


def offset(actor: CapturedActor, model: FaceModel, models: Models) -> AudioOffset | None:
    """By how much a capture's sound is off; None where it fits, or nobody can say.

    Args:
        actor: the capture.
        model: the face model it was captured with.
        models: the shipped networks.
    """
    found = lateness(actor, model, models)
    return None if found is None else worth_telling(found, float(actor.rate))


def worth_telling(found: Aperture, rate: float) -> AudioOffset | None:
    """What was found at frames per second, if it is large and sure enough to act upon."""
    late_s = found.lag_frames / rate
    if abs(late_s) < LEAST_S or found.best < max(SURE, found.correlation + GAINED):
        return None
    return AudioOffset(late_s, found.best, found.correlation)


def late_sound(actor: CapturedActor, model: FaceModel, models: Models) -> list[str]:
    """What is worth telling of a sound that was left where the user wants it: a line, or nothing.

    Args:
        actor: the capture, which knows by how much its sound was moved.
        model: the face model it was captured with.
        models: the shipped networks.
    """
    found = offset(actor, model, models)
    if found is None:
        return []
    there_s = actor.about.sound_late_s + found.late_s
    return [
        f"{actor.about.source}: its sound seems {found.sentence}; if it is, capture it anew with "
        f"--sound-late {there_s:.2f}, or leave that out"
    ]
