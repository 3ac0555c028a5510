"""Pictures of a film that is being made, kept on disk, so that a film that was killed goes on where it was.

They are kept without loss, a file for every so many: from them and from the rest the film has the bytes that it would
have had in one go. Knows rendered videos; does not know systems or what a film is made from.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Final

from facetake import files
from facetake.arrays import U8
from facetake.errors import PortraitError
from facetake.formats.files import ABANDONED_S
from facetake.portrait.storage import read_pictures, write_pictures
from facetake.portrait.system import RenderedVideo

PART: Final = 25  # frames: a second of most film is all that is drawn again, and 80 MB in memory at 1024 pixels
MOST_BYTES: Final = 2 << 30  # of one film; what comes after is drawn again. A minute of 256 pixels has some 0.1 GB


@dataclass(frozen=True)
class KeptFrames:
    """A film's pictures in `folder`, which is for them alone, `part` a file."""

    folder: Path
    part: int = PART
    most_bytes: int = MOST_BYTES

    def n_done(self, film: RenderedVideo) -> int:
        """How many of a film's first pictures are there already."""
        number = next(i for i in count() if not self._file(i).is_file())
        return min(number * self.part, film.n_frames)

    def pictures(self, film: RenderedVideo) -> Iterator[U8]:
        """Yields all of a film's pictures: those that are there, then the others, which are kept as they are drawn.

        Raises:
            TakeError: a picture cannot be kept, as on a full disk.
        """
        self._sweep()
        self.folder.mkdir(parents=True, exist_ok=True)
        done = yield from self._read(film)
        held = sum(file.stat().st_size for file in self.folder.iterdir())
        drawn = film.pictures(done)
        number = done // self.part
        while part := list(islice(drawn, self.part)):
            if held < self.most_bytes:
                write_pictures(self._file(number), part, film.rate)
                held += self._file(number).stat().st_size
            yield from part
            number += 1

    def forget(self) -> None:
        """Takes the pictures away, and the folders above them that hold nothing else."""
        files.remove(self.folder)
        for above in (self.folder.parent, self.folder.parent.parent):
            with suppress(OSError):  # it holds something else
                above.rmdir()

    def _read(self, film: RenderedVideo) -> Generator[U8, None, int]:
        """Yields what is there; the number of pictures, up to the first file that is damaged."""
        for first in range(0, self.n_done(film), self.part):
            file = self._file(first // self.part)
            try:
                part = list(read_pictures(file, film.rate, 0, min(self.part, film.n_frames - first)))
            except PortraitError:
                return first
            yield from part
        return self.n_done(film)

    def _file(self, number: int) -> Path:
        return self.folder / f"pictures-{number:05d}.mkv"

    def _sweep(self) -> None:
        """Takes away what films left that were killed a day ago and never asked for again."""
        for other in self.folder.parent.glob("*"):
            if other != self.folder and time.time() - other.stat().st_mtime > ABANDONED_S:
                files.remove(other)
