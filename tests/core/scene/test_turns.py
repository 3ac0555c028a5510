"""Who speaks when, who listens how, and whom they look at."""

from __future__ import annotations

import numpy as np
import pytest

from facetake import rig
from facetake.emotion import EMOTIONS, parse
from facetake.phrases import Phrase
from facetake.scene import listening, looking
from facetake.scene.looking import Seating
from facetake.scene.turns import Talk, talk

ANNA, BERT = 0, 1


@pytest.fixture
def dialogue() -> Talk:
    """Anna speaks, Bert says mhm meanwhile and answers, Anna interrupts him."""
    anna = [Phrase(0.5, 3.0), Phrase(3.3, 6.0), Phrase(11.0, 14.0)]
    bert = [Phrase(2.8, 3.3), Phrase(6.4, 11.4)]
    return talk([anna, bert], 16.0)


def test_a_sign_of_listening_takes_no_floor(dialogue: Talk) -> None:
    """A short word within the other's speech is no turn; an answer is one."""
    assert [(turn.who, turn.is_backchannel) for turn in dialogue.turns] == [
        (ANNA, False),
        (BERT, True),
        (ANNA, False),
        (BERT, False),
        (ANNA, False),
    ]
    assert dialogue.floor() == [(0.0, ANNA), (6.4, BERT), (11.0, ANNA)]
    assert dialogue.speaking(ANNA) == [(0.5, 6.0), (11.0, 14.0)] and dialogue.speaking(BERT) == [(6.4, 11.4)]


def test_speech_at_once_is_measured(dialogue: Talk) -> None:
    """Where both speak, by interruption or beside each other, counts as speech at once."""
    assert dialogue.overlap_s == pytest.approx(0.2 + 0.4)


def test_a_listener_blinks_after_the_others_phrases(dialogue: Talk) -> None:
    """Blinks are due just after phrases of the other, and not while one speaks."""
    found = [blink for seed in range(40) for blink in listening.blinks(dialogue, BERT, seed)]

    low, high = listening.BLINK_AFTER_S
    assert all(any(low <= blink - end <= high for end in (3.0, 6.0, 14.0)) for blink in found)
    assert len(found) == pytest.approx(40 * (2 * listening.BLINK_SHARE), rel=0.35)
    assert not any(dialogue.is_speaking(BERT, blink) for blink in found)
    assert listening.blinks(dialogue, BERT, 3) == listening.blinks(dialogue, BERT, 3)


def test_nods_answer_phrases_and_go_with_signs_of_listening(dialogue: Talk) -> None:
    """With each sign of listening there is a nod, other nods follow phrases, and none falls in one's own speech."""
    given = listening.nods(dialogue, BERT, 5, 2.0)

    assert 2.8 in [one.start_s for one in given]
    assert all(one.start_s == 2.8 or not dialogue.is_speaking(BERT, one.start_s) for one in given)
    assert listening.nods(dialogue, BERT, 5, 0.0) == ()
    assert given == listening.nods(dialogue, BERT, 5, 2.0)


def test_eyes_stay_on_the_other_while_one_nods() -> None:
    """A nod lowers the head, and raises the eyes by most of it."""
    values = np.tile(rig.NEUTRAL, (120, 1))
    head = np.zeros((120, 3), np.float32)
    listening.nod(values, head, [listening.Nod(0.5, 4.0, 2)], 60.0)

    assert head[:, 1].min() == pytest.approx(-4.0, abs=0.1) and not head[:28].any() and not head[90:].any()
    up = values[:, rig.columns("C_eye.Y")[0]]
    assert up[head[:, 1].argmin()] == pytest.approx(0.8 * 4.0 / 24.0, abs=0.01)


def test_a_listener_shows_a_little_of_the_others_emotion(dialogue: Talk) -> None:
    """Half a second to a second after Anna's happy speech began Bert is a little happy, and later himself again."""
    moods = [parse("happy:0.8"), parse("neutral")]
    track = listening.reacting(dialogue, BERT, moods, 0.5, 1)
    happy = track.sample(np.array([0.4, 4.0, 9.0]))[:, EMOTIONS.index("happy")]

    assert happy == pytest.approx([0.0, 0.4, 0.0], abs=0.05)
    none = listening.reacting(dialogue, BERT, moods, 0.0, 1)
    assert not none.weights[:, 1:].any()
    assert listening.reacting(dialogue, ANNA, moods, 0.5, 1).sample(np.array([4.0]))[0, 1] == pytest.approx(0.8)


@pytest.mark.parametrize("seed", range(6))
def test_eyes_are_on_whoever_speaks(dialogue: Talk, seed: int) -> None:
    """Bert looks to Anna's side and away from time to time; a listener looks more than somebody who speaks."""
    track = looking.looks(dialogue, BERT, Seating(), seed)

    sides = looking.angles_deg(track)
    assert track.looks[0] == "target" and np.nanmin(sides) == np.nanmax(sides) == pytest.approx(-35.0)
    assert (np.diff(track.times_s) > 0.0).all()
    assert np.linalg.norm(track.targets_m[0]) == pytest.approx(1.2)


def test_listeners_look_more_than_speakers() -> None:
    """Over a long talk eyes are on the other most of the time while one listens, and less while one speaks."""
    turns = [
        [Phrase(40.0 * n, 40.0 * n + 19.5) for n in range(5)],
        [Phrase(40.0 * n + 20, 40.0 * n + 39.5) for n in range(5)],
    ]  # noqa: E501
    long = talk(turns, 200.0)
    track = looking.looks(long, ANNA, Seating(), 2)
    at = np.arange(0.0, 200.0, 0.05)
    on = np.array([look == "target" for look in track.looks])[np.searchsorted(track.times_s, at, side="right") - 1]
    speaks = at % 40.0 < 20.0

    assert on[~speaks].mean() > 0.85
    assert 0.55 < on[speaks].mean() < 0.8


def test_three_look_at_whoever_speaks() -> None:
    """Of three, those who listen look to the side of the one who speaks, soon after that one began."""
    found = talk([[Phrase(0.0, 4.0)], [Phrase(4.2, 8.0)], [Phrase(8.2, 12.0)]], 12.0)
    seating = Seating()
    track = looking.looks(found, 0, seating, 3)
    sides = looking.angles_deg(track)[np.searchsorted(track.times_s, (5.0, 9.0), side="right") - 1]

    assert sides == pytest.approx([17.5, 35.0])
    assert seating.target(1, 0, 3)[0] < 0.0 < seating.target(1, 2, 3)[0]


def test_nobody_needs_to_speak() -> None:
    """In silence people look at each other, and nobody nods."""
    quiet = talk([[], []], 5.0)

    for who in (ANNA, BERT):
        assert looking.looks(quiet, who, Seating(), 0).looks[0] == "target"
        assert listening.nods(quiet, who, 0, 1.0) == () and listening.blinks(quiet, who, 0) == ()
        assert not listening.reacting(quiet, who, [parse("neutral")] * 2, 1.0, 0).weights[:, 1:].any()
