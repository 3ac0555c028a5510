"""From a column of times to an exact rate and start.

Does not know files: errors say what and where, the caller adds the path.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from facetake.errors import TakeError
from facetake.timebase import DEFAULT_RATE, RELATIVE_SLACK, recognise

_JITTER = 0.1  # of a frame: more than rounding to milliseconds at 120 fps gives
_DECIMALS = range(3, 9)  # milliseconds are the coarsest that tell 120 fps; past eight a float holds no more of an hour


def rate_of(times_s: NDArray[np.float64]) -> Fraction:
    """Rate of a regular column of times.

    Args:
        times_s: (T,) seconds; rounded to milliseconds or finer.

    Returns:
        The exact rate; `DEFAULT_RATE` for a single time.

    Raises:
        TakeError: times that stand still, go back, skip, or are not regular; says the frame.
    """
    steps = len(times_s) - 1
    if steps < 1:
        return DEFAULT_RATE
    interval = float(times_s[-1] - times_s[0]) / steps
    _check_regular(times_s, interval)
    error = min(10.0 ** -_decimals(times_s) / (steps * interval), 0.05)
    return recognise(1 / interval, max(RELATIVE_SLACK, error), error)


def start_of(first_s: float, rate: Fraction) -> Fraction:
    """Exact time of the first frame: on the frame grid where it is that near, else the decimal itself."""
    frames = round(first_s * float(rate))
    on_grid = frames / rate
    if abs(float(on_grid) - first_s) <= 1e-6:
        return on_grid
    return Fraction(first_s).limit_denominator(1_000_000)


def _check_regular(times_s: NDArray[np.float64], interval: float) -> None:
    """Refuses a column whose steps are not all `interval`, naming the first frame that is off."""
    if np.abs(times_s).max() > 1e7:
        raise TakeError("the times are larger than 10,000,000 seconds; they must be in seconds")
    if interval <= 0:
        raise TakeError("the times do not increase; each frame must be later than the one before")
    steps = np.diff(times_s)
    if np.abs(steps - interval).max() > _JITTER * interval:
        usual = float(np.median(steps))  # one long gap moves the average, and each step would seem off
        frame = int(np.argmax(np.abs(steps - usual))) + 1
        raise TakeError(
            f"frame {frame} is {times_s[frame] - times_s[frame - 1]:.6g} s after the one before it, where the "
            f"usual is {usual:.6g} s; the time column must be regular (resample it first)"
        )


def _decimals(times_s: NDArray[np.float64]) -> int:
    """How many decimals the times were written with: what the rate's precision follows from."""
    for decimals in _DECIMALS:
        if np.abs(np.round(times_s, decimals) - times_s).max() < 1e-10:
            return decimals
    return _DECIMALS.stop
