"""The checks that a person runs in the real hosts also run on the fakes, with the real engine, and can fail."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import fake_unreal.channels
import pytest
from canned import LINE, real_engine
from fake_maya.scene import State
from stages import MayaStage, UnrealStage

from facetake_host import PROTOCOL, jobs, smoke


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of this checkout, wherever one is started."""
    monkeypatch.setattr(smoke, "EngineClient", real_engine)


def maya(monkeypatch: pytest.MonkeyPatch, folder: Path) -> MayaStage:
    """An empty scene that lies in a folder."""
    stage = MayaStage("mh4", monkeypatch)
    stage.scene.state = State()
    stage.scene.path = str(folder / "shot.ma")
    return stage


def unreal(monkeypatch: pytest.MonkeyPatch, folder: Path) -> UnrealStage:
    """A shot with ann, open in Sequencer, whose file lies in a folder."""
    stage = UnrealStage("", monkeypatch)
    stage.world.path = str(folder / "S010.uasset")
    return stage


@pytest.mark.parametrize(("host", "program", "own"), [("maya", "Maya", 3), ("unreal", "Unreal", 3)])
def test_everything_holds_and_the_facts_lie_beside_the_scene(
    host: str, program: str, own: int, monkeypatch: pytest.MonkeyPatch, plugins: None, tmp_path: Path
) -> None:
    """Versions, checks, times and what must be seen are in a file; a second run keeps the first one's."""
    globals()[host](monkeypatch, tmp_path)
    module = importlib.import_module(f"facetake_{host}.smoke")
    assert module.main(str(LINE)).passed and module.main(str(LINE)).passed

    first, second = sorted(tmp_path.glob("facetake_smoke_*.json"), key=lambda path: len(path.name))
    found = json.loads(first.read_text(encoding="utf-8"))
    assert first.stem in second.stem and found["passed"] and found["about"]["program"] == program
    assert found["about"]["version"] and found["about"]["protocol"] == str(PROTOCOL)
    assert len(found["checks"]) == 9 + own and all(one["holds"] for one in found["checks"])
    steps = {"test the connection", "generate", "look at the curves", "play live", "generate again"}
    assert set(found["times_s"]) == steps and found["times_s"]["play live"] > 5.0
    assert [one["answer"] for one in found["seen"]] == [None] * (len(smoke.SEEN) + len(module.SEEN))


@pytest.mark.parametrize("host", ["maya", "unreal"])
def test_an_object_that_is_named_is_looked_at(
    host: str, monkeypatch: pytest.MonkeyPatch, plugins: None, tmp_path: Path
) -> None:
    """Where it is by the eyes is told in numbers, and the second take looks at it."""
    stage = globals()[host](monkeypatch, tmp_path)
    monkeypatch.setattr(jobs, "play", lambda *_: iter(()))  # as long as its sound
    stage.put_target("apple")
    eyes = {"eyes": "eyes"} if host == "maya" else {}
    facts = importlib.import_module(f"facetake_{host}.smoke").main(str(LINE), target="apple", **eyes)

    told = "apple lies ahead of the eyes (0.30 m left, 0.10 up, 0.60 ahead)"
    assert facts.passed and told in [one["what"] for one in facts.checks]
    assert any("stay on apple, which lies 0.30 m to the character's left" in one["what"] for one in facts.seen)


def test_the_person_is_asked_what_is_seen(monkeypatch: pytest.MonkeyPatch, plugins: None, tmp_path: Path) -> None:
    """With a window each thing to look at is asked; a no is kept, and the whole has not passed."""
    stage = maya(monkeypatch, tmp_path)
    stage.scene.batch = False
    stage.scene.answer = "no"
    facts = importlib.import_module("facetake_maya.smoke").main(str(LINE))

    assert {one["answer"] for one in facts.seen} == {"no"} and not facts.passed
    assert all(one["holds"] for one in facts.checks)


def test_tangents_in_the_wrong_unit_are_found(
    monkeypatch: pytest.MonkeyPatch, plugins: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What does not hold is said, kept, and stops nothing."""
    unreal(monkeypatch, tmp_path)
    key = fake_unreal.channels.MovieSceneScriptingFloatKey
    right = key.set_leave_tangent
    monkeypatch.setattr(key, "set_leave_tangent", lambda self, new_value: right(self, new_value * 800))
    facts = importlib.import_module("facetake_unreal.smoke").main(str(LINE))

    failed = [one["what"] for one in facts.checks if not one["holds"]]
    assert not facts.passed and failed[0].startswith("between keys it plays the engine's curves")
    assert "FAILED  between keys" in capsys.readouterr().out and list(tmp_path.glob("*.json"))


def test_a_section_that_claims_too_much_is_found(
    monkeypatch: pytest.MonkeyPatch, plugins: None, tmp_path: Path
) -> None:
    """An engine whose masks hide nothing, and whose next key goes to the take, is told apart."""
    stage = unreal(monkeypatch, tmp_path)
    library = fake_unreal.CLASSES["ControlRigSequencerLibrary"]
    monkeypatch.setattr(library, "hide_all_controls", classmethod(lambda _cls, section: None))
    monkeypatch.setattr(type(stage.world.rigs[0].track), "set_section_to_key", lambda _self, section: None)
    facts = importlib.import_module("facetake_unreal.smoke").main(str(LINE))

    failed = [one["what"] for one in facts.checks if not one["holds"]]
    assert len(failed) == 2 and failed[0].startswith("it shows the controls that it keys, and no others (CTRL_")
