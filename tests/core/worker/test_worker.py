"""`facetake worker` as a process: requests in, events out, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from facetake import formats, host_io, live, rig
from facetake.take import Take
from facetake.worker import requests
from facetake_host.curves import load

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
WORKER = [sys.executable, "-m", "facetake", "worker"]


class Talk:
    """A worker and what is said to it."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._number = 0

    def say(self, do: Any, **fields: object) -> int:
        """Sends a request."""
        self._number += 1
        self.raw(json.dumps({"id": self._number, "do": do, **fields}).encode() + b"\n")
        return self._number

    def raw(self, line: bytes) -> None:
        """Sends anything."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def event(self) -> dict[str, Any]:
        """The next event."""
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def last(self, number: int) -> dict[str, Any]:
        """The event that ends a request; those of others are passed over."""
        while True:
            event = self.event()
            if event["id"] == number and event["event"] in ("done", "failure"):
                return event

    def ask(self, do: Any, **fields: object) -> dict[str, Any]:
        """A request and the event that ends it."""
        return self.last(self.say(do, **fields))

    def end(self) -> None:
        """Closes everything."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def talk() -> Iterator[Talk]:
    """A worker."""
    found = Talk(WORKER)
    yield found
    found.end()


def test_the_greeting_names_versions_and_styles(talk: Talk) -> None:
    """A host learns what it talks to before anything else."""
    result = talk.ask("hello", protocol=1)["result"]

    assert (result["protocol"], result["emotions"][0], "ada" in result["actors"]) == (1, "neutral", True)


@pytest.mark.parametrize("names", ["mh3", "mh4", "unreal"])
def test_generate_gives_keys_in_the_host_s_names(talk: Talk, tmp_path: Path, names: str) -> None:
    """The file holds the rig's own channels, keyed by default, whose values are those of the take."""
    out = tmp_path / "keys.json"
    kept = tmp_path / "take.npz"
    event = talk.ask("generate", audio=str(LINE), rig=names, rate="24000/1001", out=str(out), take_out=str(kept))
    delivery = load(out)
    take = formats.read(kept)

    assert event["event"] == "done" and event["result"]["n_keys"] == sum(
        len(one.frames) for one in delivery.keys.values()
    )
    table = {
        getattr(one, {"mh3": "name", "mh4": "maya_mh4", "unreal": "unreal"}[names]): i
        for i, one in enumerate(rig.CONTROLS)
    }
    assert len(set(delivery.keys) & set(table)) >= 160 and "CTRL_lookAtSwitch.translateY" not in delivery.keys
    for name in set(delivery.keys) & set(table):
        curve = delivery.keys[name]
        assert np.abs(take.values[list(curve.frames), table[name]] - np.array(curve.values)).max() < 1e-6


def test_the_emotion_is_heard_for_a_host(talk: Talk, tmp_path: Path) -> None:
    """With emotion "auto" the answer and the file say what was heard, and a host's delivery has it as cues."""
    out = tmp_path / "keys.json"
    heard = talk.ask("generate", audio=str(LINE), emotion="auto", out=str(out))["result"]["heard"]

    assert heard["sentence"].startswith("heard ") and 0.0 < heard["confidence"] <= 1.0
    assert (load(out).heard, list(load(out).cues)) == (heard["sentence"], heard["cues"])


def test_a_host_s_text_is_followed_and_differences_are_told(talk: Talk, tmp_path: Path) -> None:
    """The take knows the words that a host sends, and what the sound says otherwise comes as a warning."""
    text = "Hold the castle until the morning bell. I {promise} you, we will be back before they find the boat."
    more = {"out": str(tmp_path / "keys.json"), "take_out": str(tmp_path / "a.npz")}
    number = talk.say("generate", audio=str(LINE), text=text, language="en", emphasis=0.5, **more)
    events = [talk.event()]
    while events[-1]["event"] != "done":
        events.append(talk.event())
    told = [event["message"] for event in events if event["event"] == "warning"]

    assert events[-1]["id"] == number and any('differs from its script: "castle"' in one for one in told)
    assert str(formats.read(tmp_path / "a.npz").origin["script"]).startswith("Hold the until")  # what was said of it


def test_an_object_that_moves_is_looked_at_for_a_host(talk: Talk, tmp_path: Path) -> None:
    """Where a host's object goes from right to left, the eyes go along, and the look-at switch has no key."""
    rows = [[n / 10, n / 10 - 1.5, 0.0, 1.0] for n in range(31)]
    event = talk.ask(
        "generate",
        audio=str(LINE),
        look_at=rows,
        rig="mh3",
        out=str(tmp_path / "keys.json"),
        take_out=str(tmp_path / "a.npz"),
    )
    take = formats.read(tmp_path / "a.npz")
    side = take.values[:, rig.columns("C_eye.X")[0]]

    assert event["event"] == "done" and "CTRL_lookAtSwitch.translateY" not in load(tmp_path / "keys.json").keys
    assert side[30] < -0.3 < 0.3 < side[200] and take.head is not None and take.head[30, 0] < -5 < 5 < take.head[220, 0]
    assert take.origin["look"] == "31 points"


def test_what_is_odd_about_a_recording_is_told_to_a_host(talk: Talk, tmp_path: Path) -> None:
    """A recording whose channels cancel each other out comes with a warning, and is generated all the same."""
    samples, rate_hz = soundfile.read(LINE)
    soundfile.write(tmp_path / "odd.wav", np.stack([samples, -samples], axis=1)[: 2 * rate_hz], rate_hz)
    number = talk.say("generate", audio=str(tmp_path / "odd.wav"), out=str(tmp_path / "keys.json"))
    events: list[dict[str, Any]] = []
    while not events or events[-1]["event"] not in ("done", "failure"):
        events.append(talk.event())

    assert events[-1]["event"] == "done" and all(one["id"] == number for one in events)
    assert [one["message"] for one in events if one["event"] == "warning"] == [
        "odd.wav has two channels that cancel each other out; their difference is heard"
    ]


def test_restyle_takes_files_and_curves_alike(talk: Talk, tmp_path: Path) -> None:
    """A take in a file and the same take sampled by a host give the same result."""
    take = tmp_path / "take.npz"
    a = tmp_path / "a.json"
    b = tmp_path / "b.json"
    talk.ask("generate", audio=str(LINE), out=str(a), take_out=str(take))
    found = formats.read(take)
    sampled = {name: found.values[:, i].tolist() for i, name in enumerate(rig.NAMES)}
    curves = tmp_path / "curves.json"
    curves.write_text(json.dumps({"format": "facetake-curves-1", "rate": "60", "start_s": "0", "curves": sampled}))
    first = talk.ask("restyle", take=str(take), style="sad", out=str(a))
    second = talk.ask("restyle", curves=str(curves), style="sad", out=str(b))

    assert first["result"]["report"] == second["result"]["report"]
    assert all(load(a).keys[name] == curve for name, curve in load(b).keys.items())


def test_curves_outside_their_range_are_clamped_and_told(talk: Talk, tmp_path: Path) -> None:
    """An animator may pull a control past its end; a missing control is at rest."""
    curves = tmp_path / "curves.json"
    table = {"ns:CTRL_C_jaw.ty": [0.0, 1.5, 0.0, 0.2], "persp.rotateX": [0.0] * 4}
    curves.write_text(json.dumps({"format": "facetake-curves-1", "rate": "30", "start_s": "0", "curves": table}))
    number = talk.say("restyle", curves=str(curves), style="sad", out=str(tmp_path / "out.json"))
    events = [talk.event()]
    while events[-1]["event"] not in ("done", "failure"):
        events.append(talk.event())

    assert events[-1]["id"] == number and events[-1]["event"] == "done"
    assert [one["message"] for one in events if one["event"] == "warning"] == [
        "1 controls left their range and were clamped: CTRL_C_jaw.translateY"
    ]


def test_baked_delivery_has_every_raw_curve(talk: Talk, tmp_path: Path) -> None:
    """Unreal's animation sequences get each raw expression and the head, a value a frame."""
    out = tmp_path / "keys.json"
    talk.ask("generate", audio=str(LINE), rig="unreal", out=str(out), bake=True)
    delivery = load(out)

    constants = {**host_io.FACE_CONSTANTS, **host_io.HEAD_CONSTANTS}
    assert len(delivery.raw) == len(rig.RAW_NAMES) + 3 + len(constants) and "CTRL_expressions_jawOpen" in delivery.raw
    assert all(set(delivery.raw[name]) == {value} for name, value in constants.items())
    assert {len(values) for values in delivery.raw.values()} == {delivery.n_frames}


def test_inspect_and_visemes(talk: Talk) -> None:
    """A panel gets a waveform of a thousand points, and what the mouth says with times."""
    facts = talk.ask("inspect", path=str(LINE))["result"]["facts"]
    track = talk.ask("visemes", path=str(LINE))["result"]["visemes"]

    assert 900 < len(facts["envelope"]) <= 1000 and max(facts["envelope"]) == pytest.approx(facts["peak"], abs=0.1)
    assert len(track) > 10 and track[0]["start_s"] == 0.0


@pytest.mark.parametrize(
    ("do", "fields", "says"),
    [
        ("dance", {}, "knows no request 'dance'"),
        ([], {}, "knows no request []"),
        ("generate", {"audio": str(LINE), "out": "b", "emotion": "x" * 5000}, "unknown emotion 'xxxxxxx"),
        ("generate", {}, "generate needs the field 'audio'"),
        ("generate", {"audio": "a", "out": "b", "foo": 1}, "has no field 'foo'; the plugin and the engine"),
        ("generate", {"audio": 3, "out": "b"}, "the field 'audio' is 3, no path in quotes"),
        ("generate", {"audio": "a", "out": "b", "seed": True}, "the field 'seed' is True, not a whole number"),
        ("generate", {"audio": "a", "out": "b", "seed": -1}, "the field 'seed' is -1, not a whole number of 0 or more"),
        ("generate", {"audio": "a", "out": "b", "seed": 2**63}, "the field 'seed' is"),
        ("generate", {"audio": str(LINE), "out": "b", "rate": "1e999999999"}, "is no frame rate"),
        ("generate", {"audio": str(LINE), "out": "b", "gains": {"brow": True}}, "gain of brow is True, not a number"),
        ("restyle", {"take": "a", "out": "b", "style": "sad", "span_s": ["x", 2]}, "span_s is 'x', not a number"),
        ("generate", {"audio": "gone.wav", "out": "b"}, "no file gone.wav"),
        ("generate", {"audio": str(LINE), "out": str(LINE)}, "would be overwritten"),
        ("generate", {"audio": str(LINE), "out": "b", "emotion": "a.txt", "take_out": "a.txt"}, "would be overwritten"),
        ("generate", {"audio": str(LINE), "look": "a.txt", "out": "a.txt"}, "would be overwritten"),
        ("generate", {"audio": str(LINE), "out": "b", "rig": "mh5"}, "no rig is called 'mh5'"),
        ("generate", {"audio": str(LINE), "out": "b", "rate": "0"}, "is no frame rate"),
        ("generate", {"audio": str(LINE), "out": "b", "emotion": "bored"}, "unknown emotion 'bored'"),
        ("generate", {"audio": str(LINE), "out": "b", "look": "0,0,nan"}, "z is 'nan', not a number"),
        ("generate", {"audio": str(LINE), "out": "b", "look": [0, 0, 1]}, "the field 'look' is [0, 0, 1], no text"),
        (
            "generate",
            {"audio": str(LINE), "out": "b", "look": "camera", "look_at": [[0, 0, 0, 1]]},
            "one thing at a time",
        ),
        (
            "generate",
            {"audio": str(LINE), "out": "b", "look_at": [[0, 0, 1]]},
            "look_at, row 1 is [0, 0, 1]; give seconds",
        ),
        (
            "generate",
            {"audio": str(LINE), "out": "b", "look_at": [[0, 0, 0, 0]]},
            "row 1: the target 0,0,0 lies in the head",
        ),
        (
            "generate",
            {"audio": str(LINE), "out": "b", "look_at": [[0, 0, 0, 1], [0, 0, 0, 2]]},
            "row 2 is out of order",
        ),
        ("generate", {"audio": str(LINE), "out": "b", "look_at": [[0, 0, None, 1]]}, "row 1: y is None, not a number"),
        ("generate", {"audio": str(LINE), "out": "b", "text": "..."}, "no word to speak"),
        ("generate", {"audio": str(LINE), "out": "b", "emphasis": 3.0}, "emphasis is 3"),
        ("generate", {"audio": str(LINE), "out": "b", "gains": {"brow": "x"}}, "brow is 'x', not a number"),
        ("generate", {"audio": str(LINE), "out": "b", "only": ["knee"]}, 'no face region is called "knee"'),
        ("generate", {"audio": str(LINE), "out": "no/such/folder/b.json"}, "no/such/folder"),
        ("restyle", {"out": "b"}, "restyle needs a take or curves"),
        ("restyle", {"take": "gone.csv", "out": "b", "style": "sad"}, "there is no such file"),
        ("inspect", {"path": "gone.wav"}, "no file gone.wav"),
    ],
)
def test_a_request_that_fails_leaves_the_worker_alive(do: Any, fields: dict[str, Any], says: str, shared: Talk) -> None:
    """Each mistake is one sentence, and the next request is answered."""
    event = shared.ask(do, **fields)

    assert event["event"] == "failure" and says in event["message"] and "\n" not in event["message"]
    assert shared.ask("inspect", path=str(LINE))["event"] == "done"


@pytest.fixture(scope="module")
def shared() -> Iterator[Talk]:
    """One worker for all mistakes."""
    found = Talk(WORKER)
    yield found
    found.end()


@pytest.mark.parametrize("line", [b"junk\n", b"{}\n", b"[]\n", b'"x"\n', b"\xff\xfe\n", b"[" * 5000 + b"\n", b"\n"])
def test_lines_that_are_no_request(shared: Talk, line: bytes) -> None:
    """Junk is answered, or passed over where it is empty, and the worker lives on."""
    shared.raw(line)
    if line.strip():
        assert shared.event()["message"].startswith("this is no request")
    assert shared.ask("inspect", path=str(LINE))["event"] == "done"


def noise(path: Path, seconds: float) -> Path:
    """A long recording."""
    import soundfile

    soundfile.write(path, np.random.default_rng(0).normal(0, 0.05, int(16000 * seconds)), 16000)
    return path


def test_cancel_ends_a_running_and_a_waiting_request(talk: Talk, tmp_path: Path) -> None:
    """Both end at once with nothing written, and what comes after them runs."""
    sound = noise(tmp_path / "long.wav", 900.0)
    running = talk.say("generate", audio=str(sound), out=str(tmp_path / "a.json"))
    waiting = talk.say("generate", audio=str(sound), out=str(tmp_path / "b.json"))
    while talk.event()["event"] != "progress":
        pass
    talk.say("cancel", request=waiting)
    talk.say("cancel", request=running)
    begun = time.monotonic()
    ends: dict[int, str] = {}
    while len(ends) < 2:
        event = talk.event()
        if event["id"] in (running, waiting) and event["event"] in ("done", "failure"):
            ends[event["id"]] = event["kind"]

    assert set(ends.values()) == {"Cancelled"} and time.monotonic() - begun < 60
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]
    assert talk.ask("inspect", path=str(LINE))["event"] == "done"


def test_shutdown_and_the_end_of_input_end_the_worker(tmp_path: Path) -> None:
    """Either way the process is gone, with exit code 0, even in the middle of a line."""
    sound = noise(tmp_path / "long.wav", 300.0)
    for way in ("shutdown", "end", "busy"):
        talk = Talk(WORKER)
        talk.ask("hello", protocol=1)
        if way == "busy":
            talk.say("generate", audio=str(sound), out=str(tmp_path / "a.json"))
        assert talk.process.stdin is not None and talk.process.stdout is not None
        if way == "shutdown":
            talk.say("shutdown")
        else:
            talk.process.stdin.close()
        if way == "busy":  # a host that dies takes both ends with it
            talk.process.stdout.close()
        assert talk.process.wait(30) == 0, way
        talk.process.stdout.close()
        if talk.process.stdin is not None:
            talk.process.stdin.close()

    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_the_worker_dies_with_its_parent() -> None:
    """A host that is killed leaves no engine behind."""
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:], stdin=-1);"
            "print(p.pid, flush=True); time.sleep(60)",
            *WORKER,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    end = time.monotonic() + 30
    while time.monotonic() < end and _lives(worker):
        time.sleep(0.05)

    assert not _lives(worker)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except (OSError, IndexError):
        return False


def test_what_a_library_prints_does_not_reach_the_host(tmp_path: Path) -> None:
    """Standard output carries events only."""
    code = (
        "from facetake.worker import requests, serve\n"
        "old = requests._DEEDS['inspect']\n"
        "def loud(*a):\n    print('noise'); import os; os.write(1, b'more noise'); return old(*a)\n"
        "requests._DEEDS = {**requests._DEEDS, 'inspect': loud}\nserve()"
    )
    talk = Talk([sys.executable, "-c", code])
    event = talk.ask("inspect", path=str(LINE))
    talk.end()

    assert event["event"] == "done"


def test_models_are_loaded_once() -> None:
    """The second line does not wait for what the first has loaded."""
    session = requests.Session()

    assert session.models("") is session.models("") and session.restyling("") is session.restyling("")


def test_a_take_is_sent_to_this_machine(talk: Talk, tmp_path: Path) -> None:
    """A host has a take sent to Unreal on its own machine, and stops it; other machines cannot be named."""
    formats.write(Take(np.tile(rig.NEUTRAL, (36_000, 1)), Fraction(60)), tmp_path / "long.npz")
    with live.Recorder("127.0.0.1", 0) as recorder:
        number = talk.say("live", take=str(tmp_path / "long.npz"), port=recorder.port, subject="Guard")
        recorder.listen(seconds=0.1)
        talk.say("cancel", request=number)
        ended = talk.last(number)
    assert recorder.found[0].subject == "Guard" and ended["kind"] == "Cancelled"
    assert "no field 'host'" in talk.ask("live", take="a.npz", host="192.168.0.20")["message"]
    assert "port" in talk.ask("live", take=str(tmp_path / "long.npz"), port=70_000)["message"]
    assert "protocol" in talk.ask("live", take=str(tmp_path / "long.npz"), protocol="dance")["message"]
