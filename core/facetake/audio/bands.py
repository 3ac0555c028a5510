"""How loud sound is in bands of frequency, beside the rest of its recording. Knows no files."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.audio.passing import PassingFrames
from facetake.audio.units import SAMPLE_RATE_HZ, Floats

WINDOW: Final = 512  # 32 ms: a breath's noise, averaged over two pulses of a low voice
N_BANDS: Final = 40  # as many as recognisers of speech mostly take
LOWEST_HZ: Final = 60.0  # hum of the mains lies below, or in the first band
HIGHEST_HZ: Final = 7800.0  # what resampling cuts lies above
SILENCE: Final = 1e-11  # power that is added: -110 dB, below the rounding of 16 bits
FAINTEST: Final = 5.0  # percentile of a band's level that is the room
LOUD: Final = 95.0  # percentile of the loudest band's level that is the voice
RANGE_DB: Final = (-70.0, 5.0)  # below and above the voice: what is further off says no more
MOST_OVER_DB: Final = 40.0  # above the room, likewise
N_TRACKS: Final = 3 * N_BANDS  # beside the voice, over the room, and over the quietest nearby
NEARBY: Final = 36  # frames to either side, 0.6 s: the pause that a sound lies in, before and after it
EVENED: Final = 2  # frames to either side over which noise is averaged before its quietest is looked for
OUT_DB: Final = 10.0  # over the quietest nearby that is told as 1
MOST_OVER_NEARBY_DB: Final = 30.0  # as above the room, and less, for what is averaged


class BandLevels(PassingFrames):
    """Level in each band, gathered while blocks pass by on their way elsewhere; bands are even on the mel scale."""

    def __init__(self, n_frames: int) -> None:
        """Makes room for `n_frames` frames of 1/60 s."""
        super().__init__(n_frames, WINDOW)
        self._level_db = np.full((n_frames, N_BANDS), 10.0 * np.log10(SILENCE), np.float16)
        self._window = np.hanning(WINDOW)
        self._weights = _triangles().T / np.square(self._window).sum()

    def _measure(self, frames: slice, windows: Floats) -> None:
        power = np.square(np.abs(np.fft.rfft(windows * self._window)))
        self._level_db[frames] = 10.0 * np.log10(power @ self._weights + SILENCE)

    def tracks(self) -> NDArray[np.float16]:
        """(T, 120): in each band, the level beside the line's voice, over the room's own and over the quietest nearby.

        All about 0 to 3. A listener that has a voice's level taken from what it hears needs to be told how loud a noise
        is beside it; and where the room's noise comes and goes, whether it stands out of what lies around it.
        """
        from scipy import ndimage  # only here: lines of which no event is heard do without it

        level_db = self._level_db.astype(np.float32)
        if not len(level_db):
            return np.zeros((0, N_TRACKS), np.float16)
        voice_db = np.percentile(level_db.max(axis=1), LOUD)
        room_db = np.percentile(level_db, FAINTEST, axis=0)
        beside = np.clip(level_db - voice_db, *RANGE_DB) / 20.0 + 1.5
        over = np.clip(level_db - room_db, 0.0, MOST_OVER_DB) / 15.0
        even_db = ndimage.uniform_filter1d(level_db, 2 * EVENED + 1, axis=0, mode="nearest")
        quiet_db = ndimage.minimum_filter1d(even_db, 2 * NEARBY + 1, axis=0, mode="nearest")
        out = np.clip(even_db - quiet_db, 0.0, MOST_OVER_NEARBY_DB) / OUT_DB
        return np.concatenate([beside, over, out], axis=1).astype(np.float16)


def _triangles() -> NDArray[np.float64]:
    """(40, 257) weights of each band, which sum to 1."""
    mels = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), N_BANDS + 2)
    corners_hz = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    at_hz = np.fft.rfftfreq(WINDOW, 1.0 / SAMPLE_RATE_HZ)
    low, middle, high = corners_hz[:-2, None], corners_hz[1:-1, None], corners_hz[2:, None]
    weights = np.maximum(0.0, np.minimum((at_hz - low) / (middle - low), (high - at_hz) / (high - middle)))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _mel(frequency_hz: float) -> float:
    """The mel scale as O'Shaughnessy has it."""
    return float(2595.0 * np.log10(1.0 + frequency_hz / 700.0))
