"""How long a take out of a file may be: what a file says of its length is believed as far as its bytes go.

A few bytes of a header, or of zeros well packed, can stand for hours. An hour costs nothing; beyond that every frame
needs some bytes of the file, as those of a face that moves do many times over.
"""

from __future__ import annotations

from typing import Final

from facetake.errors import TakeError

MOST_BYTES: Final = 1 << 31
"""Of a take as text: a million frames of all controls, at ten characters a number."""
FREE_FRAMES: Final = 216_000
"""An hour at 60 fps: 150 MB in memory."""
BYTES_A_FRAME: Final = 32  # what moves takes many times more, however well packed
MOST_FRAMES: Final = 1_000_000
"""Of formats that keep a number for every frame as text: 4.6 hours at 60 fps."""


def most_frames(n_bytes: int) -> int:
    """Frames that a file of some bytes may have."""
    return FREE_FRAMES + n_bytes // BYTES_A_FRAME


def check(count: int, n_bytes: int) -> None:
    """Refuses more frames than a file of some bytes may have.

    Raises:
        TakeError: says both.
    """
    if count > most_frames(n_bytes):
        raise TakeError(
            f"{count} frames are more than the {most_frames(n_bytes)} that a file of {n_bytes} bytes is believed; "
            "split the take, or correct its range"
        )
