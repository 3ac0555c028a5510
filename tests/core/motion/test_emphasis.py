"""Words that a script marks move brows, lids, jaw and head, each mood in its own way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetake import inference, mouth, rig
from facetake.emotion import EMOTIONS
from facetake.generate import GenerateOptions, Performance, generate
from facetake.motion import emphasis
from facetake.postprocess import lip_closure
from facetake.script import Alignment, Phone, Word

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
PHONES = (Phone("N", 0.9, 1.0), Phone("EH1", 1.0, 1.2), Phone("V", 1.2, 1.3), Phone("ER0", 1.3, 1.5))
SCRIPT = Alignment(3.0, PHONES, (Word("never", 0.9, 1.5, 1.0, 1.0),))


def face(emotion: str = "neutral", amount: float = 1.0) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """What a marked word does to a face with a slightly open mouth."""
    values = np.tile(rig.NEUTRAL, (180, 1))
    values[:, rig.columns("C_jaw.Y")] = 0.2
    weights = np.tile(np.eye(len(EMOTIONS))[EMOTIONS.index(emotion)], (180, 1))
    emphasis.add(values, SCRIPT, weights, amount)
    return values


def test_brows_jaw_and_lids_move_on_the_stressed_vowel() -> None:
    """Brows rise before the vowel and are up on it; the jaw opens further; away from the word nothing moves."""
    values = face()
    brow = values[:, rig.both("brow_raiseOut")].mean(axis=1)
    assert brow[60:72].min() == brow.max() > 0.4
    assert 0.0 < brow[52] < brow[58]
    assert values[66, rig.columns("C_jaw.Y")[0]] > 0.25
    assert values[66, rig.both("eye_eyelidU")].max() < -0.15
    still = np.tile(rig.NEUTRAL, (180, 1))
    still[:, rig.columns("C_jaw.Y")] = 0.2
    assert np.array_equal(values[:40], still[:40])
    assert np.array_equal(values[130:], still[130:])


def test_an_angry_face_lowers_its_brows() -> None:
    """Who is angry leans on a word with brows that go down."""
    values = face("angry")
    assert values[66, rig.both("brow_down")].min() > 0.3
    assert values[66, rig.both("brow_raiseOut")].max() == 0.0


@pytest.mark.parametrize("amount", [0.0, 0.5, 2.0])
def test_the_amount_scales_it(amount: float) -> None:
    """Half of it moves half as far, and none leaves the face as it is."""
    moved = face(amount=amount)[:, rig.both("brow_raiseIn")].max()
    assert moved == pytest.approx(min(amount * 0.34, 1.0), abs=1e-6)


def test_the_head_nods_and_comes_back() -> None:
    """Pitch falls by some four degrees on the vowel, after a little lift, and is back a second later."""
    head = np.zeros((180, 3), np.float32)
    emphasis.nod(head, SCRIPT)
    assert -5.0 < head[:, 1].min() < -4.0
    assert 58 <= head[:, 1].argmin() <= 72
    assert head[:58, 1].max() > 0.3
    assert np.array_equal(head[120:], np.zeros((60, 3)))
    assert not head[:, [0, 2]].any()


def test_an_amount_out_of_range_is_refused() -> None:
    """More than twice of it is no emphasis."""
    with pytest.raises(ValueError, match="within 0 and 2"):
        emphasis.nod(np.zeros((1, 3), np.float32), SCRIPT, 3.0)


def test_braces_reach_the_face() -> None:
    """A word in braces raises the brows of a real line there and nowhere else, and its lips still close."""
    text = "Hold the bridge until the morning bell. I {} you, we will be back before they find the boat."
    models = inference.load(None, 1)
    made: list[Performance] = [
        generate(LINE, GenerateOptions(text=text.format(word)), models) for word in ("promise", "{promise}")
    ]
    assert made[1].aligned is not None
    (word,) = (one for one in made[1].aligned.alignment.words if one.emphasis)
    assert word.text == "promise"
    column = rig.both("brow_raiseOut")[0]
    more = made[1].take.values[:, column] - made[0].take.values[:, column]
    inside = slice(round(60 * (word.start_s - 0.3)), round(60 * (word.end_s + 0.6)))
    assert more[inside].max() > 0.25
    assert not np.delete(more, np.arange(len(more))[inside]).any()
    assert not lip_closure.check_seals(made[1].take.values, made[1].closures)
    assert mouth.aperture(made[1].take.values).max() > mouth.aperture(made[0].take.values).max() - 0.01
