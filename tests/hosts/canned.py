"""An engine that answers at once with files that the real one made, so that thousands of jobs can be tried."""

from __future__ import annotations

import json
import os
import sys
import time
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

from facetake_host import PROTOCOL, __version__, location
from facetake_host.engine import EngineClient, Request

ROOT = Path(__file__).parents[2]
LINE = ROOT / "examples" / "line.wav"
RUN = "from facetake.cli import main; sys.exit(main(['worker']))"
WORKER = f"import sys; sys.path.insert(0, {str(ROOT / 'core')!r}); {RUN}"
"""The worker of the checkout that is tested, whichever is installed: engines start without anybody's PYTHONPATH."""


WINDOW = """
import json, sys, time
from pathlib import Path
sound = Path(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["lines"][0]["sound"])
end = time.monotonic() + 60
while not sound.with_name("close").exists() and time.monotonic() < end:
    time.sleep(0.01)
"""
"""Stands for the window: open until a file `close` lies beside the recording; what is saved, the tests save."""


def real_engine() -> EngineClient:
    """The engine of the environment that the tests run in; those within Blender are told which that is."""
    return EngineClient([os.environ.get(location.VARIABLE, sys.executable), "-c", WORKER])


def finish(request: Request, limit_s: float = 60.0) -> dict[str, Any]:
    """The last event of a request."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        events = request.poll()
        if request.is_over:
            return events[-1]
        time.sleep(0.005)
    raise AssertionError(f"{request.do} was not answered")


def deliveries(folder: Path) -> dict[str, str]:
    """The text of a result of the real engine for each rig."""
    engine = real_engine()
    found = {}
    for rig in ("mh3", "mh4", "unreal", "arkit"):
        out = folder / f"{rig}.json"
        event = finish(engine.ask("generate", audio=str(LINE), rate="30", rig=rig, out=str(out), bake=rig == "unreal"))
        assert event["event"] == "done", event
        found[rig] = out.read_text(encoding="utf-8")
    engine.close()
    return found


def write_sound(path: Path, seconds: float = 1.0) -> Path:
    """A silent wave file."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes(b"\0\0" * int(16000 * seconds))
    return path


class CannedEngine:
    """Has what jobs use of an `EngineClient`.

    Attributes:
        asked: every request with its fields.
        failure: the message with which the next requests fail.
        hang: whether the next requests are never answered.
        warnings: what the next requests have to say.
        answers: results of requests that make no take.
        said: what a line's words are, as the engine tells.
        window: how to start what stands for the window.
        meanwhile: called while a request runs, for what people do in the meantime.
    """

    def __init__(self, results: dict[str, str], folder: Path) -> None:
        """Exchanges files in a folder."""
        self._results = results
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.failure = ""
        self.kind = "AudioError"
        self.killed = 0
        self.hang = False
        self.program = "/studio/engine/bin/python"
        self.warnings: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {
            "hello": {"protocol": PROTOCOL, "version": __version__, "models": ["audio2rig", "ear"]},
            "inspect": {"facts": {"duration_s": 1.0}},
            "live": {"sent": 60, "skipped": 0, "latest_s": 0.0},
        }
        self.meanwhile: Callable[[], object] = lambda: None
        self.cancelled: list[Request] = []
        self.said = ""
        self.window: list[str] = [sys.executable, "-c", WINDOW]

    def window_command(self) -> list[str]:
        """Starts what stands for the window."""
        return self.window

    def start(self) -> Request:
        """A greeting."""
        request = Request(0, "hello", 10.0)
        request.put({"event": "done", "result": {"protocol": PROTOCOL, "version": __version__}})
        return request

    def ask(self, do: str, **fields: Any) -> Request:
        """An answer that waits to be polled."""
        request = Request(1, do, 10.0)
        self.asked.append((do, fields))
        request.put({"event": "start"})
        request.put({"event": "progress", "share": 0.5})
        for message in self.warnings:
            request.put({"event": "warning", "message": message})
        self.meanwhile()
        if self.hang:
            return request
        if self.failure:
            request.put({"event": "failure", "kind": self.kind, "message": self.failure})
            return request
        if do in self.answers:
            request.put({"event": "done", "result": self.answers[do]})
            return request
        found = json.loads(self._results[fields["rig"]])
        if do == "restyle":
            found["keys"] = _brighter(found["keys"], json.loads(Path(fields["curves"]).read_text(encoding="utf-8")))
        found["rate"] = fields.get("rate", found["rate"])
        Path(fields["out"]).write_text(json.dumps(found), encoding="utf-8")
        Path(fields["take_out"]).write_text("a take", encoding="utf-8") if "take_out" in fields else None
        request.put({"event": "done", "result": {"text": self.said}})
        return request

    def cancel(self, request: Request) -> None:
        """Takes note."""
        self.cancelled.append(request)

    def close(self) -> None:
        """Nothing runs."""

    def kill(self) -> None:
        """Takes note."""
        self.killed += 1


def _brighter(_keys: dict[str, Any], scene: dict[str, Any]) -> dict[str, Any]:
    """Stands for a restyled take: what came out of the scene, a tenth higher, a key on its first and last frame."""
    assert Fraction(scene["rate"]) > 0
    last = len(next(iter(scene["curves"].values()))) - 1
    return {
        name: {"frames": [0, max(1, last)], "values": [row[0] + 0.1, row[-1] + 0.1], "in": [0.0] * 2, "out": [0.0] * 2}
        for name, row in scene["curves"].items()
    }
