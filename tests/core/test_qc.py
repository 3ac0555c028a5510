"""The checks: each finds its own fault, planted in a good take, and is quiet about the good one."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake import inference, qc, rig
from facetake.arrays import F32
from facetake.emotion import parse
from facetake.errors import ConfigError
from facetake.events import KINDS, MANNERS
from facetake.generate import GenerateOptions, Performance, generate
from facetake.postprocess import lip_closure
from facetake.qc import lipsync, measures
from facetake.take import Take, resample
from facetake.visemes import VISEMES

LINE = Path(__file__).parents[2] / "examples" / "line.wav"
ALL = set("unsealed toothless silence clipped jitter asymmetry dead small still lips lag head".split())
MOODY = {"emotion", "frozen"}
"""Checks of a take for which a mood was asked."""


@pytest.fixture(scope="module")
def classifier() -> inference.VisemeClassifier:
    """The shipped one."""
    return inference.load_classifier(None, 1)


@pytest.fixture(scope="module")
def made() -> Performance:
    """The example line, happy."""
    return generate(LINE, GenerateOptions("happy"), inference.load(None, 1))


def heard(made: Performance) -> qc.HeardSpeech:
    """What was heard in a line."""
    return qc.HeardSpeech(made.visemes, made.closures, made.speech)


def failing(
    made: Performance,
    values: F32,
    classifier: inference.VisemeClassifier,
    mood: str = "happy",
    approved: Take | None = None,
) -> dict[str, qc.Finding]:
    """The checks that a take of these values does not pass."""
    take = replace(made.take, values=rig.clamp(values))
    found = qc.judge(qc.measure(take, heard(made), parse(mood), classifier, approved))
    return {one.name: one for one in found if not one.passed}


def test_a_good_take_passes_everything(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """All checks that apply are made and passed, at 60, 30 and 23.976 fps, and the score is 0."""
    for rate in (Fraction(60), Fraction(30), Fraction(24000, 1001)):
        one = generate(LINE, GenerateOptions("happy", rate), inference.load(None, 1))
        found = qc.judge(qc.measure(one.take, heard(one), parse("happy"), classifier, one.take))

        assert {finding.name for finding in found} == ALL | MOODY | {"drift"}
        assert [finding.message for finding in found if not finding.passed] == [] and qc.score(found) == 0.0


def test_an_opened_closure(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """One p, b or m that does not close is found where it is, and leads the list."""
    values = made.take.values.copy()
    wanted = [one for one in made.closures if one.kind == "p"]
    middle_s = (wanted[1].start_s + wanted[1].end_s) / 2
    rows = slice(round((wanted[1].start_s - 0.1) * 60), round((wanted[1].end_s + 0.1) * 60))
    values[rows, rig.columns("C_jaw")] = 0.5
    for name in ("lipsTogetherU", "lipsTogetherD", "pressU"):
        values[rows, rig.both(f"mouth_{name}")] = 0.0
    found = failing(made, values, classifier)

    assert 0.0 < found["unsealed"].value <= 0.5
    assert any(abs(time - middle_s) < 0.01 for time in found["unsealed"].at_s)
    assert f"{middle_s:.2f}" in found["unsealed"].message and found["unsealed"].score > 0


def test_a_mouth_that_moves_in_silence(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A jaw that sways by a fifth of its range before anybody speaks is found; one that speech moves is not."""
    values = np.concatenate([np.repeat(made.take.values[:1], 60, axis=0), made.take.values])
    later = [one._replace(start_s=one.start_s + 1, end_s=one.end_s + 1) for one in made.closures]
    silent = np.zeros((60, 16), np.float32)
    silent[:, 0] = 1.0
    longer = replace(
        made,
        take=replace(made.take, values=values, head=None),
        closures=tuple(later),
        visemes=np.concatenate([silent, made.visemes]),
        speech=np.concatenate([np.zeros(60, np.float32), made.speech]),
    )
    assert "silence" not in failing(longer, values, classifier)
    values = values.copy()
    values[:60, rig.columns("C_jaw")[0]] += 0.2 * (1 - np.cos(np.arange(60) / 4, dtype=np.float32)) / 2
    values[:60, np.concatenate([rig.both("mouth_lipsTogetherU"), rig.both("mouth_lipsTogetherD")])] = 0.0
    found = failing(longer, values, classifier)

    assert found["silence"].value == pytest.approx(0.2, abs=0.03) and found["silence"].at_s[0] < 0.2


def test_a_changing_mood_is_no_movement_in_silence(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """While the asked mood changes the mouth may move although nobody speaks."""
    values = made.take.values.copy()
    still = replace(made, speech=np.zeros_like(made.speech))
    values[:, measures.HELD] = 0.0
    values[:, rig.columns("C_jaw")[0]] = np.linspace(0.0, 0.5, len(values), dtype=np.float32)
    take = replace(made.take, values=values)
    track = replace(parse("happy"), times_s=np.array([0.0, 60.0]), weights=np.eye(7)[:2])
    changing = qc.measure(take, heard(still), track, classifier)
    steady = qc.measure(take, heard(still), parse("happy"), classifier)

    assert {one.name: one.value for one in changing}["silence"] == 0.0
    assert {one.name: one.value for one in steady}["silence"] > 0.2


def test_jitter(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """Noise of 0.03 on the mouth's controls is found."""
    noise = np.random.default_rng(0).normal(0.0, 0.03, (made.take.n_frames, len(measures.HELD)))
    values = made.take.values.copy()
    values[:, measures.HELD] += noise.astype(np.float32)

    assert "jitter" in failing(made, values, classifier)


def test_range_sides_and_dead_controls(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A control at its end, a lopsided smile and a jaw that hangs still are found and named."""
    clipped, lopsided, dead = (made.take.values.copy() for _ in range(3))
    clipped[:, rig.both("brow_down")] = 1.0
    lopsided[:, rig.both("mouth_cornerPull")[1]] = 0.0
    dead[:, rig.columns("C_jaw")] = 0.0

    assert "brow_down" in failing(made, clipped, classifier)["clipped"].message
    assert "mouth_cornerPull" in failing(made, lopsided, classifier)["asymmetry"].message
    assert "CTRL_C_jaw" in failing(made, dead, classifier)["dead"].message


@pytest.mark.parametrize("rate", ["60", "24000/1001"])
def test_speech_over_a_still_mouth(classifier: inference.VisemeClassifier, rate: str) -> None:
    """A mouth that freezes for a second and a half of speech is found where it does; a shorter hold is none."""
    made = generate(LINE, GenerateOptions("happy", Fraction(rate)), inference.load(None, 1))
    begin = round(1.0 * Fraction(rate))
    for length_s, is_found in ((1.5, True), (0.8, False)):
        values = made.take.values.copy()
        values[begin : begin + round(length_s * Fraction(rate)), measures.HELD] = values[begin, measures.HELD]
        found = failing(made, values, classifier)
        assert ("still" in found) == is_found
        if is_found:
            assert 0.9 < found["still"].value <= 1.6 and found["still"].at_s[0] == pytest.approx(1.0, abs=0.15)
            assert "speech is heard for 1." in found["still"].message


def test_a_mouth_that_hardly_moves_at_all(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A whole line performed with a twentieth of the mouth is found, even where no control is quite dead."""
    rest = np.median(made.take.values, axis=0)
    values = made.take.values.copy()
    values[:, measures.HELD] = rest[measures.HELD] + 0.05 * (values - rest)[:, measures.HELD]

    assert failing(made, values, classifier)["still"].value > 1.0


def test_a_pause_over_a_still_mouth(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """Where nothing is heard a mouth may stand still as long as it likes."""
    values = made.take.values.copy()
    values[60:180, measures.HELD] = values[60, measures.HELD]
    visemes = made.visemes.copy()
    visemes[60:180] = np.eye(16, dtype=np.float32)[0]

    assert "still" not in failing(replace(made, visemes=visemes), values, classifier)


def test_another_sound_or_a_late_one(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A take that runs backwards does not fit its sound; one that is 150 ms late is said to be late."""
    back = failing(made, made.take.values[::-1].copy(), classifier)
    late = failing(
        made, np.concatenate([np.repeat(made.take.values[:1], 9, axis=0), made.take.values[:-9]]), classifier
    )

    assert "right recording" in back["lips"].message
    assert late["lag"].value >= 100 and "late" in late["lag"].message


def test_moods(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A happy take that should be angry is found; where no mood, or a weak one, was asked for there is no check."""
    assert "angry" in failing(made, made.take.values, classifier, "angry")["emotion"].message
    for mood in ("neutral", "angry:0.4"):
        found = qc.measure(made.take, heard(made), parse(mood), classifier)
        assert not {"emotion", "frozen"} & {one.name for one in found}


def test_drift(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A take that moved away from the approved one is found, whatever the rate of that one; the same one is not."""
    approved = resample(made.take, Fraction(30))
    moved = made.take.values.copy()
    moved[:, rig.both("brow_raiseIn")] += 0.2

    assert "drift" not in failing(made, made.take.values, classifier, approved=approved)
    assert "brow_raiseIn" in failing(made, moved, classifier, approved=approved)["drift"].message


def test_parts_of_a_face(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A take of the brows alone is not blamed for a mouth that nobody asked for."""
    values = rig.NEUTRAL + (made.take.values - rig.NEUTRAL) * rig.region_mask("brow")
    take = replace(made.take, values=values)
    found = qc.judge(qc.measure(take, heard(made), parse("happy"), classifier, only=("brow",)))

    assert {one.name for one in found} == {"clipped", "asymmetry", "head"} and qc.score(found) == 0.0


def test_an_f_without_teeth(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """An f that opens like a vowel is found, and one that is sealed like an m; one that is bitten is not."""
    visemes = made.visemes.copy()
    visemes[60:66] = np.eye(16, dtype=np.float32)[VISEMES.index("f")]
    closures = [one for one in made.closures if one.kind == "p"] + [lip_closure.Closure("f", 1.0, 1.1)]
    line = replace(made, visemes=visemes, closures=tuple(closures))
    good, wide, sealed = (made.take.values.copy() for _ in range(3))
    rows = slice(50, 78)
    for values, opening in ((good, 0.05), (wide, 0.6), (sealed, 0.0)):
        values[rows, measures.HELD] = 0.0
        values[rows, rig.columns("C_jaw")[0]] = opening
    good[rows, rig.both("mouth_lipBiteD")] = 0.6

    assert "toothless" not in failing(line, good, classifier)
    assert failing(line, wide, classifier)["toothless"].at_s == (1.05,)
    assert "off the teeth" in failing(line, sealed, classifier)["toothless"].message


def test_a_small_mouth(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A mouth that does a quarter of what it did is found; half of it is a quiet speaker's."""
    for share, is_found in ((0.25, True), (0.6, False)):
        values = made.take.values.copy()
        middle = np.median(values[:, measures.HELD], axis=0)
        values[:, measures.HELD] = middle + share * (values[:, measures.HELD] - middle)
        assert ("small" in failing(made, values, classifier)) == is_found


def test_a_mask(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A mood that is held like a mask, brows, cheeks and nose still, is found and named."""
    values = made.take.values.copy()
    values[:, measures.EXPRESSIVE] = values[:, measures.EXPRESSIVE].mean(axis=0)

    assert "happy is a mask" in failing(made, values, classifier)["frozen"].message


def test_a_head_that_stops(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """A head that stands for most of three seconds is found where it stops; a take without a head has no such check."""
    assert made.take.head is not None
    head = made.take.head.copy()
    head[30:200] = head[30]
    still = replace(made, take=replace(made.take, head=head))
    found = failing(still, made.take.values, classifier)
    none = qc.measure(replace(made.take, head=None), heard(made), parse("happy"), classifier)

    assert found["head"].value > 2.0 and found["head"].at_s[0] < 0.7
    assert "head" not in {one.name for one in none}


def test_a_take_without_its_sound(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """What needs no sound is measured of a take whose sound is not known, and nothing else."""
    found = qc.measure(made.take, None, parse("neutral"), classifier)

    assert {one.name for one in found} == {"jitter", "clipped", "asymmetry", "head", "blinks"}


def crowd(lines: dict[str, tuple[float, ...]], length_s: float = 10.0) -> dict[str, dict[str, float]]:
    """What is measured of lines that blink at these moments."""
    measured = {name: (qc.Measured("blinks", float(len(at)), at),) for name, at in lines.items()}
    together = qc.BlinkCrowd((name, one, length_s) for name, one in measured.items())
    return {name: {m.name: m.value for m in together.add(name, one)} for name, one in measured.items()}


def test_blinks_that_a_batch_shares() -> None:
    """Thirty lines that blink together are found, each; thirty that blink by themselves are not."""
    rng = np.random.default_rng(0)
    alike = crowd({f"{n}": (1.0, 4.0, 7.5) for n in range(30)})
    apart = crowd({f"{n}": tuple(np.sort(rng.uniform(0.0, 10.0, 3))) for n in range(30)})
    limit = qc.shipped().shared.limit

    assert all(one["shared"] == 1.0 for one in alike.values())
    assert all(one["shared"] <= limit for one in apart.values())


def test_blinks_of_few_lines_and_of_one_recording() -> None:
    """Of a handful of lines luck is no fault, and a line in many moods blinks along with itself as it likes."""
    assert all("shared" not in one for one in crowd({f"{n}": (1.0, 4.0) for n in range(5)}).values())
    blinks = (qc.Measured("blinks", 3.0, (1.0, 4.0, 7.0)),)
    others = [(f"{n}", (qc.Measured("blinks", 1.0, (0.2 * n,)),), 10.0) for n in range(1, 20)]
    together = qc.BlinkCrowd([*(("one recording", blinks, 10.0) for _ in range(20)), *others])
    shared = {m.name: m.value for m in together.add("one recording", blinks)}["shared"]

    assert shared == pytest.approx(1 / 57)  # of three blinks and nineteen others: that at 1 s


@given(st.lists(st.lists(st.floats(0.0, 9.9), max_size=6), min_size=1, max_size=40))
def test_shares_of_blinks(lines: list[list[float]]) -> None:
    """A share lies within 0 and 1 whatever blinks there are, and agrees with counting pairs one by one."""
    named = {f"{n}": tuple(sorted(one)) for n, one in enumerate(lines)}
    for name, found in crowd(named).items():
        pairs = [abs(a - b) for a in named[name] for other in named if other != name for b in named[other]]
        near = sum(away < 0.0249 for away in pairs)
        far = sum(away <= 0.0251 for away in pairs)
        trials = len(named[name]) * (len(named) - 1)
        if "shared" in found:
            assert (
                min(near / trials, 1.0) <= found["shared"] + 1e-9 and found["shared"] <= min(far / trials, 1.0) + 1e-9
            )


def test_near_misses_put_good_takes_in_order() -> None:
    """Of takes that pass the nearest to its limits comes first, from what is usual on; a failing one is at its end."""
    shipped = qc.shipped().small
    values = (shipped.usual + 0.1, shipped.usual, 0.3, shipped.limit, 0.0)
    near = [qc.nearness(qc.judge([qc.Measured("small", value)])) for value in values]

    assert near[:2] == [0.0, 0.0] and 0.0 < near[2] < near[3] == near[4] == shipped.weight


@pytest.mark.parametrize("count", [1, 2, 5])
def test_very_short_takes(count: int, classifier: inference.VisemeClassifier) -> None:
    """A take of a few frames is measured without a complaint."""
    take = Take(np.tile(rig.NEUTRAL, (count, 1)), Fraction(60))
    silent = qc.HeardSpeech(np.eye(16, dtype=np.float32)[np.zeros(count, int)], (), np.zeros(count, np.float32))

    assert qc.score(qc.judge(qc.measure(take, silent, parse("neutral"), classifier))) == 0.0


def test_measurements_as_json(made: Performance, classifier: inference.VisemeClassifier) -> None:
    """Measurements survive JSON, and findings are plain numbers and text."""
    found = qc.measure(made.take, heard(made), parse("happy"), classifier, made.take)
    text = qc.to_json(found)

    assert qc.from_json(text) == found and len(text) < 2000
    assert all(
        isinstance(value, float | bool | str | tuple) for one in qc.judge(found) for value in asdict(one).values()
    )


NUMBERS = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(st.tuples(st.sampled_from(sorted(ALL | {"emotion", "drift", "of a later version"})), NUMBERS)))
def test_scores(values: list[tuple[str, float]]) -> None:
    """A finding passed has score 0 and no message, another at least its weight and one; the worst come first."""
    found = qc.judge([qc.Measured(name, value) for name, value in values])

    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(
        (one.score == 0.0 and not one.message) if one.passed else (one.score > 0 and one.message) for one in found
    )
    assert "of a later version" not in {one.name for one in found} and math.isfinite(qc.score(found))


@given(NUMBERS, NUMBERS)
def test_worse_scores_more(one: float, other: float) -> None:
    """Of two takes with one fault the worse has at least the other's score."""
    low, high = sorted((one, other))
    scores = [qc.score(qc.judge([qc.Measured("jitter", value)])) for value in (low, high)]

    assert scores[0] <= scores[1]


def test_limits_of_a_user(tmp_path: Path) -> None:
    """A file changes what it names, turns checks off, and leaves the rest as shipped."""
    path = tmp_path / "own.toml"
    path.write_text("[drift]\nlimit = 0.5\n[jitter]\non = false\n")
    own = qc.load(path)

    assert own.drift.limit == 0.5 and own.drift.weight == qc.shipped().drift.weight
    assert own.lips == qc.shipped().lips
    assert qc.judge([qc.Measured("jitter", 1.0), qc.Measured("drift", 0.4)], own)[0].passed
    assert len(qc.judge([qc.Measured("jitter", 1.0)], own)) == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[drifts]\nlimit = 1", 'no setting "drifts"'),
        ("[drift]\nmost = 1", 'no setting "most"'),
        ("[drift]\nlimit = 'x'", "must be a number"),
        ("[drift]\nlimit = nan", "own.toml: drift: limit is nan, not a number"),
        ("[drift]\nstep = 0", "step one above 0"),
        ("[drift]\nweight = -1", "at least 0"),
        ("drift = 3", "drift"),
        ("[drift", "not valid TOML"),
    ],
)
def test_limits_that_are_none(text: str, says: str, tmp_path: Path) -> None:
    """Each mistake in a file of limits is one sentence that names it."""
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=says) as raised:
        qc.load(path)
    assert "\n" not in str(raised.value).strip()


def test_shipped_limits_have_reasons() -> None:
    """Every limit says why it is what it is."""
    assert all(len(limit["reason"]) > 20 for limit in asdict(qc.shipped()).values())


def test_lips_late_and_early(made: Performance) -> None:
    """Lips moved against their sound are found where they were moved to, and fit less the further they are."""
    margins = []
    for frames in (0, 4, 8, -8):
        moved = np.roll(made.take.values, frames, axis=0)
        found = lipsync.agreement(moved, made.visemes, made.take.rate)
        base = lipsync.agreement(made.take.values, made.visemes, made.take.rate).lag_ms
        assert found.lag_ms == pytest.approx(base + 1000 * frames / 60, abs=17)
        margins.append(found.margin)
    assert margins[0] > margins[2] and margins[0] > margins[3]


def test_lips_against_a_slow_obvious_way(made: Performance) -> None:
    """The correlation at every shift is that of tracks rolled by hand."""
    one = lipsync.standard(lipsync.shapes(made.take.values))
    other = lipsync.standard(lipsync.shapes(made.take.values[::-1]))
    fast = lipsync._alike(one, other)
    for shift in (0, 3, 50, len(one) - 7):
        slow = (np.roll(one, -shift, axis=0) * other).mean(axis=0)
        assert fast[shift] == pytest.approx(slow, abs=1e-6)


def test_lips_that_stand_still_agree_with_nothing(made: Performance) -> None:
    """A mouth that does not move has no margin, and no division by nothing."""
    still = np.repeat(made.take.values[:1], len(made.take.values), axis=0)

    assert lipsync.agreement(still, made.visemes, made.take.rate).margin == 0.0


def test_a_line_that_differs_from_its_script(classifier: inference.VisemeClassifier) -> None:
    """Another line's text is found with its words; its own passes; without a text nothing is said."""
    models = inference.load(None, 1)
    own = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
    for text, passes in ((own, True), ("The quick brown fox jumps over the lazy dog and never looks back.", False)):
        one = generate(LINE, GenerateOptions(text=text), models)
        found = qc.measure(one.take, replace(heard(one), aligned=one.aligned), parse("neutral"), classifier)
        (script,) = (finding for finding in qc.judge(found) if finding.name == "script")
        assert script.passed is passes
        assert passes or ("differs from its script" in script.message and "quick" in script.message)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_speech_passes_every_check(kind: str, classifier: inference.VisemeClassifier) -> None:
    """A burst over a pause, a manner over words: neither a moving mouth nor a held one counts against the take."""
    where = f"{kind}@0-2.5:1" if kind in MANNERS else f"{kind}@4.6-6:1"
    made = generate(LINE, GenerateOptions(events=where), inference.load(None, 1))

    assert not failing(made, made.take.values, classifier, "neutral")
