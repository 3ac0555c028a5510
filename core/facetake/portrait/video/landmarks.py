"""Landmarks of the faces in a video: found by MediaPipe, or read from a file of tracks.

Points are MediaPipe's 468 or 478 in pixels of the upright video, pixel centres at +0.5. Knows detectors and files of
tracks; does not know face models.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from facetake import files
from facetake.arrays import F32, U8
from facetake.arrays.reader import read_npz
from facetake.errors import PortraitError
from facetake.formats import beside

N_POINTS = (468, 478)  # MediaPipe's, without and with irises
LONGEST_SIDE = 1280  # pixels that a detector is shown: more does not help it
FACES_MOST = 3  # enough to tell the main one from bystanders; each costs time
OUTSIDE = 0.02  # share of the picture by which points may lie beyond its edge
MAIN_FACE = 2.0  # times the area of any other in a photograph: then the others are bystanders


class Detector(Protocol):
    """Finds faces in the pictures of one video, in order."""

    def faces(self, picture: U8, time_ms: int) -> F32:
        """Points (K, N, 2) of the K faces in an upright RGB picture; K may be 0."""


class _Bundled:
    """The face mesh with its model inside the package, as MediaPipe has it up to 0.10.21."""

    def __init__(self, solutions: Any) -> None:
        self._mesh = solutions.face_mesh.FaceMesh(max_num_faces=FACES_MOST, refine_landmarks=True)

    def faces(self, picture: U8, time_ms: int) -> F32:  # noqa: ARG002  this one counts for itself
        found = self._mesh.process(picture).multi_face_landmarks or []
        return _pixels([face.landmark for face in found], picture)

    def close(self) -> None:
        self._mesh.close()


class _Tasks:
    """The landmarker with a model file of the user's."""

    def __init__(self, mediapipe: Any, model: Path) -> None:
        tasks, vision = (import_module(f"mediapipe.tasks.python{part}") for part in ("", ".vision"))
        self._mediapipe = mediapipe
        options = vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.VIDEO,
            num_faces=FACES_MOST,
        )
        try:
            self._landmarker = vision.FaceLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            why = files.reason(error).rstrip(".")
            raise PortraitError(
                f"{model} is no landmark model ({why}); give MediaPipe's face_landmarker.task"
            ) from error

    def faces(self, picture: U8, time_ms: int) -> F32:
        image = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=picture)
        return _pixels(self._landmarker.detect_for_video(image, time_ms).face_landmarks, picture)

    def close(self) -> None:
        self._landmarker.close()


def _pixels(faces: list[Any], picture: U8) -> F32:
    height, width = picture.shape[:2]
    points = [[(point.x * width, point.y * height) for point in face] for face in faces]
    return np.array(points, np.float32) if faces else np.zeros((0, N_POINTS[0], 2), np.float32)


@contextmanager
def detector(model: Path | None = None) -> Iterator[Detector]:
    """MediaPipe's detector, open for one video.

    Args:
        model: a face_landmarker.task; by default the model inside the package, which only older packages have.

    Raises:
        PortraitError: MediaPipe or the model is missing, or the file is another one.
    """
    if model is not None and not model.is_file():
        raise PortraitError(f"no landmark model at {model}; give MediaPipe's face_landmarker.task")
    try:
        mediapipe: Any = import_module("mediapipe")
    except ImportError as error:
        raise PortraitError(
            'finding landmarks needs MediaPipe; pip install "facetake[landmarks]", or give a file with --tracks'
        ) from error
    if model is None and not hasattr(mediapipe, "solutions"):
        raise PortraitError(
            "this MediaPipe has no model inside; give its face_landmarker.task with --landmarker, or install 0.10.21"
        )
    found = _Bundled(mediapipe.solutions) if model is None else _Tasks(mediapipe, model)
    try:
        yield found
    finally:
        found.close()


def write_tracks(path: Path, points: F32, cuts: list[int]) -> None:
    """Writes the faces (T, K, N, 2) of all frames as a file of tracks, NaN where there is none, and the cuts."""
    with beside(path) as part, part.open("wb") as file:
        np.savez_compressed(file, points=points, cuts=np.array(cuts, np.int64))


def read_cuts(path: Path) -> list[int]:
    """The cuts that `write_tracks` wrote; none of a file by somebody else. PortraitError where it cannot be read."""
    try:
        return [int(frame) for frame in read_npz(path).get("cuts", ())]
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); remove it, to be made again") from error


def stacked(faces: list[F32]) -> F32:
    """Faces (K, N, 2) of each frame as (T, K, N, 2) with NaN where there are fewer."""
    most = max((len(found) for found in faces), default=0)
    size = next((found.shape[1] for found in faces if len(found)), N_POINTS[0])
    points = np.full((len(faces), max(1, most), size, 2), np.nan, np.float32)
    for row, found in zip(points, faces, strict=True):
        if len(found):
            row[: len(found)] = found
    return points


def read_tracks(path: Path, n_frames: int) -> F32:
    """Tracks (T, K, N, 2) of a file: npz with `points` (T, N, 2) or (T, K, N, 2) in pixels of the upright video.

    Raises:
        PortraitError: the file cannot be read, or was made of another video.
    """
    try:
        held = read_npz(path)
        if "points" not in held:
            raise ValueError("it holds no points")
        points = np.asarray(held["points"], np.float32)
    except (OSError, ValueError) as error:
        raise PortraitError(
            f"{path} is no file of tracks ({files.reason(error)}); an npz with points (T, N, 2) is wanted"
        ) from error
    points = points[:, None, :, :2] if points.ndim == 3 else points
    if points.ndim != 4 or points.shape[2] not in N_POINTS or points.shape[3] != 2:
        raise PortraitError(f"{path}: points has shape {points.shape}; (T, 468 or 478, 2) is wanted")
    if len(points) != n_frames:
        raise PortraitError(f"{path} has {len(points)} frames, the video {n_frames}; track this very video")
    return points
