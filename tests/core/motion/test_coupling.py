"""Controls follow others: lips that are near, jaws that open, blinks, smiles, and breath in pauses."""

from __future__ import annotations

import numpy as np

from facetake import mouth, rig
from facetake.arrays import F32
from facetake.motion import coupling


def face(n_frames: int = 300, **controls: float) -> F32:
    """(T, 174) a neutral face with some controls set."""
    values = np.tile(rig.NEUTRAL, (n_frames, 1))
    for name, value in controls.items():
        values[:, rig.both(name)] = value
    return values


def test_near_lips_stick_only_while_one_speaks() -> None:
    """Closed lips stick and thicken in speech, wide ones do not, and in silence nothing is added."""
    inner = rig.both("mouth_stickyInnerD")
    closed = face()
    wide = face()
    quiet = face()
    wide[:, rig.columns("C_jaw.Y")] = 0.6
    coupling.couple(closed, np.ones(300))
    coupling.couple(wide, np.ones(300))
    coupling.couple(quiet, np.zeros(300))
    assert closed[:, inner].min() > 0.2 and wide[:, inner].max() < 1e-6 and quiet[:, inner].max() < 1e-6


def test_nothing_that_follows_opens_or_closes_the_lips() -> None:
    """The opening and rounding of random faces are the same before and after."""
    values = np.random.default_rng(0).uniform(rig.MINIMUM, rig.MAXIMUM, (300, rig.N_CONTROLS)).astype(np.float32)
    before = mouth.aperture(values), mouth.pucker(values)
    coupling.couple(values, np.ones(300))
    assert np.abs(mouth.aperture(values) - before[0]).max() < 1e-6
    assert np.abs(mouth.pucker(values) - before[1]).max() < 1e-6
    assert (values >= rig.MINIMUM).all() and (values <= rig.MAXIMUM).all()


def test_a_lowered_brow_does_not_rise() -> None:
    """A fully lowered brow keeps a quarter of its rise."""
    values = face(brow_down=1.0, brow_raiseIn=0.8)
    coupling.couple(values, np.ones(300))
    assert np.allclose(values[:, rig.both("brow_raiseIn")], 0.8 * (1.0 - coupling.ANTAGONISM))


def test_people_breathe_before_a_phrase_and_swallow_after_one() -> None:
    """A breath ends as the phrase begins; a long pause holds a swallow, a short one does not."""
    speech = np.zeros(600)
    speech[60:200] = speech[300:380] = speech[400:500] = 1.0
    values = face(600)
    coupling.couple(values, speech)
    breath = values[:, rig.columns("CTRL_neck_throatExhaleInhale")[0]]
    swallow = values[:, rig.columns("C_neck_swallow")[0]]
    assert breath[30:60].max() > 0.3 and breath[60:260].max() < 1e-6 and breath[270:300].max() > 0.3
    assert swallow[200:300].max() > 0.5 and swallow[380:400].max() < 1e-6 and swallow[500:].max() < 1e-6


def test_lashes_follow_a_blink() -> None:
    """Lashes and lid press go with a closing lid, and a wide eye moves neither."""
    shut = face(eye_blink=1.0)
    wide = face(eye_blink=-0.5)
    for values in (shut, wide):
        coupling.couple(values, np.ones(300))
    lashes = rig.both("eyelashes_tweakerIn")
    assert shut[:, lashes].min() > 0.15 and np.abs(wide[:, lashes]).max() < 1e-6


def test_an_empty_take_is_left_alone() -> None:
    """No frames, no error."""
    coupling.couple(face(0), np.zeros(0))
