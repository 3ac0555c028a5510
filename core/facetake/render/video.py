"""Writes pictures and sound into a video file, and what the file says about itself in its container's tags.

Knows containers and codecs; does not know faces or takes. Frame times are exact for rational rates, the file appears
whole or not at all. Needs PyAV (the `preview` extra).

What it says is that it was generated, by what and from which files: players and asset managers show `description`;
programs read `comment`, one JSON object. Whoever wants a film to be provable as well signs it
(`facetake.render.content_credentials`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import __version__, audio, files
from facetake.audio.containers import open_container
from facetake.errors import RenderError
from facetake.files import json_text

if TYPE_CHECKING:
    import av

SOUND_HZ = 48_000  # of films
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_QUALITY = {"crf": "18", "preset": "veryfast", "mbtree": "0"}
"""Without x264's macroblock tree, by which the same pictures gave two films (24 of 24 are equal without it)."""


def require_av() -> Any:
    """The `av` module. RenderError with what to install when it is missing."""
    try:
        import av
    except ImportError as error:
        raise RenderError('video needs PyAV, which is not installed; pip install "facetake[preview]"') from error
    return av


def write_video(
    out: Path,
    frames: Iterable[NDArray[np.uint8]],
    rate: Fraction,
    *,
    sound: Path | None = None,
    start_s: Fraction = Fraction(0),
    tags: Mapping[str, str] | None = None,
) -> int:
    """Writes frames and sound to `out` (mp4, mov or mkv: H.264 and AAC) and returns the number of frames.

    frames: sRGB pictures (H, W, 3), all of one even size; rate: frames per second; sound: any file with sound, cut to
    the pictures' length; start_s: the instant of the sound at which the first frame stands (before 0: silence first);
    tags: what the container says of itself, such as `facetake.render.video` makes.
    RenderError for a bad target, AudioError for a bad sound file; `out` is then left as it was.
    """
    av_module = require_av()
    kind = CONTAINERS.get(out.suffix.lower())
    if kind is None:
        raise RenderError(f"cannot write a video to {out}: give it the suffix .mp4, .mov or .mkv")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with av_module.open(str(part), "w", format=kind, options=_container_options(kind)) as container:
            container.metadata.update(tags or {})
            number = _Writer(container, rate, sound, start_s).write(frames)
        files.replace(part, out)
    except OSError as error:  # PyAV's own errors are OSErrors where the file system is to blame
        raise RenderError(f"{out}: {files.unwritten(error, out)}") from error
    finally:
        with suppress(OSError):
            files.remove(part)
    return number


def _container_options(kind: str) -> dict[str, str]:
    return {} if kind == "matroska" else {"movflags": "+faststart"}


class _Writer:
    """One open file: pictures and sound are written side by side, so that neither waits in memory for the other."""

    def __init__(self, container: av.container.OutputContainer, rate: Fraction, sound: Path | None, start_s: Fraction):
        self._container = container
        self._rate = rate
        self._picture: Any = container.add_stream("libx264", rate=rate, options=_QUALITY)
        self._picture.pix_fmt = "yuv420p"
        self._sound: Any = None
        if sound is not None:
            self._blocks = sound_blocks(sound, start_s)
            self._first = next(self._blocks, None)  # a file that is not sound shows before any picture is drawn
            self._sound = container.add_stream("aac", rate=SOUND_HZ, layout="mono")
        self._heard = 0

    def write(self, frames: Iterable[NDArray[np.uint8]]) -> int:
        """Encodes everything; the number of frames. RenderError when there are none."""
        number = 0
        for number, image in enumerate(frames, start=1):
            self._add_picture(image, number - 1)
            self._add_sound(Fraction(number) / self._rate)
        if number == 0:
            raise RenderError("a video needs at least one frame")
        for stream in filter(None, (self._picture, self._sound)):
            self._container.mux(stream.encode(None))
        return number

    def _add_picture(self, image: NDArray[np.uint8], index: int) -> None:
        if index == 0:
            height, width = image.shape[:2]
            if height % 2 or width % 2:
                raise RenderError(f"a video cannot be {width} x {height} pixels: both sides must be even")
            self._picture.width = width
            self._picture.height = height
            self._picture.codec_context.time_base = 1 / self._rate
        frame = require_av().VideoFrame.from_ndarray(image, format="rgb24")
        frame.pts = index
        frame.time_base = 1 / self._rate
        self._container.mux(self._picture.encode(frame))

    def _add_sound(self, until_s: Fraction) -> None:
        """Encodes sound up to an instant of the video."""
        end = int(until_s * SOUND_HZ)
        while self._sound is not None and self._first is not None and self._heard < end:
            block = self._first[: end - self._heard]
            rest = self._first[len(block) :]
            frame = require_av().AudioFrame.from_ndarray(
                np.ascontiguousarray(block[None]), format="fltp", layout="mono"
            )
            frame.sample_rate = SOUND_HZ
            frame.pts = self._heard
            frame.time_base = Fraction(1, SOUND_HZ)
            self._heard += len(block)
            self._first = rest if len(rest) else next(self._blocks, None)
            self._container.mux(self._sound.encode(frame))


def unheard(sound: Path, start_s: Fraction) -> list[str]:
    """What is worth telling about the sound of a film whose first frame stands at an instant of it.

    AudioError when the file cannot be read or holds no sound.
    """
    with audio.stream(sound) as heard:
        end_s = heard.duration_s
    if start_s < end_s:
        return []
    return [f"the film is silent: its take begins at {float(start_s):.2f} s, and {sound} ends at {float(end_s):.2f} s"]


def sound_blocks(path: Path, start_s: Fraction = Fraction(0), rate_hz: int = SOUND_HZ) -> Iterator[NDArray[np.float32]]:
    """Mono float32 blocks of a file's sound at `rate_hz` from `start_s` on; silence before the file's beginning.

    AudioError when the file cannot be read or holds no sound.
    """
    skip = round(start_s * rate_hz)
    with audio.stream(path, rate_hz=rate_hz) as sound:
        if skip < 0:
            yield np.zeros(-skip, dtype=np.float32)
        for block in sound:
            if skip >= len(block):
                skip -= len(block)
                continue
            yield block[max(skip, 0) :]
            skip = 0


def envelope(path: Path, per_second: int, start_s: Fraction = Fraction(0)) -> NDArray[np.float32]:
    """Peaks (N,) of the absolute sound, `per_second` of them a second, in constant memory but for the result."""
    hop = 16_000 // per_second
    peaks: list[NDArray[np.float32]] = []
    rest = np.zeros(0, dtype=np.float32)
    for block in sound_blocks(path, start_s, 16_000):
        rest = np.concatenate([rest, np.abs(block)])
        whole = len(rest) // hop * hop
        peaks.append(rest[:whole].reshape(-1, hop).max(axis=1) if whole else rest[:0])
        rest = rest[whole:]
    return np.concatenate([*peaks, rest.max(keepdims=True) if len(rest) else rest])


SOURCE_TYPE: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's name, which C2PA uses too, of media where a trained network painted into what was recorded."""
KEY: Final = "facetake"
MOST: Final = 1 << 16
"""Characters of a comment that is read: ours has some hundreds."""


@dataclass(frozen=True)
class SourceFile:
    """One thing that a film was made from.

    Attributes:
        role: what it was for: actor, photograph, training, audio or take.
        name: of the file or folder, without where it lies.
        sha256: hash of its bytes.
    """

    role: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """Where a film comes from.

    Attributes:
        system: what painted it, as on the command line.
        sources: what it was made from.
        consent_sha256: hash of the consent that is kept in the actor's folder; None where none is. The text stays
            there, because names in it are nobody's business who sees the film.
    """

    system: str
    sources: tuple[SourceFile, ...]
    consent_sha256: str | None = None

    @property
    def facts(self) -> dict[str, object]:
        """All of it for programs."""
        return {
            "synthetic": True,
            "generator": f"Facetake {__version__}",
            "digital_source_type": SOURCE_TYPE,
            **asdict(self),
        }

    @property
    def sentence(self) -> str:
        """It in one line, for people."""
        names = ", ".join(f"{source.role} {source.name}" for source in self.sources)
        return f"Synthetic: generated by Facetake {__version__}, portrait {self.system}, from {names}"

    @property
    def tags(self) -> dict[str, str]:
        """The container's tags; the same for the same sources, so that films stay the same byte for byte."""
        return {"description": self.sentence, "comment": json_text.dump({KEY: self.facts})}


def source(role: str, path: Path) -> SourceFile:
    """A file, or a folder's networks, that a film was made from. OSError where it cannot be read."""
    if not path.is_dir():
        return SourceFile(role, path.name, files.hash_of(path))
    held = sorted(path.glob("[!.]*.safetensors"))  # and none that was begun when a training was killed
    hashes = "".join(map(files.hash_of, held))
    return SourceFile(role, path.name, hashlib.sha256(hashes.encode("ascii")).hexdigest())


def read_provenance(path: Path) -> Mapping[str, object] | None:
    """What a film says about itself; None where it says nothing, or is no film that can be opened."""
    av = require_av()
    try:
        with open_container(path) as container:
            comment = next((value for key, value in container.metadata.items() if key.lower() == "comment"), "")
        told = json_text.load(comment) if len(comment) <= MOST else None
    except (av.FFmpegError, OSError, ValueError):
        return None
    found = told.get(KEY) if isinstance(told, dict) else None
    return found if isinstance(found, dict) else None
