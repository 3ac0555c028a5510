"""What the two lossless formats write about a take beside its numbers: rate, start, control names, origin.

Knows takes and the rig's names; not how JSON or NPZ store them. Errors say what is wrong; the caller adds the path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import table

FORMAT = "facetake-take"
VERSION = 1
# Bounded, because Fraction("1e999999999") would be computed.
_FRACTION = re.compile(r"-?[0-9]{1,18}(/[0-9]{1,18})?")


def check_kind(kind: str, version: float) -> None:
    """Refuses files of another kind or of a later version.

    Raises:
        TakeError: says which kind or version the file has.
    """
    if kind != FORMAT:
        raise TakeError(f'"format" is {kind[:40]!r} where a Facetake take has "{FORMAT}"; name the right --format')
    if version != VERSION:
        raise TakeError(f"version {version:g} of the take format is not known here (only {VERSION}); update Facetake")


def fraction(text: str, what: str) -> Fraction:
    """The exact number written as "24000/1001" or "60".

    Raises:
        TakeError: any other text.
    """
    if not _FRACTION.fullmatch(text) or re.search("/0+$", text):
        raise TakeError(f'{what} is {text[:40]!r}; it must be a whole number or a fraction such as "24000/1001"')
    return Fraction(text)


def rate(text: str) -> Fraction:
    """The rate written as `fraction` reads it; must be positive.

    Raises:
        TakeError: no fraction, zero or less.
    """
    found = fraction(text, "the rate")
    if found <= 0:
        raise TakeError(f"the rate is {text}; it must be above zero")
    return found


def control_order(names: Sequence[str]) -> list[int]:
    """Positions of the 174 controls in `names`, in the rig's order.

    Raises:
        TakeError: an unknown control, one twice or one missing.
    """
    places = table.match(names, control_name, rig.NAMES)
    return [places[name] for name in rig.NAMES]


def control_name(name: str) -> str | None:
    """The rig's own name of a control in any spelling, or None."""
    found = rig.find(name)
    return None if found is None else rig.NAMES[found]


def ordered(values: NDArray[np.float32], order: list[int]) -> NDArray[np.float32]:
    """The columns in the rig's order; the array itself where they are already, since a take can be large."""
    return values if order == list(range(len(order))) else np.ascontiguousarray(values[:, order])
