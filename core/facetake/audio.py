"""Sound files as 16 kHz mono samples, in constant memory, and the rhythm of what is said.

Reads what libsndfile reads (WAV, FLAC, Ogg, Opus, MP3, AIFF ...) and, where PyAV is installed, everything else (M4A,
video). Knows nothing of emotion, models or curves.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facetake.errors import AudioError

if TYPE_CHECKING:
    import soundfile

    Source: TypeAlias = "soundfile.SoundFile | _Container | _Unfinished"

SAMPLE_RATE_HZ: Final = 16_000
FRAME_RATE_HZ: Final = 60  # of curves inside the engine, as EmoFace 3.1.1; takes are converted on the way out
BLOCK_S: Final = 2.0
LOST_S: Final = 0.1  # a file may end this much before its header says, as MP3 does; more is a broken file
WINDOW: Final = 400  # 25 ms, for energy and onsets
# What files written to a pipe have for a length (ffmpeg, sox, arecord), give or take a header
UNKNOWN_LENGTHS: Final = (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x7FFFF000, 0x7F000000)
HEADER_MOST: Final = 128
LONGEST: Final = 1 << 48  # a 64-bit length beyond this is an unset one
OGG_HEADER: Final = 27
OGG_PAGE_MOST: Final = 65_307  # bytes
RATES_HZ: Final = (2_000, 768_000)
Floats = NDArray[np.float32]
Blocks = Iterable[Floats]


def hash_of(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces.

    Raises:
        AudioError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AudioError(f"cannot read {path}: {error.strerror or error}") from error


def read(path: Path) -> Floats:
    """All samples of a file: (S,) mono float32 at 16 kHz. See `stream` for what can go wrong."""
    with stream(path) as sound:
        return np.concatenate([np.zeros(0, np.float32), *sound])


def stream(path: Path, block_s: float = BLOCK_S) -> AudioStream:
    """Opens a file to be read in blocks.

    Args:
        path: the file.
        block_s: seconds read at a time.

    Raises:
        AudioError: missing, a folder, unreadable, not sound, truncated, or without a sample.
    """
    try:
        if path.is_dir():
            raise AudioError(f"{path} is a folder, not a sound file; name the files in it")
        if not path.exists():
            raise AudioError(f"no file {path}; check the path")
    except OSError as error:  # a name longer than the system allows
        raise AudioError(f"cannot read {path}: {error.strerror or error}") from error
    return AudioStream(path, _open(path), block_s)


def _open(path: Path) -> Source:
    import soundfile as sf

    try:
        if not path.stat().st_size:
            raise AudioError(f"{path} is empty (0 bytes); record or export it again")
        unset = _check_length(path)
        return sf.SoundFile(path) if unset is None else _Unfinished(path, unset)
    except OSError as error:
        raise AudioError(f"cannot read {path}: {error.strerror or error}") from error
    except sf.LibsndfileError as error:
        return _Container.open(path, str(error))


def _check_length(path: Path) -> int | None:
    """Finds a truncated file, which libsndfile shortens without a word.

    Returns:
        Where the length of the samples stands, if it was never filled in: a WAV whose recorder broke off.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(28)
        if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
            return _check_wav_data(path, file, size)
        promised = _promised(head) or (_promised_caf(file) if head[:4] == b"caff" else 0)
        if head[:4] == b"OggS":
            promised = _promised_ogg(file, size)
    if _is_truncated(promised, size):
        raise AudioError(f"{path} is truncated: its header promises {promised} bytes, {size} are there; copy it again")
    return None


def _check_wav_data(path: Path, file: BinaryIO, size: int) -> int | None:
    file.seek(12)
    while len(chunk := file.read(8)) == 8:
        length = int.from_bytes(chunk[4:], "little")
        here = file.tell()
        if chunk[:4] == b"data":
            if _is_truncated(length, size - here):
                raise AudioError(
                    f"{path} is truncated: its header promises {length} bytes of sound, "
                    f"{size - here} are there; copy it again"
                )
            return here - 4 if length == 0 and size - here > 8 and not _is_chunk(file.read(8), size - here) else None
        file.seek(length + length % 2, os.SEEK_CUR)
    return None


def _is_chunk(head: bytes, room: int) -> bool:
    """Whether these 8 bytes begin another chunk of a WAV, and not its sound."""
    return head[:4].isascii() and head[:4].decode("ascii").isprintable() and int.from_bytes(head[4:], "little") <= room


def _is_truncated(length: int, there: int) -> bool:
    unknown = length > LONGEST or any(abs(length - mark) <= HEADER_MOST for mark in UNKNOWN_LENGTHS)
    return length > there + 1 and not unknown


def _promised(head: bytes) -> int:
    """How many bytes a file has by its header, for AIFF, Sony Wave64, RF64 and AU; 0 where that is not told."""
    if head[:4] == b"FORM":
        return int.from_bytes(head[4:8], "big") + 8
    if head[:4] == b"riff":
        return int.from_bytes(head[16:24], "little")
    if head[:4] == b"RF64" and head[12:16] == b"ds64":
        return int.from_bytes(head[20:28], "little") + 8
    if head[:4] == b".snd" and head[8:12] != b"\xff\xff\xff\xff":
        return int.from_bytes(head[4:8], "big") + int.from_bytes(head[8:12], "big")
    return 0


def _promised_caf(file: BinaryIO) -> int:
    """How many bytes an Apple CAF has by its chunks; 0 where the length of its sound is left open."""
    file.seek(8)
    while len(chunk := file.read(12)) == 12:
        length = int.from_bytes(chunk[4:], "big", signed=True)
        if chunk[:4] == b"data" or length < 0:
            return file.tell() + length if length >= 0 else 0
        file.seek(length, os.SEEK_CUR)
    return 0


def _promised_ogg(file: BinaryIO, size: int) -> int:
    """Where the last page of an Ogg file ends by its own header."""
    file.seek(max(0, size - OGG_PAGE_MOST))
    begin, tail = file.tell(), file.read()
    last = tail.rfind(b"OggS")
    header = tail[last : last + OGG_HEADER] if last >= 0 else b""
    if len(header) < OGG_HEADER:
        return 0
    sizes = tail[last + OGG_HEADER : last + OGG_HEADER + header[-1]]
    return begin + last + OGG_HEADER + header[-1] + sum(sizes)


class _Mended(io.FileIO):
    """The bytes of a WAV whose length was never filled in, with "unknown" there: libsndfile takes 0 for no sound."""

    def __init__(self, path: Path, place: int) -> None:
        super().__init__(path)
        self._place = place

    def readinto(self, buffer: Any, /) -> int:
        view, begin = memoryview(buffer).cast("B"), self.tell()
        count = super().readinto(view) or 0
        for place in range(max(self._place, begin), min(self._place + 4, begin + count)):
            view[place - begin] = 0xFF
        return count


class _Unfinished:
    """A mended WAV with the few members of SoundFile that are used; SoundFile itself leaves such files open."""

    def __init__(self, path: Path, place: int) -> None:
        import soundfile as sf

        self._bytes = _Mended(path, place)
        try:
            self._sound = sf.SoundFile(self._bytes)
        except BaseException:
            self._bytes.close()
            raise
        self.samplerate, self.frames = self._sound.samplerate, self._sound.frames

    def read(self, count: int, dtype: str, always_2d: bool) -> Floats:
        return np.asarray(self._sound.read(count, dtype=dtype, always_2d=always_2d), np.float32)

    def close(self) -> None:
        self._sound.close()
        self._bytes.close()


class AudioStream:
    """Blocks of 16 kHz mono samples of one file; a context manager, to be iterated once.

    Attributes:
        path: the file.
        duration_s: its length, exactly.
        n_samples: number of samples at 16 kHz the blocks will have together: round(duration_s * 16000).
    """

    def __init__(self, path: Path, file: Source, block_s: float) -> None:
        """Takes over an open file; made by `stream`."""
        if not RATES_HZ[0] <= file.samplerate <= RATES_HZ[1]:
            file.close()
            raise AudioError(
                f"{path} says {file.samplerate} samples a second; {RATES_HZ[0]} to {RATES_HZ[1]} can be read"
            )
        self.path = path
        self._file = file
        self._block = max(1, round(block_s * file.samplerate))
        self.duration_s = Fraction(file.frames, file.samplerate)
        self.n_samples = round(self.duration_s * SAMPLE_RATE_HZ)
        if not self.n_samples:
            file.close()
            raise AudioError(f"{path} holds no sound (0 samples); record or export it again")

    def __enter__(self) -> AudioStream:
        """The stream itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self._file.close()

    def __iter__(self) -> Iterator[Floats]:
        """Yields the samples, (s,) float32 each.

        Raises:
            AudioError: a sample is not a finite number, or the file breaks off.
        """
        left = self.n_samples
        for block in self._resampled():
            if len(block) and left:
                yield block[:left]
                left -= min(left, len(block))
        if left > LOST_S * SAMPLE_RATE_HZ:
            raise AudioError(f"{self.path} breaks off {left / SAMPLE_RATE_HZ:.2f} s before its end; copy it again")
        if left:
            yield np.zeros(left, np.float32)

    def _resampled(self) -> Iterator[Floats]:
        if self._file.samplerate == SAMPLE_RATE_HZ:
            yield from self._mono()
            return
        import soxr

        resampler = soxr.ResampleStream(self._file.samplerate, SAMPLE_RATE_HZ, 1, dtype="float32")
        for block in self._mono():
            yield resampler.resample_chunk(block)
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _mono(self) -> Iterator[Floats]:
        done = 0
        while len(block := self._read()):
            bad = ~np.isfinite(block).all(axis=1)
            if bad.any():
                sample = done + int(bad.argmax())
                raise AudioError(
                    f"{self.path}: sample {sample} (at {sample / self._file.samplerate:.3f} s) is not a number; "
                    "export the file again"
                )
            done += len(block)
            yield np.ascontiguousarray(block.mean(axis=1, dtype=np.float32) if block.shape[1] > 1 else block[:, 0])

    def _read(self) -> Floats:
        try:
            block: Floats = self._file.read(self._block, dtype="float32", always_2d=True)
        except (RuntimeError, OSError) as error:  # LibsndfileError is a RuntimeError
            raise AudioError(f"{self.path} is damaged: {error}; export it again") from error
        return block


class _Container:
    """A file that libsndfile cannot read, through PyAV, with the few members of SoundFile that are used."""

    def __init__(self, path: Path, samplerate: int, frames: int) -> None:
        self.samplerate, self.frames = samplerate, frames
        self._chunks = _decoded(path)
        self._kept = np.zeros(0, np.float32)

    @classmethod
    def open(cls, path: Path, reason: str) -> _Container:
        try:
            import av
        except ImportError as error:
            raise AudioError(
                f'cannot read {path} as sound ({reason}); for M4A or video: pip install "facetake[preview]"'
            ) from error
        try:
            counted = [(rate, len(block)) for rate, block in _decoded_with_rate(path)]
        except (av.FFmpegError, AttributeError, IndexError, ValueError) as error:  # PyAV leaves out what it cannot tell
            raise AudioError(f"{path} is not a sound file that can be read ({reason}); export it as WAV") from error
        return cls(path, counted[0][0] if counted else SAMPLE_RATE_HZ, sum(n for _, n in counted))

    def read(self, count: int, dtype: str, always_2d: bool) -> Floats:  # noqa: ARG002  as SoundFile.read is called
        parts = [self._kept]
        while sum(map(len, parts)) < count and (block := next(self._chunks, None)) is not None:
            parts.append(block)
        samples = np.concatenate(parts)
        self._kept = samples[count:]
        return np.asarray(samples[:count, None], dtype)

    def close(self) -> None:
        self._chunks.close()


def _decoded(path: Path) -> Any:  # a generator, typed loosely so that it can be closed
    for _, block in _decoded_with_rate(path):
        yield block


def _decoded_with_rate(path: Path) -> Iterator[tuple[int, Floats]]:
    import av

    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=track.rate)
        for frame in container.decode(track):
            for piece in resampler.resample(frame):
                yield piece.sample_rate, piece.to_ndarray().reshape(-1).astype(np.float32)


class Rhythm:
    """Level and onset strength of speech, gathered while its blocks pass by on their way elsewhere.

    Onset strength is the rise of the log spectrum from one frame to the next, summed over frequency (spectral flux),
    as the head
    motion of landmark translation 3.3 asks for.
    """

    def __init__(self, n_frames: int) -> None:
        """Makes room for `n_frames` frames of 1/60 s."""
        self._energy = np.full(n_frames, 1e-10, np.float32)
        self._flux = np.zeros(n_frames, np.float32)
        self._window = np.hanning(WINDOW).astype(np.float32)
        self._before = np.zeros(WINDOW // 2 + 1, np.float32)
        self._done = 0

    def listening(self, blocks: Blocks) -> Iterator[Floats]:
        """Passes blocks through unchanged, and measures them."""
        kept, begin = np.zeros(WINDOW // 2, np.float32), -(WINDOW // 2)
        for block in blocks:
            kept = np.concatenate([kept, block])
            self._measure(kept, begin)
            skip = max(0, min(len(kept), self._start(self._done) - begin))
            kept, begin = kept[skip:], begin + skip
            yield block
        self._measure(np.pad(kept, (0, 2 * WINDOW)), begin)

    @staticmethod
    def _start(frame: int) -> int:
        return round(frame * SAMPLE_RATE_HZ / FRAME_RATE_HZ) - WINDOW // 2

    def _measure(self, samples: Floats, begin: int) -> None:
        """Measures every frame whose window lies within `samples`, which start at sample `begin`."""
        last = min(len(self._energy), (begin + len(samples) - WINDOW // 2) * FRAME_RATE_HZ // SAMPLE_RATE_HZ)
        frames = np.arange(self._done, max(last, self._done))
        if not len(frames):
            return
        starts = np.round(frames * (SAMPLE_RATE_HZ / FRAME_RATE_HZ)).astype(int) - WINDOW // 2 - begin
        windows = samples[starts[:, None] + np.arange(WINDOW)]
        self._energy[frames] = np.square(windows).mean(axis=1) + 1e-10
        level = np.log(np.abs(np.fft.rfft(windows * self._window)).astype(np.float32) + 1e-2)
        before = np.concatenate([self._before[None], level[:-1]])
        self._flux[frames] = np.maximum(level - before, 0.0).mean(axis=1)
        self._before, self._done = level[-1], int(frames[-1]) + 1

    def tracks(self) -> tuple[Floats, Floats]:
        """Level in dB relative to full scale and onset strength from 0, (T,) each."""
        return np.asarray(10.0 * np.log10(self._energy), np.float32), self._flux
