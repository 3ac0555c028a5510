"""Small videos and tracks for the tests of the capture."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIDE = 64


def film(
    path: Path,
    pictures: np.ndarray,
    times: Sequence[Fraction] | None = None,
    rate: int = 25,
    sound: np.ndarray | None = None,
    sound_s: float = 0.0,
) -> Path:
    """An H.264 video of pictures (T, H, W, 3) at given times, and sound (S,) at 48 kHz from `sound_s` on, if any."""
    times = [Fraction(i, rate) for i in range(len(pictures))] if times is None else times
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "10", "preset": "ultrafast"})
        track = None if sound is None else container.add_stream("aac", rate=48_000, layout="mono")
        stream.height, stream.width = pictures.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 3000)
        for picture, time in zip(pictures, times, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = round(time * 3000)
            frame.time_base = Fraction(1, 3000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and track is not None:
            for first in range(0, len(sound) - 1023, 1024):
                block = av.AudioFrame.from_ndarray(sound[None, first : first + 1024], format="fltp", layout="mono")
                block.sample_rate = 48_000
                block.time_base = Fraction(1, 48_000)
                block.pts = first + round(sound_s * 48_000)
                container.mux(track.encode(block))
            container.mux(track.encode(None))
    return path


def brightening(number: int, height: int = SIDE, width: int = SIDE) -> np.ndarray:
    """Grey pictures, each four levels brighter than the one before."""
    levels = np.arange(number, dtype=np.uint8) * 4 + 16
    return np.broadcast_to(levels[:, None, None, None], (number, height, width, 3)).copy()


def turned(path: Path, degrees: int) -> Path:
    """Writes into an MP4 that its pictures are to be turned clockwise, as a telephone held upright does."""
    one = 1 << 16
    matrix = {90: (0, one, 0, -one, 0, 0, 0, 0, 1 << 30), 270: (0, -one, 0, one, 0, 0, 0, 0, 1 << 30)}[degrees]
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    data[place : place + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    path.write_bytes(data)
    return path


def faces(number: int, centre: tuple[float, float] = (32.0, 32.0), size: float = 20.0) -> np.ndarray:
    """Tracks (T, 1, 468, 2) of a face that holds still."""
    angles = np.linspace(0, 2 * np.pi, 468)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * size / 2 + np.array(centre)
    return np.broadcast_to(ring, (number, 1, 468, 2)).astype(np.float32).copy()
