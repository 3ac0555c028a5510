"""The actor's folder: what a capture leaves behind and all that portrait systems read.

    actor.json       what was captured, from what, with which camera; written last, so it marks a whole folder
    crop.mkv         the square pictures, without loss
    sound.wav        the clip's sound, where it has any
    fit.safetensors  landmarks, identity, albedo, own colours, light, expression and pose

Knows the files. Does not know how a face is found or fitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import F32, U8, Mask
from facetake.arrays.reader import read_safetensors
from facetake.config import from_table
from facetake.errors import ConfigError, PortraitError
from facetake.files import json_text
from facetake.formats import beside
from facetake.portrait.storage import read_json, read_pictures, write_pictures
from facetake.render.camera import Camera
from facetake.timebase import Rate

ABOUT = "actor.json"
PICTURES = "crop.mkv"
SOUND = "sound.wav"
FIT = "fit.safetensors"
LIST = "clips.csv"  # of a folder that holds several actors' folders, of one person
VERSION = 2  # of the folder's layout
SIZE_MOST = 8192  # pixels of a crop's side


@dataclass(frozen=True)
class ActorMetadata:
    """What was captured, and how.

    Attributes:
        face: the face model whose coefficients the fit holds, as
            `facetake.portrait.capture.posed_face.open_face` takes it.
        face_sha256: hash of its file.
        source: name of the video, without its folder.
        source_sha256: hash of its bytes.
        box: left, top and side of the crop in the upright video, in pixels.
        size: side of the crop's pictures in pixels.
        rate: frames per second.
        n_frames: number of frames.
        focal: focal length in pixels of the crop; the principal point is its centre.
        start_s: time in the video of the first frame, in seconds.
        sound_late_s: how late the video's sound was taken to be, in seconds; `sound.wav` is moved by it.
        shot: its number among the shots of the video, from 1; 0: the video is one.
        left_out: frames from which nothing is learnt, because the face was gone or its mouth covered: pairs of a first
            frame and the one after the last.
        version: of the folder's layout.
    """

    face: str
    face_sha256: str
    source: str
    source_sha256: str
    box: tuple[float, float, float]
    size: int
    rate: Rate
    n_frames: int
    focal: float
    start_s: Fraction = Fraction(0)
    sound_late_s: float = 0.0
    shot: int = 0
    left_out: tuple[tuple[int, int], ...] = ()
    version: int = VERSION

    def __post_init__(self) -> None:
        """Refuses what no capture has (ValueError)."""
        if not (0 < self.size <= SIZE_MOST and self.n_frames > 0 and self.focal > 0.0 and self.box[2] > 0.0):
            raise ValueError(f"size is from 1 to {SIZE_MOST}, and n_frames, focal and the side of box are above 0")
        if any(not 0 <= first < last <= self.n_frames for first, last in self.left_out):
            raise ValueError("left_out are pairs of a first frame and the one after the last")

    @property
    def origin(self) -> str:
        """What was captured, with what: hashes of the video and of the face model, and which shot of several."""
        shot = f" shot {self.shot}" if self.shot else ""
        return f"{self.source_sha256} {self.face_sha256}{shot}"


@dataclass(frozen=True)
class Fit:
    """What was found in the pictures, float32.

    Attributes:
        landmarks: (T, N, 2) pixels in the crop, pixel centres at +0.5.
        identity: (I,) the face's shape.
        albedo: (A,) its colours, as the model has them.
        colour: (V, 3) the actor's own linear albedo at the vertices, the model's where nothing was seen.
        light: (1 or T, 9, 3) spherical harmonics.
        expression: (T, E).
        rotation: (T, 3) rotation vectors in radians: camera = R face + translation.
        translation: (T, 3) metres.
    """

    landmarks: F32
    identity: F32
    albedo: F32
    colour: F32
    light: F32
    expression: F32
    rotation: F32
    translation: F32

    def check(self, n_frames: int, where: str) -> None:
        """Refuses arrays of the wrong shape and values that are no numbers (PortraitError naming the array)."""
        for name, shape in _SHAPES.items():
            array: F32 = getattr(self, name)
            wanted = tuple(n_frames if side == "T" else side for side in shape)
            if len(wanted) != array.ndim or any(w not in (None, s) for w, s in zip(wanted, array.shape, strict=True)):
                raise PortraitError(f"{where}: {name} has shape {array.shape}; capture the actor again")
            if not np.isfinite(array).all():
                raise PortraitError(f"{where}: {name} holds values that are no numbers; capture the actor again")
        if len(self.light) not in (1, n_frames):
            raise PortraitError(f"{where}: light has {len(self.light)} frames, not 1 or {n_frames}; capture it again")


_SHAPES: dict[str, tuple[object, ...]] = {  # T: frames; None: as many as the face model has
    "landmarks": ("T", None, 2),
    "identity": (None,),
    "albedo": (None,),
    "colour": (None, 3),
    "light": (None, 9, 3),
    "expression": ("T", None),
    "rotation": ("T", 3),
    "translation": ("T", 3),
}


@dataclass(frozen=True)
class CapturedActor:
    """One captured actor; pictures are read when asked for, the rest is in memory."""

    folder: Path
    about: ActorMetadata
    fit: Fit

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self.about.n_frames

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.about.rate

    @property
    def camera(self) -> Camera:
        """The camera that sees the crop."""
        half = self.about.size / 2.0
        return Camera(self.about.focal, (half, half), (self.about.size, self.about.size))

    @property
    def learnable(self) -> Mask:
        """Frames (T,) from which something can be learnt: the face is there, and nothing before its mouth."""
        found = np.ones(self.n_frames, np.bool_)
        for first, last in self.about.left_out:
            found[first:last] = False
        return found

    @property
    def sound(self) -> Path | None:
        """The clip's sound, or None where it has none."""
        path = self.folder / SOUND
        return path if path.is_file() else None

    def frames(self, first: int = 0, last: int | None = None) -> U8:
        """Pictures (n, H, W, 3) of frames `first` to `last` - 1, RGB; to the end by default."""
        last = self.n_frames if last is None else last
        if not 0 <= first <= last <= self.n_frames:
            raise ValueError(f"frames {first} to {last} of {self.n_frames}")
        size = self.about.size
        if first == last:
            return np.zeros((0, size, size, 3), np.uint8)
        return np.stack(list(read_pictures(self.folder / PICTURES, self.rate, first, last)))

    def light_at(self, frame: int) -> F32:
        """Light (9, 3) of one frame."""
        light: F32 = self.fit.light[frame if len(self.fit.light) > 1 else 0]
        return light


def read_actor(folder: Path, mark: str = ABOUT) -> CapturedActor:
    """Opens an actor's folder.

    Args:
        folder: the folder.
        mark: the file in it that says what it is; while an actor is being made that may lie elsewhere.

    Raises:
        PortraitError: there is no such folder, it is unfinished, or its files do not fit together.
    """
    if not folder.is_dir():
        raise PortraitError(f"there is no actor's folder {folder}; make one with `facetake portrait capture`")
    if not (folder / mark).is_file() and (folder / LIST).is_file():
        raise PortraitError(f"{folder} holds several clips; name one of the folders that its {LIST} lists")
    if not (folder / mark).is_file():
        raise PortraitError(
            f"{folder} is no finished actor ({ABOUT} is missing); run `facetake portrait capture` again to finish it"
        )
    about = read_about(folder / mark)
    for name in (PICTURES, FIT):
        if not (folder / name).is_file():
            raise PortraitError(f"{folder}: {name} is missing; capture the actor again into a new folder")
    fit = _fit(folder / FIT)
    fit.check(about.n_frames, str(folder / FIT))
    return CapturedActor(folder, about, fit)


def read_about(path: Path) -> ActorMetadata:
    """What an actor.json says. PortraitError where it is damaged or of another layout."""
    try:
        about = from_table(ActorMetadata, read_json(path), str(path))
    except ConfigError as error:
        raise PortraitError(f"{error}; capture the actor again") from error
    if about.version != VERSION:
        raise PortraitError(f"{path} is of layout {about.version}, this Facetake reads {VERSION}; capture it again")
    return about


def _fit(path: Path) -> Fit:
    return Fit(**read_arrays(path, *(field.name for field in fields(Fit))))


def read_arrays(path: Path, *names: str) -> dict[str, F32]:
    """Arrays of a safetensors file, those of some names or all. PortraitError when one is missing or it is damaged."""
    try:
        held = read_safetensors(path)
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} is damaged ({files.reason(error)}); remove it and capture again") from error
    if missing := [name for name in names if name not in held]:
        raise PortraitError(f"{path}: {', '.join(missing)} is missing; remove it and capture again")
    return {name: held[name].astype(np.float32) for name in names or held}


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes a safetensors file, whole or not at all."""
    from safetensors.numpy import save

    with beside(path) as part:  # what safetensors writes itself is the owner's alone
        part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def write_about(folder: Path, about: ActorMetadata) -> None:
    """Writes `actor.json`: from now on the folder is a whole actor."""
    table = {**asdict(about), "rate": str(about.rate), "start_s": str(about.start_s)}
    with beside(folder / ABOUT) as part:
        part.write_text(json_text.dump(table, indent=2) + "\n", encoding="utf-8", newline="\n")


def write_fit(folder: Path, fit: Fit) -> None:
    """Writes `fit.safetensors`."""
    write_arrays(folder / FIT, {field.name: getattr(fit, field.name) for field in fields(Fit)})


def write_actor(
    folder: Path, about: ActorMetadata, fit: Fit, frames: Iterable[U8], sound: tuple[F32, int] | None = None
) -> CapturedActor:
    """Writes a whole actor at once, as a made-up one is.

    Args:
        folder: a new folder.
        about: what it is.
        fit: as many frames as `about` says.
        frames: RGB pictures (size, size, 3).
        sound: mono samples (S,) and their rate in Hz.

    Returns:
        The actor, read back.

    Raises:
        PortraitError: the folder exists, or the parts do not fit together.
    """
    if folder.exists():
        raise PortraitError(f"{folder} exists already; name a new folder")
    fit.check(about.n_frames, str(folder))
    folder.mkdir(parents=True)
    number = write_pictures(folder / PICTURES, frames, about.rate)
    if number != about.n_frames:
        raise PortraitError(f"{folder}: {number} pictures were given for {about.n_frames} frames")
    if sound is not None:
        write_sound(folder / SOUND, *sound)
    write_fit(folder, fit)
    write_about(folder, about)
    return read_actor(folder)


def write_sound(path: Path, samples: F32, rate_hz: int) -> None:
    """Writes mono samples (S,) as 16-bit WAV."""
    import soundfile

    with beside(path) as part:
        soundfile.write(part, samples, rate_hz, subtype="PCM_16")
