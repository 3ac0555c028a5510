"""Sound played faster or slower: pitch, formants and tempo together.

soxr limits the band as it goes, so that what would lie above half the rate vanishes instead of folding back; between
neighbouring samples a straight line would let it.
"""

from __future__ import annotations

import numpy as np
import soxr

from facetake.arrays import F32


def at_speed(sound: F32, speed: float) -> F32:
    """Samples (S / speed,) of sound (S,) played `speed` times as fast."""
    return np.asarray(soxr.resample(sound, speed, 1.0), np.float32)
