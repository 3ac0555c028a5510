"""What is in a file, read whole, after a look at how much that is: no file may ask for more memory than its kind needs.

A file of a hundred gigabytes costs nothing on most disks, and a device never ends. What the text means is not known
here.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Final

_STEP: Final = 1 << 20


def read_bytes(path: Path, most: int) -> bytes:
    """The bytes of a file.

    Args:
        path: the file.
        most: bytes that such a file may have.

    Raises:
        OSError: it cannot be read, or is larger (`errno.EFBIG`); `strerror` is for people.
    """
    if (size := path.stat().st_size) > most:
        raise _too_large(path, most, f"it has {_megabytes(size)}")
    parts: list[bytes] = []
    left = most
    with path.open("rb") as file:
        while part := file.read(_STEP):
            left -= len(part)
            if left < 0:  # a device, or a file that grows
                raise _too_large(path, most, "it does not end")
            parts.append(part)
    return b"".join(parts)


def read_text(path: Path, most: int) -> str:
    """The text of a UTF-8 file, with or without the mark that Windows programs put before it.

    Args:
        path: the file.
        most: bytes that such a file may have.

    Raises:
        OSError: as `read_bytes`.
        UnicodeDecodeError: it is other than UTF-8.
    """
    return read_bytes(path, most).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def _too_large(path: Path, most: int, what: str) -> OSError:
    return OSError(errno.EFBIG, f"{what}; {_megabytes(most)} are the most that is read of such a file", str(path))


def _megabytes(size: int) -> str:
    return f"{-(-size // 1_000_000)} MB"
