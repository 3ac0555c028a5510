"""A script says where lips close and round, and counts less where the sound says something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facetake import inference, mouth, phones, rig
from facetake.generate import GenerateOptions, Performance, generate
from facetake.postprocess import lip_closure, script_guide
from facetake.script import Alignment, Phone
from facetake.visemes import VISEMES

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
CLOSING = {"P": "p", "B": "p", "M": "p", "F": "f", "V": "f"}


@pytest.fixture(scope="module")
def models() -> inference.Models:
    """The shipped ones."""
    return inference.load(None, 1)


@pytest.fixture(scope="module")
def plain(models: inference.Models) -> Performance:
    """The example line, its text unknown."""
    return generate(LINE, GenerateOptions(), models)


@pytest.fixture(scope="module")
def guided(models: inference.Models) -> Performance:
    """The example line with its text."""
    return generate(LINE, GenerateOptions(text=TEXT), models)


def heard(shown: str, n_frames: int = 60) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """One viseme heard throughout, surely."""
    visemes = np.full((n_frames, len(VISEMES)), 0.01, np.float32)
    visemes[:, VISEMES.index(shown)] = 0.85
    return visemes


def test_every_closing_phone_closes_and_no_other(guided: Performance) -> None:
    """Each p, b, m, f and v of the words has its closure, in its time, and there is none besides."""
    assert guided.aligned is not None
    asked = [one for one in guided.aligned.alignment.phones if phones.base(one.symbol) in CLOSING]
    assert len(asked) == 11
    for phone in asked:
        kind = CLOSING[phones.base(phone.symbol)]
        assert any(
            one.kind == kind and one.start_s < phone.end_s and one.end_s > phone.start_s - 0.05
            for one in guided.closures
        ), phone
    assert len(guided.closures) == len(asked)
    assert not lip_closure.check_seals(guided.take.values, guided.closures)


def test_lips_round_where_the_words_ask(plain: Performance, guided: Performance) -> None:
    """In each w lips are round, at least as far as a script asks and no less than without it."""
    assert guided.aligned is not None
    for phone in guided.aligned.alignment.phones:
        if phones.base(phone.symbol) == "W":
            row = round(60 * (phone.start_s + phone.end_s) / 2)
            assert mouth.pucker(guided.take.values[row : row + 1])[0] >= 0.95 * script_guide.LEAST_ROUND["W"]


def test_between_them_the_network_moves(plain: Performance, guided: Performance) -> None:
    """Brows, eyes and head are as without a text, and the jaw opens much as it did."""
    upper = rig.region_mask("brow", "eye")
    assert np.array_equal(plain.take.values[:, upper], guided.take.values[:, upper])
    assert plain.take.head is not None and guided.take.head is not None
    assert np.array_equal(plain.take.head, guided.take.head)
    jaw = rig.columns("C_jaw.Y")[0]
    assert np.corrcoef(plain.take.values[:, jaw], guided.take.values[:, jaw])[0, 1] > 0.9


def test_a_sure_script_denies_a_closure_that_is_misheard() -> None:
    """A p that is heard in an a of the script does not close, but does where the sound contradicts the script."""
    vowel = Phone("AA1", 0.2, 0.8, 0.8)
    for confidence, n_closures in ((0.8, 0), (0.05, 1)):
        script = Alignment(1.0, (replace(vowel, confidence=confidence),))
        visemes = script_guide.visemes(heard("p"), script)
        inside = [one for one in lip_closure.find_closures(visemes) if 0.3 < (one.start_s + one.end_s) / 2 < 0.7]
        assert len(inside) == n_closures


def test_a_script_closes_what_was_not_heard() -> None:
    """A sure m of the script closes in its time though a vowel is heard, however brief it is."""
    for length_s in (0.017, 0.1):
        script = Alignment(1.0, (Phone("M", 0.5, 0.5 + length_s), Phone("AA1", 0.5 + length_s, 0.9)))
        (one,) = lip_closure.find_closures(script_guide.visemes(heard("a"), script))
        assert one.kind == "p"
        assert one.start_s < 0.5 + length_s / 2 < one.end_s + 0.02


def test_soft_closures_are_brief() -> None:
    """A closure of half the strength is shorter, and still there."""
    lengths = []
    for strength in (1.0, 0.5):
        script = Alignment(1.0, (Phone("M", 0.4, 0.6, 1.0, strength), Phone("AA1", 0.6, 0.9)))
        (one,) = lip_closure.find_closures(script_guide.visemes(heard("a"), script))
        lengths.append(one.end_s - one.start_s)
    assert lengths[1] < 0.6 * lengths[0]


def test_speech_that_is_not_written_stays(models: inference.Models, plain: Performance) -> None:
    """Where the line says more than its text, the mouth still closes as the sound asks, and that is told."""
    made = generate(LINE, GenerateOptions(text="Hold the bridge until the morning bell."), models)
    assert made.aligned is not None
    assert any(one.kind == "added" and one.start_s > 2.2 for one in made.aligned.differences)
    assert sum(one.start_s > 2.5 for one in made.closures) >= sum(one.start_s > 2.5 for one in plain.closures) / 2


def test_nothing_to_follow_changes_nothing() -> None:
    """A script without phones leaves curves and what is heard as they are, silence apart."""
    values = np.tile(rig.NEUTRAL, (60, 1))
    script_guide.shape(values, Alignment(1.0), np.ones(60, np.float32))
    assert np.array_equal(values, np.tile(rig.NEUTRAL, (60, 1)))
    visemes = heard("a")
    assert script_guide.visemes(visemes, Alignment(1.0)).argmax(axis=1).tolist() == visemes.argmax(axis=1).tolist()
