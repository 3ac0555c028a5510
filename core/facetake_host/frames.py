"""Rational time for hosts: scene rates, frames, seconds and ticks, without a rounding that adds up."""

from __future__ import annotations

from fractions import Fraction

from facetake_host.problems import HostProblem

MAYA_RATES = {
    "game": Fraction(15),
    "film": Fraction(24),
    "pal": Fraction(25),
    "ntsc": Fraction(30),
    "show": Fraction(48),
    "palf": Fraction(50),
    "ntscf": Fraction(60),
    "23.976fps": Fraction(24000, 1001),
    "29.97fps": Fraction(30000, 1001),
    "29.97df": Fraction(30000, 1001),
    "47.952fps": Fraction(48000, 1001),
    "59.94fps": Fraction(60000, 1001),
    "119.88fps": Fraction(120000, 1001),
}
"""Maya's time units that are no plain number; `MAYA_RATES.get(unit)` or `maya_rate(unit)`."""


def maya_rate(unit: str) -> Fraction:
    """Frames per second of a Maya time unit: "film", "23.976fps", "120fps".

    Raises:
        ValueError: the unit is none of frames, such as "sec" or "millisec".
    """
    if unit in MAYA_RATES:
        return MAYA_RATES[unit]
    if not unit.endswith("fps"):
        raise ValueError(f"{unit} is no rate of frames")
    return Fraction(unit.removesuffix("fps"))


def tick_of(frame: int, rate: Fraction, ticks_per_s: Fraction) -> int:
    """The whole tick of a frame: Unreal keeps keys on a grid much finer than frames.

    Args:
        frame: of the display rate, negative before zero.
        rate: frames per second, such as 24000/1001.
        ticks_per_s: the sequence's tick resolution, such as 24000.

    Returns:
        The nearest tick; exact where the rate divides the resolution.
    """
    return round(frame * ticks_per_s / rate)


def stretch(extent: tuple[int, int] | None, span: tuple[int, int] | None, name: str) -> range:
    """The frames of a character that are restyled: those with keys, within the ones that a person chose.

    Args:
        extent: the first and the last frame with keys; None where there is none.
        span: those that were chosen; None for all.
        name: of the character.

    Raises:
        HostProblem: there are no keys, or none within what was chosen.
    """
    if extent is None:
        raise HostProblem(f"{name} has no keys to restyle; generate or key a take first")
    first, last = span or extent
    if first > last:
        raise HostProblem(f"the range ends before it begins ({first} to {last}); turn its two frames round")
    found = range(max(first, extent[0]), min(last, extent[1]) + 1)
    if not found:
        raise HostProblem(f"{name} has no keys in the frames {first} to {last}; choose others")
    return found
