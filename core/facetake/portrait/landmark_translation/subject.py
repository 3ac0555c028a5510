"""Who is shown: a photograph, or the calmest frame of a captured actor, with what is known of its face.

Knows actors' folders and photographs; does not know sound or networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake.arrays import F32, U8
from facetake.errors import PortraitError
from facetake.face.model import FaceModel
from facetake.portrait.capture.actor import ABOUT, CapturedActor, read_actor
from facetake.portrait.capture.posed_face import open_face, reopen
from facetake.portrait.landmark_translation.image.dataset import Filmed
from facetake.portrait.landmark_translation.person import Person, Stance, calmest, of_actor
from facetake.portrait.landmark_translation.photograph import read_photograph


@dataclass(frozen=True)
class PortraitSubject:
    """A face to be shown.

    Attributes:
        picture: (H, H, 3) the photograph.
        known: (68, 2) its landmarks in its pixels.
        person: whose face it is.
        stance: where the head is in it, of one frame.
        model: the face model that `person` is of.
        origin: what identifies the capture; nothing for a photograph.
        rate: of the captured clip.
    """

    picture: U8
    known: F32
    person: Person
    stance: Stance
    model: FaceModel
    origin: str = ""
    rate: Fraction | None = None


class Captured:
    """A captured actor as the landmark system sees it."""

    def __init__(self, actor: CapturedActor, model: FaceModel) -> None:
        """Finds its 68 points. ModelError for a face model without all of them."""
        self.actor = actor
        self.model = model
        self.person, self.stance, self.points = of_actor(actor, model)
        self.seen = np.ascontiguousarray(self.stance.seen(self.points)[..., :2])

    @property
    def origin(self) -> str:
        """What was captured, with what."""
        return self.actor.about.origin

    @property
    def filmed(self) -> Filmed:
        """Its clip with landmarks."""
        return Filmed(self.actor, self.actor.about.size, self.actor.rate, self.seen, self.actor.learnable)

    def subject(self, n_frames: int | None = None) -> PortraitSubject:
        """Its calmest frame, among the first `n_frames`."""
        frames = np.flatnonzero(self.actor.learnable[:n_frames])
        frame = int(frames[calmest(self.seen[frames], 1)[0]])
        picture = self.actor.frames(frame, frame + 1)[0]
        stance = self.stance[frame : frame + 1]
        rate = self.actor.rate
        return PortraitSubject(picture, self.seen[frame], self.person, stance, self.model, self.origin, rate)


def open_captured(folder: Path) -> Captured:
    """An actor's folder.

    Raises:
        PortraitError: the folder cannot be used, or its face model is another one now.
        ModelError: the face model's file is gone, or it has not all 68 points.
    """
    actor = read_actor(folder)
    return Captured(actor, reopen(actor.about.face, actor.about.face_sha256, str(folder / ABOUT)).model)


def open_subject(
    path: Path, tracks: Path | None = None, landmarker: Path | None = None, side: int = 256
) -> PortraitSubject:
    """A photograph, or an actor's folder.

    Args:
        path: of it.
        tracks: landmarks of the photograph from a file.
        landmarker: MediaPipe's model file, where the package has none inside.
        side: of the square around a photograph's face in pixels.

    Raises:
        PortraitError: it cannot be used; see `read_photograph` and `open_captured`.
    """
    if not path.exists():
        raise PortraitError(f"there is no photograph and no actor's folder {path}")
    if path.is_dir():
        return open_captured(path).subject()
    model = open_face().model
    shot = read_photograph(path, model, side, tracks, landmarker)
    return PortraitSubject(shot.picture, np.ascontiguousarray(shot.landmarks[:, :2]), shot.person, shot.stance, model)
