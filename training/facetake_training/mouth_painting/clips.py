"""Mouths out of films, for the painter to learn from: windows around them, and MediaPipe's points in their pixels.

Of a film that shows several side by side only the leftmost is looked at. Knows films and MediaPipe; does not know
networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from facetake import files
from facetake.arrays import F32, U8
from facetake.audio.containers import open_container
from facetake.errors import ConfigError
from facetake.portrait.landmark_translation.still.mouth import BELOW, EYES, NOSE
from facetake.portrait.video.landmarks import detector
from facetake.render.video import require_av

WINDOW_PX = 160  # of its side: as fine as the painter's square, and a little finer
WINDOW = 1.7  # of a window, in distances of the outer corners of the eyes: the painter's square, and room to move it
FRAMES_MOST = 150  # of a film, spread over it: more are the same mouths again
FRAMES_LEAST = 10  # by choice: fewer are no clip of somebody speaking
SEVERAL = 2.0  # times as wide as tall: several films side by side


def collect(videos: Sequence[Path], landmarker: Path, out: Path) -> list[str]:
    """Writes NAME.npz for each film: `windows` (T, S, S, 3) uint8 and `points` (T, 478, 2) in their pixels.

    Films that the folder holds already are left as they are.

    Returns:
        One line a film: what was found, or why it was left out.

    Raises:
        ConfigError: nothing was found in any.
        PortraitError: MediaPipe or its model is missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    report = []
    for video in videos:
        path = out / f"{video.stem}.npz"
        if path.is_file():
            report.append(f"{video.stem}: there already")
            continue
        windows, points = _mouths(video, landmarker)
        if len(windows) < FRAMES_LEAST:
            report.append(f"left out: {video} shows one whole face in {len(windows)} frames only")
            continue
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, windows=windows, points=points)
        files.replace(part, path)
        report.append(f"{video.stem}: {len(windows)} mouths")
    if not any(out.glob("*.npz")):
        raise ConfigError("; ".join(report) or "no films were named")
    return report


def _mouths(video: Path, landmarker: Path) -> tuple[U8, F32]:
    """Windows and points of the frames of a film that show one face."""
    av = require_av()
    windows, points = [], []
    try:
        with open_container(video) as film, detector(landmarker) as found:
            stream = film.streams.video[0]
            count = stream.frames or round(float((stream.duration or 0) * stream.time_base * stream.average_rate))
            every = max(1, count // FRAMES_MOST)
            for number, frame in enumerate(film.decode(stream)):
                if number % every:
                    continue
                picture = frame.to_ndarray(format="rgb24")
                if picture.shape[1] >= SEVERAL * picture.shape[0]:
                    picture = picture[:, : picture.shape[0]]
                faces = found.faces(np.ascontiguousarray(picture), round(1000 * number / float(stream.average_rate)))
                if len(faces) == 1:
                    window, seen = _window(picture, faces[0])
                    windows.append(window)
                    points.append(seen)
    except (av.FFmpegError, IndexError) as error:
        raise ConfigError(f"{video} holds no film that can be read: {error}") from error
    return np.array(windows), np.array(points, np.float32)


def _window(picture: U8, points: F32) -> tuple[U8, F32]:
    """The window around a mouth, its edge pixels going on where it leaves the picture, and the points in it."""
    right, left = points[list(EYES)]
    nose = points[NOSE]
    side = round(WINDOW * float(np.linalg.norm(right - left)))
    corner = np.floor(nose + BELOW * (nose - 0.5 * (right + left)) - 0.5 * side).astype(int)
    columns, rows = (np.clip(corner[a] + np.arange(side), 0, picture.shape[1 - a] - 1) for a in (0, 1))
    piece = torch.from_numpy(picture[rows][:, columns]).permute(2, 0, 1)[None].float()
    size = (WINDOW_PX, WINDOW_PX)
    small = F.interpolate(piece, size, mode="bicubic", antialias=side > WINDOW_PX, align_corners=False)[0]
    window = small.permute(1, 2, 0).round().clamp(0, 255).byte().numpy()
    return window, np.asarray((points - corner) * (WINDOW_PX / side), np.float32)
