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

from facetake_host import PROTOCOL, curves, looking
from facetake_host.curves import HEAD, Delivery
from facetake_host.engine import EngineClient, Event, Request, check_greeting
from facetake_host.host import Character, Host
from facetake_host.problems import HostProblem, JobCancelled
from facetake_host.recording import unique

T = TypeVar("T")
PAUSE_S = 0.01  # between two looks at the engine
COMPUTED = 0.9  # of the bar; the rest is writing keys
NAMED = 8  # skipped controls named to a person
BAKE_RATES = ("30", "60", "120")
"""Frames per second: Unreal refuses what is no multiple or factor of 30, and baked curves go by seconds anyway."""
CANCELLED = "Cancelled; what was not finished has left nothing in the scene."


@dataclass(frozen=True)
class Status:
    """How far a job has come: a share 0..1 and what is going on; `news` is a sentence for the person, or empty."""

    share: float
    label: str
    news: str = ""


@dataclass(frozen=True)
class JobResult:
    """What a job left in the scene.

    Attributes:
        layer: its name.
        start_frame: where it begins.
        delivery: the engine's curves, for showing.
        skipped: controls that were left alone, with the reason.
        take: the same take as a file of the engine's, gone once the engine is ended.
        sound: the recording that goes with it.
        told: what the engine had to say about it.
    """

    layer: str
    start_frame: int
    delivery: Delivery
    skipped: Mapping[str, str] = field(default_factory=dict)
    take: Path | None = None
    sound: Path | None = None
    told: tuple[str, ...] = ()


Job = Iterator[Status] | Iterator[Status | JobResult]


def generate(
    host: Host,
    engine: EngineClient,
    character: Character,
    sounds: Sequence[Path],
    options: Mapping[str, object],
    *,
    start_frame: int | None = None,
    target: str = "",
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
        target: an object of the scene to look at, by its name; where it is over each line, the host tells.
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
        files = {"audio": str(sound), "out": str(out), "take_out": str(_new_take(engine, sound.stem))}
        fields = {**options, **files, "rate": str(rate), "rig": character.rig}
        fields |= _looked_at(options, float((at - first) / rate))
        if target:
            fields["look_at"] = yield from _followed(host, engine, character, target, sound, at, asked)
        told = []
        for status in answer(engine, "generate", fields, label, asked):
            told += [status.news] if status.news else []
            yield replace(status, share=(number + COMPUTED * status.share) / len(sounds), news="")
        found = curves.load(out)
        take = JobResult(f"facetake_{sound.stem}", at, found, {}, Path(files["take_out"]), sound, tuple(told))
        yield from _written(host, character, take, asked)
        at += found.n_frames
    yield Status(1.0, "done")


def _looked_at(options: Mapping[str, object], since_s: float) -> dict[str, object]:
    """What is looked at during a line that begins so long after the first: the row before it holds from its start."""
    rows = options.get("look_at")
    if not isinstance(rows, list) or not since_s:
        return {}
    past = sum(row[0] <= since_s for row in rows)
    return {"look_at": [[max(row[0] - since_s, 0.0), *row[1:]] for row in rows[max(past - 1, 0) :]]}


def _followed(
    host: Host,
    engine: EngineClient,
    character: Character,
    target: str,
    sound: Path,
    start_frame: int,
    cancel: threading.Event,
) -> Generator[Status, None, list[list[float]]]:
    """Where an object of the scene is over a line, for the engine."""
    label = f"where {target} is"
    result = yield from answer(engine, "inspect", {"path": str(sound)}, label, cancel)
    rate = host.rate()
    frames = looking.frames(start_frame, result["facts"].get("duration_s", 0.0), rate)
    with host.progress(f"Facetake: {label}") as bar:
        return looking.rows(host.looked_at(character, target, frames, bar), frames, rate)


def _new_take(engine: EngineClient, stem: str) -> Path:
    """A file for a take beside those that a panel may still want to play."""
    name = unique(f"take_{stem}", lambda one: (engine.folder / f"{one}.npz").exists())
    return engine.folder / f"{name}.npz"


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
    take = _new_take(engine, "restyled")
    fields = {**options, "curves": str(source), "rig": character.rig, "out": str(out), "take_out": str(take)}
    told = []
    for status in answer(engine, "restyle", fields, read.label, asked):
        told += [status.news] if status.news else []
        yield replace(status, share=COMPUTED * status.share, news="")
    found = curves.load(out)
    kept = {name: curve for name, curve in found.keys.items() if name in read.curves}
    style = str(options.get("style") or options.get("actor") or "style").replace(":", "_").replace("+", "_")
    made = JobResult(f"{read.label}_{style}", read.start_frame, replace(found, keys=kept), {}, take, None, tuple(told))
    yield from _written(host, character, made, asked)
    yield Status(1.0, "done")


def play(
    engine: EngineClient, made: JobResult, cancel: threading.Event | None = None, subject: str = "Facetake"
) -> Iterator[Status]:
    """Sends a take to Unreal's Live Link on this machine, in time with its sound, until it ends or is stopped.

    Args:
        engine: the one that made it, which computes and plays.
        made: the take.
        cancel: set by whoever shows a button to stop.
        subject: its name in Unreal's Live Link window.

    Raises:
        HostProblem: one sentence on what to do.
    """
    if made.take is None or not made.take.is_file():
        raise HostProblem("this take went with the engine that made it; generate it once more to play it")
    fields = {"take": str(made.take), "audio": str(made.sound or ""), "subject": subject}
    told = False
    job = answer(engine, "live", fields, "playing", cancel or threading.Event())
    try:
        for status in job:
            told = told or bool(status.news)
            yield status
    except JobCancelled:
        yield Status(1.0, "stopped", "" if told else "Stopped.")
        return
    yield Status(1.0, "done", "" if told else f"Sent to Unreal's Live Link as {subject}.")


def connection(engine: EngineClient, cancel: threading.Event | None = None) -> Iterator[Status]:
    """Whether the engine can be used; the last status says where it is, of which version, and with which models.

    Raises:
        HostProblem: what is wrong, and what to do, in one sentence.
        JobCancelled: it is no longer wanted.
    """
    label = "asking the engine"
    found = yield from answer(engine, "hello", {"protocol": PROTOCOL}, label, cancel or threading.Event())
    models = found.get("models", ())
    where = f"{engine.program}, with {len(models)} models ({', '.join(models)})"
    yield Status(1.0, "done", f"The engine answers: version {found['version']} of {where}.")


def with_sound(before: JobResult | None, made: JobResult) -> JobResult:
    """A take with the sound it is heard with: a restyled one has that of the take that began at the same frame."""
    is_same = before is not None and made.sound is None and before.start_frame == made.start_frame
    return replace(made, sound=before.sound) if before is not None and is_same else made


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
    """Asks the engine, started when needed, and yields until it is done; returns its result.

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
            if step.news:
                host.tell(step.news)
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


def named(host: Host, name: str | None, needed: str = "a MetaHuman's face control board") -> Character:
    """The character of that name, or the only one; for use without a window.

    Args:
        host: the scene.
        name: empty, or None, where there is one only.
        needed: what a scene without any is to be given, for the person.

    Raises:
        HostProblem: there is none, or there are several and none is named.
    """
    found = host.characters()
    if not found:
        raise HostProblem(f"there is no face in the scene; open or append {needed} first")
    chosen = [character for character in found if not name or name == character.name]
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
    text += "".join(f" {sentence[:1].upper()}{sentence[1:]}." for sentence in made.told)
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
    """Looks at a request until it is over; what the engine warns of becomes news."""
    share = 0.0
    result: Event = {}
    while not request.is_over:
        for event in request.poll():
            share = event.get("share", share)
            result = event.get("result", result)
            if event["event"] == "warning":
                yield Status(share, label, event["message"])
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
    host: Host, character: Character, made: JobResult, cancel: threading.Event
) -> Iterator[Status | JobResult]:
    """Writes what the engine made, in one go; whatever fails there is undone. Before and after, others have a turn."""
    name, sound = made.layer, made.sound
    yield Status(COMPUTED, name)
    skipped = dict(host.skipped(character, list(made.delivery.keys)))
    keys = {channel: curve for channel, curve in made.delivery.keys.items() if channel not in skipped}
    if not set(keys) - set(HEAD):
        raise HostProblem(f"no control of {character.name} can be keyed; they are missing, locked or connected")
    delivery = replace(made.delivery, keys=keys)
    yield Status(COMPUTED, name)
    if cancel.is_set():
        raise JobCancelled
    _check(host, character, [] if sound is None or sound.is_file() else [sound], delivery.rate)
    with host.step(f"Facetake: {name}"), host.progress(f"Facetake: {name}") as bar:
        layer = host.write(character, name, delivery, made.start_frame, bar)
        if sound is not None:
            host.place_audio(sound, made.start_frame)
    yield replace(made, layer=layer, delivery=delivery, skipped=skipped)
