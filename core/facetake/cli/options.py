"""Numbers on the command line: each option says its bounds, and a mistake is told before anything runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from facetake.errors import ConfigError, FacetakeError
from facetake.files import quantities

LONGEST_S = 1e6  # seconds of a recording: eleven days


def stretch(text: str) -> tuple[float, float]:
    """Start and end, in seconds, of a stretch of time such as "1.0-2.5".

    Raises:
        ConfigError: it is none, or ends before it begins.
    """
    first, _, last = text.partition("-")
    start, end = (quantities.number(one, f"--range {text[:40]}: a time", 0.0, LONGEST_S) for one in (first, last))
    if start >= end:
        raise ConfigError(f"--range {text} ends before it begins; write start and end in seconds, such as 1.0-2.5")
    return start, end


def whole(low: int = 0, high: int = quantities.MOST_WHOLE) -> Callable[[str], int]:
    """What argparse reads a whole number with."""

    def read(text: str) -> int:
        try:
            return quantities.whole(text, "it", low, high)
        except FacetakeError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def number(low: float = 0.0, high: float = LONGEST_S) -> Callable[[str], float]:
    """What argparse reads a finite number with."""

    def read(text: str) -> float:
        try:
            return quantities.number(text, "it", low, high)
        except FacetakeError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read
