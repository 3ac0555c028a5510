"""Maps learnt from poses: known maps come back, few terms, and what cannot be learnt is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facetake import rig
from facetake.arrays import F32
from facetake.errors import RigError
from facetake.rig.maps import RigMap, parse
from facetake.rig.maps.fitting import fit
from facetake.rig.maps.writing import text_of

HERO = {
    "jaw": {"arkit": {"jawOpen": 0.8}},
    "smile": {"arkit": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5, "mouthFrownLeft": -0.3}, "range": [-1.0, 1.0]},
    "lid": {"arkit": {"eyeBlinkLeft": -60, "eyeWideLeft": 20}, "range": [-90, 90], "neutral": 30},
}


@pytest.fixture
def played() -> F32:
    """(400, 174) values of a lively face: each shape comes and goes, some together, and often the face rests."""
    dice = np.random.default_rng(3)
    weights = np.clip(dice.normal(0.0, 0.5, (40, 52)) * (dice.random((40, 52)) < 0.2), 0.0, 0.9)
    frames = np.linspace(0, 39, 400)
    smooth = np.stack([np.interp(frames, np.arange(40), column) for column in weights.T], axis=1)
    smooth[::5] = 0.0
    return rig.from_arkit(smooth.astype(np.float32))


def hero() -> RigMap:
    """A map of three controls of every kind: one way, both ways, and in degrees around a neutral of its own."""
    return parse({"controls": HERO}, "hero", "hero")


def test_a_known_map_comes_back(played: F32) -> None:
    """Of noisy values the very inputs are found, with weights within 3 % of the range, and nothing is left in doubt."""
    wanted = hero().apply(played)
    noise = np.random.default_rng(4).normal(0.0, 0.005, wanted.shape) * np.ptp(wanted, axis=0)
    made, told, left = fit(played, hero().names, (wanted + noise).astype(np.float32))

    assert not left and all(one.explained > 0.98 for one in told)
    for found, control in zip(made.controls, hero().controls, strict=True):
        weights = {term.name: term.slope for term in found.terms}
        span = float(np.ptp(wanted[:, hero().names.index(control.name)]))
        assert set(weights) == {term.name for term in control.terms}
        for term in control.terms:
            assert abs(weights[term.name] - term.slope) < 0.05 * max(span, 1.0)
    assert made.controls[2].neutral == pytest.approx(30, abs=2)
    assert (made.controls[2].low, made.controls[2].high) == (-100, 100)


def test_frames_that_agree_with_nothing_bend_nothing(played: F32) -> None:
    """A tenth of the frames set by hand leaves the weight of the others as it was."""
    wanted = hero().apply(played)[:, :1].copy()
    wanted[7::10] = 1.0
    made, told, _ = fit(played, ("jaw",), wanted)

    assert {term.name: term.slope for term in made.controls[0].terms}["jawOpen"] == pytest.approx(0.8, abs=0.03)
    assert told[0].worst > 0.5 and told[0].worst_frame % 10 == 7


def test_halves_of_our_own_controls_are_found(played: F32) -> None:
    """From the 174 controls one half of a two-way control drives what it should, through points."""
    jaw = np.maximum(-played[:, rig.columns("C_jaw.X")], 0.0)
    made, _, _ = fit(played, ("left",), (0.5 * jaw).astype(np.float32), "rig")
    (term,) = made.controls[0].terms

    assert (term.source, term.name) == ("rig", "C_jaw.X") and term.points is not None
    np.testing.assert_allclose(term.points, np.array([[-1, 0.5], [0, 0]], np.float32), atol=0.02)


def test_visemes_are_learnt_from_their_weights(played: F32) -> None:
    """With weights of visemes the map takes these."""
    shown = np.random.default_rng(5).dirichlet(np.full(16, 0.1), len(played)).astype(np.float32)
    made, _, _ = fit(played, ("open",), shown[:, 12:13] * 0.7, "visemes", shown)

    assert {(term.source, term.name): round(term.slope, 2) for term in made.controls[0].terms} == {
        ("visemes", "a"): 0.7
    }
    with pytest.raises(ValueError, match="give them"):
        fit(played, ("open",), shown[:, 12:13], "visemes")


def test_what_stands_still_or_follows_nothing_is_told(played: F32) -> None:
    """A control that never moves and one of mere noise are left out, by name."""
    noise = np.random.default_rng(6).normal(0.0, 1.0, len(played))
    wanted = np.stack([hero().apply(played)[:, 0], np.full(len(played), 0.3), noise], axis=1).astype(np.float32)
    made, _, left = fit(played, ("jaw", "stiff", "noise"), wanted)

    assert (made.names, left) == (("jaw",), ("stiff", "noise"))


def test_what_was_learnt_can_be_written_and_read(played: F32) -> None:
    """The map as TOML is the map."""
    import tomllib

    made, _, _ = fit(played, hero().names, hero().apply(played))
    again = parse(tomllib.loads(text_of(made)), "again", "again")
    np.testing.assert_allclose(again.apply(played), made.apply(played), atol=1e-3)


def test_a_name_of_any_letters_is_written_as_toml() -> None:
    """What a map was learnt from may be called as files can be: controls and halves of letters included."""
    import tomllib

    odd = replace(hero(), about='learnt from "a\x7f\x1b\udcff\n.csv"')
    told = tomllib.loads(text_of(odd).encode().decode())["about"]
    assert told == 'learnt from "a\\x7f\\x1b\\udcff .csv"'


def test_pairs_that_do_not_match_are_refused(played: F32) -> None:
    """Other numbers of frames, too few of them, a still face, and values that follow nothing are one sentence each."""
    wanted = hero().apply(played)
    with pytest.raises(RigError, match="400 frames and the rig's values 399"):
        fit(played, hero().names, wanted[:-1])
    with pytest.raises(RigError, match="9 frames are too few"):
        fit(played[:9], hero().names, wanted[:9])
    with pytest.raises(RigError, match="nothing moves in the take"):
        fit(np.tile(rig.NEUTRAL, (20, 1)), hero().names, wanted[:20])
    with pytest.raises(RigError, match="no control of the rig follows the take"):
        fit(played, ("stiff",), np.zeros((400, 1), np.float32))
