"""Opens a file by the library that reads it right, and gives its sound in blocks, as often as asked.

libsndfile reads most; what it gets wrong is told by the files' own frames first, and shown to it as it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, TypeAlias

import numpy as np

from facetake import files
from facetake.audio import adts, flac, headers, mpeg, ogg
from facetake.audio.containers import Container
from facetake.audio.stretches import Stretches
from facetake.audio.units import Floats
from facetake.audio.whole import Part, TruncatedError
from facetake.errors import AudioError

LOST_S: Final = 0.1  # a decoder may give this much less than there is; more is a broken file
MOST_AT_ONCE: Final = 1 << 24  # numbers in a block: two seconds of forty channels at 192 kHz
READERS: Final[Sequence[Callable[[BinaryIO, int], list[Part] | None]]] = (
    flac.parts,
    ogg.parts,
    mpeg.parts,
)
Block: TypeAlias = tuple[int, Floats]
"""Samples a second, and samples (s, channels)."""


class SoundSource(Protocol):
    """A file's sound.

    Attributes:
        told: what is worth telling about it, to go after the file's name.
    """

    told: tuple[str, ...]

    def blocks(self, block_s: float) -> Iterator[Block]:
        """Yields all of it from the beginning; rate and channels may change on the way.

        Raises:
            AudioError: the file cannot be decoded to its end.
        """


def open_source(path: Path, zero_s: Fraction | None = None) -> SoundSource:
    """The source of a file.

    Args:
        path: the file.
        zero_s: the instant 0 on the clock of a film, if that is not its first picture.

    Raises:
        AudioError: empty, unreadable, not sound, truncated, or of a kind that needs the `preview` extra.
    """
    import soundfile as sf

    parts = list[Part]()
    try:
        size = path.stat().st_size
        if not size:
            raise AudioError(f"{path} is empty (0 bytes); record or export it again")
        if zero_s is not None:
            return Container.open(path, zero_s=zero_s)
        with path.open("rb") as file:
            known = headers.parts(file, size)  # most sounds are of these kinds, and what follows need not be looked for
            if known is None and adts.is_adts(file, size):
                return Container.open(path)
            parts = _parts(file, size) if known is None else known
        return Parts(path, parts) if parts else Container.open(path, "it holds pictures")
    except OSError as error:
        raise AudioError(f"cannot read {path}: {files.reason(error)}") from error
    except TruncatedError as error:
        raise AudioError(f"{path} is truncated: {error}; copy it again") from error
    except sf.LibsndfileError as error:
        container = Container.open(path, _said(error), told=tuple(sentence for part in parts for sentence in part.told))
        return Holed(path, container, parts) if any(part.lasts for part in parts) else container


def _parts(file: BinaryIO, size: int) -> list[Part]:
    """What the first reader says that knows the file's kind."""
    for read in READERS:
        if (found := read(file, size)) is not None:
            return found
    return [Part()]


class Parts:
    """Sounds that libsndfile reads, one after the other, as a `SoundSource`."""

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        """Opens each once.

        Raises:
            soundfile.LibsndfileError: libsndfile cannot.
        """
        self._path = path
        self._parts = parts
        self.told = tuple(dict.fromkeys(sentence for part in parts for sentence in part.told))
        for part in parts:
            with _opened(path, part):
                pass

    def blocks(self, block_s: float) -> Iterator[Block]:
        """As of any source."""
        for part in self._parts:
            yield from self._lost(part, block_s)
            with _opened(self._path, part) as sound:
                done = len(self._read(sound, part.left_out)) if part.left_out else 0
                while len(block := self._read(sound, _step(block_s, sound.samplerate, sound.channels))):
                    yield sound.samplerate, block
                    done += len(block)
                lost_s = (sound.frames - done) / sound.samplerate
                if part.is_sure and lost_s > LOST_S:
                    raise AudioError(f"{self._path} breaks off {lost_s:.2f} s before its end; copy it again")

    def _lost(self, part: Part, block_s: float) -> Iterator[Block]:
        """Silence in place of what is lost before a part: all that is missing of its length."""
        if part.lasts is None:
            return
        with _opened(self._path, part) as sound:
            left = round(Fraction(*part.lasts) * sound.samplerate)
            step = _step(block_s, sound.samplerate, sound.channels)
            while count := len(self._read(sound, step)):
                left -= count
            yield from _silence(sound.samplerate, left, sound.channels, block_s)

    def _read(self, sound: Any, count: int) -> Floats:
        try:
            block: Floats = sound.read(count, dtype="float32", always_2d=True)
        except (RuntimeError, OSError) as error:  # LibsndfileError is a RuntimeError
            raise AudioError(f"{self._path} is damaged: {_said(error)}; export it again") from error
        return block


class Holed:
    """Sounds with something lost between them that libsndfile does not read, as a `SoundSource`."""

    def __init__(self, path: Path, whole: Container, parts: Sequence[Part]) -> None:
        """The parts of a file that is opened."""
        self._path = path
        self.told = whole.told
        self._parts = [(part, whole.part(part.pieces)) for part in parts]

    def blocks(self, block_s: float) -> Iterator[Block]:
        """As of any source."""
        for part, sound in self._parts:
            if part.lasts is not None:
                heard = [(rate_hz, len(block), block.shape[1]) for rate_hz, block in sound.blocks(block_s)]
                if not heard:
                    raise AudioError(f"{self._path} is damaged: a part of it does not decode; export it again")
                rate_hz, _, channels = heard[0]
                lost = round(Fraction(*part.lasts) * rate_hz) - sum(count for _, count, _ in heard)
                yield from _silence(rate_hz, lost, channels, block_s)
            yield from sound.blocks(block_s)


def _said(error: Exception) -> str:
    """What libsndfile says is wrong, without the name of what it was given, which may be an object of ours."""
    return str(getattr(error, "error_string", "") or error).rstrip(".")


def _step(block_s: float, rate_hz: int, channels: int) -> int:
    """Samples that are read at a time; few enough, whatever rate and channels a header says."""
    return max(1, min(round(block_s * rate_hz), MOST_AT_ONCE // max(1, channels)))


def _silence(rate_hz: int, count: int, channels: int, block_s: float) -> Iterator[Block]:
    """Blocks of silence, of a number of samples together."""
    step = _step(block_s, rate_hz, channels)
    for first in range(0, count, step):
        yield rate_hz, np.zeros((min(step, count - first), channels), np.float32)


@contextmanager
def _opened(path: Path, part: Part) -> Iterator[Any]:
    """A part opened by libsndfile."""
    import soundfile as sf

    class Forward(sf.SoundFile):  # type: ignore[misc]  # soundfile has no types
        """A file that is read on and on: soundfile else seeks after every block, over which MP3 decoders stumble."""

        def seekable(self) -> bool:
            """False."""
            return False

    if not part.pieces:
        with Forward(path) as sound:
            yield sound
        return
    with path.open("rb") as file, Forward(Stretches(file, part.pieces)) as sound:
        yield sound
