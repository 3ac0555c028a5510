"""The spectrogram of a line: heard once, worked out for what is seen of it, and coarser where that is much.

A thread reads the sound and makes tiles: so many columns, each a stretch of 2 to the power of its level samples. Tiles
that were seen lately are kept.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QColor, QImage, QPainter, qRgb

from facetake import audio
from facetake.arrays import memmap
from facetake.audio import SAMPLE_RATE_HZ
from facetake.errors import FacetakeError

WINDOW: Final = 512  # samples, 32 ms: vowels show their formants, and plosives their burst
ROWS: Final = WINDOW // 2  # of a tile, from 8 kHz down to 0
COLUMNS: Final = 256  # of a tile, by choice: a few milliseconds' work
FINEST: Final = 5  # level: a column each 2 ms, less than a frame's seventh
COARSEST: Final = 17  # level: a column each 8 s; hours on one screen
LOOKS: Final = 4  # at a column that is longer than the window: its middle alone would miss words
KEPT: Final = 160  # tiles: ten megabytes
RANGE_DB: Final = 45.0  # from black to white, by eye: what is quieter is the room's
STEEP_DB: Final = 6.0  # an octave, by which what is higher is raised, as phoneticians do: voices fall as much
LEVELLED: Final = 400  # windows of a sound by which its loudest is told: an even share of a line of any length
LOUDEST: Final = 99.7  # percentile of these that is white; the loudest of all is a click
MOST_PEAKED: Final = 120 * SAMPLE_RATE_HZ  # samples looked at for a waveform: a few milliseconds
WAIT_S: Final = 10.0  # for the thread to end
SHADES: Final = ((0, "#1a1c20"), (110, "#2a3f63"), (190, "#b0683c"), (255, "#ffe9a8"))
"""By eye: silence is as dark as the lane, and vowels stand out."""
Tile = tuple[int, int]
"""Level, and number of a tile: it begins at the sample number * COLUMNS * 2 ** level."""


class Spectrogram(QObject):
    """Pictures of one sound at a time.

    Signals:
        ready: a tile is there, or the sound has been read.
    """

    ready = Signal()

    def __init__(self) -> None:
        """Of no sound; no thread yet."""
        super().__init__()
        self._news = threading.Condition()
        self._sound: Path | None = None
        self._wanted: list[Tile] = []
        self._tiles: OrderedDict[Tile, QImage] = OrderedDict()
        self._samples: NDArray[np.int16] | None = None
        self._white_db = 0.0
        self._is_over = False
        self._thread: threading.Thread | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a tile that was asked for is not there yet."""
        return bool(self._wanted)

    def open(self, sound: Path | None) -> None:
        """Another sound, or none."""
        with self._news:
            if sound == self._sound:
                return
            self._sound, self._samples = sound, None
            self._tiles.clear()
            self._wanted.clear()

    def end(self) -> None:
        """Ends the thread."""
        with self._news:
            self._is_over = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join(WAIT_S)

    def draw(self, painter: QPainter, lane: QRectF, view: tuple[float, float]) -> None:
        """Draws what is there of a stretch of the sound, in seconds, and asks for the rest."""
        if self._sound is None or view[1] <= view[0]:
            return
        per_px = (view[1] - view[0]) * SAMPLE_RATE_HZ / max(1.0, lane.width())
        level = int(np.clip(np.floor(np.log2(max(per_px, 1.0))), FINEST, COARSEST))
        length_s = COLUMNS * 2**level / SAMPLE_RATE_HZ
        numbers = range(int(view[0] / length_s), int(view[1] / length_s) + 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        missing = []
        for number in numbers:
            tile = self._tiles.get((level, number))
            if tile is None:
                missing.append((level, number))
                continue
            share = lane.width() / (view[1] - view[0])
            left = lane.left() + (number * length_s - view[0]) * share
            painter.drawImage(QRectF(left, lane.top(), length_s * share, lane.height()), tile)
        self._ask(missing)

    def peaks(self, view: tuple[float, float], count: int) -> NDArray[np.float32] | None:
        """(count,) the loudest of each even part of a stretch, 0..1; None until the sound has been read."""
        samples = self._samples
        edges = (np.linspace(*view, max(1, count) + 1) * SAMPLE_RATE_HZ).astype(np.int64)
        if samples is None or not len(samples) or edges[-1] - edges[0] > MOST_PEAKED:
            return None
        edges = np.clip(edges, 0, len(samples) - 1)
        found = np.maximum.reduceat(np.abs(samples[edges[0] : edges[-1] + 1]), edges[:-1] - edges[0])
        return np.asarray(found / np.float32(32767.0), np.float32)

    def _ask(self, tiles: list[Tile]) -> None:
        with self._news:
            self._wanted = tiles
            self._news.notify()
        if tiles and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="spectrogram", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: bool(self._wanted) or self._is_over)
                if self._is_over:
                    return
                sound, samples, white_db, tile = self._sound, self._samples, self._white_db, self._wanted[0]
            if samples is None and sound is not None:
                samples = _read(sound)
                white_db = loudest(samples)
            assert samples is not None
            made = _picture(levels(samples, *tile) - white_db)
            with self._news:
                if self._sound == sound:
                    self._samples, self._white_db = samples, white_db
                    self._tiles[tile] = made
                    while len(self._tiles) > KEPT:
                        self._tiles.popitem(last=False)
                    self._wanted = [one for one in self._wanted if one != tile]
            with contextlib.suppress(RuntimeError):  # the window has gone meanwhile
                self.ready.emit()


def _read(sound: Path) -> NDArray[np.int16]:
    """(S,) samples; none where the sound cannot be read, which whoever hears it says."""
    try:
        with audio.stream(sound) as blocks:
            made = memmap.make((blocks.n_samples,), np.int16)
            done = 0
            for block in blocks:
                made[done : done + len(block)] = np.clip(32767.0 * block, -32767.0, 32767.0)
                done += len(block)
            return made[:done]
    except (FacetakeError, OSError):
        return np.zeros(0, np.int16)


def levels(samples: NDArray[np.int16], level: int, number: int) -> NDArray[np.float32]:
    """(ROWS, COLUMNS) dB of a tile, the highest frequency first; 0 is a sine of 1 kHz as loud as can be."""
    step = 2**level
    looks = min(LOOKS, max(1, step // WINDOW))
    power = _power(samples, (number * COLUMNS + (np.arange(COLUMNS * looks) + 0.5) / looks) * step)
    return _decibels(power.reshape(COLUMNS, looks, ROWS).mean(axis=1)).T[::-1]


def loudest(samples: NDArray[np.int16]) -> float:
    """The level that is white in pictures of a sound, in dB."""
    found = _decibels(_power(samples, np.linspace(0.0, len(samples), LEVELLED)))
    return float(np.percentile(found, LOUDEST))


def _power(samples: NDArray[np.int16], middles: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N, ROWS) power about some places of a sound, beyond which it is silent; a sine as loud as can be has 1."""
    begins = np.round(middles).astype(np.int64) - WINDOW // 2
    places = begins[:, None] + np.arange(WINDOW)
    inside = (places >= 0) & (places < len(samples))
    cut = np.where(inside, samples[np.clip(places, 0, len(samples) - 1)], 0) if len(samples) else np.zeros(places.shape)
    window = np.hanning(WINDOW).astype(np.float32) / np.float32(32767.0 * WINDOW / 4)
    return np.asarray(np.abs(np.fft.rfft(cut * window, axis=1)[:, :ROWS]) ** 2, np.float32)


def _decibels(power: NDArray[np.float32]) -> NDArray[np.float32]:
    octaves = np.log2(np.maximum(np.arange(ROWS), 1) * SAMPLE_RATE_HZ / WINDOW / 1000.0)
    return np.asarray(10.0 * np.log10(power + 1e-12) + STEEP_DB * octaves, np.float32)


def _picture(below_db: NDArray[np.float32]) -> QImage:
    shades = np.clip(255.0 * (1.0 + below_db / RANGE_DB), 0.0, 255.0).astype(np.uint8)
    image = QImage(shades.tobytes(), COLUMNS, ROWS, COLUMNS, QImage.Format.Format_Indexed8).copy()
    image.setColorTable(_TABLE)
    return image


def _table() -> list[int]:
    places = [place for place, _ in SHADES]
    colours = [QColor(name) for _, name in SHADES]
    rows = np.array([[one.red(), one.green(), one.blue()] for one in colours])
    parts = [np.interp(np.arange(256), places, row) for row in rows.T]
    return [qRgb(*(int(part[shade]) for part in parts)) for shade in range(256)]


_TABLE: Final = _table()
