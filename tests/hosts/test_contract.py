"""What every host must do, whichever program it is: one suite for the scene in memory, Maya, Unreal and Blender."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from canned import LINE, CannedEngine, real_engine, write_sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_takes import STARTS, bounds_of, random_take
from stages import Stage, UnrealStage, seen_from_the_eyes

from facetake import host_io
from facetake_host import curves, jobs
from facetake_host.curves import HEAD
from facetake_host.engine import EngineClient
from facetake_host.jobs import JobResult
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.recording import RecordingHost

CANCEL = threading.Event()
"""Never set."""
RATES = [Fraction(24), Fraction(30), Fraction(24000, 1001), Fraction(30000, 1001)]


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """A recorded line."""
    return write_sound(tmp_path / "Zeile 1 ä.wav")


def generate(
    stage: Stage, engine: CannedEngine, line: Path, *, start: int | None = None, who: int = 0
) -> list[JobResult]:
    """Generates one line on a character."""
    cancel = threading.Event()
    job = jobs.generate(stage.host, engine, stage.host.characters()[who], [line], {}, start_frame=start, cancel=cancel)  # type: ignore[arg-type]
    return jobs.run(stage.host, job, cancel)


def restyle(stage: Stage, engine: CannedEngine) -> JobResult:
    """Restyles what is in the scene."""
    cancel = threading.Event()
    job = jobs.restyle(stage.host, engine, stage.host.characters()[0], {"style": "happy"}, cancel=cancel)  # type: ignore[arg-type]
    return jobs.run(stage.host, job, cancel)[0]


@pytest.mark.parametrize("rate", RATES, ids=str)
@pytest.mark.parametrize("start", [0, 101, -25])
def test_keys_are_the_take_s(
    stage: Stage, engine: CannedEngine, line: Path, results: dict[str, str], rate: Fraction, start: int
) -> None:
    """Every key plays the take's value within 1e-6 at its frame, at any rate and start; curves between keys follow."""
    stage.set_rate(rate)
    made = generate(stage, engine, line, start=start)[0]
    character = stage.host.characters()[0]

    keys = {name: curve for name, curve in made.delivery.keys.items() if name not in HEAD}
    assert len(keys) >= stage.least and made.start_frame == start
    assert engine.asked[0][1]["rate"] == str(rate)
    for name, curve in keys.items():
        step = max(1, len(curve.frames) // 12)
        *played, between = stage.values(character, name, [start + frame for frame in (*curve.frames[::step], 40.5)])
        assert played == pytest.approx(curve.values[::step], abs=1e-6)
        assert between == pytest.approx(curve.at(40.5), abs=5e-4)
    assert set(keys) <= set(json.loads(results[character.rig])["keys"])


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_no_control_leaves_its_range_at_any_time(
    stage: Stage, engine: CannedEngine, line: Path, rate: Fraction
) -> None:
    """At every quarter of a frame lids, jaw and brows play within their ranges: beyond, a rig shows nothing of them."""
    stage.set_rate(rate)
    made = generate(stage, engine, line, start=-7)[0]
    character = stage.host.characters()[0]
    for channel, low in ((stage.lid, -1.0), (stage.brow, 0.0), (stage.jaw, -1.0)):
        least = min(made.delivery.keys[channel].values)
        played = stage.values(character, channel, [-7 + step / 4 for step in range(4 * made.delivery.n_frames - 3)])
        assert max(low, 0.0 if least >= 0.0 else low) - 1e-6 <= min(played) and max(played) <= 1.0 + 1e-6


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10_000))
def test_no_random_take_leaves_a_range(stage: Stage, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Takes of every kind of movement at any rate play within ranges at every quarter of a frame, on any timeline."""
    random = np.random.default_rng(seed)
    take = random_take(random)
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    host_io.write_keys(path, take, host_io.sparse(take), stage.kind, optional=True)
    delivery = curves.load(path)
    ranges = bounds_of(stage.kind)
    chosen = random.choice(sorted(set(ranges) & set(delivery.keys)), 8, replace=False).tolist()
    start = int(random.choice(STARTS))
    face = stage.host.characters()[0]
    with suppress(StopIteration):  # of rates that Maya has no name for
        stage.set_rate(delivery.rate)
        keys = {name: delivery.keys[name] for name in chosen}
        with stage.host.step("a take"):
            stage.host.write(face, "take", replace(delivery, keys=keys), start, RecordingHost())
        quarters = [start + step / 4 for step in range(4 * take.n_frames - 3)]
        for name in chosen:
            played = stage.values(face, name, quarters)
            low, high = ranges[name]
            assert low - 1e-6 <= min(played) and max(played) <= high + 1e-6
        stage.undo()


def test_what_is_picked_is_followed(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Where an object is over a line goes to the engine: seconds, and metres from the eyes in the actor's own axes."""
    stage.put_target("apple")
    face = stage.host.characters()[0]
    jobs.run(stage.host, jobs.generate(stage.host, engine, face, [line], {}, start_frame=5, target="apple"), CANCEL)  # type: ignore[arg-type]
    rows = dict(engine.asked)["generate"]["look_at"]

    assert len(rows) == 31
    for number in (0, 13, 30):
        assert rows[number] == pytest.approx([number / 30, *seen_from_the_eyes(5 + number)], abs=1e-5)
    before = stage.snapshot()
    with pytest.raises(HostProblem):
        jobs.run(stage.host, jobs.generate(stage.host, engine, face, [line], {}, target="pear"), CANCEL)  # type: ignore[arg-type]
    assert stage.snapshot() == before


def test_the_line_begins_where_the_person_looks(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Without a start frame, keys and sound begin at the current frame."""
    stage.set_now(-12)

    assert generate(stage, engine, line)[0].start_frame == -12
    assert [start for _, start in stage.sounds()] == [-12]


def stepped(job: jobs.Job, until: Callable[[jobs.Status | JobResult], bool]) -> jobs.Status | JobResult:
    """Takes steps of a job up to one that is waited for."""
    end = time.monotonic() + 60
    for step in job:
        if until(step):
            return step
        assert time.monotonic() < end
        time.sleep(0.005)
    raise AssertionError("the job has ended")


def made_of(job: jobs.Job) -> JobResult:
    """The next take of a job."""
    found = stepped(job, lambda step: isinstance(step, JobResult))
    assert isinstance(found, JobResult)
    return found


def is_open(step: jobs.Status | JobResult) -> bool:
    """Whether the window is there."""
    return isinstance(step, jobs.Status) and step.news.startswith("The window is open on")


def test_what_is_saved_in_the_window_mutes_the_take_before(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Each time the person saves there, the line is made with its edits in one step; the hand's layer stays."""
    stage.set_now(90)
    first = generate(stage, engine, line, start=7)[0]
    stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    hand, before, sounds = stage.hand_layers(), stage.snapshot(), stage.sounds()
    engine.said = "I never said that"
    face, options = stage.host.characters()[0], {"emotion": "happy:0.7", "seed": 3, "text": "I said that"}
    job = jobs.edit_line(stage.host, engine, face, line, options, made=first)  # type: ignore[arg-type]
    stepped(job, is_open)
    assert stage.snapshot() == before  # looking changes nothing
    states, takes = [before], [first.layer]
    for text in ("version = 1", "version = 1\n"):
        line.with_name(f"{line.stem}.edits.toml").write_text(text, encoding="utf-8")
        made = made_of(job)
        states.append(stage.snapshot())
        assert made.start_frame == 7 and made.text == "I never said that"
        assert [name for name, heard in stage.layers() if heard and name in takes] == []
        assert dict(stage.layers())[made.layer]
        takes.append(made.layer)
        assert (stage.hand_layers(), stage.sounds()) == (hand, sounds)
    do, fields = engine.asked[-1]
    assert do == "generate" and (fields["emotion"], fields["seed"]) == ("happy:0.7", 3) and "text" not in fields
    line.with_name("close").touch()
    last = list(job)[-1]
    assert isinstance(last, jobs.Status) and last.news == f"The window on {line.name} is closed."
    for state in reversed(states[:-1]):
        stage.undo()
        assert stage.snapshot() == state


def test_a_window_that_is_no_longer_followed(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Cancel leaves the window to the person, and nothing more comes from it."""
    cancel = threading.Event()
    face = stage.host.characters()[0]
    job = jobs.edit_line(stage.host, engine, face, line, {}, cancel=cancel)  # type: ignore[arg-type]
    stepped(job, is_open)
    before = stage.snapshot()
    cancel.set()
    line.with_name(f"{line.stem}.edits.toml").write_text("version = 1", encoding="utf-8")
    last = list(job)[-1]
    line.with_name("close").touch()
    assert (
        isinstance(last, jobs.Status) and last.news.startswith("The window stays open") and stage.snapshot() == before
    )


def test_what_cannot_be_brought_in_is_told_and_waits(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Where the engine refuses what was saved, the scene is as it was, and the next time it is brought in."""
    face = stage.host.characters()[0]
    job = jobs.edit_line(stage.host, engine, face, line, {})  # type: ignore[arg-type]
    stepped(job, is_open)
    before, edits = stage.snapshot(), line.with_name(f"{line.stem}.edits.toml")
    engine.failure = "its edits are of a newer version"
    edits.write_text("version = 9", encoding="utf-8")
    told = stepped(job, lambda step: isinstance(step, jobs.Status) and "newer version" in step.news)
    assert "save there once more" in str(told) and stage.snapshot() == before
    engine.failure = ""
    edits.write_text("version = 1", encoding="utf-8")
    assert made_of(job).layer in dict(stage.layers())
    line.with_name("close").touch()
    list(job)


def test_undo_and_redo_bring_back_every_state(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Generate, restyle and regenerate are one undo step each; undo and redo pass through the same states."""
    states = [stage.snapshot()]
    for action in (
        lambda: generate(stage, engine, line),
        lambda: restyle(stage, engine),
        lambda: generate(stage, engine, line),
    ):
        action()
        states.append(stage.snapshot())
    assert len(set(states)) == 4

    for state in reversed(states[:-1]):
        stage.undo()
        assert stage.snapshot() == state
    for state in states[1:]:
        stage.redo()
        assert stage.snapshot() == state


def test_regenerating_mutes_the_old_take_and_leaves_hand_layers(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """A new layer a take; the one before is muted and not gone, and what was keyed by hand stays as it was."""
    first = generate(stage, engine, line)[0]
    stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    before = stage.hand_layers()
    second = generate(stage, engine, line)[0]

    assert first.layer != second.layer
    assert dict(stage.layers())[first.layer] is False and dict(stage.layers())[second.layer] is True
    assert stage.hand_layers() == before


def test_a_hand_layer_above_the_take_still_shows(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """The new take goes below the layers that a person put on top of the old one."""
    if isinstance(stage, UnrealStage):
        pytest.skip("sections of one blend type have no order of theirs; an additive one adds to whichever plays")
    generate(stage, engine, line)
    hand = stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    made = generate(stage, engine, line)[0]
    names = [name for name, _ in stage.layers()]

    assert names.index(made.layer) < names.index(hand)


def test_a_take_does_not_reach_beyond_its_frames(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """What plays before and after a take is what played there before; a layer by hand shows."""
    made = generate(stage, engine, line, start=50)[0]
    character = stage.host.characters()[0]
    if stage.tells_rest:
        end = 50 + made.delivery.n_frames
        assert [stage.value(character, stage.jaw, frame) for frame in (0, 49, end, end + 500)] == [0.0] * 4
    generate(stage, engine, line, start=400)

    assert [heard for _, heard in stage.layers()] == [True, True]


def test_the_same_line_again_after_undo(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Generate, undo, generate: what undo remembers is in nobody's way."""
    generate(stage, engine, line)
    stage.undo()
    made = generate(stage, engine, line)[0]

    assert [name for name, _ in stage.layers()] == [made.layer]


def test_several_characters_are_kept_apart(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Each character gets its own layer, and a take of one leaves the other's alone."""
    stage.add("ben")
    assert sorted(one.name for one in stage.host.characters()) == ["ann", "ben"]
    generate(stage, engine, line, who=0)
    made = generate(stage, engine, line, who=1)[0]

    assert [heard for _, heard in stage.layers()] == [True, True]
    assert made.layer in dict(stage.layers())


def test_what_cannot_be_keyed_is_skipped_and_told(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """A blocked control is left alone and named with its reason; all others are keyed."""
    stage.block(stage.lid)
    made = generate(stage, engine, line)[0]

    assert stage.lid in made.skipped and stage.lid not in made.delivery.keys
    assert stage.lid in jobs.summary(made)
    assert len(made.delivery.keys) >= stage.least - 1


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_cancel_leaves_the_scene_as_it_was(stage: Stage, engine: CannedEngine, line: Path, share: float) -> None:
    """Cancelled while the engine computes or while keys are written: nothing has changed, and nothing is to undo."""
    generate(stage, engine, line)
    before = stage.snapshot()
    stage.cancel_at(share)
    with pytest.raises(JobCancelled):
        generate(stage, engine, line)

    assert stage.snapshot() == before
    stage.undo()
    assert stage.snapshot() != before and stage.layers() == []


@pytest.mark.parametrize("calls", [1, 4, 60, 150])
def test_a_failing_host_leaves_the_scene_as_it_was(stage: Stage, engine: CannedEngine, line: Path, calls: int) -> None:
    """Where the host itself fails in the middle of writing, the take has left no trace."""
    generate(stage, engine, line)
    before = stage.snapshot()
    engine.meanwhile = lambda: stage.fail_soon(calls)
    with pytest.raises((RuntimeError, HostProblem)):
        generate(stage, engine, line)

    assert stage.snapshot() == before


def test_a_failing_engine_leaves_the_scene_as_it_was(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """What the engine says is what the person reads."""
    before = stage.snapshot()
    engine.failure = "the engine stopped (exit code -9: it said nothing); try once more"
    with pytest.raises(HostProblem, match="the engine stopped"):
        generate(stage, engine, line)

    assert stage.snapshot() == before


def test_an_engine_killed_in_the_middle_leaves_the_scene_as_it_was(stage: Stage, tmp_path: Path) -> None:
    """The real engine, killed while it computes: one sentence, an untouched scene, and the next line works."""
    engine = real_engine()
    cancel = threading.Event()
    before = stage.snapshot()
    character = stage.host.characters()[0]
    long = write_sound(tmp_path / "long.wav", 600.0)
    with pytest.raises(HostProblem, match="the engine stopped"):
        for status in jobs.generate(stage.host, engine, character, [long], {}, cancel=cancel):
            time.sleep(0.005)
            if isinstance(status, jobs.Status) and status.share > 0.0:
                engine.kill()
    assert stage.snapshot() == before

    jobs.run(stage.host, jobs.generate(stage.host, engine, character, [LINE], {}, cancel=cancel), cancel)
    engine.close()
    assert len(stage.layers()) == 1


def test_a_missing_sound_is_told_before_anything(stage: Stage, engine: CannedEngine, tmp_path: Path) -> None:
    """A sound that is not there costs nobody a wait."""
    before = stage.snapshot()
    with pytest.raises(HostProblem, match=r"there is no sound file .*gone.wav"):
        generate(stage, engine, tmp_path / "gone.wav")

    assert (stage.snapshot(), engine.asked) == (before, [])


def test_a_sound_moved_in_the_meantime(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """A sound that goes while the engine works is told, and nothing is written."""
    before = stage.snapshot()
    engine.meanwhile = line.unlink
    with pytest.raises(HostProblem, match="there is no sound file"):
        generate(stage, engine, line)

    assert stage.snapshot() == before


def test_a_rate_changed_in_the_meantime(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """A take of the old rate is not written into a scene of the new one."""
    stage.set_rate(Fraction(24))
    engine.meanwhile = lambda: stage.set_rate(Fraction(30))
    with pytest.raises(HostProblem, match="rate changed from 24 to 30 fps; start again"):
        generate(stage, engine, line)

    assert stage.layers() == []


def test_a_scene_that_must_not_be_written(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """A scene that is locked or read-only, or without undo, is told before the engine is asked."""
    stage.forbid()
    with pytest.raises(HostProblem):
        generate(stage, engine, line)

    assert (stage.layers(), engine.asked) == ([], [])


def test_restyling_reads_what_plays(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """The engine gets the keyed stretch as it plays, and its answer starts where that stretch starts."""
    generate(stage, engine, line, start=7)
    character = stage.host.characters()[0]
    played = stage.value(character, stage.jaw, 7)
    made = restyle(stage, engine)

    assert made.start_frame == 7 and stage.value(character, stage.jaw, 7) == pytest.approx(played + 0.1, abs=1e-5)
    assert [heard for _, heard in stage.layers()] == [False, True]


@pytest.mark.parametrize("rate", [24, 30, 60])
def test_what_was_keyed_by_hand_is_restyled_over_a_range(stage: Stage, worker: EngineClient, rate: int) -> None:
    """The engine restyles a second of two, into a layer of its own; the rest, the source and the rate stay as is."""
    stage.set_rate(Fraction(rate))
    face = stage.host.characters()[0]
    rows = [(10 + number * rate // 4, float(number % 2)) for number in range(9)]
    keyed = {stage.jaw: 0.5, stage.lid: 0.3, stage.brow: 0.4}
    stage.hand_key(face, {name: [(at, most * up) for at, up in rows] for name, most in keyed.items()})
    hand = stage.hand_layers()
    before = stage.snapshot()
    layers = stage.layers()
    source = stage.host.read(face, RecordingHost())
    cancel = threading.Event()
    options = {"style": "angry:1", "span_s": [0.5, 1.5]}
    made = jobs.run(stage.host, jobs.restyle(stage.host, worker, face, options, cancel=cancel), cancel)[0]

    assert (source.rate, source.start_frame, made.start_frame) == (rate, 10, 10)
    assert made.delivery.rate == stage.host.rate() == rate and made.delivery.n_frames == 2 * rate + 1
    assert stage.hand_layers() == hand
    assert (made.layer, True) in stage.layers() and (made.layer, True) not in layers
    for name in keyed:
        frames = range(2 * rate + 1)
        played = stage.values(face, name, [10 + frame for frame in frames])
        apart = [abs(value - old) for value, old in zip(played, source.curves[name], strict=True)]
        outside = [*range(rate // 2), *range(3 * rate // 2 + 1, len(apart))]
        assert max(apart[frame] for frame in outside) < 0.0101
        assert name != stage.brow or max(apart) > 0.02  # lips are kept, and lids may be
    stage.undo()
    assert stage.snapshot() == before


def test_restyling_without_keys(stage: Stage, engine: CannedEngine) -> None:
    """A character without keys is told what to do first."""
    with pytest.raises(HostProblem, match="ann has no keys to restyle"):
        restyle(stage, engine)

    assert engine.asked == []


def test_several_lines_follow_each_other(stage: Stage, engine: CannedEngine, tmp_path: Path) -> None:
    """A batch puts one line after another, each in a layer and an undo step of its own."""
    lines = [write_sound(tmp_path / f"line_{number}.wav") for number in range(3)]
    cancel = threading.Event()
    job = jobs.generate(stage.host, engine, stage.host.characters()[0], lines, {}, start_frame=10, cancel=cancel)  # type: ignore[arg-type]
    made = jobs.run(stage.host, job, cancel)

    assert [one.start_frame for one in made] == [10, 10 + made[0].delivery.n_frames, 10 + 2 * made[0].delivery.n_frames]
    assert len({one.layer for one in made}) == 3
    character = stage.host.characters()[0]
    for one in made:  # none of them silences another
        curve = one.delivery.keys[stage.jaw]
        for frame in (curve.frames[0], curve.frames[len(curve.frames) // 2]):
            assert stage.value(character, stage.jaw, one.start_frame + frame) == pytest.approx(
                curve.at(frame), abs=1e-6
            )
    for left in (2, 1, 0):
        stage.undo()
        assert len(stage.layers()) == left


def test_nobody_in_the_scene(stage: Stage) -> None:
    """Without a face board in the scene the person is told what is missing."""
    empty = type(stage.host).characters
    try:
        type(stage.host).characters = lambda _self: []
        with pytest.raises(HostProblem, match="no face in the scene; open or append a MetaHuman's face control board"):
            jobs.named(stage.host, None)
    finally:
        type(stage.host).characters = empty


def test_an_object_is_looked_at_on_the_time_of_all_lines(stage: Stage, engine: CannedEngine, line: Path) -> None:
    """Each line gets the rows of its own time, counted from its start, and where the object was just before."""
    rows = [[0.0, 0.0, 0.0, 1.0], [1.0, 0.1, 0.0, 1.0], [100.0, 0.2, 0.0, 1.0]]
    stage.set_rate(Fraction(30))
    cancel = threading.Event()
    character = stage.host.characters()[0]
    job = jobs.generate(stage.host, engine, character, [line, line], {"look_at": rows}, start_frame=5, cancel=cancel)  # type: ignore[arg-type]
    made = jobs.run(stage.host, job, cancel)
    first, second = (fields["look_at"] for _, fields in engine.asked)
    since_s = (made[1].start_frame - 5) / 30

    assert first == rows
    assert second == [[0.0, 0.1, 0.0, 1.0], [100.0 - since_s, 0.2, 0.0, 1.0]]
    assert len(rows) == 3
