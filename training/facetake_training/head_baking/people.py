"""The heads that the preview offers: whose face, in which colours, and how the hair is cut.

Knows anny's sliders and tastes; does not know meshes. They are made up, all from the same model; nobody sat for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Rgb = tuple[float, float, float]
"""In sRGB, 0..1."""


@dataclass(frozen=True)
class Cut:
    """How hair lies; lengths in metres.

    locks: how many; longest: of a lock; volume: how far it stands off; recedes: how far the hairline has gone back;
    side, back: how far the front is combed to the subject's left, and back; width: of a lock.
    """

    locks: int = 300
    longest: float = 0.042
    volume: float = 0.0050
    recedes: float = 0.0
    side: float = 1.1
    back: float = 0.0
    width: float = 0.0125


@dataclass(frozen=True)
class HeadDesign:
    """A head: anny's sliders, colours by eye, and habits of its skin.

    phenotype: of the sliders, `gender` is 0 for a man, 1 for a woman.
    alert: how far eyes are opened at rest, as a part of `eyeWide`, since anny's own lids look sleepy; lines: how much
    of the wrinkles (brow up, brow down, nose, smile) is there at rest; brow_lower: metres by which brows grow below
    anny's ridge, since a landmarker takes those on it for raised ones; frown: how much further than anny's the brows
    go in and down when lowered, and the skin between them out, metres; under_hair: how dark the scalp is under hair;
    rest: what of each action, * for both sides, the face has at rest (`rest.settle`).
    """

    phenotype: dict[str, float]
    skin: Rgb = (0.830, 0.640, 0.545)
    lip: Rgb = (0.705, 0.435, 0.400)
    hair: Rgb = (0.255, 0.175, 0.130)
    brow: Rgb = (0.185, 0.125, 0.095)
    iris: Rgb = (0.290, 0.395, 0.420)
    shirt: Rgb = (0.215, 0.255, 0.300)
    beard: float = 0.0
    alert: float = 0.07
    lashes: float = 1.0
    brow_lower: float = 0.0084
    frown: tuple[float, float, float] = (0.0034, 0.0042, 0.0014)
    under_hair: float = 0.84
    rest: Mapping[str, float] = field(
        default_factory=lambda: {
            "browDown*": 0.28,
            "browInnerUp": -0.06,
            "browOuterUp*": -0.05,
            "mouthSmile*": 0.045,
            "mouthRollUpper": 0.15,
        }
    )
    lines: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    cut: Cut = field(default_factory=Cut)


DESIGNS = {
    "young": HeadDesign(
        {"gender": 0.35, "age": 0.55, "muscle": 0.5, "weight": 0.45, "height": 0.5, "proportions": 0.7},
    ),
    "woman": HeadDesign(
        {
            "gender": 1.0,
            "age": 0.55,
            "muscle": 0.45,
            "weight": 0.45,
            "height": 0.5,
            "proportions": 0.8,
            "african": 0.7,
            "asian": 0.1,
            "caucasian": 0.2,
        },
        skin=(0.560, 0.385, 0.300),
        lip=(0.545, 0.235, 0.235),
        hair=(0.130, 0.092, 0.074),
        brow=(0.060, 0.045, 0.040),
        iris=(0.250, 0.150, 0.085),
        shirt=(0.380, 0.215, 0.190),
        alert=0.0,
        lashes=1.35,
        brow_lower=0.0090,
        rest={"browDown*": 0.38, "browInnerUp": -0.15, "browOuterUp*": -0.15, "mouthRollUpper": 0.15},
        cut=Cut(longest=0.050, volume=0.0070, side=0.6, back=0.45, width=0.0130),
    ),
    "elder": HeadDesign(
        {
            "gender": 0.05,
            "age": 0.92,
            "muscle": 0.55,
            "weight": 0.55,
            "height": 0.5,
            "proportions": 0.55,
            "african": 0.0,
            "asian": 0.15,
            "caucasian": 0.85,
        },
        skin=(0.815, 0.630, 0.550),
        lip=(0.650, 0.430, 0.400),
        hair=(0.560, 0.545, 0.530),
        brow=(0.330, 0.310, 0.300),
        iris=(0.330, 0.400, 0.450),
        shirt=(0.250, 0.260, 0.240),
        beard=0.35,
        alert=0.30,
        lashes=0.7,
        rest={"mouthSmile*": 0.05},
        lines=(0.40, 0.35, 0.10, 0.45),
        cut=Cut(longest=0.030, volume=0.0035, recedes=0.013, side=0.4, back=0.35, width=0.0150),
    ),
}
"""By the names that users choose; the first is the default. Sliders and colours by eye."""
