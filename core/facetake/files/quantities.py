"""Numbers as people, files and programs write them: read in one place, within limits, in one clear sentence if not.

Python's own `int`, `float` and `Fraction` take thousands of digits, NaN and 1e999999999. What comes from outside passes
here first. Rates and times are read by `facetake.timebase`, JSON by `facetake.files.json_text`.
"""

from __future__ import annotations

import math
import re
from typing import Final

from facetake.errors import ConfigError

MOST_WHOLE: Final = 2**63 - 1
"""The largest whole number from outside: what numpy, SQLite and other programs still hold."""
MOST_NUMBER: Final = 1e300
"""The largest number from outside: its square root and its sums stay finite."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_DECIMAL_COMMA: Final = re.compile(r"(?:(?<=[0-9])|(?<=:)|^),(?=[0-9])")
_SHOWN: Final = 40  # characters of what was given that a message repeats


def whole(value: object, what: str, low: int = -MOST_WHOLE, high: int = MOST_WHOLE) -> int:
    """A whole number.

    Args:
        value: text, or a number as JSON or TOML gives it.
        what: what to call it in an error.
        low: the least that is allowed.
        high: the greatest that is allowed; at most `MOST_WHOLE`.

    Raises:
        ConfigError: it is something else, or out of bounds.
    """
    found: object = value
    if isinstance(value, str):
        found = int(value) if _WHOLE.fullmatch(value.strip()) else None
    if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
        raise ConfigError(f"{what} is {shown(value)}, not a whole number{_bounds(low, high, MOST_WHOLE)}")
    return found


def number(value: object, what: str, low: float = -MOST_NUMBER, high: float = MOST_NUMBER) -> float:
    """A finite number.

    Args:
        value: text, or a number as JSON or TOML gives it.
        what: what to call it in an error.
        low: the least that is allowed; finite.
        high: the greatest that is allowed; finite.

    Raises:
        ConfigError: it is something else, not finite, or out of bounds.
    """
    found: object = value
    if isinstance(value, str):
        found = float(value) if _DECIMAL.fullmatch(value.strip()) else None
    if not isinstance(found, int | float) or isinstance(found, bool) or not low <= found <= high:  # NaN is in no range
        raise ConfigError(f"{what} is {shown(value)}, not a number{_bounds(low, high, MOST_NUMBER)}")
    return float(found)


def pointed(text: str) -> str:
    """A text whose numbers have decimal points, also where a country writes commas; it must part nothing by commas."""
    return _DECIMAL_COMMA.sub(".", text)


def _bounds(low: float, high: float, most: float) -> str:
    """The bounds as a message tells them; none where nobody set any."""
    if (low, high) == (-most, most):
        return " that can be used here"
    return f" of {low:g} or more" if high == most else f" from {low:.12g} to {high:.12g}"


def shown(value: object) -> str:
    """A value as a message repeats it: short, whatever it is."""
    if isinstance(value, int) and value.bit_length() > 256:  # Python refuses to write the longest ones
        return f"a number of some {math.ceil(value.bit_length() * math.log10(2))} digits"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
