"""Random sequences of what people do never touch what they keyed by hand."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from canned import CannedEngine, write_sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stages import MayaStage, RecordingStage, Stage, UnrealStage

from facetake_host import jobs
from facetake_host.problems import HostProblem, JobCancelled

SEQUENCES = 334  # for each of the three hosts: over a thousand
ACTIONS = ["edit", "generate", "regenerate", "restyle", "undo", "redo", "cancel", "fail"]
HOSTS: dict[str, type[Stage]] = {"recording": RecordingStage, "maya": MayaStage, "unreal": UnrealStage}
"""Each with a small face board."""
if "FACETAKE_IN_BLENDER" in os.environ:
    from blender_stage import BlenderStage

    SEQUENCES = 200  # it is no fake and takes its time
    HOSTS = {"blender": BlenderStage}


class Session:
    """A person at work, who knows what their own layers held after each step."""

    def __init__(self, stage: Stage, engine: CannedEngine, line: Path) -> None:
        self.stage = stage
        self.engine = engine
        self.line = line
        self.past = [stage.hand_layers()]
        self.future = list[str]()

    def act(self, action: str, frame: int) -> None:
        """One step; afterwards the hand layers are what the person expects."""
        if action == "undo":
            if len(self.past) > 1:
                self.stage.undo()
                self.future.append(self.past.pop())
        elif action == "redo":
            if self.future:
                self.stage.redo()
                self.past.append(self.future.pop())
        elif action == "edit":
            self.stage.hand_edit(self.stage.host.characters()[0], self.stage.brow, frame, 0.5)
            assert self.stage.hand_layers() != self.past[-1]
            self._stepped(self.stage.hand_layers())
        else:
            self._job(action)
        assert self.stage.hand_layers() == self.past[-1]

    def _stepped(self, hand: str) -> None:
        self.past.append(hand)
        self.future.clear()

    def _job(self, action: str) -> None:
        cancel = threading.Event()
        host = self.stage.host
        self.engine.failure = "the engine stopped; try once more" if action == "fail" else ""
        if action == "cancel":
            self.engine.meanwhile = cancel.set
        try:
            if action == "restyle":
                job = jobs.restyle(host, self.engine, host.characters()[0], {"style": "sad"}, cancel=cancel)  # type: ignore[arg-type]
            else:
                job = jobs.generate(host, self.engine, host.characters()[0], [self.line], {}, cancel=cancel)  # type: ignore[arg-type]
            jobs.run(host, job, cancel)
            self._stepped(self.past[-1])
        except (HostProblem, JobCancelled):
            assert action in ("fail", "cancel", "restyle")
        finally:
            self.engine.meanwhile = lambda: None


@pytest.mark.parametrize("host", HOSTS)
def test_hand_layers_stay_byte_identical(
    host: str, monkeypatch: pytest.MonkeyPatch, plugins: None, results: dict[str, str], tmp_path: Path
) -> None:
    """After any sequence of edits, takes, failures, undo and redo, layers keyed by hand are as the person left them."""
    monkeypatch.setattr(jobs, "PAUSE_S", 0.0)
    monkeypatch.setattr(Stage, "has_few", True)
    line = write_sound(tmp_path / "line.wav")
    few = {rig: _few(text) for rig, text in results.items()}

    @settings(max_examples=SEQUENCES, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(-20, 40)), min_size=3, max_size=10))
    def play(actions: list[tuple[str, int]]) -> None:
        session = Session(HOSTS[host]("mh4", monkeypatch), CannedEngine(few, tmp_path / "exchange"), line)
        for action, frame in actions:
            session.act(action, frame)

    play()


def _few(text: str) -> str:
    """A result with few of its controls, so that thousands of jobs take seconds."""
    found = json.loads(text)
    names = [name for name in found["keys"] if "brow_down" in name or "C_jaw." in name]
    found["keys"] = {name: {part: rows[:3] for part, rows in found["keys"][name].items()} for name in names}
    return json.dumps(found)
