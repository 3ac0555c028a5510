"""A check that a person runs inside a host in five minutes: what the program does, what is seen, and a file of both.

Everything that no stub and no fake can tell: that what plays between keys is the engine's curve, that what others keyed
still shows, that undo and redo hold. The host's own part, a `Probe`, is thin; here are the steps, in order, each with
what must be seen, and the facts file that they end in.
"""

from __future__ import annotations

import json
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facetake_host import PROTOCOL, __version__, jobs
from facetake_host.curves import HEAD, KeyCurve
from facetake_host.engine import EngineClient
from facetake_host.host import Character, Host
from facetake_host.problems import HostProblem
from facetake_host.recording import unique

AT_KEYS = 1e-5
BETWEEN = 1e-3
BEYOND = 1e-6
"""How far what plays may be from the engine's curve at keys and between them, and beyond a control's bounds."""
QUARTERS = 4  # looks per frame
SEEN = (
    "Play the line: the lips move with the sound, lids shut and open without a flash, and the lips shut on p, b and m.",
    "The new layer or section has the recording's name, and nothing that was keyed before has gone.",
    "In the curve editor the keys of CTRL_L_eye_blink have tangents, and no curve goes below 0 or above 1.",
    "Take back one step (Ctrl+Z): keys, layer or section and sound go together. Do it again (Ctrl+Y): they come back.",
    "While the take was sent, the subject Facetake moved in Unreal's Live Link window or on a face, with the sound.",
    "In the panel, Test Connection says where the engine is, and of which version.",
    "In the panel, Play Live sends a take that was generated there, and Cancel or Stop ends it at once.",
)
"""What only a person can see. Each is asked at the end, where there is a window."""
LOOKED_AT = (
    "The eyes of the second take stay on {}, which lies {:.2f} m to the character's left, {:.2f} up and {:.2f} ahead."
)


@dataclass(frozen=True)
class Probe:
    """What a host can be asked beyond `Host`, for this check only.

    Attributes:
        host: the scene.
        about: "program", "version" and whatever else tells one installation from another.
        folder: where the scene's file lies; somewhere to write where it has none.
        played: what a take's layer or section plays on a channel of a character at some frames, quarters included.
        is_there: whether a character has a layer or section of that name.
        undo, redo: take back the last step, and do it again.
        own: checks that only this host has: whether it holds, and what.
        target: an object that the second take looks at; empty where none was named.
        seen: what else only a person can see, in this host.
    """

    host: Host
    about: Mapping[str, str]
    folder: Path
    played: Callable[[Character, jobs.JobResult, str, list[float]], list[float]]
    is_there: Callable[[Character, str], bool]
    undo: Callable[[], object]
    redo: Callable[[], object]
    own: Callable[[Character, jobs.JobResult], Iterator[tuple[bool, str]]]
    target: str = ""
    seen: tuple[str, ...] = ()


@dataclass
class Facts:
    """What a run found out.

    Attributes:
        about: program, versions, day.
        checks: what held and what did not.
        seen: what the person answered; None where nobody was asked.
        times_s: how long each step took.
    """

    about: dict[str, str]
    checks: list[dict[str, Any]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    times_s: dict[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether everything held and nobody saw otherwise."""
        return all(one["holds"] for one in self.checks) and all(one["answer"] != "no" for one in self.seen)

    def check(self, holds: bool, what: str) -> None:
        """Takes note, and shows it."""
        _say(("ok      " if holds else "FAILED  ") + what)
        self.checks.append({"holds": bool(holds), "what": what})

    def save(self, folder: Path) -> Path:
        """Writes the file; never over an earlier one. Raises HostProblem where the disk refuses."""
        wanted = f"facetake_smoke_{self.about['program']}_{self.about['version']}"
        path = folder / f"{unique(wanted, lambda name: (folder / f'{name}.json').exists())}.json"
        found = {"passed": self.passed, **asdict(self)}
        try:
            path.write_text(json.dumps(found, indent=2, ensure_ascii=False), encoding="utf-8", newline="\n")
        except OSError as error:
            raise HostProblem(f"{path} cannot be written ({error.strerror}); save the scene elsewhere") from error
        return path


def run(probe: Probe, line: Path, engine: EngineClient | None = None, name: str | None = None) -> Facts:
    """Every step, in the open scene; ends with the facts file beside it.

    Args:
        probe: the host.
        line: a recorded line of some seconds.
        engine: started and closed here, if none is given.
        name: of the character, where there are several.

    Raises:
        HostProblem: there is no character, the engine fails, or the file cannot be written; what was found so far is
            shown all the same.
    """
    worker = engine or EngineClient()
    host = probe.host
    own = {"facetake": __version__, "protocol": str(PROTOCOL)}
    system = {"python": platform.python_version(), "system": platform.platform(), "day": time.strftime("%Y-%m-%d")}
    facts = Facts({**probe.about, **own, **system})
    try:
        character = jobs.named(host, name)
        facts.check(bool(character.rig), f"the board of {character.name} is found, of the rig {character.rig}")
        _timed(facts, "test the connection", lambda: _ended(host, jobs.connection(worker)))
        facts.check(worker.is_running, f"the engine answers ({worker.program})")
        made = _timed(facts, "generate", lambda: _generate(host, worker, character, line))
        _timed(facts, "look at the curves", lambda: _curves(facts, probe, character, made))
        for holds, what in probe.own(character, made):
            facts.check(holds, what)
        _undo(facts, probe, character, made.layer)
        _timed(facts, "play live", lambda: _ended(host, jobs.play(worker, made)))
        facts.check(True, "the take is sent to Live Link in time with its sound, to its end")
        looked = _look(facts, probe, character)
        _timed(facts, "generate again", lambda: _generate(host, worker, character, line, probe.target))
        _ask(facts, host, (*SEEN, *looked, *probe.seen))
    finally:
        if engine is None:
            worker.close()
    path = facts.save(probe.folder)
    _say(("smoke test passed" if facts.passed else "smoke test FAILED") + f"; the facts are in {path}")
    return facts


def _generate(host: Host, engine: EngineClient, character: Character, line: Path, target: str = "") -> jobs.JobResult:
    cancel = threading.Event()
    job = jobs.generate(host, engine, character, [line], {}, target=target, cancel=cancel)
    return jobs.run(host, job, cancel)[0]


def _ended(host: Host, job: jobs.Job) -> None:
    """Takes a job to its end."""
    jobs.run(host, job, threading.Event())


def _look(facts: Facts, probe: Probe, character: Character) -> list[str]:
    """Where the object that was named is; to be compared with what a person sees."""
    if not probe.target:
        return []
    now = probe.host.now()
    with probe.host.progress("Facetake: where it is") as bar:
        ((left, up, ahead),) = probe.host.looked_at(character, probe.target, range(now, now + 1), bar)
    facts.check(
        ahead > 0.0, f"{probe.target} lies ahead of the eyes ({left:.2f} m left, {up:.2f} up, {ahead:.2f} ahead)"
    )
    return [LOOKED_AT.format(probe.target, left, up, ahead)]


def _timed(facts: Facts, step: str, do: Callable[[], Any]) -> Any:
    begun = time.monotonic()
    done = do()
    facts.times_s[step] = round(time.monotonic() - begun, 2)
    return done


def _curves(facts: Facts, probe: Probe, character: Character, made: jobs.JobResult) -> None:
    """What plays, at the keys and at every quarter of a frame, against the curves that the engine meant."""
    at_keys = (0.0, "")
    between = (0.0, "")
    beyond = (0.0, "")
    for channel, curve in made.delivery.keys.items():
        if channel in HEAD:
            continue
        quarters = [step / QUARTERS for step in range(QUARTERS * (made.delivery.n_frames - 1) + 1)]
        played = probe.played(character, made, channel, [made.start_frame + frame for frame in quarters])
        off = [abs(value - curve.at(frame)) for frame, value in zip(quarters, played, strict=True)]
        at_keys = max(at_keys, (max(off[QUARTERS * frame] for frame in curve.frames), channel))
        between = max(between, (max(off), channel))
        low, high = _bounds(curve)
        beyond = max(beyond, (max(low - min(played), max(played) - high), channel))
    for (worst, channel), most, what in (
        (at_keys, AT_KEYS, "at keys the scene plays the take's values"),
        (between, BETWEEN, "between keys it plays the engine's curves"),
        (beyond, BEYOND, "no control leaves its range at any time"),
    ):
        facts.check(worst <= most, f"{what} (worst {worst:.1e} {channel})")


def _bounds(curve: KeyCurve) -> tuple[float, float]:
    """Where a control may be: on the side of zero that its keys are on, and never beyond 1."""
    return (0.0 if min(curve.values) >= 0.0 else -1.0), (0.0 if max(curve.values) <= 0.0 else 1.0)


def _undo(facts: Facts, probe: Probe, character: Character, layer: str) -> None:
    facts.check(probe.is_there(character, layer), f"{layer} is there")
    probe.undo()
    facts.check(not probe.is_there(character, layer), "one undo takes it back")
    probe.redo()
    facts.check(probe.is_there(character, layer), "redo brings it again")


def _say(text: str) -> None:
    """Shows a line; letters that a console lacks, as a scene's folder may hold any, are escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))


def _ask(facts: Facts, host: Host, seen: Sequence[str]) -> None:
    """What must be seen is shown in any case, and asked where there is a window."""
    for what in seen:
        _say("look    " + what)
        picked = host.ask(f"{what}\n\nIs it so?", ("yes", "no"))
        facts.seen.append({"what": what, "answer": None if picked is None else ("yes", "no")[picked]})
