"""What only Maya has: namespaces, generations, references, its progress bar, and the order of undo through the API."""

from __future__ import annotations

import importlib
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from canned import CannedEngine, write_sound
from fake_maya.api import MGlobal
from fake_maya.scene import Node
from stages import MayaStage, channels

from facetake_host import jobs
from facetake_host.curves import HEAD
from facetake_host.problems import HostProblem, JobCancelled


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, plugins: None) -> MayaStage:
    """A scene with ann, of the newer rig."""
    return MayaStage("mh4", monkeypatch)


def generate(stage: MayaStage, engine: CannedEngine, folder: Path, who: int = 0) -> jobs.JobResult:
    """Generates one line."""
    cancel = threading.Event()
    line = write_sound(folder / "line.wav")
    job = jobs.generate(stage.host, engine, stage.host.characters()[who], [line], {}, cancel=cancel)  # type: ignore[arg-type]
    return jobs.run(stage.host, job, cancel)[0]


def test_characters_by_namespace_and_generation(stage: MayaStage) -> None:
    """Nested namespaces, none at all, both rig generations; the one with something selected comes first."""
    stage.kind = "mh3"
    stage.add("set:ben")
    stage.add("")
    found = {one.name: (one.rig, one.handle) for one in stage.host.characters()}
    assert found == {"ann": ("mh4", "ann:"), "set:ben": ("mh3", "set:ben:"), "MetaHuman": ("mh3", "")}

    stage.scene.selection = ["set:ben:CTRL_C_jaw"]
    assert stage.host.characters()[0].name == "set:ben"


def test_a_name_that_is_there_twice_is_left_alone(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """Two nodes of one name cannot be told apart by it, so that neither is keyed."""
    stage.scene.twice.add("ann:CTRL_L_eye_blink")

    assert generate(stage, engine, tmp_path).skipped["CTRL_L_eye_blink.translateY"] == "there twice"


def test_reasons_for_leaving_a_control_alone(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """Missing, locked and driven by something else; keys and layers of its own are no obstacle."""
    scene = stage.scene
    stage.block("CTRL_L_eye_blink.translateY")
    scene.node("ann:CTRL_R_eye_blink", None)
    scene.node("driver", Node("parentConstraint"))
    scene.node("driven_keys", Node("animCurveUL"))
    scene.edit(
        incoming={
            "ann:CTRL_L_mouth_suckBlow.translateY": "driver",
            "ann:CTRL_R_mouth_suckBlow.translate": "driven_keys",
        }
    )
    scene.commands.setKeyframe("ann:CTRL_C_jaw.translateY", time=1, value=0.5)
    skipped = generate(stage, engine, tmp_path).skipped

    assert skipped["CTRL_L_eye_blink.translateY"] == "locked"
    assert skipped["CTRL_R_eye_blink.translateY"] == "missing"
    assert skipped["CTRL_L_mouth_suckBlow.translateY"] == "connected to driver"
    assert skipped["CTRL_R_mouth_suckBlow.translateY"] == "connected to driven_keys"
    assert "CTRL_C_jaw.translateY" not in skipped and set(skipped) - set(HEAD) == {
        "CTRL_L_eye_blink.translateY",
        "CTRL_R_eye_blink.translateY",
        "CTRL_L_mouth_suckBlow.translateY",
        "CTRL_R_mouth_suckBlow.translateY",
    }


def test_a_referenced_rig(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """A character of another file gets keys and layers and nothing else; with all of it locked, that is told."""
    nodes = {name for name in stage.scene.state.nodes if name.startswith("ann:")}
    stage.scene.referenced = nodes
    before = {name: stage.scene.state.nodes[name] for name in nodes}
    assert not set(generate(stage, engine, tmp_path).skipped) - set(HEAD)
    assert {name: stage.scene.state.nodes[name] for name in nodes} == before
    for name in nodes:
        node = stage.scene.state.nodes[name]
        stage.scene.node(name, Node(node.type, node.attributes, frozenset(node.attributes)))
    with pytest.raises(HostProblem, match="no control of ann can be keyed"):
        generate(stage, engine, tmp_path)


@pytest.mark.parametrize("at_once", [True, False])
def test_either_way_of_connecting_a_curve(
    stage: MayaStage, engine: CannedEngine, tmp_path: Path, at_once: bool
) -> None:
    """Whether Maya connects a new curve at once or when the modifier runs, keys, undo and cancel are the same."""
    stage.scene.connects_at_once = at_once
    before = stage.snapshot()
    generate(stage, engine, tmp_path)
    after = stage.snapshot()
    stage.undo()
    assert stage.snapshot() == before
    stage.redo()
    assert stage.snapshot() == after
    stage.cancel_at(0.5)
    with pytest.raises(JobCancelled):
        generate(stage, engine, tmp_path)
    assert stage.snapshot() == after


def test_an_empty_chunk_never_takes_back_what_was_there(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """Where nothing was done yet when it fails, the person's last action stays."""
    generate(stage, engine, tmp_path)
    before = stage.snapshot()
    with pytest.raises(HostProblem), stage.host.step("Facetake: facetake_line"):
        raise HostProblem("x")

    assert stage.snapshot() == before


def test_a_scene_in_metres_and_muted_layers(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """What is read comes back in the control's own unit, from what plays, wherever muted layers have keys."""
    generate(stage, engine, tmp_path)
    stage.scene.cm_per_unit = 100.0
    made = generate(stage, engine, tmp_path)
    stage.scene.time = 1000.0
    generate(stage, engine, tmp_path)
    for layer in stage.scene.state.layers[1:3]:
        stage.scene.commands.animLayer(layer.name, edit=True, mute=True)
    with stage.host.progress("") as bar:
        read = stage.host.read(stage.host.characters()[0], bar)

    assert read.start_frame == 1000
    assert max(read.curves[stage.jaw]) == pytest.approx(max(made.delivery.keys[stage.jaw].values), abs=0.05)


def test_a_sound_that_maya_does_not_play(
    stage: MayaStage, engine: CannedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys stay, and the person is told how to hear the line."""

    def refuse(_self: object, **_given: object) -> str:
        raise RuntimeError("Unable to open sound file")

    monkeypatch.setattr(type(stage.scene.commands), "do_sound", refuse)
    made = generate(stage, engine, tmp_path)

    assert [name for name, _ in stage.layers()] == [made.layer]
    assert any("save it as wav or aiff" in text for text in MGlobal.said)


def test_head_motion_on_a_chosen_joint(stage: MayaStage, engine: CannedEngine, tmp_path: Path) -> None:
    """Head motion goes to a joint that the person names, in degrees; without one it is left out and said."""
    assert generate(stage, engine, tmp_path).skipped[HEAD[0]] == "no joint is chosen for it"
    stage.scene.node("head", Node("joint", {"rotateX": 0.0, "rotateY": 0.0, "rotateZ": 0.0}))
    stage.host.head_joint = "head"
    made = generate(stage, engine, tmp_path)
    for name, attribute, sign in (("HeadYaw", "rotateY", 1), ("HeadPitch", "rotateX", -1), ("HeadRoll", "rotateZ", -1)):
        curve = made.delivery.keys[name]
        played = stage.scene.value(f"head.{attribute}", float(curve.frames[3] / Fraction(30)))
        assert played == pytest.approx(sign * curve.values[3]) and played


def test_the_scene_s_rate_is_read_and_never_set(stage: MayaStage) -> None:
    """Maya's units of time by name; what is no rate of frames is told."""
    for unit, rate in (
        ("film", 24),
        ("23.976fps", Fraction(24000, 1001)),
        ("29.97fps", Fraction(30000, 1001)),
        ("120fps", 120),
    ):
        stage.scene.unit = unit
        assert stage.host.rate() == rate
    stage.scene.unit = "millisec"
    with pytest.raises(HostProblem, match="counts time in millisec"):
        stage.host.rate()


def test_a_read_only_scene_file(stage: MayaStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scene that could not be saved is not changed."""
    scene = tmp_path / "shot.ma"
    scene.touch()
    stage.scene.path = str(scene)
    assert stage.host.refusal(stage.host.characters()[0]) == ""
    monkeypatch.setattr("os.access", lambda *_: False)
    assert (
        stage.host.refusal(stage.host.characters()[0])
        == f"{scene} is read-only; check it out or save it under another name first"
    )


def test_equal_values_with_slopes_are_told_apart(stage: MayaStage) -> None:
    """Maya takes a stretch between two equal values for flat; a hair's breadth keeps its bend."""
    from facetake_host.curves import KeyCurve

    plugin = importlib.import_module("facetake_keys")
    values = plugin._told_apart(KeyCurve((0, 5, 9, 12), (0.5, 0.5, 0.5, 0.2), (0, 0, 0, 0), (0.1, 0, 0, 0)))

    assert values == [0.5, 0.5 + plugin.APART, 0.5, 0.2]
    dip = plugin._told_apart(KeyCurve((0, 5), (1.0, 1.0), (0, 0.1), (-0.1, 0)))
    assert dip == [1.0, 1.0 - plugin.APART]  # a control at its bound stays within it


@pytest.mark.parametrize("heeds_types", [True, False])
def test_tangents_are_fixed_however_maya_takes_them(
    stage: MayaStage, engine: CannedEngine, tmp_path: Path, heeds_types: bool
) -> None:
    """Where Maya does not heed the type of tangent by key, the one for the whole curve is the same."""
    stage.scene.heeds_types = heeds_types
    curve = generate(stage, engine, tmp_path).delivery.keys[stage.jaw]

    assert stage.value(stage.host.characters()[0], stage.jaw, 40.5) == pytest.approx(curve.at(40.5), abs=1e-6)


def test_step_is_no_way_to_arrive(stage: MayaStage) -> None:
    """Maya refuses a tangent that arrives by a step; the fake does as well."""
    stage.scene.node("ann:CTRL_C_jaw", Node("transform", {"translateY": 0.0}))
    with pytest.raises(RuntimeError, match="Invalid tangent type: step"):
        stage.scene.commands.setKeyframe("ann:CTRL_C_jaw.translateY", time=1, value=0.5, inTangentType="step")


def test_dialogs_and_progress_only_with_a_window(stage: MayaStage) -> None:
    """In mayapy nothing waits for a click; with a window the person is asked and the bar moves."""
    assert stage.host.ask("Which?", ("ann", "ben")) is None
    stage.scene.batch = False
    stage.scene.answer = "ben"
    assert stage.host.ask("Which?", ("ann", "ben")) == 1
    with stage.host.progress("outer") as outer, stage.host.progress("inner") as inner:
        inner.advance(0.5)
        assert outer is inner and stage.scene.shown == 50


def test_the_menu_is_made_once_and_taken_away(stage: MayaStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Menu, shelf button and dock appear with a window, once, and go when asked."""
    made: list[tuple[str, dict[str, Any]]] = []
    names: set[str] = set()

    def ui(kind: str) -> Any:
        def run(_self: object, name: str = "", **given: Any) -> Any:
            if given.get("exists"):
                return name in names
            if given.get("query"):
                return "Custom"
            made.append((kind, given))
            if kind == "deleteUI":
                names.discard(name)
            else:
                names.add(name)
            return name

        return run

    commands = type(stage.scene.commands)
    for kind in ("menu", "menuItem", "tabLayout", "shelfButton", "workspaceControl", "deleteUI"):
        monkeypatch.setattr(commands, f"do_{kind}", ui(kind), raising=False)
    menu = importlib.import_module("facetake_maya.menu")
    menu.add()
    assert made == []
    stage.scene.batch = False
    menu.add()
    menu.add()
    menu.show_panel()
    menu.show_panel()
    kinds = [kind for kind, _ in made]
    assert kinds == ["menu", "menuItem", "menuItem", "shelfButton", "workspaceControl", "workspaceControl"]
    assert made[-1][1] == {"edit": True, "restore": True}
    menu.remove()
    assert [kind for kind, _ in made[6:]] == ["deleteUI"] * 3


def test_without_a_window_from_mayapy(
    stage: MayaStage,
    monkeypatch: pytest.MonkeyPatch,
    engine: CannedEngine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A scene is opened, keyed and saved under another name; a name that is taken is refused."""
    import types

    standalone = types.ModuleType("maya.standalone")
    standalone.initialize = lambda name: None  # type: ignore[attr-defined]
    standalone.uninitialize = lambda: None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "maya.standalone", standalone)
    sys.modules["maya"].standalone = standalone  # type: ignore[attr-defined]
    files: list[dict[str, Any]] = []
    original = type(stage.scene.commands).do_file

    def do_file(commands: Any, *names: str, **given: Any) -> Any:
        if given.get("query"):
            return original(commands, **given)
        files.append({**given, "name": names})
        return None

    monkeypatch.setattr(type(stage.scene.commands), "do_file", do_file)
    monkeypatch.setattr("facetake_host.engine.EngineClient", lambda: engine)
    headless = importlib.import_module("facetake_maya.headless")
    line = write_sound(tmp_path / "line.wav")
    saved = tmp_path / "shot_v2.ma"

    assert headless.main(["shot.ma", str(line), "--save", str(saved)]) == 0
    assert "facetake_line: " in MGlobal.said[-1] and len(stage.layers()) == 1
    assert (
        files[0]["open"]
        and files[1]["rename"] == str(saved)
        and files[2] == {"save": True, "type": "mayaAscii", "name": ()}
    )
    assert headless.main(["shot.ma", str(line), "--save", str(saved), "--character", "ben"]) == 1
    assert "which character? ben was named" in capsys.readouterr().err
    saved.touch()
    with pytest.raises(SystemExit):
        headless.main(["shot.ma", str(line), "--save", str(saved)])


def test_every_channel_of_both_generations_is_found(monkeypatch: pytest.MonkeyPatch, plugins: None) -> None:
    """The channels read from a scene are those that the engine knows, in either generation."""
    from facetake import rig

    for kind in ("mh3", "mh4"):
        stage = MayaStage(kind, monkeypatch)
        found = stage.host._channels(stage.host.characters()[0])
        assert set(found) == set(channels(kind)) and all(rig.find(name) is not None for name in found)
