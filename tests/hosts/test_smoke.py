"""The smoke scripts that a person runs in the real hosts also run on the fakes, with the real engine."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from canned import LINE, real_engine
from fake_maya.scene import State
from stages import MayaStage, UnrealStage

HERE = Path(__file__).parent / "smoke"


def script(name: str) -> Any:
    """A smoke script as a module."""
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_maya_s_smoke_script(
    monkeypatch: pytest.MonkeyPatch, plugins: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a scene as Maya keeps it every check holds, between keys and across undo."""
    stage = MayaStage("mh4", monkeypatch)
    stage.scene.state = State()
    monkeypatch.setattr(
        type(stage.scene.commands), "do_file", lambda _self, **given: "" if given.get("query") else None
    )
    monkeypatch.setattr("facetake_host.engine.Engine", real_engine)
    script("smoke_maya").main(LINE)

    assert capsys.readouterr().out.splitlines()[-1] == "smoke test passed"


def test_unreal_s_smoke_script(
    monkeypatch: pytest.MonkeyPatch, plugins: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sequence as Unreal keeps it every check holds."""
    stage = UnrealStage("", monkeypatch)
    stage.world.assets["/Game/Shot"] = stage.world.sequence
    monkeypatch.setattr("facetake_host.engine.Engine", real_engine)
    script("smoke_unreal").main("/Game/Shot", LINE)

    assert capsys.readouterr().out.splitlines()[-1] == "smoke test passed"


def test_a_smoke_script_can_fail(monkeypatch: pytest.MonkeyPatch, plugins: None) -> None:
    """Tangents in the wrong unit are found."""
    import fake_unreal.sequencer

    stage = UnrealStage("", monkeypatch)
    stage.world.assets["/Game/Shot"] = stage.world.sequence
    monkeypatch.setattr("facetake_host.engine.Engine", real_engine)
    key = fake_unreal.sequencer.MovieSceneScriptingFloatKey
    right = key.set_leave_tangent
    monkeypatch.setattr(key, "set_leave_tangent", lambda self, new_value: right(self, new_value * 800))
    with pytest.raises(SystemExit):
        script("smoke_unreal").main("/Game/Shot", LINE)
