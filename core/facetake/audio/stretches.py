"""A file of bytes put together from stretches of another one and from bytes of its own.

With it a header that is wrong or missing is mended, and one of several sounds in a file is shown alone, without a copy.
Knows nothing of sound.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any, BinaryIO, TypeAlias

Stretch: TypeAlias = tuple[int, int]
"""Where a stretch of the file begins, and where the next byte after it stands."""


class Stretches(io.RawIOBase):
    """Stretches read as one file, seekable; never more than is asked for is in memory."""

    def __init__(self, file: BinaryIO, pieces: Sequence[bytes | Stretch]) -> None:
        """Shows `pieces` of an open file one after the other; the file stays the caller's."""
        super().__init__()
        self._file = file
        self._pieces = pieces
        self._at = 0
        self._begins = [0]
        for piece in pieces:
            self._begins.append(self._begins[-1] + (len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]))

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """As of any file."""
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._begins[-1]}[whence])
        return self._at

    def tell(self) -> int:
        """As of any file."""
        return self._at

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """As of any file; fills the whole buffer but at the end."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and (data := self._next(len(view) - done)):
            view[done : done + len(data)] = data
            done += len(data)
            self._at += len(data)
        return done

    def _next(self, count: int) -> bytes:
        """At most `count` bytes of the piece in which the file stands; none at the end."""
        if self._at >= self._begins[-1]:
            return b""
        number = bisect_right(self._begins, self._at) - 1
        piece = self._pieces[number]
        within = self._at - self._begins[number]
        if isinstance(piece, bytes):
            return piece[within : within + count]
        self._file.seek(piece[0] + within)
        return self._file.read(min(count, piece[1] - piece[0] - within))
