"""The expert performer: what must hold for every actor and emotion."""

from __future__ import annotations

import numpy as np
import pytest

from facetake import mouth, rig
from facetake.emotion import EMOTIONS
from facetake_training.performers.actors import actors
from facetake_training.performers.articulation import Phone, articulate
from facetake_training.performers.performer import perform


def phones(text: str, each_s: float = 0.09) -> list[Phone]:
    """Phones of equal length between silences of 0.8 s."""
    spoken = text.split()
    found = [Phone("SIL", 0.0, 0.8)]
    for i, symbol in enumerate(spoken):
        found.append(Phone(symbol, 0.8 + i * each_s, 0.8 + (i + 1) * each_s))
    return [*found, Phone("SIL", found[-1].end_s, found[-1].end_s + 0.8)]


def act(
    text: str, emotion: str = "neutral", actor: str = "house", strength: float = 1.0
) -> tuple[list[Phone], np.ndarray]:
    """The phones of a text and their curves (T, 174)."""
    said = phones(text)
    times = np.arange(round(said[-1].end_s * 60)) / 60
    weights = np.zeros((len(times), 7))
    weights[:, EMOTIONS.index(emotion)] += strength
    weights[:, 0] += 1 - strength
    loudness = np.where((times > 0.8) & (times < said[-1].start_s), 0.1, 1e-4)
    return said, perform(said, times, loudness, weights, actors()[actor], 1)


LINE = "HH AE1 V M AO1 R B AY1 T P UW1 F IH1 L M AA1 B OW1 V ER0 P IY1 P"


@pytest.mark.parametrize("actor", sorted(actors()))
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_closures_close(actor: str, emotion: str) -> None:
    """Whoever performs in whatever mood, p, b, m seal and f, v reach the teeth in their middle; all is in range."""
    said, curves = act(LINE, emotion, actor)
    lead = actors()[actor].lead_s
    for phone in said:
        frame = round((0.5 * (phone.start_s + phone.end_s) - lead) * 60)
        if phone.name in "PBM":
            assert mouth.is_sealed(curves[frame : frame + 1])[0], phone
        elif phone.name in "FV":
            assert mouth.is_on_teeth(curves[frame : frame + 1])[0], phone
    assert (curves >= rig.MINIMUM).all() and (curves <= rig.MAXIMUM).all()


def test_vowels_differ_as_mouths_do() -> None:
    """AA opens more than IY, UW is round and IY is not."""
    opened, spread, rounded = (act(f"HH {vowel} T")[1] for vowel in ("AA1", "IY1", "UW1"))
    middle = 0.8 + 0.09 + 0.05
    at = slice(round(middle * 60) - 2, round(middle * 60) + 3)

    assert mouth.aperture(opened[at]).max() > 1.3 * mouth.aperture(spread[at]).max()
    assert mouth.pucker(rounded[at]).max() > 0.8 > 0.2 > mouth.pucker(spread[at]).max()


def test_emotion_scales_with_its_weight() -> None:
    """Distance from the neutral performance grows with the weight of every emotion and is none at 0."""
    neutral = act(LINE)[1]
    for emotion in EMOTIONS[1:]:
        away = [float(np.abs(act(LINE, emotion, strength=s)[1] - neutral).mean()) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert away[0] == 0
        assert all(a < b for a, b in zip(away, away[1:], strict=False)), emotion


def test_actors_differ() -> None:
    """At least four actors besides the average one perform the same line differently."""
    found = {name: act(LINE, "happy", name)[1] for name in actors()}

    assert len(found) >= 5
    assert all(np.abs(found[a] - found[b]).mean() > 0.002 for a in found for b in found if a < b)


def test_a_performance_repeats() -> None:
    """The same line and seed give the same curves."""
    assert np.array_equal(act(LINE, "angry")[1], act(LINE, "angry")[1])


def test_mouth_moves_before_the_voice_and_rests_in_silence() -> None:
    """The mouth opens before the first phone and is at rest well before and after the line."""
    said, curves = act("AA1 T AA1")
    aperture = mouth.aperture(curves)

    assert aperture[10] < 0.02
    assert aperture[round(0.75 * 60)] > 0.05
    assert aperture[-8:].max() < 0.02
    assert len(said) == 5


def test_labials_are_brief_and_vowels_lead() -> None:
    """A closure rises and falls within 80 ms, and a consonant that does not use the lips barely changes the opening."""
    said = phones("AA1 M AA1")
    times = np.arange(round(said[-1].end_s * 60)) / 60
    seal = articulate(said, times).seal
    plain, stop = (articulate(phones(f"AA1 {c} AA1"), times).tracks["open"] for c in ("AA1", "K"))
    middle = round((0.8 + 0.135) * 60)

    assert seal[middle] == 1
    assert 0.1 < (seal > 0).sum() / 60 < 0.26
    assert stop[middle] > 0.7 * plain[middle]
