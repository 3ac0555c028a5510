"""What portrait systems keep in their folders: tables as JSON, arrays, and square pictures in a lossless video file.

Arrays are written row by row and mapped into memory, so that a long clip needs no more of it than a short one; pictures
(FFV1 in Matroska) are read from any frame on. Knows files; does not know what is in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import U8
from facetake.arrays.reader import map_npy
from facetake.audio.containers import open_container
from facetake.errors import PortraitError
from facetake.files import json_text
from facetake.formats import beside
from facetake.render.video import require_av

Progress = Callable[[float], None]


def read_json(path: Path) -> Mapping[str, object]:
    """The table of a JSON file. PortraitError where it is damaged or holds something else."""
    try:
        return json_text.load_table(files.read_text(path))
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); name a new folder") from error


def fill(path: Path, shape: tuple[int, ...], kind: type, rows: Iterator[NDArray[np.generic]], report: Progress) -> None:
    """Writes an array as .npy row by row, whole or not at all; there must be as many rows as its shape says."""
    about = {"descr": npy.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    with beside(path) as part, part.open("wb") as file:  # mapped, it could not get its name on Windows
        npy.write_array_header_1_0(file, about)
        count = 0
        for count, row in enumerate(rows, 1):
            file.write(np.ascontiguousarray(np.broadcast_to(row, shape[1:]), kind).data)
            report(count / shape[0])
        if count != shape[0]:
            raise ValueError(f"{count} rows for an array of {shape[0]}")


def mapped(path: Path, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    """An array that `fill` wrote, mapped into memory. PortraitError where it is damaged or another one."""
    try:
        return map_npy(path, shape, kind)
    except (OSError, ValueError) as error:
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); remove it, to be made again") from error


def write_pictures(path: Path, frames: Iterable[U8], rate: Fraction) -> int:
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


def write_png(path: Path, picture: U8) -> None:
    """Writes an RGB picture (H, W, 3) as PNG, whole or not at all."""
    from PIL import Image

    with beside(path) as part:
        Image.fromarray(picture).save(part, "PNG")


def read_pictures(path: Path, rate: Fraction, first: int, last: int) -> Iterator[U8]:
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
        raise PortraitError(f"{path} cannot be read ({files.reason(error)}); capture the actor again") from error
    if wanted < last:
        raise PortraitError(f"{path} ends before frame {wanted}, frame {last - 1} was wanted; capture the actor again")
