"""The strip under the previewed face: waveform, visemes and main curves, with a cursor that moves along.

Knows pixels and times; does not know how a face looks. Long takes are shown page by page, each drawn once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, U8
from facetake.visemes import VisemeSegment

Colour = tuple[int, int, int]

PAGE_S = 5.0  # by eye: in more, visemes are too narrow for their letters
ENVELOPE_HZ = 400  # no fewer peaks than a page of 1920 columns shows
BACKGROUND = (22, 24, 28)
GRID = (48, 52, 60)
INK = (205, 209, 216)
CURSOR = (255, 214, 92)
WAVE_COLOUR = (110, 150, 190)
SILENCE_COLOUR = (34, 37, 43)
VISEME_COLOURS: tuple[Colour, ...] = ((58, 82, 108), (84, 66, 104))
CURVE_COLOURS: tuple[Colour, ...] = ((238, 122, 96), (104, 190, 220), (170, 210, 110), (210, 160, 230), (240, 200, 110))
"""By eye, on dark ground; visemes and curves take theirs by turns."""
WAVE_PX = 64
VISEME_PX = 26
CURVE_PX = 110
TIME_PX = 16
"""Heights of the strip's lanes, by eye."""
VISEME_SIZE_PX = 18
LABEL_SIZE_PX = 11
"""Heights of their letters, by eye."""
HEIGHT_PX = WAVE_PX + VISEME_PX + CURVE_PX + TIME_PX


@dataclass(frozen=True)
class PlotTracks:
    """What the strip shows, over time counted from the first frame.

    duration_s; wave (N,): peaks at `ENVELOPE_HZ`; segments with offset_s: the instant of the sound at the first frame;
    curves: name -> (T,) values 0..1 at `curve_hz`.
    """

    duration_s: float
    wave: F32
    segments: Sequence[VisemeSegment]
    offset_s: float
    curves: dict[str, F32]
    curve_hz: float


class Strip:
    """Draws the strip for any instant."""

    def __init__(self, tracks: PlotTracks, width: int) -> None:
        """Prepares an empty first page, `width` pixels wide."""
        self._tracks = tracks
        self._width = width
        self._span = min(max(tracks.duration_s, 0.5), PAGE_S)
        self._page = -1
        self._drawn = np.zeros((HEIGHT_PX, width, 3), np.uint8)

    def at(self, time_s: float) -> U8:
        """The strip (HEIGHT_PX, width, 3) with its cursor at `time_s` after the first frame."""
        page = int(time_s / self._span + 1e-9)
        if page != self._page:
            self._page, self._drawn = page, self._draw(page * self._span)
        image = self._drawn.copy()
        column = int((time_s / self._span - page) * self._width)
        image[:-TIME_PX, max(column - 1, 0) : column + 1] = CURSOR
        return image

    def _draw(self, start_s: float) -> U8:
        image = np.empty((HEIGHT_PX, self._width, 3), np.uint8)
        image[:] = BACKGROUND
        _draw_wave(image[:WAVE_PX], self._tracks.wave, start_s, self._span)
        self._draw_visemes(image[WAVE_PX : WAVE_PX + VISEME_PX], start_s)
        top = WAVE_PX + VISEME_PX
        self._draw_curves(image[top : top + CURVE_PX], start_s)
        self._draw_times(image[top + CURVE_PX :], start_s)
        return image

    def _column(self, time_s: float, start_s: float) -> int:
        return int(np.clip((time_s - start_s) / self._span, 0.0, 1.0) * self._width)

    def _draw_visemes(self, image: U8, start_s: float) -> None:
        shift = self._tracks.offset_s
        for i, segment in enumerate(self._tracks.segments):
            left, right = (self._column(float(t) - shift, start_s) for t in (segment.start_s, segment.end_s))
            if right > left:
                silent = segment.viseme == "sil"
                image[2:-2, left:right] = SILENCE_COLOUR if silent else VISEME_COLOURS[i % 2]
                if not silent and right - left >= 12:
                    put(image, segment.viseme, (left + right) // 2, VISEME_PX // 2, INK, VISEME_SIZE_PX, "mm")

    def _draw_curves(self, image: U8, start_s: float) -> None:
        for level in (0.0, 0.5, 1.0):
            image[_row(level)] = GRID
        for i, (name, values) in enumerate(self._tracks.curves.items()):
            colour = CURVE_COLOURS[i % len(CURVE_COLOURS)]
            times = start_s + (np.arange(self._width) + 0.5) / self._width * self._span
            shown = np.interp(times, np.arange(len(values)) / self._tracks.curve_hz, values)
            _draw_line(image, _row(np.clip(shown, 0.0, 1.0)), colour, times <= self._tracks.duration_s)
            put(image, name, 6 + 100 * i, 1, colour, LABEL_SIZE_PX)

    def _draw_times(self, image: U8, start_s: float) -> None:
        step = 1.0 if self._span > 2.0 else 0.25
        for tick in np.arange(np.ceil(start_s / step) * step, start_s + self._span, step):
            column = self._column(float(tick), start_s)
            image[:4, column : column + 1] = INK
            put(image, f"{tick:g}", column + 4, 2, INK, LABEL_SIZE_PX)


def _row(value: float | NDArray[np.floating]) -> NDArray[np.int64]:
    """Rows of the curve panel for values 0..1."""
    return np.asarray(np.rint(CURVE_PX - 5 - np.asarray(value) * (CURVE_PX - 20)), dtype=np.int64)


def _draw_line(image: U8, rows: NDArray[np.int64], colour: Colour, shown: NDArray[np.bool_]) -> None:
    """A connected line, one row a column, two pixels thick."""
    before = np.concatenate([rows[:1], rows[:-1]])
    grid = np.arange(len(image))[:, None]
    ink = (grid >= np.minimum(rows, before)) & (grid <= np.maximum(rows, before) + 1) & shown
    image[ink] = colour


def _draw_wave(image: U8, wave: F32, start_s: float, span_s: float) -> None:
    """Peaks around the middle line."""
    height, width = image.shape[:2]
    edges = ((start_s + np.arange(width + 1) / width * span_s) * ENVELOPE_HZ).astype(int)
    padded = np.concatenate([wave, np.zeros(max(edges[-1] + 2 - len(wave), 1), np.float32)])
    peaks = np.array([padded[low : max(high, low + 1)].max() for low, high in zip(edges, edges[1:], strict=False)])
    reach = np.clip(peaks / max(float(wave.max(initial=0.0)), 0.05), 0.0, 1.0) * (height / 2 - 4)
    image[np.abs(np.arange(height)[:, None] - height / 2 + 0.5) <= reach + 0.5] = WAVE_COLOUR


def put(image: U8, text: str, x: int, y: int, colour: Colour, size_px: int, anchor: str = "la") -> None:
    """Writes text at (x, y), its upper left corner or the anchor that Pillow calls so, cut at the image's edge."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.fromarray(image)
    ImageDraw.Draw(picture).text((x, y), text, colour, ImageFont.load_default(size_px), anchor)
    image[:] = np.asarray(picture)
