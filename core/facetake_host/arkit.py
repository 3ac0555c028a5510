"""ARKit's 52 face shapes by name, however a mesh spells them."""

from __future__ import annotations

from collections.abc import Iterable

NAMES = tuple(
    """
    eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft eyeWideLeft
    eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight eyeSquintRight eyeWideRight
    jawForward jawLeft jawRight jawOpen mouthClose mouthFunnel mouthPucker mouthLeft mouthRight
    mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight mouthDimpleLeft mouthDimpleRight
    mouthStretchLeft mouthStretchRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper
    mouthPressLeft mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight
    browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft
    cheekSquintRight noseSneerLeft noseSneerRight tongueOut
    """.split()
)
"""Apple's names, in the order in which Live Link Face records them."""
_SPELT = {name.lower(): name for name in NAMES} | {
    name.removesuffix(side).lower() + side[0].lower(): name
    for name in NAMES
    for side in ("Left", "Right")
    if name.endswith(side)
}
"""In small letters, with its side written out or as one letter behind."""


def find(spelling: str) -> str | None:
    """The name of a shape that is spelt JawOpen, jaw_open or eyeBlink_L; None where it is none of them."""
    return _SPELT.get("".join(letter for letter in spelling.lower() if letter.isalnum()))


def spelt(names: Iterable[str]) -> dict[str, str]:
    """The shapes among some names, each with the first spelling that is found."""
    found: dict[str, str] = {}
    for spelling in names:
        if name := find(spelling):
            found.setdefault(name, spelling)
    return found
