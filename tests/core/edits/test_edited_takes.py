"""A take with a line's edits: it changes where they are, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from facetake import edits, inference, mouth, rig
from facetake.edits import EditedScript, EmotionCue, Event, GazeCue, KeyedCurve, LineEdits, Lock, changes
from facetake.generate import (
    Draft,
    GenerateOptions,
    HeardLine,
    Memory,
    Performance,
    aligned_text,
    draft,
    edited_script,
    generate,
    listen,
    perform,
)
from facetake.inference import Models
from facetake.phones import CLOSED

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
REACH_S = 0.25  # about a touched phone: held, faded, and a closure's own ramp
JAW = rig.NAMES[int(rig.columns("C_jaw")[0])]


class Stage:
    """A line that was heard, and what its edits make of it."""

    def __init__(self, path: Path = LINE) -> None:
        self.path = path
        self.models: Models = inference.load(None, 1)
        self.line: HeardLine = listen(path, self.models, with_phones=True)
        self.options = GenerateOptions("happy:0.5", edits=LineEdits())
        self.draft: Draft = draft(self.line, self.options, self.models)
        self.plain = self.with_edits(LineEdits())

    @property
    def script(self) -> EditedScript:
        """Its phones as they were heard."""
        return edited_script(self.line, self.options)

    def with_edits(self, known: LineEdits) -> Performance:
        """What edits make of it."""
        return perform(self.line, self.draft, replace(self.options, edits=known), self.models)

    def far(self, *stretches: tuple[float, float]) -> np.ndarray:
        """Frames away from stretches."""
        times_s = self.plain.take.times_s
        return np.asarray(
            np.all([(times_s < first - REACH_S) | (times_s > last + REACH_S) for first, last in stretches], axis=0)
        )


@pytest.fixture(scope="module")
def stage() -> Stage:
    """The example line."""
    return Stage()


def at(one: Performance, time_s: float) -> int:
    """The frame at an instant."""
    return round(time_s * float(one.take.rate))


def longest_wide_vowel(stage: Stage) -> int:
    """The place of the phone in which there is most to see."""
    phones = stage.script.alignment.phones
    wide = [n for n, one in enumerate(phones) if one.symbol[:2] in ("AA", "AE", "AY", "EH", "EY")]
    return max(wide, key=lambda n: phones[n].end_s - phones[n].start_s)


def test_without_any_edit_the_take_is_the_same(stage: Stage) -> None:
    """Byte for byte; an edited one is that of `generate` with the same edits."""
    usual = generate(LINE, GenerateOptions("happy:0.5"), stage.models)
    assert stage.plain.take.values.tobytes() == usual.take.values.tobytes()
    known = changes.change(stage.script, 5, "M")
    whole = generate(LINE, replace(stage.options, edits=known), stage.models)
    assert whole.take.values.tobytes() == stage.with_edits(known).take.values.tobytes()
    assert whole.take.origin["edits_sha256"] == edits.digest(known)


@pytest.mark.parametrize("with_text", [False, True])
def test_what_is_remembered_gives_the_same_take(stage: Stage, with_text: bool) -> None:
    """One edit after another, taken back and done again: each take to every byte as if nothing were remembered."""
    options = stage.options
    if with_text:
        aligned = aligned_text(stage.line, GenerateOptions(text=TEXT))
        assert aligned is not None
        options = replace(options, script=aligned.alignment)
    memory = Memory()
    known = LineEdits()
    states = [known]
    for act in (
        lambda script: changes.change(script, 6, "M"),
        lambda script: changes.move(script, 12, "end", script.alignment.phones[12].end_s + 0.05),
        lambda script: changes.insert(script, 0.05, "P"),
        lambda script: changes.delete(script, 20),
        lambda script: changes.strengthen(script, 30, 1.5),
        lambda script: replace(script.edits, locks=(Lock("mouth", 1.0, 2.0),)),
        lambda script: changes.set_curve(script.edits, KeyedCurve(JAW, "offset", (1.0, 1.5, 2.0), (0.0, 0.4, 0.0))),
        lambda script: changes.emphasise(script, 2, 1.0) if with_text else changes.change(script, 40, "UW1"),
    ):
        known = act(edited_script(stage.line, replace(options, edits=known)))
        states.append(known)
    for state in (*states, *states[::-1], states[4], states[-1]):
        asked = replace(options, edits=state)
        made = perform(stage.line, stage.draft, asked, stage.models, memory=memory)
        wanted = perform(stage.line, stage.draft, asked, stage.models)
        assert made.take.values.tobytes() == wanted.take.values.tobytes()
        assert made.take.head is not None and wanted.take.head is not None
        assert made.take.head.tobytes() == wanted.take.head.tobytes()
        assert made.take.origin == wanted.take.origin and made.closures == wanted.closures
        assert made.visemes.tobytes() == wanted.visemes.tobytes() and made.speech.tobytes() == wanted.speech.tobytes()


def test_a_moved_boundary_moves_the_mouth_about_it_and_nothing_else(stage: Stage) -> None:
    """Away from what was touched nothing changes by more than 0.01, above the mouth nothing at all."""
    phones = stage.script.alignment.phones
    changed = 0
    for place in range(0, len(phones), 4):
        known = changes.move(stage.script, place, "end", phones[place].end_s + 0.04)
        if known.is_empty:
            continue
        made = stage.with_edits(known)
        after = phones[min(place + 1, len(phones) - 1)]
        away = np.abs(made.take.values - stage.plain.take.values)
        assert away[stage.far((phones[place].start_s, after.end_s))].max() < 0.01
        assert away[:, rig.region_mask("brow", "eye")].max() == 0.0
        changed += bool(away.max() > 0.02)
    assert changed >= 3


def test_an_inserted_closure_seals_and_a_deleted_one_opens(stage: Stage) -> None:
    """In the middle of a vowel and in silence; a heard m that is deleted closes no longer."""
    phones = stage.script.alignment.phones
    vowel = phones[longest_wide_vowel(stage)]
    for time_s, symbol in ((vowel.start_s + 0.4 * (vowel.end_s - vowel.start_s), "P"), (0.05, "M")):
        known = changes.insert(stage.script, time_s, symbol)
        made = stage.with_edits(known)
        new = known.insertions[0]
        middle = (new.from_s + new.to_s) / 2
        assert mouth.is_sealed(made.take.values)[at(made, middle - 0.017)], symbol
    closing = [n for n, one in enumerate(phones) if one.symbol in CLOSED]
    place = next(n for n in closing if _closes(stage.plain, phones[n].start_s, phones[n].end_s))
    gone = stage.with_edits(changes.change(stage.script, place, "AA1"))
    middle = (phones[place].start_s + phones[place].end_s) / 2
    assert mouth.aperture(gone.take.values)[at(gone, middle)] > 0.15


def _closes(made: Performance, start_s: float, end_s: float) -> bool:
    return bool(mouth.is_sealed(made.take.values)[at(made, start_s) : at(made, end_s) + 1].any())


def test_a_rounded_vowel_rounds_and_strength_opens(stage: Stage) -> None:
    """A wide vowel that becomes UW is round; the same vowel opens less where it is soft, and more where it is hard."""
    phones = stage.script.alignment.phones
    place = longest_wide_vowel(stage)
    near = slice(at(stage.plain, phones[place].start_s), at(stage.plain, phones[place].end_s))
    rounded = stage.with_edits(changes.change(stage.script, place, "UW1"))
    assert mouth.pucker(rounded.take.values)[near].max() > mouth.pucker(stage.plain.take.values)[near].max() + 0.3
    soft, hard = (stage.with_edits(changes.strengthen(stage.script, place, amount)) for amount in (0.5, 1.5))
    opening = [float(mouth.aperture(one.take.values)[near].mean()) for one in (soft, stage.plain, hard)]
    assert opening[0] < 0.8 * opening[1] < opening[1] < 0.9 * opening[2]


def test_keys_by_hand_lie_over_any_take(stage: Stage) -> None:
    """Exactly as they were set, whatever else was edited, and with another emotion; nothing else changes for them."""
    curve = KeyedCurve(JAW, "replace", (1.0, 1.5, 2.0), (0.1, 0.7, 0.1))
    keyed = changes.set_curve(changes.change(stage.script, 12, "M"), curve)
    takes = [
        stage.with_edits(keyed).take,
        stage.with_edits(LineEdits(curves=(curve,))).take,
        generate(LINE, GenerateOptions("angry", edits=LineEdits(curves=(curve,))), stage.models).take,
    ]
    column = rig.NAMES.index(JAW)
    inside = (takes[0].times_s >= 1.0) & (takes[0].times_s <= 2.0)
    rows = [take.values[inside, column] for take in takes]
    assert rows[0].tobytes() == rows[1].tobytes() == rows[2].tobytes()
    assert rows[0].max() == pytest.approx(0.7)
    others = np.delete(takes[1].values != stage.plain.take.values, column, axis=1)
    assert not others.any()


def test_a_locked_stretch_stays(stage: Stage) -> None:
    """No edit changes the mouth there."""
    phones = stage.script.alignment.phones
    known = changes.change(stage.script, 5, "M")
    locked = replace(known, locks=(Lock("mouth", phones[5].start_s - 0.5, phones[5].end_s + 0.5),))
    away = np.abs(stage.with_edits(locked).take.values - stage.plain.take.values)
    assert (
        away[:, rig.region_mask("mouth")].max()
        < 0.01
        < np.abs(stage.with_edits(known).take.values - stage.plain.take.values)[:, rig.region_mask("mouth")].max()
    )


def test_cues_among_the_edits_count_where_none_are_given(stage: Stage) -> None:
    """An emotion and a gaze; one that is given otherwise goes before."""
    known = LineEdits(emotion=(EmotionCue(0.0, "angry:0.8"),), gaze=(GazeCue(0.0, "camera"),))
    by_edits = generate(LINE, GenerateOptions(edits=known), stage.models).take
    by_options = generate(LINE, GenerateOptions("angry:0.8", look="camera"), stage.models).take
    assert by_edits.values.tobytes() == by_options.values.tobytes()
    given = generate(LINE, GenerateOptions("happy:0.5", look="0.3,0,1", edits=known), stage.models).take
    assert given.origin["emotion"] == "happy:0.5" and given.origin["look"] == "0.3,0,1"


def test_edits_of_another_recording_say_so(stage: Stage, tmp_path: Path) -> None:
    """A recording that is a tenth slower keeps nearly all of them, and tells which not."""
    sound, rate = sf.read(LINE)
    slower = np.interp(np.arange(0, len(sound), 1 / 1.1), np.arange(len(sound)), sound)
    sf.write(tmp_path / "slow.wav", slower, rate)
    known = changes.change(stage.script, 5, "M")
    made = generate(tmp_path / "slow.wav", GenerateOptions(edits=known), stage.models)
    assert any("another recording (line.wav)" in one for one in made.told)


def test_what_is_marked_among_the_edits_is_performed(stage: Stage) -> None:
    """A laugh is the one that the command line marks, byte for byte; one after the end of the line is left out."""
    marked = LineEdits(events=(Event("laugh", 4.8, 5.8, 0.7), Event("cough", 30.0, 31.0)))
    by_edits = generate(LINE, GenerateOptions(edits=marked), stage.models).take
    by_options = generate(LINE, GenerateOptions(events="laugh@4.8-5.8:0.7"), stage.models).take
    assert by_edits.values.tobytes() == by_options.values.tobytes()
    assert by_edits.origin["events"] == "edits"


@pytest.mark.parametrize(("speed", "pause_s", "noise"), [(1.15, 0.0, 0.0), (0.9, 0.0, 0.003), (1.0, 0.5, 0.001)])
def test_a_line_recorded_again_keeps_its_edits(
    stage: Stage, tmp_path: Path, speed: float, pause_s: float, noise: float
) -> None:
    """Of an edit on each phone, 95 of 100 are kept where the same phone stands in the same word; each other is told."""

    def scripted(line: HeardLine) -> GenerateOptions:
        aligned = aligned_text(line, GenerateOptions(text=TEXT))
        assert aligned is not None
        return GenerateOptions(script=aligned.alignment)

    options = scripted(stage.line)
    known = LineEdits()
    for place in range(len(edited_script(stage.line, options).own.phones)):
        script = edited_script(stage.line, replace(options, edits=known))
        if place % 2:
            known = changes.strengthen(script, place, 1.5)
        else:
            known = changes.move(script, place, "end", script.alignment.phones[place].end_s + 0.02)
    sound, rate = sf.read(LINE)
    again = np.interp(np.arange(0, len(sound), 1 / speed), np.arange(len(sound)), sound)
    again = np.concatenate([np.zeros(round(pause_s * rate)), again])
    sf.write(tmp_path / "again.wav", again + np.random.default_rng(0).normal(0, noise or 1e-9, len(again)), rate)
    line = listen(tmp_path / "again.wav", stage.models, with_phones=True)
    carried = edited_script(line, replace(scripted(line), edits=known))
    assert len(carried.edits.phones) >= 0.95 * len(known.phones)
    assert len(carried.lost) == 1 + len(known.phones) - len(carried.edits.phones)  # the first says what happened
