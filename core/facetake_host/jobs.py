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

from facetake_host import PROTOCOL, curves, line_window, looking
from facetake_host.curves import HEAD, Delivery
from facetake_host.engine import EngineClient, Event, Request, check_greeting
from facetake_host.host import Character, Host
from facetake_host.line_window import LineWindow, WindowLine
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
        text: what is said in it by its edits; empty where they do not tell, or the words were given.
    """

    layer: str
    start_frame: int
    delivery: Delivery
    skipped: Mapping[str, str] = field(default_factory=dict)
    take: Path | None = None
    sound: Path | None = None
    told: tuple[str, ...] = ()
    text: str = ""


Job = Iterator[Status] | Iterator[Status | JobResult]
_given = set[Path]()  # names of files that jobs have, whether or not they are written yet


def generate(
    host: Host,
    engine: EngineClient,
    character: Character,
    sounds: Sequence[Path],
    options: Mapping[str, object],
    *,
    start_frame: int | None = None,
    target: str = "",
    lays_sound: bool = True,
    cancel: threading.Event | None = None,
) -> Iterator[Status | JobResult]:
    """From recordings to layers of keys, one after another on the timeline.

    Args:
        host: the scene.
        engine: started when needed.
        character: one of `host.characters`.
        sounds: recordings.
        options: fields of the engine's `generate` request: emotion, seed, blink, gaze, head, gains, only, bake, look,
            text (what is said in the one line) or script (a file of it, or a folder with one for each line), language,
            dictionary, emphasis, and look_at: where an object is that is looked at, in rows of seconds since the first
            line's start, and metres from between the eyes of the head at rest: to the actor's left, up and forward.
        start_frame: where the first line begins; by default where the person looks.
        target: an object of the scene to look at, by its name; where it is over each line, the host tells.
        lays_sound: whether recordings are put on the timeline, too; not where they lie there already.
        cancel: set by whoever shows a button for it.

    Yields:
        `Status` while it goes on, and `JobResult` for each line that is in the scene.

    Raises:
        HostProblem: one sentence on what to do; the line in question has left no trace, those before it stay.
        JobCancelled: likewise.
    """
    asked = cancel or threading.Event()
    _check(host, character, [path for path in sounds if not path.is_file()])
    if len(sounds) > 1 and options.get("text"):
        raise HostProblem(f"the words are of one line, and {len(sounds)} were chosen; name a folder of texts instead")
    rate = host.rate()
    at = first = host.now() if start_frame is None else start_frame
    for number, sound in enumerate(sounds):
        label = sound.name if len(sounds) == 1 else f"{number + 1} of {len(sounds)}: {sound.name}"
        out = _new_file(engine, "keys", ".json")
        files = {"audio": str(sound), "out": str(out), "take_out": str(_new_take(engine, sound.stem))}
        fields = {**options, **files, "rate": str(rate), "rig": character.rig}
        fields |= _looked_at(options, float((at - first) / rate))
        if target:
            fields["look_at"] = yield from _followed(host, engine, character, target, sound, at, asked)
        told = list[str]()
        result: Event = {}
        for status in _noting(answer(engine, "generate", fields, label, asked), result):
            told += [status.news] if status.news else []
            yield replace(status, share=(number + COMPUTED * status.share) / len(sounds), news="")
        found = _loaded(out)
        said = "" if options.get("text") or options.get("script") else str(result.get("text", ""))
        take = JobResult(f"facetake_{sound.stem}", at, found, {}, Path(files["take_out"]), sound, tuple(told), said)
        yield from _written(host, character, take, asked, lays_sound=lays_sound)
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


def words(text: str, script: str) -> dict[str, object]:
    """What a panel's fields tell of a line's words, as options of `generate`; words that are typed go before a file."""
    return {"text": text.strip()} if text.strip() else {"script": script.strip()} if script.strip() else {}


def _noting(job: Generator[Status, None, Event], result: Event) -> Iterator[Status]:
    """The steps of what the engine is asked; its result goes into `result`."""
    result |= yield from job


def _new_take(engine: EngineClient, stem: str) -> Path:
    """A file for a take beside those that a panel may still want to play."""
    return _new_file(engine, f"take_{stem}", ".npz")


def _new_file(engine: EngineClient, stem: str, suffix: str) -> Path:
    """A file that no other job has: several may wait for the engine."""
    name = unique(stem, lambda one: engine.folder / f"{one}{suffix}" in _given)
    _given.add(engine.folder / f"{name}{suffix}")
    return engine.folder / f"{name}{suffix}"


def _loaded(path: Path) -> Delivery:
    """What the engine made, which is needed no longer as a file."""
    found = curves.load(path)
    path.unlink(missing_ok=True)
    return found


def edit_line(
    host: Host,
    engine: EngineClient,
    character: Character,
    sound: Path,
    options: Mapping[str, object],
    *,
    target: str = "",
    made: JobResult | None = None,
    cancel: threading.Event | None = None,
) -> Iterator[Status | JobResult]:
    """Opens the window on a line, and brings into the scene what is saved there, each time in a step of its own.

    The job ends when the window is closed; cancelled, the window stays, and nothing comes from it any more.

    Args:
        host: the scene.
        engine: started when needed.
        character: one of `host.characters`.
        sound: the recording.
        options: as of `generate`.
        target: as of `generate`.
        made: a take of the line that is in the scene; those that are saved begin where it begins, and mute it.
        cancel: set by whoever shows a button for it.

    Yields:
        `Status` while it goes on, and a `JobResult` for each time that edits were saved.

    Raises:
        HostProblem: the window cannot be opened, or has ended; what came from it before stays in the scene.
        JobCancelled: while it is opened.
    """
    asked = cancel or threading.Event()
    _check(host, character, [] if sound.is_file() else [sound])
    last = made if made is not None and made.sound == sound else None
    start_frame = last.start_frame if last else host.now()
    yield Status(0.0, "opening the window", f"Opening {sound.name} in the window.")
    fields = {**options, "audio": str(sound), "rate": str(host.rate()), "rig": character.rig}
    window = yield from _opened(engine, sound, fields, asked)
    label = f"the window is open on {sound.name}"
    yield Status(0.0, label, f"The window is open on {sound.name}; what you save there comes here.")
    bare = {name: value for name, value in options.items() if name not in ("text", "script")}
    while True:
        is_open = window.is_open
        if asked.is_set():
            yield Status(1.0, "done", "The window stays open; what is saved there no longer comes here.")
            return
        if window.has_saved():
            begun = {"start_frame": start_frame, "target": target, "lays_sound": last is None, "cancel": asked}
            for step in _again(generate(host, engine, character, [sound], bare, **begun), label):  # type: ignore[arg-type]
                last = step if isinstance(step, JobResult) else last
                yield step
        elif is_open:
            yield Status(0.0, label)
        else:
            break
    problem = window.problem()
    window.forget()
    if problem:
        raise HostProblem(problem)
    yield Status(1.0, "done", f"The window on {sound.name} is closed.")


def _again(job: Job, label: str) -> Iterator[Status | JobResult]:
    """A job whose problem is told and no end: what is saved is safe, and may be saved once more."""
    try:
        yield from job
    except JobCancelled:
        pass
    except HostProblem as problem:
        yield Status(0.0, label, f"{problem}; save there once more to try again")


def _opened(
    engine: EngineClient, sound: Path, asked: Mapping[str, object], cancel: threading.Event
) -> Generator[Status, None, LineWindow]:
    """The window on a line, with a take of it as it is now, so that there is a face to see."""
    folder = line_window.new_folder()
    out, take = folder / "keys.json", folder / "take.npz"
    fields = {**asked, "out": str(out), "take_out": str(take)}
    result = yield from answer(engine, "generate", fields, f"opening {sound.name}", cancel)
    found = curves.load(out)
    line = WindowLine(sound, float(found.n_frames / found.rate), take, asked, str(result.get("text", "")))
    return LineWindow(engine.window_command(), folder, line)


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
    source, out = (_new_file(engine, name, ".json") for name in ("scene", "restyled"))
    read.save(source)
    take = _new_take(engine, "restyled")
    fields = {**options, "curves": str(source), "rig": character.rig, "out": str(out), "take_out": str(take)}
    told = []
    for status in answer(engine, "restyle", fields, read.label, asked):
        told += [status.news] if status.news else []
        yield replace(status, share=COMPUTED * status.share, news="")
    found = _loaded(out)
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
    out = _new_file(engine, "baked", ".json")
    fields = {**options, "audio": str(sound), "rate": rate, "rig": "unreal", "bake": True, "out": str(out)}
    run(host, answer(engine, "generate", fields, sound.name, cancel), cancel, f"Facetake: {sound.name}")
    return _loaded(out)


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
    host: Host, character: Character, made: JobResult, cancel: threading.Event, *, lays_sound: bool = True
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
        if sound is not None and lays_sound:
            host.place_audio(sound, made.start_frame)
    yield replace(made, layer=layer, delivery=delivery, skipped=skipped)
