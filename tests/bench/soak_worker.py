"""A worker that is asked all kinds of things for as long as is wanted: one answer each, for the same the same bytes."""

from __future__ import annotations

import hashlib
import json
import queue
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from soak_batch import Memory, Row, quarters, resident_mb, slope

WORKER: Final = (sys.executable, "-m", "facetake", "worker")
WAITING: Final = 6  # requests that are open at once, at most
ANSWER_S: Final = 60.0  # within which something must come
ENDLESS: Final = b'{"id": 1, "do": "hello", "protocol": 1' + b"0" * 40 + b"}"  # JSON, but no number of ours
LOOK_S: Final = 1.0


class Worker:
    """The command, with its events as they come."""

    def __init__(self, log: Path) -> None:
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=log.parent
            )
        self.events: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(line)
        self.events.put(b"")

    def say(self, line: bytes) -> None:
        """Writes one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()


class Asking:
    """What was asked, what came, and what should have come."""

    def __init__(self, folder: Path, recordings: list[Path], dice: random.Random) -> None:
        self._folder = folder
        self._dice = dice
        self._recordings = recordings
        self._number = 0
        self.open: dict[int, dict[str, Any]] = {}
        self.answers: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self.no_request = 0
        self.no_request_answered = 0
        self.hashes: dict[str, str] = {}
        self.row = Row("")
        self.repeated = 0
        self.takes: list[Path] = []

    def line(self) -> bytes:
        """The next request, or what is none."""
        way = self._dice.random()
        if way < 0.45:
            return self._sent("generate", self._generate())
        if way < 0.6 and self.takes:
            return self._sent("restyle", self._restyle())
        if way < 0.7:
            path = self._dice.choice([*self._recordings, *self.takes])
            return self._sent("visemes" if self._dice.random() < 0.5 else "inspect", {"path": str(path)})
        if way < 0.75:
            return self._sent("hello", {"protocol": 1})
        if way < 0.85 and self.open:
            return self._sent("cancel", {"request": self._dice.choice(sorted(self.open))})
        if way < 0.95:
            return self._sent("bad", self._bad())
        self.no_request += 1
        self.kinds["no request"] += 1
        return self._no_request()

    def _sent(self, kind: str, fields: dict[str, Any]) -> bytes:
        self._number += 1
        self.open[self._number] = {"kind": kind, **fields}
        self.kinds[kind] += 1
        return json.dumps({"id": self._number, "do": kind, **fields}).encode()

    def _generate(self) -> dict[str, Any]:
        """One of some hundred requests, so that each comes again and again."""
        dice = random.Random(self._dice.randrange(120))
        suffix = dice.choice((".npz", ".csv", ".json", ".txt", ".anim", ".usda"))
        return {
            "audio": str(dice.choice(self._recordings)),
            "emotion": dice.choice(("neutral", "happy:0.7", "sad", "auto", "angry:0.3+fear:0.4")),
            "seed": dice.randrange(4),
            "rate": dice.choice(("60", "30", "24000/1001", "25")),
            "rig": dice.choice(("maya", "mh4", "unreal")),
            "bake": dice.random() < 0.3,
            "out": str(self._folder / f"keys_{self._number}.json"),
            "take_out": str(self._folder / f"take_{self._number}{suffix}"),
        }

    def _restyle(self) -> dict[str, Any]:
        style = self._dice.choice(("sad:0.8", "happy", "angry:0.4"))
        return {
            "take": str(self._dice.choice(self.takes)),
            "style": style,
            "out": str(self._folder / f"keys_{self._number}.json"),
            "take_out": str(self._folder / f"take_{self._number}{self._dice.choice(('.npz', '.csv', '.json'))}"),
        }

    def _bad(self) -> dict[str, Any]:
        sound = str(self._recordings[0])
        out = str(self._folder / "never.json")
        good = {"audio": sound, "out": out}
        return self._dice.choice(
            [
                {"do": "dance"},
                {"do": 7},
                {"do": None},
                {"do": ["generate"]},
                {"do": "generate"},
                {"do": "restyle"},
                {"do": "generate", "audio": sound},
                {"do": "generate", **good, "seed": -1},
                {"do": "generate", **good, "seed": 1.5},
                {"do": "generate", **good, "rate": "0"},
                {"do": "generate", **good, "rate": "1e999999999"},
                {"do": "generate", **good, "rate": "1/0"},
                {"do": "generate", **good, "emotion": "bored"},
                {"do": "generate", **good, "emotion": "/dev/zero"},
                {"do": "generate", **good, "emotion": "x" * 5000},
                {"do": "generate", **good, "only": ["nose hair"]},
                {"do": "generate", **good, "gains": {"mouth": "big"}},
                {"do": "generate", **good, "energy": -3},
                {"do": "generate", **good, "bake": "yes"},
                {"do": "generate", "audio": "/dev/zero", "out": out},
                {"do": "generate", "audio": "", "out": out},
                {"do": "generate", "audio": "no\0name.wav", "out": out},
                {"do": "generate", "audio": "n" * 5000, "out": out},
                {"do": "generate", "audio": sound, "out": "/nowhere/at/all.json"},
                {"do": "generate", "audio": sound, "out": sound},
                {"do": "generate", "audio": str(self._folder), "out": out},
                {"do": "restyle", "take": sound, "style": "sad", "out": out},
                {"do": "restyle", "style": "sad", "out": out},
                {"do": "inspect", "path": "/dev/random"},
                {"do": "inspect", "path": "gone.wav"},
                {"do": "visemes"},
                {"do": "hello", "protocol": 99},
                {"do": "generate", **good, "colour": "red"},
                {"do": "generate", **good, "rig": "puppet"},
            ]
        )

    def _no_request(self) -> bytes:
        return self._dice.choice(
            (
                b"{",
                b"[]",
                b"7",
                b"null",
                b"{}",
                b'{"do": "hello"}',
                b'{"id": 3}',
                b'"text"',
                b"\xff\xfe\xfa",
                b"[" * 20000,
                b'{"id": 1, "do": "hello", "protocol": 1e400',
                b"x" * 100000,
                b'{"id": 1 "do": 2}',
                b'{"id": NaN, "do": "hello"',
                ENDLESS,
                "\N{SNOWMAN}".encode(),
                b"\x00\x00",
            )
        )

    def hear(self, line: bytes) -> None:
        """One event."""
        try:
            event = json.loads(line)
            number = event["id"]
            what = event["event"]
        except (ValueError, KeyError, TypeError):
            self.row.expect(False, f"no event: {line[:80]!r}")
            return
        if what not in ("done", "failure"):
            return
        if "unforeseen" in str(event.get("message")):
            self.row.expect(False, f"unforeseen: {event['message'][:160]} for {str(self.open.get(number))[:160]}")
        if number is None:
            self.no_request_answered += 1
            return
        self.answers[number] += 1
        asked = self.open.pop(number, None)
        if asked is not None:
            self._judge(asked, event)

    def _judge(self, asked: dict[str, Any], event: dict[str, Any]) -> None:
        kind = asked["kind"]
        done = event["event"] == "done"
        self.kinds[f"{kind} {event['event']}"] += 1
        if kind == "cancel":
            self.row.expect(done, f"cancel failed: {event.get('message')}")
        if kind == "bad":
            self.row.expect(not done, f"was done: {str(asked)[:200]}")
            return
        if not done:
            told = str(event.get("message"))
            self.row.expect(event.get("kind") == "Cancelled", f"{kind} failed: {told[:160]}")
            self._sweep(asked)
            return
        if kind in ("generate", "restyle"):
            self._same(asked)
        elif kind != "cancel":
            self._held(json.dumps(asked, sort_keys=True), json.dumps(event["result"], sort_keys=True).encode())

    def _same(self, asked: dict[str, Any]) -> None:
        """The same request gives the same bytes; a restyled take is told by the bytes it was made of."""
        own = {name: value for name, value in asked.items() if name not in ("out", "take_out")}
        if "take" in own:
            own["take"] = hashlib.sha256(Path(own["take"]).read_bytes()).hexdigest()
        own["suffix"] = Path(asked["take_out"]).suffix
        key = json.dumps(own, sort_keys=True)
        for name in ("out", "take_out"):
            path = Path(asked[name])
            self._held(key + name, path.read_bytes() if path.is_file() else b"")
        Path(asked["out"]).unlink(missing_ok=True)
        take = Path(asked["take_out"])
        if asked["kind"] == "generate" and len(self.takes) < 24 and take.suffix in (".npz", ".csv", ".json"):
            self.takes.append(take)
        else:
            take.unlink(missing_ok=True)

    def _held(self, key: str, data: bytes) -> None:
        found = hashlib.sha256(data).hexdigest()
        self.row.lost += not data
        if key in self.hashes:
            self.repeated += 1
            self.row.wrong += self.hashes[key] != found
        self.hashes.setdefault(key, found)

    def _sweep(self, asked: dict[str, Any]) -> None:
        for name in ("out", "take_out"):
            Path(asked.get(name) or self._folder / "none").unlink(missing_ok=True)

    @property
    def asked(self) -> int:
        """Requests that have an id."""
        return self._number


def worker(folder: Path, recordings: list[Path], minutes: float, dice: random.Random) -> tuple[Row, Memory]:
    """Asks for so many minutes; what came of it, and the worker's memory."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    talk = Worker(folder / "errors.txt")
    asking = Asking(folder, recordings, dice)
    memory = Memory()
    begun = looked = time.monotonic()
    heard = begun
    while (now := time.monotonic()) < begun + 60 * minutes and talk.process.poll() is None:
        if now - looked > LOOK_S:
            looked = now
            memory.at_s.append(now - begun)
            memory.parent_mb.append(resident_mb(talk.process.pid))
        if len(asking.open) < WAITING and asking.no_request - asking.no_request_answered < WAITING:
            talk.say(asking.line())
            continue
        try:
            asking.hear(talk.events.get(timeout=LOOK_S))
            heard = now
        except queue.Empty:
            if now - heard > ANSWER_S:
                asking.row.expect(False, f"no answer within {ANSWER_S:.0f} s to {str(asking.open)[:300]}")
                break
    return _closed(talk, asking, memory, folder), memory


def _closed(talk: Worker, asking: Asking, memory: Memory, folder: Path) -> Row:
    """Lets it answer what is open, and puts down what came of all."""
    row = asking.row
    row.expect(talk.process.poll() is None, f"the worker ended by itself: {talk.process.poll()}")
    if talk.process.poll() is None:
        assert talk.process.stdin is not None
        talk.process.stdin.close()
        while line := talk.events.get(timeout=ANSWER_S):
            asking.hear(line)
        row.expect(talk.process.wait(30) == 0, f"exit code {talk.process.returncode}")
    row.event = f"the worker, {asking.asked} requests and {asking.no_request} lines that are none"
    row.lines = asking.asked + asking.no_request
    answered = [asking.answers[number] for number in range(1, asking.asked + 1)]
    row.lost += answered.count(0) + max(0, asking.no_request - asking.no_request_answered)
    row.doubled += sum(max(0, count - 1) for count in answered)
    row.doubled += max(0, asking.no_request_answered - asking.no_request)
    row.expect(set(asking.answers) <= set(range(1, asking.asked + 1)), "answers to what was never asked")
    row.begun = sum(1 for _ in folder.rglob(".facetake-*"))
    row.expect(not (folder / "never.json").exists(), "a refused request wrote a file")
    row.notes.append(f"{asking.repeated} repeated ones held to their first answer")
    row.notes.append(", ".join(f"{kind} {count}" for kind, count in sorted(asking.kinds.items())))
    if len(memory.at_s) > 8:
        first, last = quarters(memory.at_s, memory.parent_mb)
        per_hour = slope(memory.at_s, memory.parent_mb)
        row.notes.append(f"memory {first:.0f} to {last:.0f} MB, peak {max(memory.parent_mb):.0f}, {per_hour:+.1f} MB/h")
    return row
