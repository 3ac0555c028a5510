"""What only Unreal has: ticks, transactions that forget, sections, assets, baked delivery and its panel."""

from __future__ import annotations

import importlib
import json
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from canned import CannedEngine, write_sound
from fake_unreal import assets, editor, sequencer, values
from stages import UnrealStage

from facetake_host import jobs
from facetake_host.frames import tick_of
from facetake_host.problems import HostProblem, JobCancelled


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, plugins: None) -> UnrealStage:
    """A shot with ann."""
    return UnrealStage("", monkeypatch)


def generate(stage: UnrealStage, engine: CannedEngine, folder: Path, **options: Any) -> jobs.JobResult:
    """Generates one line."""
    cancel = threading.Event()
    line = write_sound(folder / "line.wav")
    job = jobs.generate(stage.host, engine, stage.host.characters()[0], [line], {}, cancel=cancel, **options)  # type: ignore[arg-type]
    return jobs.run(stage.host, job, cancel)[0]


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30), Fraction(24000, 1001), Fraction(60)])
def test_frames_are_whole_ticks(rate: Fraction) -> None:
    """At these rates a frame is a whole number of ticks, and an hour of frames does not drift."""
    assert all(tick_of(frame, rate, Fraction(24000)) * rate / 24000 == frame for frame in (-101, 0, 1, 86400 * 4))


def test_the_nearest_tick_where_none_is_exact() -> None:
    """At 29.97 a frame is 800.8 ticks; keys are at most half a tick off, and that does not add up."""
    off = [
        abs(tick_of(frame, Fraction(30000, 1001), Fraction(24000)) - frame * Fraction(8008, 10))
        for frame in range(100000)
    ]
    assert max(off) <= Fraction(1, 2)


def test_a_section_of_its_own_on_a_row_of_its_own(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """The take's section has its range, overrides, and is named for the line; the first section gets nothing of it."""
    made = generate(stage, engine, tmp_path, start_frame=-10)
    section = stage.world.rigs[0].track.sections[-1]

    assert (made.layer, section.get_name()) == ("Facetake_line", "Facetake_line")
    assert (section.start, section.end, section.row) == (-10, -10 + made.delivery.n_frames, 1)
    assert section.blend is values.MovieSceneBlendType.OVERRIDE
    assert stage.world.rigs[0].track.sections[0].keys == []


def test_additive_takes(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """On request a take is laid over what is there."""
    module = importlib.import_module("facetake_unreal.host")
    stage.host = module.UnrealHost(additive=True)
    generate(stage, engine, tmp_path)

    assert stage.world.rigs[0].track.sections[-1].blend is values.MovieSceneBlendType.ADDITIVE


def test_what_a_take_does_not_key_is_left_to_the_others(
    stage: UnrealStage, engine: CannedEngine, tmp_path: Path
) -> None:
    """An override holds nobody's present pose: what is keyed by hand on other controls plays on, within a take, too."""
    ann = stage.host.characters()[0]
    board = stage.world.rigs[0].track
    stage.world.present = {"CTRL_L_brow_down": 0.7, "CTRL_L_eye_pupil": 0.4, "CTRL_C_jaw.X": 0.9}
    stage.block("CTRL_C_jaw.X")
    hand_made = ("CTRL_L_eye_pupil", "CTRL_lookAtSwitch")
    stage.hand_edit(ann, hand_made[0], 5, 0.25)
    made = generate(stage, engine, tmp_path)

    assert hand_made[0] not in made.delivery.keys and board.plays(hand_made[0], 5) == 0.25
    section = board.sections[-1]
    shown = {one.partition(".")[0] for one in section.channels} - section.hidden
    assert shown == {name.partition(".")[0] for name in made.delivery.keys}
    assert {"CTRL_lookAtSwitch", "mha_head_ik_switch_ctrl"} <= section.hidden


def test_half_of_a_control_holds_no_pose_for_the_other(
    stage: UnrealStage, engine: CannedEngine, tmp_path: Path
) -> None:
    """Where only one half of a control is keyed, the other has no value of its own."""
    stage.world.present = {"CTRL_C_jaw.X": 0.9}
    text = engine._results["unreal"]
    found = json.loads(text)
    del found["keys"]["CTRL_C_jaw.X"]
    engine._results = {**engine._results, "unreal": json.dumps(found)}
    generate(stage, engine, tmp_path)

    assert stage.world.rigs[0].track.sections[-1].shows("CTRL_C_jaw.X", 10) is None
    assert stage.world.rigs[0].track.plays("CTRL_C_jaw.X", 10) == 0.0


def test_restyling_keys_what_the_take_keys(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """A section's channels without keys are at rest in it, and no restyled take claims them; a pose that is held is."""
    made = generate(stage, engine, tmp_path)
    with stage.host.progress("") as bar:
        read = stage.host.read(stage.host.characters()[0], bar)
    assert set(read.curves) == set(made.delivery.keys)
    section = stage.world.rigs[0].track.sections[-1]
    section.hidden -= {"CTRL_L_eye_pupil"}
    section.defaults = {**section.defaults, "CTRL_L_eye_pupil_3": 0.5}
    with stage.host.progress("") as bar:
        held = stage.host.read(stage.host.characters()[0], bar)
    assert set(held.curves) == {*read.curves, "CTRL_L_eye_pupil"} and set(held.curves["CTRL_L_eye_pupil"]) == {0.5}
    stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    stage.host.source = stage.world.rigs[0].track.sections[-1]  # of a person, who hides nothing
    with stage.host.progress("") as bar:
        assert set(stage.host.read(stage.host.characters()[0], bar).curves) == {stage.brow}


def test_the_person_s_next_key_goes_where_it_went(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """The engine moves the section that is keyed to the newest one; ours is never the one."""
    board = stage.world.rigs[0].track
    hand = stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    assert board.get_section_to_key().get_name() == hand
    generate(stage, engine, tmp_path)
    assert board.get_section_to_key().get_name() == hand
    stage.undo()
    assert board.get_section_to_key().get_name() == hand


def test_unreal_5_4_cannot_override(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """There an override is silently not set: the person is told what works instead, and that works."""
    stage.world.version = (5, 4)
    before = stage.snapshot()
    with pytest.raises(HostProblem, match=r"from 5\.5 on; tick Additive"):
        generate(stage, engine, tmp_path)
    assert stage.snapshot() == before
    stage.host.is_additive = True
    generate(stage, engine, tmp_path)

    assert stage.world.rigs[0].track.sections[-1].blend is values.MovieSceneBlendType.ADDITIVE


def test_a_board_is_found_whatever_its_first_section_hides(
    stage: UnrealStage, engine: CannedEngine, tmp_path: Path
) -> None:
    """A person's layer of a few controls may come first: the others show the board."""
    section = stage.world.rigs[0].track.sections[0]
    stage.hand_edit(stage.host.characters()[0], stage.brow, 5, 0.25)
    section.hidden = frozenset(one.partition(".")[0] for one in section.channels)

    assert len(generate(stage, engine, tmp_path).delivery.keys) >= 160


def test_a_locked_section_stays_as_it_is(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """An earlier take that the person locked is not switched off."""
    generate(stage, engine, tmp_path)
    stage.world.rigs[0].track.sections[-1].locked = True
    generate(stage, engine, tmp_path)

    assert stage.layers() == [("Facetake_line", True), ("Facetake_line_2", True)]


def test_restyling_takes_the_selected_section(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """A section that the person chose is restyled, even where a later take plays."""
    generate(stage, engine, tmp_path, start_frame=3)
    generate(stage, engine, tmp_path, start_frame=90)
    stage.host.source = stage.world.rigs[0].track.sections[1]
    cancel = threading.Event()
    job = jobs.restyle(stage.host, engine, stage.host.characters()[0], {"style": "sad:0.8"}, cancel=cancel)  # type: ignore[arg-type]
    made = jobs.run(stage.host, job, cancel)[0]

    assert (made.start_frame, made.layer) == (3, "Facetake_line_sad_0_8")


def test_a_cancelled_take_leaves_no_sound_behind(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """Nothing of a cancelled or failed take stays in the content browser; a sound that cannot be imported is told."""
    stage.cancel_at(0.99)
    with pytest.raises(JobCancelled):
        generate(stage, engine, tmp_path)
    stage.cancel_at(2.0)
    stage.world.importable = False
    before = stage.snapshot()
    with pytest.raises(HostProblem, match="could not import the sound"):
        generate(stage, engine, tmp_path)

    assert (stage.world.assets, stage.snapshot()) == ({}, before)


def test_sounds_never_replace_each_other(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """The same line again gets a name that is free, and only the new one is heard, until undo."""
    generate(stage, engine, tmp_path)
    generate(stage, engine, tmp_path, start_frame=12)
    assert stage.sounds() == [("Facetake_line", 12)]
    stage.undo()
    assert stage.sounds() == [("Facetake_line", 0)]
    assert sorted(stage.world.assets) == ["/Game/Facetake/Audio/line", "/Game/Facetake/Audio/line1"]


def test_no_shot_is_open(stage: UnrealStage) -> None:
    """Without a sequence the person is told to open one."""
    stage.world.sequence = None
    with pytest.raises(HostProblem, match="open the shot in Sequencer"):
        stage.host.characters()


def test_baked_delivery(stage: UnrealStage, engine: CannedEngine, tmp_path: Path) -> None:
    """An animation sequence with every raw curve; a wrong skeleton is told, and a failure leaves no asset."""
    bake = importlib.import_module("facetake_unreal.bake")
    cancel = threading.Event()
    line = write_sound(tmp_path / "line.wav")
    with pytest.raises(HostProblem, match="there is no skeleton /Game/Nothing"):
        bake.generate(stage.host, engine, line, "/Game/Nothing", {}, cancel)
    stage.world.assets["/Game/Face"] = assets.Skeleton()
    path = bake.generate(stage.host, engine, line, "/Game/Face", {}, cancel)
    made = stage.world.assets[path]

    assert (
        path == "/Game/Facetake/Animations/line"
        and "CTRL_expressions_jawOpen" in made.curves
        and "HeadYaw" in made.curves
    )
    assert len(made.curves["HeadYaw"]) == made.controller.frames + 1
    assert (made.controller.rate, made.controller.brackets, stage.world.saved) == (60, 0, {path})
    assert {value for _, value in made.curves["HeadControlSwitch"]} == {1.0}
    with pytest.raises(HostProblem, match="baked at 30, 60, 120 frames per second, not 24"):
        bake.generate(stage.host, engine, line, "/Game/Face", {}, cancel, rate="24")
    stage.fail_soon(20)
    with pytest.raises(RuntimeError):
        bake.generate(stage.host, engine, line, "/Game/Face", {}, cancel)
    assert sorted(stage.world.assets) == ["/Game/Face", path]
    stage.world.fail_after = -1
    stage.world.can_save = False
    with pytest.raises(HostProblem, match="cannot be saved"):
        bake.generate(stage.host, engine, line, "/Game/Face", {}, cancel)
    assert sorted(stage.world.assets) == ["/Game/Face", path]


class Desk:
    """The panel in the editor's tab, with what a person does there."""

    def __init__(self, stage: UnrealStage, engine: CannedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        """Opens it from the Tools menu."""
        stage.world.unattended = False
        self.world = stage.world
        self.module = importlib.import_module("facetake_unreal.panel")
        monkeypatch.setattr(self.module, "ENGINE", engine)
        importlib.import_module("facetake_unreal.menu").add()
        (entry,) = stage.world.menu
        exec(entry.command, {})  # as the editor does
        (self.panel,) = stage.world.tabs

    def press(self, button: str) -> str:
        """Presses a button, and has the editor tick until its job is over; what stands in the panel then."""
        function = getattr(type(self.panel), button)
        assert function.meta["CallInEditor"] == "true" and function.meta["DisplayName"]
        function(self.panel)
        for _ in range(1000):
            if not self.world.ticks:
                return str(self.panel.status)
            self.world.tick()
        raise AssertionError(f"{button} does not end")


@pytest.fixture
def desk(stage: UnrealStage, engine: CannedEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    """The panel with a line chosen."""
    found = Desk(stage, engine, monkeypatch)
    found.panel.line = assets.FilePath(str(write_sound(tmp_path / "line.wav")))
    return found


def test_without_a_window_there_is_no_menu(stage: UnrealStage) -> None:
    """A commandlet gets no entry."""
    importlib.import_module("facetake_unreal.menu").add()

    assert stage.world.menu == []


def test_the_panel_generates_restyles_and_plays(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """The Tools menu opens the panel; its buttons make takes, and send the last one with the sound it is heard with."""
    assert desk.press("play") == "nothing was made here yet; generate or restyle a line first"
    assert desk.press("generate").startswith("Facetake_line: ")
    assert desk.press("restyle").startswith("Facetake_line_happy_0_8: ")
    assert [name for name, _ in stage.layers()] == ["Facetake_line", "Facetake_line_happy_0_8"]
    assert engine.asked[0][1]["emotion"] == "neutral"
    assert desk.press("play") == "Sent to Unreal's Live Link as Facetake."
    do, sent = engine.asked[-1]
    assert (do, sent["audio"]) == ("live", str(desk.panel.line.file_path)) and Path(
        sent["take"]
    ).name == "take_restyled.npz"


def test_the_panel_opens_the_window_and_takes_what_is_saved(
    stage: UnrealStage, engine: CannedEngine, desk: Desk
) -> None:
    """What is saved in the window comes as a take over the one before, while other buttons work."""
    assert desk.press("generate").startswith("Facetake_line: ")
    type(desk.panel).edit(desk.panel)
    type(desk.panel).edit(desk.panel)  # a second window on the same line; the editor ticks once for both
    sound = Path(desk.panel.line.file_path)

    def tick_until(shown: str) -> None:
        end = time.monotonic() + 60
        while shown not in desk.panel.status:
            assert len(desk.world.ticks) == 1 and time.monotonic() < end
            desk.world.tick()
            time.sleep(0.002)

    tick_until("The window is open on line.wav; what you save there comes here.")
    type(desk.panel).test(desk.panel)
    tick_until("The engine answers")
    sound.with_name("line.edits.toml").write_text("version = 1", encoding="utf-8")
    tick_until("Facetake_line_2: ")
    sound.with_name("close").touch()
    tick_until("The window on line.wav is closed.")
    while desk.world.ticks:
        desk.world.tick()
    assert sum(heard for _, heard in stage.layers()) == 1 and not desk.module.RUNNER.is_waiting


def test_stopping_follows_the_window_no_more(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """Stop leaves the window to the person."""
    type(desk.panel).edit(desk.panel)
    for _ in range(50):
        desk.world.tick()
    assert desk.press("stop").startswith("The window stays open")
    Path(desk.panel.line.file_path).with_name("close").touch()


def test_a_dialog_where_there_are_no_tabs(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """An editor that opens no tab for the panel shows it in its dialog, with the same buttons."""
    stage.world.has_tabs = False
    stage.world.answers = [lambda panel: bool(type(panel).generate(panel)) or True]
    desk.module.open_tab()
    while stage.world.ticks:
        stage.world.tick()

    assert [name for name, _ in stage.layers()] == ["Facetake_line"]


def test_the_panel_looks_at_what_is_selected(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """An actor that is selected is looked at by its label; without one, and without the label, that is told."""
    assert desk.press("look_at_selected") == "nothing is selected; select an actor in the level first"
    stage.put_target("CineCamera")
    stage.select("CineCamera")
    desk.press("look_at_selected")
    desk.press("generate")
    assert desk.panel.looks_at == "CineCamera" and len(dict(engine.asked)["generate"]["look_at"]) == 31
    stage.world.bound = {}
    assert "ann has no MetaHuman's eyes in the level" in desk.press("generate")
    desk.panel.looks_at = "gone"
    assert desk.press("generate") == "there is no actor gone in the level; select another one to look at"


def test_the_panel_tests_the_connection(engine: CannedEngine, desk: Desk) -> None:
    """Where the engine is, of which version, with which models; or what is wrong, in one sentence."""
    assert desk.press("test") == (
        "The engine answers: version 0.2.0 of /studio/engine/bin/python, with 2 models (audio2rig, ear)."
    )
    engine.failure = "the engine stopped (exit code 1: it said nothing); try once more"
    assert desk.press("test") == engine.failure


def test_stop_ends_what_is_under_way(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """A job that was stopped leaves nothing, and a take that was sent ends."""
    type(desk.panel).generate(desk.panel)
    assert desk.press("stop") == jobs.CANCELLED and stage.layers() == []
    desk.press("generate")
    engine.meanwhile = desk.module.RUNNER.stop
    engine.answers["live"] = {}
    engine.hang = True
    assert desk.press("play") == "Stopped." and engine.cancelled[-1].do == "live"


def test_the_boards_are_offered_by_name(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """With several MetaHumans in the shot one is chosen from a list; with none chosen that is told."""
    stage.add("ben")
    assert desk.panel.characters() == ["ann", "ben"]
    assert desk.press("generate") == "which character? none was named, and in the scene there is ann, ben"
    desk.panel.character = "ben"
    desk.press("generate")

    assert [len(board.track.sections) for board in stage.world.rigs] == [1, 2]


def test_every_selected_take_is_restyled(stage: UnrealStage, engine: CannedEngine, desk: Desk, tmp_path: Path) -> None:
    """Several sections, of several faces, come back one by one, and a section without keys is passed over."""
    stage.add("ben")
    for who in (0, 1):
        cancel = threading.Event()
        line = write_sound(tmp_path / f"line{who}.wav")
        face = stage.host.characters()[who]
        job = jobs.generate(stage.host, engine, face, [line], {}, cancel=cancel)  # type: ignore[arg-type]
        jobs.run(stage.host, job, cancel)
    stage.world.selected_sections = [section for board in stage.world.rigs for section in board.track.sections]
    desk.press("restyle")

    assert [name for name, _ in stage.layers()] == [
        "Facetake_line0",
        "Facetake_line0_happy_0_8",
        "Facetake_line1",
        "Facetake_line1_happy_0_8",
    ]


def test_problems_in_the_panel_are_sentences(stage: UnrealStage, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A button never ends in a traceback: what is wrong is shown, and even what nobody foresaw is one line."""
    desk.panel.line = assets.FilePath("")
    assert desk.press("generate") == "no recorded line was chosen; choose one in the panel"
    desk.panel.line = assets.FilePath("gone.wav")
    assert "there is no sound file gone.wav" in desk.press("generate")
    monkeypatch.setattr(type(stage.host), "characters", lambda _self: 1 / 0)
    assert "Something unforeseen went wrong (ZeroDivisionError" in desk.press("generate")


def test_the_panel_bakes(stage: UnrealStage, engine: CannedEngine, desk: Desk) -> None:
    """With the path of a skeleton an animation sequence is made instead of a section."""
    stage.world.assets["/Game/Face"] = assets.Skeleton()
    desk.panel.bake_skeleton = "/Game/Face"

    assert desk.press("generate") == "baked /Game/Facetake/Animations/line" and stage.layers() == []


def test_metahumans_are_called_by_their_actors(stage: UnrealStage) -> None:
    """Every MetaHuman's face is bound as Face; people know it by the actor above."""
    stage.world.rigs[0].proxy._actor = sequencer.MovieSceneBindingProxy("BP_Ann")
    stage.add("Face")

    assert [one.name for one in stage.host.characters()] == ["BP_Ann", "Face"]


def test_choices_are_asked_one_by_one(stage: UnrealStage) -> None:
    """A dialog for each; Cancel takes none."""
    stage.world.unattended = False
    stage.world.answers = [editor.AppReturnType.NO, editor.AppReturnType.YES]
    assert stage.host.ask("Which?", ("ann", "ben")) == 1
    stage.world.answers = [editor.AppReturnType.CANCEL]
    assert stage.host.ask("Which?", ("ann", "ben")) is None


def test_without_a_window_as_a_commandlet(
    stage: UnrealStage, engine: CannedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sequence given by its path is keyed without Sequencer; what is wrong ends the commandlet with an error."""
    headless = importlib.import_module("facetake_unreal.headless")
    monkeypatch.setattr(headless, "EngineClient", lambda: engine)
    line = write_sound(tmp_path / "line.wav")
    stage.world.assets["/Game/Shot"], stage.world.sequence = stage.world.sequence, None
    headless.main(["/Game/Shot", str(line)])

    assert stage.layers() == [("Facetake_line", True)] and stage.world.saved == {"/Game/Shot"}
    headless.main(["/Game/Shot", str(line), "--additive"])
    assert stage.world.rigs[0].track.sections[-1].blend is values.MovieSceneBlendType.ADDITIVE
    stage.world.can_save = False
    with pytest.raises(SystemExit, match="/Game/Shot cannot be saved"):
        headless.main(["/Game/Shot", str(line)])
    with pytest.raises(SystemExit, match="there is no level sequence /Game/Gone"):
        headless.main(["/Game/Gone", str(line)])
    with pytest.raises(SystemExit, match="which character"):
        headless.main(["/Game/Shot", str(line), "--character", "ben"])
