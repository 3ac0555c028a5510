"""The jobs a plugin offers, as stories: a recorded line to a layer of keys, and a layer restyled.

A job is a generator. Whoever runs it takes a step, shows its `Status` and takes the next, so that a panel stays alive
while the engine computes; `run` does so for menus and headless use. The scene is touched in one place, inside one undo
step, after everything that can be known beforehand has been checked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from facetake_host import curves
from facetake_host.curves import HEAD, Delivery
from facetake_host.engine import EngineClient, Event, Request, check_greeting
from facetake_host.host import Character, Host
from facetake_host.problems import HostProblem, JobCancelled

T = TypeVar("T")
PAUSE_S = 0.01  # between two looks at the engine
COMPUTED = 0.9  # of the bar; the rest is writing keys
NAMED = 8  # skipped controls named to a person
BAKE_RATES = ("30", "60", "120")
"""Frames per second: Unreal refuses what is no multiple or factor of 30, and baked curves go by seconds anyway."""
CANCELLED = "Cancelled; what was not finished has left nothing in the scene."


@dataclass(frozen=True)
class Status:
    """How far a job has come: a share 0..1 and what is going on."""

    share: float
    label: str


@dataclass(frozen=True)
class JobResult:
    """What a job left in the scene.

    Attributes:
        layer: its name.
        start_frame: where it begins.
        delivery: the engine's curves, for showing.
        skipped: controls that were left alone, with the reason.
    """

    layer: str
    start_frame: int
    delivery: Delivery
    skipped: Mapping[str, str] = field(default_factory=dict)


Job = Iterator[Status] | Iterator[Status | JobResult]


def generate(
    host: Host,
    engine: EngineClient,
    character: Character,
    sounds: Sequence[Path],
    options: Mapping[str, object],
    *,
    start_frame: int | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Status | JobResult]:
    """From recordings to layers of keys, one after another on the timeline.

    Args:
        host: the scene.
        engine: started when needed.
        character: one of `host.characters`.
        sounds: recordings.
        options: fields of the engine's `generate` request: emotion, seed, blink, gaze, head, gains, only, bake, look,
            and look_at: where an object is that is looked at, in rows of seconds since the first line's start, and
            metres from between the eyes of the head at rest: to the actor's left, up and forward.
        start_frame: where the first line begins; by default where the person looks.
        cancel: set by whoever shows a button for it.

    Yields:
        `Status` while it goes on, and `JobResult` for each line that is in the scene.

    Raises:
        HostProblem: one sentence on what to do; the line in question has left no trace, those before it stay.
        JobCancelled: likewise.
    """
    asked = cancel or threading.Event()
    _check(host, character, [path for path in sounds if not path.is_file()])
    rate = host.rate()
    at = first = host.now() if start_frame is None else start_frame
    for number, sound in enumerate(sounds):
        label = sound.name if len(sounds) == 1 else f"{number + 1} of {len(sounds)}: {sound.name}"
        out = engine.folder / f"{number}.json"
        fields = {**options, "audio": str(sound), "rate": str(rate), "rig": character.rig, "out": str(out)}
        fields |= _looked_at(options, float((at - first) / rate))
        for status in answer(engine, "generate", fields, label, asked):
            yield replace(status, share=(number + COMPUTED * status.share) / len(sounds))
        found = curves.load(out)
        yield from _written(host, character, f"facetake_{sound.stem}", found, at, sound, asked)
        at += found.n_frames
    yield Status(1.0, "done")


def _looked_at(options: Mapping[str, object], since_s: float) -> dict[str, object]:
    """What is looked at during a line that begins so long after the first: the row before it holds from its start."""
    rows = options.get("look_at")
    if not isinstance(rows, list) or not since_s:
        return {}
    past = sum(row[0] <= since_s for row in rows)
    return {"look_at": [[max(row[0] - since_s, 0.0), *row[1:]] for row in rows[max(past - 1, 0) :]]}


def restyle(
    host: Host,
    engine: EngineClient,
    character: Character,
    options: Mapping[str, object],
    *,
    cancel: threading.Event | None = None,
) -> Iterator[Status | JobResult]:
    """From the keyed stretch in the scene to a layer with the same stretch in another style.

    Args:
        host: the scene.
        engine: started when needed.
        character: one of `host.characters`.
        options: fields of the engine's `restyle` request: style, actor, only, span_s, lock, bake.
        cancel: set by whoever shows a button for it.

    Yields:
        `Status` while it goes on, and one `JobResult`.

    Raises:
        HostProblem: one sentence on what to do; the scene is as it was.
        JobCancelled: likewise.
    """
    asked = cancel or threading.Event()
    _check(host, character)
    with host.progress("Facetake: reading the take") as bar:
        read = host.read(character, bar)
    source = engine.folder / "scene.json"
    out = engine.folder / "restyled.json"
    read.save(source)
    fields = {**options, "curves": str(source), "rig": character.rig, "out": str(out)}
    for status in answer(engine, "restyle", fields, read.label, asked):
        yield replace(status, share=COMPUTED * status.share)
    found = curves.load(out)
    kept = {name: curve for name, curve in found.keys.items() if name in read.curves}
    style = str(options.get("style") or options.get("actor") or "style").replace(":", "_").replace("+", "_")
    name = f"{read.label}_{style}"
    yield from _written(host, character, name, replace(found, keys=kept), read.start_frame, None, asked)
    yield Status(1.0, "done")


def bake(
    host: Host, engine: EngineClient, sound: Path, options: Mapping[str, object], rate: str, cancel: threading.Event
) -> Delivery:
    """From a recording to every frame of a baked face, at a rate of `BAKE_RATES`.

    Raises:
        HostProblem: the sound is missing, the rate is another, or the engine fails.
        JobCancelled: likewise.
    """
    if rate not in BAKE_RATES:
        known = ", ".join(BAKE_RATES)
        raise HostProblem(f"a face is baked at {known} frames per second, not {rate}; the shot's own rate may differ")
    out = engine.folder / "baked.json"
    fields = {**options, "audio": str(sound), "rate": rate, "rig": "unreal", "bake": True, "out": str(out)}
    run(host, answer(engine, "generate", fields, sound.name, cancel), cancel, f"Facetake: {sound.name}")
    return curves.load(out)


def answer(
    engine: EngineClient, do: str, fields: Mapping[str, object], label: str, cancel: threading.Event
) -> Generator[Status, None, Event]:
    """Asks the engine, started when needed, and yields until it is done; returns the engine's result.

    Raises:
        HostProblem, JobCancelled: as `generate` does.
    """
    yield Status(0.0, "starting the engine")
    greeting = engine.start()
    yield from _until_over(engine, greeting, "starting the engine", cancel, greets=True)
    return (yield from _until_over(engine, engine.ask(do, **fields), label, cancel))


def run(host: Host, job: Job, cancel: threading.Event, label: str = "Facetake") -> list[JobResult]:
    """Runs a job to its end, with the host's own progress; for menus and without a window.

    What is made is told as it is made, so that a person knows it even where the job does not come to its end.

    Raises:
        HostProblem, JobCancelled: as the job does.
    """
    made = []
    with host.progress(label) as bar:
        for step in job:
            if isinstance(step, JobResult):
                made.append(step)
                host.tell(summary(step))
                continue
            try:
                bar.advance(step.share)
            except JobCancelled:
                cancel.set()
            time.sleep(PAUSE_S)
    return made


def guarded(host: Host, action: Callable[[], T]) -> T | None:
    """Does something for a menu: a problem becomes a sentence to the person and never a traceback."""
    try:
        return action()
    except JobCancelled:
        host.tell(CANCELLED)
    except HostProblem as problem:
        host.tell(str(problem), problem=True)
    except Exception as error:  # a plugin must not break its host
        host.tell(
            f"Something unforeseen went wrong ({type(error).__name__}: {error}); it has left nothing in the scene.",
            problem=True,
        )
    return None


def choose(host: Host) -> Character | None:
    """The character to work on: the only one, or the one the person picks; None where they pick none.

    Raises:
        HostProblem: there is none in the scene.
    """
    found = host.characters()
    if not found:
        raise HostProblem("there is no MetaHuman face control board in the scene; open or reference a character first")
    if len(found) == 1:
        return found[0]
    picked = host.ask("Which character?", [character.name for character in found])
    return None if picked is None else found[picked]


def named(host: Host, name: str | None) -> Character:
    """The character of that name, or the only one; for use without a window.

    Raises:
        HostProblem: there is none, or there are several and none is named.
    """
    found = host.characters()
    chosen = [character for character in found if name in (None, character.name)]
    if len(chosen) == 1:
        return chosen[0]
    there = ", ".join(character.name for character in found) or "none"
    raise HostProblem(f"which character? {name or 'none'} was named, and in the scene there is {there}")


def summary(made: JobResult) -> str:
    """What a person is told when it is done."""
    keys = sum(len(curve.frames) for curve in made.delivery.keys.values())
    text = f"{made.layer}: {keys} keys on {len(made.delivery.keys)} controls from frame {made.start_frame}."
    text += f" {made.delivery.heard.capitalize()}." if made.delivery.heard else ""
    skipped = {name: why for name, why in made.skipped.items() if name not in HEAD}
    if HEAD[0] in made.skipped:
        skipped["head motion"] = made.skipped[HEAD[0]]
    if skipped:
        names = ", ".join(f"{name} ({why})" for name, why in list(skipped.items())[:NAMED])
        more = "" if len(skipped) <= NAMED else f" and {len(skipped) - NAMED} more"
        text += f" Left alone: {names}{more}."
    return text


def _check(host: Host, character: Character, missing: Sequence[Path] = (), rate: Fraction | None = None) -> None:
    """Everything that can be known before the scene is touched."""
    if missing:
        raise HostProblem(f"there is no sound file {missing[0]}; was it moved? choose it again")
    if why := host.refusal(character):
        raise HostProblem(why)
    if rate is not None and host.rate() != rate:
        raise HostProblem(f"the scene's rate changed from {float(rate):g} to {float(host.rate()):g} fps; start again")


def _until_over(
    engine: EngineClient, request: Request, label: str, cancel: threading.Event, *, greets: bool = False
) -> Generator[Status, None, Event]:
    share = 0.0
    result: Event = {}
    while not request.is_over:
        for event in request.poll():
            share = event.get("share", share)
            result = event.get("result", result)
            if greets and event["event"] in ("done", "failure"):
                _welcome(engine, event)
            if event["event"] == "failure":
                raise JobCancelled if event.get("kind") == "Cancelled" else HostProblem(event["message"])
        if cancel.is_set():
            if not greets:  # the engine goes on to start, for the next job
                engine.cancel(request)
            raise JobCancelled
        if request.is_overdue:
            engine.kill()
            raise HostProblem("the engine no longer answers and was ended; try once more")
        yield Status(share, label)
    return result


def _welcome(engine: EngineClient, event: Event) -> None:
    """Lets an engine go that does not fit, so that the next job looks for another."""
    try:
        check_greeting(event)
    except HostProblem:
        engine.kill()
        raise


def _written(
    host: Host,
    character: Character,
    name: str,
    delivery: Delivery,
    start_frame: int,
    sound: Path | None,
    cancel: threading.Event,
) -> Iterator[Status | JobResult]:
    """Writes what the engine made, in one go; whatever fails there is undone. Before and after, others have a turn."""
    yield Status(COMPUTED, name)
    skipped = dict(host.skipped(character, list(delivery.keys)))
    keys = {channel: curve for channel, curve in delivery.keys.items() if channel not in skipped}
    if not set(keys) - set(HEAD):
        raise HostProblem(f"no control of {character.name} can be keyed; they are missing, locked or connected")
    delivery = replace(delivery, keys=keys)
    yield Status(COMPUTED, name)
    if cancel.is_set():
        raise JobCancelled
    _check(host, character, [] if sound is None or sound.is_file() else [sound], delivery.rate)
    with host.step(f"Facetake: {name}"), host.progress(f"Facetake: {name}") as bar:
        layer = host.write(character, name, delivery, start_frame, bar)
        if sound is not None:
            host.place_audio(sound, start_frame)
    yield JobResult(layer, start_frame, delivery, skipped)
