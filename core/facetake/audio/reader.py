"""Sound files as blocks of mono samples of one rate, in constant memory.

A file is heard twice: first to learn how much of it decodes and in which channels the voice is, then block by block.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np

from facetake import files
from facetake.audio.sources import LOST_S, Block, SoundSource, open_source
from facetake.audio.survey import Run, survey
from facetake.audio.units import SAMPLE_RATE_HZ, Floats
from facetake.errors import AudioError
from facetake.files.same_names import differing

BLOCK_S: Final = 2.0  # by choice: 128 KB at 16 kHz, so that memory is constant and calls are few


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Sees to it that all that is read of a file inside the block is of one version of it.

    Raises:
        AudioError: the file was written, replaced or taken away meanwhile.
    """
    before = _stamp(path)
    yield
    if _stamp(path) != before:
        raise AudioError(f"{path} was changed while it was read; run the same command again")


def _stamp(path: Path) -> tuple[int, int] | None:
    """What differs once a file was written or replaced; None where there is none, which whoever reads it will tell.

    Its number is no part of that: some network drives give a file another one whenever they are asked.
    """
    try:
        about = files.look(path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns


def read(path: Path) -> Floats:
    """All samples of a file: (S,) mono float32 at 16 kHz. See `stream` for what can go wrong."""
    with stream(path) as sound:
        return np.concatenate([np.zeros(0, np.float32), *sound])


def stream(
    path: Path, block_s: float = BLOCK_S, rate_hz: int = SAMPLE_RATE_HZ, zero_s: Fraction | None = None
) -> AudioStream:
    """Opens a file to be read in blocks.

    Args:
        path: the file.
        block_s: seconds read at a time.
        rate_hz: samples a second of what is given.
        zero_s: the instant 0 on the clock of a film; by default its first picture, or the first sample of other files.
            With it, a film without sound after that instant gives no samples and is no error.

    Raises:
        AudioError: missing, a folder, unreadable, not sound, truncated, damaged, without a sample, or with a sample
            that is not a finite number.
    """
    try:
        files.check(path, files.ANY_SIZE)
    except IsADirectoryError as error:
        raise AudioError(f"{path} is a folder, not a sound file; name the files in it") from error
    except FileNotFoundError as error:
        raise AudioError(f"no file {path}{differing(path) or '; check the path'}") from error
    except OSError as error:  # a device, a pipe, or a name that the system does not allow
        raise AudioError(f"cannot read {path}: {files.reason(error)}") from error
    sound = AudioStream(path, open_source(path, zero_s), block_s, rate_hz)
    if not sound.n_samples and zero_s is None:
        raise AudioError(f"{path} holds no sound (0 samples); record or export it again")
    return sound


class AudioStream:
    """Blocks of mono samples of one file; a context manager, to be iterated once.

    Attributes:
        path: the file.
        rate_hz: samples a second of the blocks.
        duration_s: its length, exactly.
        n_samples: number of samples the blocks will have together: round(duration_s * rate_hz).
        gain: by which its samples are multiplied: above 1 where a voice is very faint, else 1 or less.
        told: sentences about what is unusual in the file and how it is read.
    """

    def __init__(self, path: Path, source: SoundSource, block_s: float, rate_hz: int) -> None:
        """Listens to a source; made by `stream`."""
        self.path = path
        self.rate_hz = rate_hz
        self._source = source
        self._block_s = block_s
        self._found = survey(path, source.blocks(block_s))
        self._reading = self._samples()
        self.gain = self._found.gain
        self.duration_s = self._found.duration_s
        self.n_samples = round(self.duration_s * rate_hz)
        self.told = tuple(f"{path.name} {sentence}" for sentence in (*source.told, *self._found.told))

    @property
    def recorded(self) -> tuple[int, int]:
        """Samples a second and channels of the file; of its beginning, where they change."""
        first = self._found.runs[0]
        return first.rate_hz, first.mixes.shape[1]

    def __enter__(self) -> AudioStream:
        """The stream itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        self._reading.close()

    def __iter__(self) -> Iterator[Floats]:
        """Yields the samples, (s,) float32 each.

        Raises:
            AudioError: the file was changed since it was opened.
        """
        self._reading = self._samples()
        return self._reading

    def _samples(self) -> Generator[Floats, None, None]:
        begin_s = Fraction(0)
        done = 0
        stretches = groupby(self._source.blocks(self._block_s), key=lambda block: (block[0], block[1].shape[1]))
        for run, (_, blocks) in zip(self._found.runs, stretches, strict=False):
            begin_s += Fraction(run.n_samples, run.rate_hz)
            left = round(begin_s * self.rate_hz) - done
            done += left
            for block in self._resampled(run, blocks):
                if len(block) and left:
                    yield block[:left]
                    left -= min(left, len(block))
            if left > LOST_S * self.rate_hz:
                break
            if left:
                yield np.zeros(left, np.float32)
        else:
            if done == self.n_samples:
                return
        raise AudioError(f"{self.path} was changed while it was read; try again")

    def _resampled(self, run: Run, blocks: Iterator[Block]) -> Iterator[Floats]:
        if run.rate_hz == self.rate_hz:
            yield from (self._mono(run, samples) for _, samples in blocks)
            return
        import soxr

        resampler = soxr.ResampleStream(run.rate_hz, self.rate_hz, 1, dtype="float32")
        for _, samples in blocks:
            yield resampler.resample_chunk(self._mono(run, samples))
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _mono(self, run: Run, samples: Floats) -> Floats:
        best = run.best()
        if samples.shape[1] == 1:
            mixed = samples[:, 0]
        elif best == 0:
            mixed = samples.mean(axis=1, dtype=np.float32)
        else:
            mixed = samples @ run.mixes[best]
        return np.ascontiguousarray(mixed if self._found.gain == 1.0 else mixed * np.float32(self._found.gain))
