"""What a pose's lips measure."""

from __future__ import annotations

import numpy as np

from facetake import mouth, rig


def pose(**controls: float) -> np.ndarray:
    """(1, 174) neutral but for these controls, on both sides where they have sides."""
    face = rig.NEUTRAL[None].copy()
    for name, value in controls.items():
        face[:, rig.columns("C_jaw") if name == "jaw" else rig.both(f"mouth_{name}")] = value
    return face


def test_jaw_opens_and_lips_together_close() -> None:
    """An open jaw measures as opening, and lips held together over it as none."""
    assert mouth.aperture(pose(jaw=0.5))[0] == np.float32(0.5)
    assert mouth.aperture(pose(jaw=0.5, lipsTogetherU=1, lipsTogetherD=1))[0] == 0
    assert mouth.aperture(pose(lowerLipDepress=0.4))[0] > mouth.aperture(pose(lowerLipDepress=0.4, pressU=0.3))[0]


def test_sealed_and_on_teeth_differ() -> None:
    """A bilabial is sealed; a labiodental is on the teeth and not sealed; an open mouth is neither."""
    bilabial = pose(jaw=0.1, lipsTogetherU=0.9, lipsTogetherD=0.9)
    labiodental = pose(jaw=0.1, lipsTogetherD=0.76, lipBiteD=0.6)
    opened = pose(jaw=0.4)

    assert mouth.is_sealed(bilabial)[0]
    assert mouth.is_on_teeth(labiodental)[0]
    assert not mouth.is_sealed(labiodental)[0]
    assert not mouth.is_sealed(opened)[0]
    assert not mouth.is_on_teeth(opened)[0]


def test_rounding_adds_up() -> None:
    """Purse and funnel of both lips count as rounding."""
    assert mouth.pucker(pose(purseU=0.5, purseD=0.5, funnelU=0.25))[0] == np.float32(1.25)
