"""One photograph: a square around its face, and the person's 68 points in space (Landmark translation 3.1, x_anchor).

Where a point is in the photograph is what the detector says; how deep it lies, and what of the face is expression, a
fit of the face model to all landmarks. The points at rest are what was seen less that expression, so that a photograph
that smiles serves as well. Knows pictures and detectors; does not know sound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F32, U8
from facetake.audio.containers import open_container
from facetake.errors import PortraitError
from facetake.face.drive import head_angles
from facetake.face.ibug import IBUG_68
from facetake.face.marks import Marks
from facetake.face.model import FaceModel
from facetake.portrait.capture.fitting import FaceMotion, FitSettings, LandmarkFitter, first_motion
from facetake.portrait.capture.linearized_model import linearised
from facetake.portrait.landmark_translation.person import Person, Stance
from facetake.portrait.video.crop import stable_crop
from facetake.portrait.video.exif import Orientation, orientation_of
from facetake.portrait.video.footage import SIDE_MOST, as_picture, check_whole
from facetake.portrait.video.landmarks import LONGEST_SIDE, MAIN_FACE, OUTSIDE, detector, read_tracks
from facetake.render.camera import Camera, portrait, rotation_vectors
from facetake.render.video import require_av

SMALLEST_FACE = 64  # pixels, from brow to chin
SMALLEST_SIDE = 96  # pixels of a photograph: such a face has hair and neck around it
TURN_MOST_DEG = 30.0  # beyond, the far half of a face is guessed
FLAT_MOST = 0.6  # of a face's pixels equal those beside them in a drawing; 0.05 to 0.25 in frames of compressed film


@dataclass(frozen=True)
class Photograph:
    """A photograph of one face.

    Attributes:
        picture: (side, side, 3) RGB square around the face.
        fine: the same square in twice the resolution, as far as the file has it.
        landmarks: (68, 3) in its pixels, depth likewise.
        person: whose face it is.
        stance: where the head is, of one frame.
        every: (468 or 478, 2) all of MediaPipe's points in its pixels.
        expression: (1, E) what the face does in it.
    """

    picture: U8
    fine: U8
    landmarks: F32
    person: Person
    stance: Stance
    every: F32
    expression: F32


def read_photograph(
    path: Path, model: FaceModel, side: int = 256, tracks: Path | None = None, landmarker: Path | None = None
) -> Photograph:
    """Reads a photograph and finds its face.

    Args:
        path: JPEG, PNG or any picture that PyAV opens.
        model: the face model that says how deep points lie.
        side: of the square in pixels.
        tracks: a file of tracks with one frame, in place of MediaPipe.
        landmarker: MediaPipe's model file, where the package has none inside.

    Raises:
        PortraitError: it is no picture, is tiny or huge, or shows no face, several, a small one, one from the side,
            one that it cuts or one that is drawn in flat colours.
        ModelError: the face model has not all 68 points.
    """
    whole = open_picture(path)
    faces = _tracked(tracks) if tracks else _detected(whole, landmarker)
    points = _one(faces, whole, path)
    height, width = whole.shape[:2]
    _check_photographed(whole, points, path)
    crop = stable_crop(points[None], width, height, side)
    camera = portrait((side, side), FitSettings().fov_deg)
    identity, motion = _fit(crop.points(points), model, camera)
    _check_pose(motion, path)
    fine = replace(crop, size=2 * side).picture(whole)
    return _placed((crop.picture(whole), fine), crop.points(points), identity, motion, model, camera)


def open_picture(path: Path) -> U8:
    """An upright RGB picture (H, W, 3). PortraitError when there is none, or one that is tiny or huge."""
    av = require_av()
    check_whole(path)
    try:
        with open_container(path) as container:
            stream = container.streams.video[0]
            width = stream.codec_context.width
            height = stream.codec_context.height
            if not width or not height:  # what is no picture opens all the same, as one of nothing
                raise ValueError(f"{width} x {height}")
            _check_size(path, width, height)
            frame = next(container.decode(stream))
            noted = orientation_of(path) or Orientation(False, round(getattr(frame, "rotation", 0) / 90) % 4)
            picture = as_picture(frame, stream)
            upright = np.rot90(np.flipud(picture) if noted.is_mirrored else picture, noted.quarter_turns)
            return np.ascontiguousarray(upright)
    except (av.FFmpegError, IndexError, StopIteration, ValueError) as error:
        raise PortraitError(f"{path} is no picture that can be read; give a JPEG or PNG") from error


def _check_size(path: Path, width: int, height: int) -> None:
    if min(width, height) > SIDE_MOST or max(width, height) > 4 * SIDE_MOST:
        raise PortraitError(f"{path} is {width} x {height}; scale it to {SIDE_MOST} pixels or less")
    if min(width, height) < SMALLEST_SIDE:
        raise PortraitError(f"{path} is {width} x {height}; give a photograph of {SMALLEST_SIDE} pixels or more")


def _tracked(tracks: Path) -> F32:
    points: F32 = read_tracks(tracks, 1)[0]
    return points[np.isfinite(points).all(axis=(1, 2))]


def _detected(picture: U8, landmarker: Path | None) -> F32:
    step = -(-max(picture.shape[:2]) // LONGEST_SIDE)
    small = np.ascontiguousarray(picture[::step, ::step])
    with detector(landmarker) as found:
        return found.faces(small, 0) * np.float32(step)


def _one(faces: F32, picture: U8, path: Path) -> F32:
    """The one face (N, 2) of faces (K, N, 2)."""
    if not len(faces):
        raise PortraitError(f"{path}: no face is seen; give a photograph of one, from the front")
    sizes = np.ptp(faces, axis=1)
    order = np.argsort(sizes.prod(axis=1))
    if len(faces) > 1 and sizes[order[-2]].prod() * MAIN_FACE > sizes[order[-1]].prod():
        raise PortraitError(f"{path}: several faces are seen; crop the photograph to one of them")
    points: F32 = faces[order[-1]]
    if (tall := float(sizes[order[-1], 1])) < SMALLEST_FACE:
        raise PortraitError(
            f"{path}: the face is {tall:.0f} pixels tall; give a photograph where it is {SMALLEST_FACE} or more"
        )
    room = np.array(picture.shape[1::-1])
    if (points < -OUTSIDE * room).any() or (points > (1.0 + OUTSIDE) * room).any():
        raise PortraitError(f"{path}: the face is cut by the edge; give a photograph that shows all of it")
    return points


def _check_photographed(picture: U8, points: F32, path: Path) -> None:
    """Refuses a face in flat colours: light and skin are never even, so landmarks found there mean little."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    face = picture[max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)]
    same = (face[:-1, :-1] == face[1:, :-1]).all(axis=2) & (face[:-1, :-1] == face[:-1, 1:]).all(axis=2)
    if same.mean() > FLAT_MOST:
        raise PortraitError(f"{path} looks drawn: its face is of flat colours; give a photograph")


def _fit(points: F32, model: FaceModel, camera: Camera) -> tuple[F32, FaceMotion]:
    """Identity (I,), and pose and expression of one frame, of landmarks (N, 2) in the square."""
    settings = FitSettings()
    face = linearised(model).seen(len(points))
    fitter = LandmarkFitter(face, camera, settings)
    seen = points[None, face.points]
    nobody = np.zeros(len(face.shapes), np.float32)
    motion = fitter.fit(nobody, first_motion(face, seen, camera), seen, settings.rounds)
    return fitter.identity(motion, seen, nobody, settings.rounds)


def _check_pose(motion: FaceMotion, path: Path) -> None:
    yaw, pitch, _ = head_angles(rotation_vectors(motion.rotation))[0]
    for angle, way in ((yaw, "to the side"), (pitch, "up or down")):
        if not abs(angle) <= TURN_MOST_DEG:
            raise PortraitError(
                f"{path}: the head is turned {way} by {abs(angle):.0f} degrees; give a photograph from the front"
            )


def _placed(
    pictures: tuple[U8, U8], every: F32, identity: F32, motion: FaceMotion, model: FaceModel, camera: Camera
) -> Photograph:
    """Points as seen, at the fitted face's depth, brought back into the face and to rest."""
    marks = Marks(model)
    who = torch.from_numpy(identity)
    does, rest = (
        marks.of(who, row)[0].numpy() for row in (torch.from_numpy(motion.expression), model.neutral_expression[None])
    )
    stance = Stance(motion.rotation, motion.translation, camera)
    in_face = brought_back(every[IBUG_68], does, stance)
    person = Person(in_face - (does - rest), identity)
    return Photograph(*pictures, stance.seen(in_face[None])[0], person, stance, every, motion.expression)


def brought_back(pixels: F32, does: F32, stance: Stance) -> F32:
    """Points (N, 3) of a face, in metres, that are seen at pixels (N, 2) as deep as those of a fitted face (N, 3)."""
    depth = (does @ stance.rotation[0].T + stance.translation[0])[:, 2:]
    in_camera = stance.camera.unproject(np.concatenate([pixels, depth], axis=1))
    return np.asarray((in_camera - stance.translation[0]) @ stance.rotation[0], np.float32)
