"""`facetake portrait capture`: videos of an actor into actors' folders, by analysis by synthesis.

The story: landmarks of the one face in every shot, a still crop, frames in which the mouth is covered, identity,
albedo and light from a few unlike frames of all clips, then pose and expression of every frame, first from landmarks
and then from the pictures (the terms of AudioDVP 3.1, solved by Gauss-Newton in place of a network). Every step leaves
its result in the folder, so that a capture that was interrupted goes on where it stopped. A video that is cut becomes
several clips, each in a folder of its own. Then the sound is put in step with the lips, unless the user says where it
is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import files, inference
from facetake.arrays import F32, Mask
from facetake.errors import PortraitError
from facetake.face.drive import head_angles
from facetake.files import json_text
from facetake.formats import beside
from facetake.portrait.capture import actor, overlay
from facetake.portrait.capture.actor import LIST
from facetake.portrait.capture.audio_offset import late_sound, offset
from facetake.portrait.capture.clip_list import ActorClip, captured_in, read_clips, write_clips
from facetake.portrait.capture.fitting import FaceMotion, FitSettings, LandmarkFitter, first_motion, joined
from facetake.portrait.capture.identity import Shared, read_shared, shared_by, write_shared
from facetake.portrait.capture.linearized_model import linearised
from facetake.portrait.capture.occlusion import covered
from facetake.portrait.capture.photometry import Photometry
from facetake.portrait.capture.posed_face import OpenedFaceModel
from facetake.portrait.storage import read_json, read_pictures, write_pictures, write_png
from facetake.portrait.video.crop import Crop, stable_crop
from facetake.portrait.video.footage import CutFinder, Footage, open_footage, sound_of
from facetake.portrait.video.landmarks import LONGEST_SIDE, detector, read_cuts, read_tracks, stacked, write_tracks
from facetake.portrait.video.shots import Shot, between, runs, shots
from facetake.render.camera import portrait, rotation_vectors

PLAN = "capture.json"
TRACKS = "tracks.npz"
SIDE_DEG = 65.0  # from which on half of a mouth is behind the other; made-up heads are followed to 60 within a degree
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
        sound_late_s: how late the video's sound is, in seconds; below 0 it is early. None: found by the lips.
        person: which of several faces is followed, counted from the left, from 1; None: the largest and most central.
    """

    video: Path
    out: Path
    tracks: Path | None = None
    landmarker: Path | None = None
    size: int = 256
    first_s: float = 0.0
    last_s: float | None = None
    settings: FitSettings = field(default_factory=FitSettings)
    sound_late_s: float | None = None
    person: int | None = None


def capture(order: Order, face: OpenedFaceModel, progress: Progress) -> tuple[actor.CapturedActor, list[str]]:
    """Captures an actor in one shot, or finishes a capture that was interrupted.

    Args:
        order: what to capture, and where to.
        face: the face model.
        progress: called with a share 0..1 and what is being done.

    Returns:
        The actor, and what is worth telling about the video.

    Raises:
        PortraitError: the video or the folder cannot be used, with the frame where that is known, or it is cut.
    """
    actors, told = capture_shots(order, face, progress, most=1)
    return actors[0], told


def capture_shots(
    order: Order, face: OpenedFaceModel, progress: Progress, most: int | None = None
) -> tuple[list[actor.CapturedActor], list[str]]:
    """Captures the shots of a video: one in the actor's folder itself, several in folders in it, with their list.

    Args:
        order: what to capture, and where to.
        face: the face model.
        progress: called with a share 0..1 and what is being done.
        most: shots that there may be; None: any number.

    Returns:
        The actor in each, and what is worth telling about the video.

    Raises:
        PortraitError: the video or the folder cannot be used, with the frame where that is known.
    """
    if (order.out / actor.ABOUT).is_file() or (order.out / LIST).is_file():
        raise PortraitError(f"{order.out} holds a finished actor already; name a new folder")
    actors, told = capture_clips([order], face, progress, most)
    if len(actors) > 1:
        write_clips(order.out / LIST, [ActorClip(found.folder) for found in actors])
    return actors, told


def capture_list(
    source: Path, order: Order, face: OpenedFaceModel, progress: Progress
) -> tuple[list[ActorClip], list[str]]:
    """Captures several clips of one actor, in folders by their moods, and writes the list of them.

    Args:
        source: a list of clips, or a folder of them, as `read_clips` takes it.
        order: how to capture each, and the folder for all.
        face: the face model.
        progress: called with a share 0..1 and what is being done.

    Returns:
        The captured clips, and what is worth telling about them.

    Raises:
        PortraitError: a video or a folder cannot be used, or the clips do not go together.
    """
    clips, told = read_clips(source)
    places = captured_in(clips, order.out)
    orders = [replace(order, video=clip.path, out=to.path) for clip, to in zip(clips, places, strict=True)]
    actors, more = capture_clips(orders, face, progress)
    of = {place.path: place for place in places}
    found = [replace(of.get(one.folder) or of[one.folder.parent], path=one.folder) for one in actors]
    write_clips(order.out / LIST, found)
    return found, [*told, *more]


def capture_clips(
    orders: list[Order], face: OpenedFaceModel, progress: Progress, most: int | None = None
) -> tuple[list[actor.CapturedActor], list[str]]:
    """Captures clips of one actor, who has one identity, one albedo and one light in all of them.

    Clips that are whole have one camera, too; shots of one video have one each, because they are framed differently.

    Args:
        orders: the clips, of the same size and settings, each with a folder of its own; finished ones are kept.
        face: the face model.
        progress: called with a share 0..1 and what is being done.
        most: shots that a clip may have; None: any number.

    Returns:
        The actors in order, several of a clip that is cut, and what is worth telling about the videos.

    Raises:
        PortraitError: a video or a folder cannot be used, or the clips do not go together.
    """
    seen = []
    told = []
    for i, order in enumerate(orders):
        clips, lines = _look(order, face, orders, _part(progress, 0.0, 0.3, i, len(orders), "landmarks"))
        if most is not None and len(clips) > most:
            raise PortraitError(f"{lines[0]}; capture one shot of it, with --range")
        seen += clips
        told += lines
    _check_alike(seen)
    crops = _crops(seen)
    for i, clip in enumerate(seen):
        told += _pictures(clip, crops[i], _part(progress, 0.3, 0.4, i, len(seen), "pictures"))
    fitting = _Fitting(face, crops, seen)
    actors = []
    for i, clip in enumerate(seen):
        found, more = fitting.captured(clip, _part(progress, 0.4, 1.0, i, len(seen), "fitting"))
        actors.append(found)
        told += more
    return actors, list(dict.fromkeys(told))


def _part(progress: Progress, first: float, last: float, i: int, count: int, what: str) -> Callable[[float], None]:
    """Progress of one clip of several within a part of the whole."""
    return lambda share: progress(first + (last - first) * (i + share) / count, what)


@dataclass(frozen=True)
class TrackedVideo:
    """A video, or a shot of one, with the track of its one face.

    Attributes:
        order: what is captured of it, and where to.
        digest: the hash of the video's bytes.
        footage: the video, or the part of it.
        points: (T, N, 2) the track, in the video's pixels.
        seen: (T,) whether the face was seen.
        shot: number of the shot in the video, from 1; 0: the video is one.
    """

    order: Order
    digest: str
    footage: Footage
    points: F32
    seen: Mask
    shot: int = 0


def _check_alike(clips: list[TrackedVideo]) -> None:
    """PortraitError where clips do not go together."""
    first = clips[0].footage
    for clip in clips:
        other = clip.footage
        if (other.width, other.height, other.rate) != (first.width, first.height, first.rate):
            raise PortraitError(
                f"{other.path} is {_kind(other)}, {first.path} is {_kind(first)}; clips of one actor must be of "
                "one size and rate"
            )
        if clip.points.shape[1] != clips[0].points.shape[1]:
            raise PortraitError(f"{other.path} has other landmarks than {first.path}; use tracks of one kind for both")


def _crops(clips: list[TrackedVideo]) -> list[Crop]:
    """One crop for all clips that are whole videos, and one for each shot of a video that is cut."""
    wholes = [clip.points for clip in clips if not clip.shot]
    together = np.concatenate(wholes) if wholes else None
    return [
        stable_crop(
            clip.points if clip.shot or together is None else together,
            clip.footage.width,
            clip.footage.height,
            clip.order.size,
        )
        for clip in clips
    ]


def _kind(footage: Footage) -> str:
    return f"{footage.width} x {footage.height} at {float(footage.rate):g} fps"


def _look(
    order: Order, face: OpenedFaceModel, orders: list[Order], progress: Callable[[float], None]
) -> tuple[list[TrackedVideo], list[str]]:
    """Opens video and folder and finds the face in every shot; and what is worth telling about them."""
    footage = open_footage(order.video, order.first_s, order.last_s)
    digest = _begin(order, face, [other.video for other in orders])
    found, told = shots(*_landmarks(order, footage, progress), footage, order.person)
    if len(found) == 1:
        clips = [TrackedVideo(order, digest, _of(footage, found[0]), found[0].track, found[0].seen)]
    else:
        clips = [
            TrackedVideo(
                replace(order, out=_made(order.out / f"shot-{number}")),
                digest,
                _of(footage, shot),
                shot.track,
                shot.seen,
                number,
            )
            for number, shot in enumerate(found, 1)
        ]
    return clips, [*footage.told, *told]


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def _of(footage: Footage, shot: Shot) -> Footage:
    """The part of a video that is a shot."""
    count = len(shot.track)
    start_s = footage.start_s + shot.first / footage.rate
    after = footage.left_out + footage.n_frames - shot.last
    return replace(footage, start_s=start_s, n_frames=count, left_out=after)


def _begin(order: Order, face: OpenedFaceModel, together: list[Path]) -> str:
    """Opens the folder, or makes sure that it holds the same capture; the hash of the video."""
    digest = files.hash_of(order.video, PortraitError)
    plan = {
        "video": digest,
        "face": face.name,
        "face_sha256": face.sha256,
        "size": order.size,
        "first_s": order.first_s,
        "last_s": order.last_s,
        "sound_late_s": order.sound_late_s,
        "person": order.person,
        "settings": asdict(order.settings),
        "together": [path.name for path in together],
    }
    path = order.out / PLAN
    if order.out.is_dir() and any(order.out.iterdir()) and not path.is_file():
        raise PortraitError(f"{order.out} holds other files; name a new folder")
    if path.is_file():
        if read_json(path) != plan:
            raise PortraitError(
                f"{order.out} holds an unfinished capture of another video or with other settings; name a new folder"
            )
        return digest
    order.out.mkdir(parents=True, exist_ok=True)
    with beside(path) as part:
        part.write_text(json_text.dump(plan, indent=2) + "\n", encoding="utf-8", newline="\n")
    return digest


def _landmarks(order: Order, footage: Footage, progress: Callable[[float], None]) -> tuple[F32, list[int]]:
    """The faces (T, K, N, 2) in the video's pixels, and the cuts between frames."""
    path = order.out / TRACKS
    if path.is_file():
        return read_tracks(path, footage.n_frames), read_cuts(path)
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
    write_tracks(path, points, finder.cuts())
    return points, finder.cuts()


def _pictures(clip: TrackedVideo, crop: Crop, progress: Callable[[float], None]) -> list[str]:
    """Writes the crop's pictures and the sound, unless they are there."""
    out = clip.order.out
    footage = clip.footage
    samples, told = sound_of(footage, clip.order.sound_late_s or 0.0)
    if len(samples) and not (out / actor.ABOUT).is_file():  # again where one goes on, which may have moved it already
        actor.write_sound(out / actor.SOUND, samples, 48_000)
    if not (out / actor.PICTURES).is_file():

        def cropped(frame: int, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
            progress(frame / footage.n_frames)
            return crop.picture(picture)

        write_pictures(out / actor.PICTURES, (cropped(*row) for row in enumerate(footage.pictures())), footage.rate)
    return told


def _far(clip: TrackedVideo, far: Mask) -> list[str]:
    """What is told of a head that turns away for a moment."""
    if not far.any():
        return []
    where = ", ".join(between(clip.footage, *part) for part in runs(far))
    return [
        f"{clip.footage.path}: the head is turned by more than {SIDE_DEG:g} degrees from {where}; these frames are "
        "left out of training"
    ]


class _Fitting:
    """The numerical part, with its results saved as it goes."""

    def __init__(self, face: OpenedFaceModel, crops: list[Crop], clips: list[TrackedVideo]) -> None:
        order = clips[0].order
        n_points = clips[0].points.shape[1]
        self._which = face
        self._crops = {clip.order.out: crop for clip, crop in zip(clips, crops, strict=True)}
        self._hidden = {clip.order.out: self._hidden_in(clip) for clip in clips}
        self._settings = order.settings
        self._camera = portrait((order.size, order.size), order.settings.fov_deg)
        self._face = linearised(face.model).seen(n_points)
        self._landmarks = LandmarkFitter(self._face, self._camera, order.settings)
        self._shared = self._what_is_shared(clips)
        self._photometry = Photometry(self._face, self._camera, self._shared.identity, self._settings.colour or 1.0)

    def _points(self, clip: TrackedVideo) -> F32:
        """The landmarks that the face model has, in the crop's pixels."""
        return self._all_points(clip)[:, self._face.points]

    def _all_points(self, clip: TrackedVideo) -> F32:
        return self._crops[clip.order.out].points(clip.points)

    def _hidden_in(self, clip: TrackedVideo) -> Mask:
        """In which frames (T,) the face was not seen, or its mouth is covered."""
        out = clip.order.out
        if (out / actor.ABOUT).is_file():
            return ~actor.read_actor(out).learnable
        pictures = read_pictures(out / actor.PICTURES, clip.footage.rate, 0, clip.footage.n_frames)
        return np.asarray(covered(pictures, self._all_points(clip)) | ~clip.seen)

    def _frames(self, clip: TrackedVideo, first: int, last: int) -> NDArray[np.uint8]:
        return np.stack(list(read_pictures(clip.order.out / actor.PICTURES, clip.footage.rate, first, last)))

    def _what_is_shared(self, clips: list[TrackedVideo]) -> Shared:
        """Identity and looks: from the first folder, or found in frames of all clips; then it is in all folders."""
        places = [(clip, int(frame)) for clip in clips for frame in np.flatnonzero(~self._hidden[clip.order.out])]
        if not places:
            raise PortraitError(f"{clips[0].footage.path}: the mouth is covered throughout; give a video that shows it")

        def pictures(chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
            return np.concatenate([self._frames(clip, t, t + 1) for clip, t in (places[i] for i in chosen)])

        found = read_shared(clips[0].order.out)
        if found is None:
            points = np.concatenate([self._points(clip)[~self._hidden[clip.order.out]] for clip in clips])
            found = shared_by(self._face, self._camera, self._settings, points, pictures)
        for clip in reversed(clips):  # the first folder's last: it speaks for all
            write_shared(clip.order.out, found)
        return found

    def captured(self, clip: TrackedVideo, progress: Callable[[float], None]) -> tuple[actor.CapturedActor, list[str]]:
        """The actor of one clip, fitted and written, or read where that was done before; and what is worth telling."""
        out = clip.order.out
        if (out / actor.ABOUT).is_file():
            return actor.read_actor(out), []
        fit = self._fit(clip, progress)
        actor.write_fit(out, fit)
        far = self._turned(clip, fit)
        about, told = self._in_step(actor.CapturedActor(out, self._about(clip, far), fit), clip)
        told = [*self._covered(clip), *_far(clip, far), *told]
        actor.write_about(out, about)
        for part in out.glob("motion-*.safetensors"):
            files.remove(part)
        return actor.read_actor(out), told

    def _covered(self, clip: TrackedVideo) -> list[str]:
        """What is told of a mouth that is covered for a moment."""
        hidden = runs(np.asarray(self._hidden[clip.order.out] & clip.seen))
        if not hidden:
            return []
        where = ", ".join(between(clip.footage, *part) for part in hidden)
        return [f"{clip.footage.path}: the mouth is covered from {where}; these frames are left out of training"]

    @staticmethod
    def _turned(clip: TrackedVideo, fit: actor.Fit) -> Mask:
        """In which frames (T,) the head is seen from the side. PortraitError where it is in all."""
        turned = np.abs(head_angles(fit.rotation)[:, 0])
        if (turned > SIDE_DEG).all():
            raise PortraitError(
                f"{clip.footage.path}: the head is seen from the side, turned by {np.median(turned):.0f} degrees; give "
                "a video that shows it from the front"
            )
        return np.asarray(turned > SIDE_DEG)

    def _about(self, clip: TrackedVideo, far: Mask) -> actor.ActorMetadata:
        footage = clip.footage
        crop = self._crops[clip.order.out]
        return actor.ActorMetadata(
            self._which.name,
            self._which.sha256,
            clip.order.video.name,
            clip.digest,
            (float(crop.left), float(crop.top), float(crop.side)),
            clip.order.size,
            footage.rate,
            footage.n_frames,
            self._camera.focal,
            footage.start_s,
            clip.order.sound_late_s or 0.0,
            clip.shot,
            tuple(runs(self._hidden[clip.order.out] | far)),
        )

    def _in_step(self, seen: actor.CapturedActor, clip: TrackedVideo) -> tuple[actor.ActorMetadata, list[str]]:
        """Moves the sound to the lips unless the user said where it is; what the actor is then, and what was done."""
        about = seen.about
        if seen.sound is None:
            return about, []
        models = inference.load()
        if clip.order.sound_late_s is not None:
            return about, late_sound(seen, self._which.model, models)
        found = offset(seen, self._which.model, models)
        if found is None:
            return about, []
        actor.write_sound(seen.folder / actor.SOUND, sound_of(clip.footage, found.late_s)[0], 48_000)
        told = f"{about.source}: its sound is {found.sentence}; it is moved there, and --sound-late 0 leaves it"
        return replace(about, sound_late_s=found.late_s), [told]

    def _fit(self, clip: TrackedVideo, progress: Callable[[float], None]) -> actor.Fit:
        """Everything that was found."""
        points = self._points(clip)
        looks = self._shared.looks
        parts: list[FaceMotion] = []
        for first in range(0, len(points), self._settings.chunk):
            parts.append(self._chunk(clip, first, points[first : first + self._settings.chunk]))
            progress((first + len(parts[-1].expression)) / len(points))
        motion = joined(parts)
        return actor.Fit(
            self._all_points(clip),
            self._shared.identity,
            looks.albedo,
            looks.colour,
            looks.light[None],
            motion.expression,
            rotation_vectors(motion.rotation),
            motion.translation,
        )

    def _chunk(self, clip: TrackedVideo, first: int, points: F32) -> FaceMotion:
        """The motion of some frames: read where it is saved, else found, saved and drawn."""
        out = clip.order.out
        identity = self._shared.identity
        looks = self._shared.looks
        path = out / f"motion-{first:06d}.safetensors"
        if path.is_file():
            return FaceMotion(**actor.read_arrays(path, "rotation", "translation", "expression"))
        pictures = self._frames(clip, first, first + len(points))
        start = first_motion(self._face, points, self._camera)
        motion = self._landmarks.fit(identity, start, points, self._settings.rounds)
        if self._settings.colour:
            motion = self._landmarks.fit(
                identity,
                motion,
                points,
                self._settings.colour_rounds,
                lambda now: self._photometry.terms(pictures, looks, now),
            )
        actor.write_arrays(
            path, {"rotation": motion.rotation, "translation": motion.translation, "expression": motion.expression}
        )
        sheet = overlay.sheet(self._face, self._camera, identity, looks, motion, pictures, points)
        write_png(out / f"overlay-{first:06d}.png", sheet)
        return motion
