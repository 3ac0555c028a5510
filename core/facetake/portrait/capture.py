"""`facetake portrait capture`: a video into an actor's folder, by analysis by synthesis.

The story: landmarks of the one face, a still crop, identity, albedo and light from a few unlike frames, then pose and
expression of every frame, first from landmarks and then from the pictures (the terms of AudioDVP 3.1, solved by
Gauss-Newton in place of a network). Every step leaves its result in the folder, so that a capture that was interrupted
goes on where it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import audio
from facetake.errors import PortraitError
from facetake.formats import beside
from facetake.portrait import actor, overlay, pose
from facetake.portrait.crop import Crop, stable_crop
from facetake.portrait.faces import Face
from facetake.portrait.fitting import FitSettings, LandmarkFitter, Motion, first_motion, joined, varied
from facetake.portrait.footage import CutFinder, Footage, open_footage, sound_of
from facetake.portrait.landmarks import detector, one_face, read_tracks, stacked, write_tracks
from facetake.portrait.linearised import Linearised, linearised
from facetake.portrait.photometry import Looks, Photometry
from facetake.portrait.pictures import read_pictures, write_pictures
from facetake.render.camera import Camera, portrait

F32 = NDArray[np.float32]
PLAN, TRACKS, SHARED = "capture.json", "tracks.npz", "shared.safetensors"
LONGEST_SIDE = 1280  # pixels that a detector is shown: more does not help it
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Order:
    """What is to be captured.

    Attributes:
        video: the file.
        out: the actor's folder, new or one whose capture was interrupted.
        tracks: a file of tracks, in place of MediaPipe.
        landmarker: MediaPipe's model file, where the package has none inside.
        size: side of the crop in pixels.
        first_s: where to begin, in seconds; last_s: where to end.
        settings: weights of the fit.
    """

    video: Path
    out: Path
    tracks: Path | None = None
    landmarker: Path | None = None
    size: int = 256
    first_s: float = 0.0
    last_s: float | None = None
    settings: FitSettings = field(default_factory=FitSettings)


def capture(order: Order, face: Face, progress: Progress) -> tuple[actor.Actor, list[str]]:
    """Captures an actor, or finishes a capture that was interrupted.

    Args:
        order: what to capture, and where to.
        face: the face model.
        progress: called with a share 0..1 and what is being done.

    Returns:
        The actor, and what is worth telling about the video.

    Raises:
        PortraitError: the video or the folder cannot be used, with the frame where that is known.
    """
    footage = open_footage(order.video, order.first_s, order.last_s)
    told = []
    if footage.is_variable:
        told.append(f"{order.video} has a variable frame rate; it is captured at {float(footage.rate):g} fps")
    digest = _begin(order, face)
    points = _landmarks(order, footage, lambda share: progress(0.3 * share, "landmarks"))
    crop = stable_crop(points, footage.width, footage.height, order.size)
    told += _pictures(order.out, footage, crop, lambda share: progress(0.3 + 0.1 * share, "pictures"))
    camera = portrait((order.size, order.size), order.settings.fov_deg)
    fitting = _Fitting(order, linearised(face.model), camera, footage.rate, crop.points(points))
    fit = fitting.fit(lambda share: progress(0.4 + 0.6 * share, "fitting"))
    actor.write_fit(order.out, fit)
    box = (float(crop.left), float(crop.top), float(crop.side))
    actor.write_about(order.out, actor.About(
        face.name, face.sha256, order.video.name, digest, box, order.size, footage.rate, footage.n_frames,
        camera.focal, footage.start_s,
    ))  # fmt: skip
    for part in order.out.glob("motion-*.safetensors"):
        part.unlink()
    return actor.read_actor(order.out), told


def _begin(order: Order, face: Face) -> str:
    """Opens the folder, or makes sure that it holds the same capture; the hash of the video."""
    digest = audio.hash_of(order.video)
    plan = {"video": digest, "face": face.name, "face_sha256": face.sha256, "size": order.size,
            "first_s": order.first_s, "last_s": order.last_s, "settings": asdict(order.settings)}  # fmt: skip
    path = order.out / PLAN
    if (order.out / actor.ABOUT).is_file():
        raise PortraitError(f"{order.out} holds a finished actor already; name a new folder")
    if order.out.is_dir() and any(order.out.iterdir()) and not path.is_file():
        raise PortraitError(f"{order.out} holds other files; name a new folder")
    if path.is_file():
        if json.loads(path.read_text(encoding="utf-8")) != plan:
            raise PortraitError(f"{order.out} holds an unfinished capture of another video or with other settings; "
                                "name a new folder")  # fmt: skip
        return digest
    order.out.mkdir(parents=True, exist_ok=True)
    with beside(path) as part:
        part.write_text(json.dumps(plan, indent=2) + "\n", encoding="utf-8")
    return digest


def _landmarks(order: Order, footage: Footage, progress: Callable[[float], None]) -> F32:
    """The track (T, N, 2) of the one face in the video's pixels, and no cut in between."""
    path = order.out / TRACKS
    if path.is_file():
        return one_face(read_tracks(path, footage.n_frames), footage)
    finder = CutFinder()
    found: list[F32] = []
    if order.tracks is not None:
        points = read_tracks(order.tracks, footage.n_frames)
        for frame, picture in enumerate(footage.pictures()):
            finder.look(picture)
            progress(frame / footage.n_frames)
    else:
        with detector(order.landmarker) as mediapipe:
            for frame, picture in enumerate(footage.pictures()):
                finder.look(picture)
                step = -(-max(picture.shape[:2]) // LONGEST_SIDE)
                small = np.ascontiguousarray(picture[::step, ::step])
                found.append(mediapipe.faces(small, round(1000 * frame / footage.rate)) * np.float32(step))
                progress(frame / footage.n_frames)
        points = stacked(found)
    if cuts := finder.cuts():
        raise PortraitError(f"{footage.path} is cut at {footage.when(cuts[0])}; capture one shot, with --range")
    track = one_face(points, footage)
    write_tracks(path, list(points))
    return track


def _pictures(out: Path, footage: Footage, crop: Crop, progress: Callable[[float], None]) -> list[str]:
    """Writes the crop's pictures and the sound, unless they are there."""
    samples, told = sound_of(footage)
    if len(samples) and not (out / actor.SOUND).is_file():
        actor.write_sound(out / actor.SOUND, samples, 48_000)
    if not (out / actor.PICTURES).is_file():

        def cropped(frame: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
            progress(frame / footage.n_frames)
            return crop.picture(picture)

        write_pictures(out / actor.PICTURES, (cropped(*row) for row in enumerate(footage.pictures())), footage.rate)
    return told


class _Fitting:
    """The numerical part, with its results saved as it goes."""

    def __init__(self, order: Order, face: Linearised, camera: Camera, rate: Fraction, points: F32) -> None:
        self._out, self._settings, self._camera, self._rate = order.out, order.settings, camera, rate
        self._face, self._all = face.seen(points.shape[1]), points
        self._points = points[:, self._face.points]
        self._landmarks = LandmarkFitter(self._face, camera, order.settings)

    def _frames(self, first: int, last: int) -> NDArray[np.uint8]:
        return np.stack(list(read_pictures(self._out / actor.PICTURES, self._rate, first, last)))

    def fit(self, progress: Callable[[float], None]) -> actor.Fit:
        """Everything that was found."""
        identity, looks = self._shared()
        photometry = Photometry(self._face, self._camera, identity, self._settings.colour or 1.0)
        parts: list[Motion] = []
        for first in range(0, len(self._points), self._settings.chunk):
            parts.append(self._chunk(first, identity, looks, photometry))
            progress((first + len(parts[-1].expression)) / len(self._points))
        motion = joined(parts)
        return actor.Fit(
            self._all, identity, looks.albedo, looks.colour, looks.light[None], motion.expression,
            pose.vectors(motion.rotation), motion.translation,
        )  # fmt: skip

    def _shared(self) -> tuple[F32, Looks]:
        """Identity, albedo and light, from a few unlike frames."""
        path = self._out / SHARED
        if path.is_file():
            held = {name: np.asarray(array, np.float32) for name, array in actor.read_arrays(path).items()}
            return held["identity"], Looks(held["albedo"], held["light"], held["colour"])
        chosen = varied(self._points, self._settings.n_shared)
        points = self._points[chosen]
        none = np.zeros(len(self._face.shapes), np.float32)
        start = first_motion(self._face, points, self._camera)
        motion = self._landmarks.fit(none, start, points, self._settings.rounds)
        identity, motion = self._landmarks.identity(motion, points, none, self._settings.rounds)
        pictures = np.concatenate([self._frames(int(frame), int(frame) + 1) for frame in chosen])
        looks = Photometry(self._face, self._camera, identity, 1.0).looks(pictures, motion)
        actor.write_arrays(path, {
            "identity": identity, "albedo": looks.albedo, "light": looks.light, "colour": looks.colour
        })  # fmt: skip
        return identity, looks

    def _chunk(self, first: int, identity: F32, looks: Looks, photometry: Photometry) -> Motion:
        """The motion of some frames: read where it is saved, else found, saved and drawn."""
        path = self._out / f"motion-{first:06d}.safetensors"
        if path.is_file():
            held = {name: np.asarray(array, np.float32) for name, array in actor.read_arrays(path).items()}
            return Motion(held["rotation"], held["translation"], held["expression"])
        points = self._points[first : first + self._settings.chunk]
        pictures = self._frames(first, first + len(points))
        start = first_motion(self._face, points, self._camera)
        motion = self._landmarks.fit(identity, start, points, self._settings.rounds)
        if self._settings.colour:
            motion = self._landmarks.fit(
                identity, motion, points, self._settings.colour_rounds,
                lambda now: photometry.terms(pictures, looks, now),
            )  # fmt: skip
        actor.write_arrays(path, {
            "rotation": motion.rotation, "translation": motion.translation, "expression": motion.expression
        })  # fmt: skip
        sheet = overlay.sheet(self._face, self._camera, identity, looks, motion, pictures, points)
        overlay.write_png(self._out / f"overlay-{first:06d}.png", sheet)
        return motion
