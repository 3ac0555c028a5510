"""When an instant of a sound is: on this machine's clock, or on a sound card's, which runs a little faster or slower.

Every time is computed from the instant itself and none from the one before, so that nothing adds up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

now_s: Final[Callable[[], float]] = time.perf_counter
"""Seconds on the clock by which everything live is timed."""
FOLLOW_S: Final = 1.0
"""Over which a sound card's reports are averaged: they jitter by milliseconds, and cards drift by less in that time."""

FASTEST: Final = 0.1
"""By how much, relative to this machine's clock, a card is followed: none is that far off, but those that throw sound
away take it at once, and a card that stumbled is caught up with in seconds."""


class LiveClock(Protocol):
    """Tells when an instant is."""

    def due_s(self, instant_s: float) -> float:
        """The time, by `now_s`, at which an instant of the sound is."""


class SteadyClock:
    """Instant 0 is at a time, and each second lasts one."""

    def __init__(self, zero_s: float) -> None:
        """Begins at `zero_s`, by `now_s`."""
        self._zero_s = zero_s

    def due_s(self, instant_s: float) -> float:
        """When an instant is."""
        return self._zero_s + instant_s


class FollowingClock:
    """A clock that follows reports of which instant was when: those of a sound card."""

    def __init__(self) -> None:
        """Knows nothing yet."""
        self._zero_s: float | None = None
        self._told = (0.0, 0.0)

    @property
    def has_begun(self) -> bool:
        """Whether anything was reported."""
        return self._zero_s is not None

    def report(self, instant_s: float, at_s: float) -> None:
        """An instant of the sound was, or will be, at a time by `now_s`. Instants rise."""
        zero_s = at_s - instant_s
        if self._zero_s is None:
            self._zero_s = zero_s
            self._told = (instant_s, at_s)
        instant_before_s, at_before_s = self._told
        share = min(1.0, max(0.0, instant_s - instant_before_s) / FOLLOW_S)
        most_s = FASTEST * max(0.0, at_s - at_before_s)
        self._zero_s += min(max(share * (zero_s - self._zero_s), -most_s), most_s)
        self._told = (instant_s, at_s)

    def due_s(self, instant_s: float) -> float:
        """When an instant is."""
        return instant_s + (now_s() if self._zero_s is None else self._zero_s)
