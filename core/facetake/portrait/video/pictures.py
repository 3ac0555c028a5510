"""Square pictures in a lossless video file (FFV1 in Matroska), to be read from any frame on.

Knows PyAV and nothing of faces.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.audio.containers import open_container
from facetake.errors import PortraitError
from facetake.formats import beside
from facetake.render.video import require_av

Pictures = NDArray[np.uint8]


def write_pictures(path: Path, frames: Iterable[Pictures], rate: Fraction) -> int:
    """Writes RGB pictures (H, W, 3) of one size without loss, whole or not at all; the number of them."""
    av = require_av()
    number = 0
    with beside(path) as part, av.open(str(part), "w", format="matroska") as container:
        stream: Any = container.add_stream("ffv1", rate=rate, options={"level": "3", "g": "1"})
        stream.pix_fmt = "bgr0"
        for number, picture in enumerate(frames, start=1):
            if number == 1:
                stream.height, stream.width = picture.shape[:2]
                stream.codec_context.time_base = 1 / rate
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format="bgr0")
            frame.pts = number - 1
            frame.time_base = 1 / rate
            container.mux(stream.encode(frame))
        if number:
            container.mux(stream.encode(None))
    return number


def read_pictures(path: Path, rate: Fraction, first: int, last: int) -> Iterator[Pictures]:
    """Yields frames `first` to `last` - 1 of a file that `write_pictures` wrote, RGB (H, W, 3) each.

    Raises:
        PortraitError: the file is missing, damaged, or ends before frame `last` - 1.
    """
    av = require_av()
    wanted = first
    try:
        with open_container(path) as container:
            stream = container.streams.video[0]
            if first:
                container.seek(int(Fraction(first) / rate / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                index = round(Fraction(frame.pts) * stream.time_base * rate)  # Matroska rounds times to milliseconds
                if index >= last:
                    return
                if index == wanted:
                    wanted += 1
                    yield frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, IndexError, TypeError) as error:
        raise PortraitError(f"{path} cannot be read ({_reason(error)}); capture the actor again") from error
    if wanted < last:
        raise PortraitError(f"{path} ends before frame {wanted}, frame {last - 1} was wanted; capture the actor again")


def _reason(error: Exception) -> str:
    with suppress(AttributeError):
        return str(error.strerror)  # type: ignore[attr-defined]
    return str(error)
