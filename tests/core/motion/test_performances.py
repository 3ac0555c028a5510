"""What a face does in what is not speech."""

from __future__ import annotations

import numpy as np
import pytest

from facetake import mouth, rig
from facetake.arrays import F32
from facetake.events import BURSTS, KINDS, Event, EventTrack
from facetake.motion import pulses
from facetake.motion.performances import Performances, amount_of
from facetake.visemes import VISEMES

RATE = 60
COUNT = 4 * RATE
SILENT = np.full(COUNT, -90.0, np.float32)
REST = np.tile(rig.NEUTRAL, (7, 1)).astype(np.float32)


def played(kind: str, amount: float | None = 1.0, seed: int = 0, level_db: F32 = SILENT) -> F32:
    """A face at rest that does one thing from 1 to 2.5 s."""
    values = np.tile(rig.NEUTRAL, (COUNT, 1)).astype(np.float32)
    weights = np.zeros((COUNT, 7), np.float32)
    weights[:, 0] = 1.0
    Performances(EventTrack((Event(kind, 1.0, 2.5, amount),)), level_db, seed).play(values, weights, REST)
    return values


def named(values: F32, name: str) -> F32:
    """(T,) the mean of a control, or of a pair."""
    return np.asarray(values[:, rig.one_or_both(name)].mean(axis=1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_kind_moves_smoothly_within_its_time(kind: str, seed: int) -> None:
    """Controls keep their ranges, start and end at rest without a jump, do not tremble, and leave the rest alone."""
    values = played(kind, seed=seed)
    away = np.abs(values - rig.NEUTRAL).max(axis=1)

    assert (values >= rig.MINIMUM).all() and (values <= rig.MAXIMUM).all()
    assert away[: round(0.6 * RATE)].max() == 0.0 and away[round(3.6 * RATE) :].max() == 0.0
    assert away[round(1.2 * RATE) : round(2.3 * RATE)].min() > 0.05
    sealing = np.concatenate([rig.both("mouth_lipsTogetherU"), rig.both("mouth_lipsTogetherD")])  # as fast as for a p
    assert np.delete(np.abs(np.diff(values, axis=0)), sealing, axis=1).max() < 0.17, "a tenth of a second for a range"
    assert mouth.jitter(values, RATE) < 0.03


def test_each_kind_looks_as_it_should() -> None:
    """A laugh smiles, a sob does not, a gasp opens eyes and mouth, a hum is sealed, a scream opens widest."""
    at = slice(round(1.4 * RATE), round(2.0 * RATE))
    shown = {kind: played(kind)[at] for kind in KINDS}

    assert named(shown["laugh"], "mouth_cornerPull").min() > 0.6 and named(shown["laugh"], "eye_cheekRaise").min() > 0.6
    assert named(shown["sob"], "mouth_cornerDepress").min() > 0.5 and named(shown["sob"], "brow_raiseIn").min() > 0.5
    assert named(shown["gasp"], "eye_blink").max() < -0.3 and mouth.aperture(shown["gasp"]).min() > 0.3
    assert mouth.is_sealed(shown["hum"]).all()
    widest = {kind: float(mouth.aperture(rows).max()) for kind, rows in shown.items()}
    assert max(widest, key=lambda kind: widest[kind]) == "scream"
    assert named(shown["breath_in"], "CTRL_neck_throatExhaleInhale").min() > 0.3
    assert named(shown["breath_out"], "CTRL_neck_throatExhaleInhale").max() < -0.3


@pytest.mark.parametrize("kind", BURSTS)
def test_amount_is_how_large_it_is(kind: str) -> None:
    """Nothing of a burst shows at 0, and more at 1 than at 0.75; a seed changes how it is done."""
    none, some, all_of_it = (np.abs(played(kind, amount) - rig.NEUTRAL).sum() for amount in (0.0, 0.75, 1.0))

    assert none < 1e-3 and some < all_of_it
    assert not np.allclose(played(kind, seed=0), played(kind, seed=1), atol=0.01)
    assert np.array_equal(played(kind), played(kind))


def test_loudness_decides_where_nobody_does() -> None:
    """A laugh as loud as the voice is large, a quiet one small, one that is not heard in between."""
    assert amount_of("laugh", -20.0, -20.0) > 0.9
    assert amount_of("laugh", -50.0, -20.0) == pytest.approx(0.35)
    assert amount_of("laugh", -90.0, -20.0) == pytest.approx(0.6)
    assert amount_of("breath_in", -45.0, -20.0) > amount_of("laugh", -45.0, -20.0)


def test_a_laugh_follows_the_pulses_of_its_sound() -> None:
    """The jaw opens at each syllable that is heard, and nowhere else."""
    times_s = np.arange(COUNT) / RATE
    heard_s = np.array([1.1, 1.28, 1.5, 1.7, 1.95, 2.2])
    level = (-60.0 + 35.0 * np.exp(-0.5 * ((times_s[:, None] - heard_s) / 0.03) ** 2).sum(axis=1)).astype(np.float32)
    jaw = named(played("laugh", level_db=level), "C_jaw.Y")
    tops = np.flatnonzero((jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:])) + 1
    found = tops[(jaw[tops] > 0.3)] / RATE

    assert all(np.abs(found - at).min() < 0.06 for at in heard_s[1:-1])
    assert len(found) <= len(heard_s) + 1


def test_pulses_are_drawn_where_none_are_heard() -> None:
    """A steady or missing level gives pulses at about the usual rate, each its own by the seed."""
    steady = np.full(90, -20.0)
    assert not len(pulses.heard(steady, 1 / RATE, 4.7))

    drawn = pulses.drawn(2.0, 5.0, np.random.Generator(np.random.PCG64(1)))
    assert len(drawn) == 10 and (np.diff(drawn[:, 0]) > 0.1).all() and drawn[:, 1].min() > 0.2


def test_words_in_a_burst_are_closed_only_where_they_are_sure() -> None:
    """Within a burst a suspected p is the laugh's own, a sure one is a word; outside nothing changes."""
    visemes = np.zeros((COUNT, len(VISEMES)), np.float32)
    visemes[:, VISEMES.index("sil")] = 0.5
    visemes[100, VISEMES.index("p")] = 0.5
    visemes[120, VISEMES.index("p")] = 0.9
    one = Performances(EventTrack((Event("laugh", 1.0, 2.5),)), SILENT, 0)
    spoken = one.spoken(visemes)

    assert spoken[100] == 0.0 and spoken[120] == 1.0
    assert spoken[:50].all() and spoken[160:].all()


def test_a_burst_is_neither_silence_nor_speech() -> None:
    """Checks of still mouths and of words leave a burst out; visemes show its open mouth without a word."""
    visemes = np.eye(len(VISEMES), dtype=np.float32)[np.full(COUNT, VISEMES.index("s"))]
    speech = np.ones(COUNT, np.float32)
    speech[:90] = 0.0
    one = Performances(EventTrack((Event("scream", 1.0, 2.5),)), SILENT, 0)
    opened = one.opened(speech)
    seen = one.seen(visemes, played("scream"))

    assert (opened[60:150] == 0.5).all() and opened[0] == 0.0 and opened[-1] == 1.0
    assert seen[90].argmax() == VISEMES.index("sil") and seen[90, VISEMES.index("a")] > 0.3
    assert np.allclose(seen.sum(axis=1), 1.0, atol=1e-5) and seen[0, VISEMES.index("s")] == 1.0


def test_a_manner_changes_the_mouth_that_speaks() -> None:
    """A whisper opens the jaw less and a song more and longer; outside its time nothing changes."""
    times_s = np.arange(COUNT) / RATE
    spoken = np.tile(rig.NEUTRAL, (COUNT, 1)).astype(np.float32)
    spoken[:, rig.columns("C_jaw")] = (0.2 + 0.2 * np.sin(2 * np.pi * 3.0 * times_s))[:, None]
    weights = np.zeros((COUNT, 7), np.float32)
    jaws = {}
    for kind in ("whisper", "sing"):
        values = spoken.copy()
        Performances(EventTrack((Event(kind, 1.0, 2.5, 1.0),)), SILENT, 0).play(values, weights, REST)
        jaws[kind] = named(values, "C_jaw")
    inside = slice(round(1.2 * RATE), round(2.3 * RATE))
    usual = named(spoken, "C_jaw")

    assert jaws["whisper"][inside].max() < 0.8 * usual[inside].max()
    assert jaws["sing"][inside].max() > 1.1 * usual[inside].max()
    assert (jaws["sing"][inside] > 0.3).mean() > 1.3 * (usual[inside] > 0.3).mean()
    assert np.allclose(jaws["whisper"][:40], usual[:40])


def test_without_events_nothing_changes() -> None:
    """An empty track gives back what it was given."""
    one = Performances(EventTrack(), SILENT, 0)
    speech = np.ones(COUNT, np.float32)
    visemes = np.zeros((COUNT, len(VISEMES)), np.float32)

    assert one.opened(speech) is speech and one.seen(visemes, played("laugh")) is visemes
    assert one.spoken(visemes).all()


def test_the_head_takes_part() -> None:
    """A cough throws the head down at each burst; it is at rest before and after."""
    head = np.zeros((COUNT, 3), np.float32)
    Performances(EventTrack((Event("cough", 1.0, 2.5, 1.0),)), SILENT, 0).turn(head)

    assert head[:45].max() == 0.0 and np.abs(head[-20:]).max() == 0.0 and head[60:150, 1].min() < -5.0
