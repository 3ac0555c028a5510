"""What only Blender has: tests of the add-on within Blender's own Python, which `test_in_blender.py` starts."""

from __future__ import annotations

import json
import threading
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import blender_addon
import bpy
import pytest
from blender_addon import faces, keying, panel, smoke
from blender_stage import BlenderStage, board, empty_scene, everything, head, key
from canned import LINE, CannedEngine, real_engine, write_sound

from facetake import rig
from facetake_host import arkit, jobs
from facetake_host import smoke as steps
from facetake_host.curves import Delivery, KeyCurve
from facetake_host.problems import HostProblem

CURVE = KeyCurve((0, 4, 9), (0.0, 0.5, 0.2), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


@pytest.fixture
def addon(engine: CannedEngine, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The add-on in an empty scene, its engine the canned one; gives the scene's settings."""
    empty_scene()
    blender_addon.register()
    bpy.context.scene.render.fps = 30  # of the canned results
    monkeypatch.setattr(panel, "ENGINE", engine)
    yield bpy.context.scene.facetake
    blender_addon.unregister()


def write(stage: BlenderStage, start: int = 10, channels: tuple[str, ...] = ()) -> str:
    """A take of ten frames on the first character."""
    keys = dict.fromkeys(channels or (stage.jaw, stage.lid), CURVE)
    with stage.host.step("a take"):
        delivery = Delivery(Fraction(30), 10, keys)
        return str(stage.host.write(stage.host.characters()[0], "take", delivery, start, stage.host))


def refusal(stage: BlenderStage) -> str:
    """Why the first character cannot be written."""
    return str(stage.host.refusal(stage.host.characters()[0]))


class Layout:
    """A layout that keeps what is drawn."""

    use_property_split = False
    use_property_decorate = True

    def __init__(self) -> None:
        self.drawn = list[str]()

    def column(self) -> Layout:
        """Itself."""
        return self

    def prop(self, data: Any, name: str) -> None:
        """A property, which must exist."""
        assert name in data.bl_rna.properties
        self.drawn.append(name)

    def operator(self, name: str, text: str = "") -> SimpleNamespace:
        """A button, whose operator must be registered."""
        assert getattr(bpy.ops.facetake, name.removeprefix("facetake.")).get_rna_type()
        self.drawn.append(text or name)
        return SimpleNamespace()

    def progress(self, *, factor: float, text: str) -> None:
        """How far it is."""
        self.drawn.append(f"{factor:.1f} {text}")

    def label(self, *, text: str) -> None:
        """A line."""
        self.drawn.append(text)


def drawn() -> list[str]:
    """What the sidebar shows."""
    layout = Layout()
    sidebar: Any = SimpleNamespace(layout=layout)
    panel.Sidebar.draw(sidebar, bpy.context)
    return layout.drawn


def test_names_are_the_engine_s() -> None:
    """The plugin's list of ARKit's shapes is the engine's, and every usual spelling of them is found."""
    assert arkit.NAMES == rig.ARKIT_NAMES
    assert [arkit.find(name) for name in ("JawOpen", "jaw_open", "eyeBlink_L", "Eye_Blink_R", "mouthLeft", "Jaw")] == [
        *("jawOpen", "jawOpen", "eyeBlinkLeft", "eyeBlinkRight", "mouthLeft"),
        None,
    ]


def test_the_sidebar_s_button_generates(addon: Any, tmp_path: Path) -> None:
    """A line chosen in the sidebar becomes keys and a sound; the sidebar shows settings, buttons and what was made."""
    head("Ann")
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    assert bpy.ops.facetake.generate() == {"FINISHED"}

    assert [track.name for track in head_data("Ann").nla_tracks] == ["facetake_rest", "facetake_line"]
    assert "facetake.generate" in drawn() and "facetake.cancel" not in drawn()
    assert "52 controls from frame 1." in " ".join(drawn())


def test_the_sidebar_s_button_opens_the_window(addon: Any, engine: CannedEngine, tmp_path: Path) -> None:
    """What is saved in the window comes as a take over the one before, which is muted."""
    head("Ann")
    sound = write_sound(tmp_path / "line.wav")
    addon.audio = str(sound)
    bpy.ops.facetake.generate()
    assert "Edit Phones and Words" in drawn()

    def save() -> None:
        time.sleep(1.0)  # the window's own pace: it opens, and a person works there
        sound.with_name("line.edits.toml").write_text("version = 1", encoding="utf-8")
        time.sleep(1.0)
        sound.with_name("close").touch()

    person = threading.Thread(target=save)
    person.start()
    assert bpy.ops.facetake.generate(in_window=True) == {"FINISHED"}  # without a window of its own Blender waits
    person.join()
    tracks = {track.name: track.mute for track in head_data("Ann").nla_tracks}
    assert tracks == {"facetake_rest": False, "facetake_line": True, "facetake_line.001": False}
    assert "The window on line.wav is closed." in " ".join(drawn())


def test_the_sidebar_s_button_plays_the_take(addon: Any, engine: CannedEngine, tmp_path: Path) -> None:
    """Before anything is made that is told; then the take goes out with its sound, and what the engine says shows."""
    head("Ann")
    with pytest.raises(RuntimeError, match="nothing was made here yet"):
        bpy.ops.facetake.play()
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    bpy.ops.facetake.generate()
    assert bpy.ops.facetake.play() == {"FINISHED"} and "facetake.play" in drawn()
    do, sent = engine.asked[-1]
    assert (do, sent["audio"], Path(sent["take"]).parent) == ("live", addon.audio, engine.folder)
    assert "Sent to Unreal's Live Link" in " ".join(drawn())
    engine.warnings = ["nobody listens on 127.0.0.1:11111 yet"]
    bpy.ops.facetake.play()
    assert "nobody listens on 127.0.0.1:11111 yet" in " ".join(drawn())


def test_the_sidebar_s_button_tests_the_connection(addon: Any, engine: CannedEngine) -> None:
    """Where the engine is; or the sentence that says what is wrong."""
    assert bpy.ops.facetake.test() == {"FINISHED"}
    assert "/studio/engine/bin/python" in panel.HOST.message and "version 0.2.0" in panel.HOST.message
    engine.failure = "the Facetake engine is not installed"
    with pytest.raises(RuntimeError, match="the Facetake engine is not installed"):
        bpy.ops.facetake.test()


def test_what_is_picked_in_the_sidebar_is_looked_at(addon: Any, engine: CannedEngine, tmp_path: Path) -> None:
    """The camera, in a scene whose unit is a centimetre; without an object for the eyes that is told."""
    head("Ann")
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (10.0, -150.0, 165.0)
    bpy.context.scene.collection.objects.link(camera)
    bpy.context.scene.unit_settings.scale_length = 0.01
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    addon.looks_at = camera
    with pytest.raises(RuntimeError, match="choose under Eyes an object"):
        bpy.ops.facetake.generate()
    eyes = bpy.data.objects.new("Eyes", None)
    eyes.location = (0.0, -10.0, 160.0)
    bpy.context.scene.collection.objects.link(eyes)
    addon.eyes = eyes
    bpy.ops.facetake.generate()

    (row,) = engine.asked[-1][1]["look_at"]
    assert row == pytest.approx([0.0, 0.1, 0.05, 1.4], abs=1e-5) and set(drawn()) >= {"looks_at", "eyes"}


def head_data(name: str) -> Any:
    """The animation of a head's shape keys."""
    return bpy.data.objects[name].data.shape_keys.animation_data


def test_steps_one_by_one_with_progress_and_cancel(addon: Any, tmp_path: Path) -> None:
    """As the timer does: steps show progress, a second job has to wait, and Cancel leaves the scene as it was."""
    head("Ann")
    before = everything()
    runner = panel.HOST.runner
    line = write_sound(tmp_path / "line.wav")
    face = panel.HOST.characters()[0]
    panel.HOST.message = ""
    assert runner.start(lambda cancel: jobs.generate(panel.HOST, panel.ENGINE, face, [line], {}, cancel=cancel))
    assert runner.step() and not runner.start(lambda _: iter(()))
    assert not bpy.ops.facetake.generate.poll() and any("starting the engine" in one for one in drawn())
    assert bpy.ops.facetake.cancel() == {"FINISHED"}
    runner.finish()

    assert (everything(), runner.is_busy, panel.HOST.message) == (before, False, jobs.CANCELLED)


def test_a_timer_steps_in_the_window_s_context(addon: Any, tmp_path: Path) -> None:
    """The function that the timer calls takes the job to its end, says when to come again, and then no more."""
    head("Ann")
    line = write_sound(tmp_path / "line.wav")
    face = panel.HOST.characters()[0]
    panel.HOST.runner.start(lambda cancel: jobs.generate(panel.HOST, panel.ENGINE, face, [line], {}, cancel=cancel))
    waits = [panel._tick() for _ in range(40)]
    assert waits[0] == panel.TICK_S and waits[-1] is None and len(head_data("Ann").nla_tracks) == 2


def test_opening_another_scene_ends_the_job(addon: Any, tmp_path: Path) -> None:
    """A take never lands in a scene that was opened while the engine worked, though a character there has the name."""
    head("Ann")
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    line = write_sound(tmp_path / "line.wav")
    face = panel.HOST.characters()[0]
    panel.HOST.runner.start(lambda cancel: jobs.generate(panel.HOST, panel.ENGINE, face, [line], {}, cancel=cancel))
    panel.HOST.runner.step()
    bpy.ops.wm.open_mainfile(filepath=path)

    assert not panel.HOST.runner.is_busy and head_data("Ann") is None


@pytest.mark.parametrize(("setting", "says"), [("", "no recorded line was chosen"), ("gone.wav", "no sound file")])
def test_a_problem_is_one_sentence(addon: Any, setting: str, says: str) -> None:
    """Without a window an operator fails with the sentence that the sidebar shows."""
    head("Ann")
    addon.audio = setting
    before = everything()
    with pytest.raises(RuntimeError, match=says):
        bpy.ops.facetake.generate()
    assert everything() == before and says in " ".join(drawn())


@pytest.mark.parametrize("do", ["generate", "restyle"])
def test_nobody_or_several(addon: Any, tmp_path: Path, do: str) -> None:
    """Without a face the person learns what is one; of two, one has to be named."""
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    with pytest.raises(RuntimeError, match="there is no face in the scene; open or append an armature with MetaHuman"):
        getattr(bpy.ops.facetake, do)()
    head("Ann.001")
    board("アン", ("CTRL_C_jaw.Y", "CTRL_L_brow_down.Y", "CTRL_C_tongue_move.Y"))
    with pytest.raises(RuntimeError, match="in the scene there is Ann.001, アン|in the scene there is アン, Ann.001"):
        getattr(bpy.ops.facetake, do)()
    if do == "generate":
        bpy.ops.facetake.generate(character="アン")
        assert len(bpy.data.objects["アン"].animation_data.nla_tracks) == 2 and head_data("Ann.001") is None


def test_names_with_dots_quotes_and_other_letters(addon: Any, tmp_path: Path) -> None:
    """Objects, shape keys and recordings of any name are keyed and read back."""
    head('Ann.001 "吾"')
    for block in bpy.data.shape_keys[0].key_blocks[1:]:
        block.name = f"{block.name[0].upper()}{block.name[1:]}"
    addon.audio = str(write_sound(tmp_path / "zeile.ä.日本.wav"))
    bpy.ops.facetake.generate()
    assert head_data('Ann.001 "吾"').nla_tracks[-1].name == "facetake_zeile.ä.日本"
    bpy.ops.facetake.restyle()
    assert head_data('Ann.001 "吾"').nla_tracks[-1].name.startswith('Ann.001 "吾"_happy')


def test_meshes_of_one_character_move_together() -> None:
    """Head, teeth and lashes under one armature are one character, and a shape that two of them have moves on both."""
    empty_scene()
    stage = BlenderStage("arkit", pytest.MonkeyPatch())
    rigged = bpy.data.objects.new("Ann", bpy.data.armatures.new("Ann"))
    bpy.context.scene.collection.objects.link(rigged)
    teeth = head("teeth", ("jawOpen", "jawLeft"))
    for mesh in (bpy.data.objects["ann"], teeth):
        mesh.parent = rigged
        mesh.modifiers.new("Armature", "ARMATURE").object = rigged
    assert [one.name for one in stage.host.characters()] == ["Ann"]
    write(stage)

    for mesh in ("ann", "teeth"):
        assert len(head_data(mesh).nla_tracks) == 2
    bpy.context.scene.frame_set(14)
    assert [bpy.data.objects[one].data.shape_keys.key_blocks["jawOpen"].value for one in ("ann", "teeth")] == [0.5] * 2


@pytest.mark.parametrize("kind", ["mh4", "arkit"])
def test_locked_driven_and_muted_channels_are_told(kind: str) -> None:
    """What is locked, driven by something else, muted or missing is left alone, with its reason."""
    stage = BlenderStage(kind, pytest.MonkeyPatch())
    face = stage.host.characters()[0]
    place = faces.places(face)[stage.lid][0]
    place.owner.driver_add(place.path, *([place.axis] if kind == "mh4" else []))
    stage.block(stage.jaw)

    wanted = {stage.jaw: "muted" if kind == "arkit" else "locked", stage.lid: "driven", "CTRL_none": "missing"}
    head_motion = {"HeadYaw": "no object is chosen for it"}
    assert stage.host.skipped(face, [stage.jaw, stage.lid, stage.brow, "CTRL_none", "HeadYaw"]) == wanted | head_motion


def test_a_linked_rig_asks_for_an_override(tmp_path: Path) -> None:
    """A linked rig is refused with what to do, and one with an override of the system's; an editable one is keyed."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    path = str(tmp_path / "ann.blend")
    bpy.data.libraries.write(path, {bpy.data.objects["ann"]})
    empty_scene()
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = ["ann"]
    linked = bpy.data.objects["ann"]
    bpy.context.scene.collection.objects.link(linked)
    bpy.ops.ed.undo_push(message="linked")
    before = everything()
    assert "is linked from" in refusal(stage)
    with pytest.raises(HostProblem, match="make a library override"):
        next(jobs.generate(stage.host, None, stage.host.characters()[0], [LINE], {}))  # type: ignore[arg-type]
    assert everything() == before

    override = linked.override_create(remap_local_usages=True)
    override.override_library.is_system_override = True
    assert "make its override editable" in refusal(stage)
    override.override_library.is_system_override = False
    assert refusal(stage) == ""
    write(stage)
    assert stage.layers() == [("take", True)]
    bpy.context.scene.frame_set(14)
    assert override.pose.bones["CTRL_C_jaw"].location.y == pytest.approx(0.5)


def test_linked_shape_keys_ask_for_an_override(tmp_path: Path) -> None:
    """Shapes of a linked head are refused with what to do, also where the object alone was overridden."""
    stage = BlenderStage("arkit", pytest.MonkeyPatch())
    path = str(tmp_path / "ann.blend")
    bpy.data.libraries.write(path, {bpy.data.objects["ann"]})
    empty_scene()
    with bpy.data.libraries.load(path, link=True) as (_, wanted):
        wanted.objects = ["ann"]
    linked = bpy.data.objects["ann"]
    bpy.context.scene.collection.objects.link(linked)
    assert "(its shape keys) is linked from" in refusal(stage)
    linked.override_create(remap_local_usages=True).override_library.is_system_override = False
    before = everything()
    with pytest.raises(HostProblem, match=r"ann \(its shape keys\) is linked from .* make a library override of it"):
        next(jobs.generate(stage.host, None, stage.host.characters()[0], [LINE], {}))  # type: ignore[arg-type]
    assert everything() == before


def test_modes_in_which_undo_or_nla_do_not_reach() -> None:
    """Edit mode, tweak mode, a soloed track and an NLA switched off are told, each before the engine is asked."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    bpy.ops.object.mode_set(mode="EDIT")
    assert "change to Object or Pose Mode" in refusal(stage)
    bpy.ops.object.mode_set(mode="POSE")
    assert refusal(stage) == ""
    write(stage)
    data = bpy.data.objects["ann"].animation_data
    for name in ("use_nla", "is_solo"):
        thing = data if name == "use_nla" else data.nla_tracks[0]
        setattr(thing, name, name == "is_solo")
        assert "tweak mode, switched off or soloed" in refusal(stage)
        setattr(thing, name, name == "use_nla")
    data.nla_tracks.active = data.nla_tracks[-1]
    data.nla_tracks[-1].strips[0].select = True
    data.use_tweak_mode = True
    assert "tweak mode" in refusal(stage)


def test_a_character_that_went_away() -> None:
    """A character deleted or renamed since it was chosen is told."""
    stage = BlenderStage("arkit", pytest.MonkeyPatch())
    face = stage.host.characters()[0]
    bpy.data.objects["ann"].name = "eve"
    assert "no longer in the scene" in stage.host.refusal(face)


@pytest.mark.parametrize("kind", ["mh4", "arkit"])
def test_beyond_its_takes_a_face_rests_as_it_was(kind: str) -> None:
    """Before, between and after takes every channel has the value that it had, and not Blender's default."""
    stage = BlenderStage(kind, pytest.MonkeyPatch())
    face = stage.host.characters()[0]
    place = faces.places(face)[stage.jaw][0]
    key(place, 1, 0.25)
    place.owner.animation_data_clear()
    write(stage, 10)
    write(stage, 40)

    frames = [1, 9, 9.75, 20, 30, 39, 50, 500]
    assert stage.values(face, stage.jaw, frames) == pytest.approx([0.25] * len(frames))
    assert stage.values(face, stage.lid, frames) == [0.0] * len(frames)
    assert stage.values(face, stage.jaw, [14, 19.9, 44]) == pytest.approx([0.5, 0.2, 0.5], abs=1e-3)


def test_an_action_that_would_hide_the_take_is_pushed_down() -> None:
    """Keys by hand stay as they are and play where no take does; what is keyed over a take stays on top."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    face = stage.host.characters()[0]
    place = faces.places(face)[stage.jaw][0]
    for frame, value in ((0, 0.1), (100, 0.1)):
        key(place, frame, value)
    hand = stage.hand_layers()
    write(stage)
    data = bpy.data.objects["ann"].animation_data

    assert stage.hand_layers() == hand
    assert data.action is None and len(data.nla_tracks) == 3
    assert stage.values(face, stage.jaw, [5, 14, 25, 300]) == pytest.approx([0.1, 0.5, 0.1, 0.1])
    key(place, 14, 0.9)
    write(stage)
    assert data.action is not None and stage.value(face, stage.jaw, 14) == pytest.approx(0.9)


def test_regenerating_keeps_what_was_edited_in_a_take() -> None:
    """Keys that a person moved within a take's own action are in the muted take as the person left them."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    first = bpy.data.actions[write(stage)]
    curve = keying.curves_of(first, first.slots[0] if hasattr(first, "slots") else None)[0]
    curve.keyframe_points[1].co.y = 0.75
    write(stage)
    assert curve.keyframe_points[1].co.y == 0.75
    assert [heard for _, heard in stage.layers()] == [False, True]


@pytest.mark.parametrize("rate", [24, 30, 60])
@pytest.mark.parametrize("kind", ["mh4", "arkit"])
def test_a_hand_keyed_action_is_restyled_over_a_range(kind: str, rate: int, addon: Any) -> None:
    """The real engine restyles the chosen frames into a strip of their own; the source's keys and all else stay."""
    stage = BlenderStage(kind, pytest.MonkeyPatch())
    settings = bpy.context.scene.facetake
    stage.set_rate(Fraction(rate))
    face = stage.host.characters()[0]
    for number in range(9):
        for channel, most in ((stage.jaw, 0.5), (stage.lid, 0.3), (stage.brow, 0.4)):
            key(faces.places(face)[channel][0], number * rate // 4, most * (number % 2))
    hand = stage.hand_layers()
    outside = stage.values(face, stage.jaw, [0, rate // 3, 2 * rate - 2])
    panel.ENGINE = real_engine()
    settings.style = "angry:1"
    settings.use_range, settings.first, settings.last = True, rate // 2, 3 * rate // 2
    bpy.ops.facetake.restyle()
    panel.ENGINE.close()

    data = stage.owners()[0].animation_data
    strip = data.nla_tracks[-1].strips[0]
    assert (strip.frame_start, int(strip.frame_end)) == (rate // 2, 3 * rate // 2)
    assert stage.hand_layers() == hand
    assert bpy.context.scene.render.fps == rate
    assert stage.values(face, stage.jaw, [0, rate // 3, 2 * rate - 2]) == pytest.approx(outside)
    edge = stage.values(face, stage.jaw, [rate // 2 - 1, rate // 2])
    assert abs(edge[0] - edge[1]) < 0.5 * 4 * 2 / rate + 0.02
    assert stage.value(face, stage.brow, rate) != pytest.approx(0.0, abs=1e-3)


def test_a_range_without_keys(addon: Any) -> None:
    """A range in which nothing is keyed is told, and one whose ends are the wrong way round."""
    stage = BlenderStage("arkit", pytest.MonkeyPatch())
    key(faces.places(stage.host.characters()[0])[stage.jaw][0], 5, 0.5)
    settings = bpy.context.scene.facetake
    settings.use_range, settings.first, settings.last = True, 100, 200
    with pytest.raises(RuntimeError, match="ann has no keys in the frames 100 to 200"):
        bpy.ops.facetake.restyle()
    settings.last = 4
    with pytest.raises(RuntimeError, match=r"the range ends before it begins \(100 to 4\)"):
        bpy.ops.facetake.restyle()


def test_restyling_keeps_a_pose_that_is_not_keyed_yet(addon: Any) -> None:
    """Reading the scene puts no keyed value back over one that a person has just changed."""
    stage = BlenderStage("arkit", pytest.MonkeyPatch())
    place = faces.places(stage.host.characters()[0])[stage.jaw][0]
    for frame in (1, 30):
        key(place, frame, 0.1)
    place.owner.key_blocks["jawOpen"].value = 0.75
    read = stage.host.read(stage.host.characters()[0], stage.host)
    assert place.owner.key_blocks["jawOpen"].value == 0.75
    assert read.curves["jawOpen"] == pytest.approx([0.1] * 30) and len(bpy.data.scenes) == 1


def test_an_action_with_a_hundred_thousand_keys(addon: Any) -> None:
    """Dense captured keys are read and restyled, and not one of them changes."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    face = stage.host.characters()[0]
    places = [found[0] for name, found in faces.places(face).items() if name in stage.board()]
    each = 100_000 // len(places) + 1
    dense = KeyCurve(
        tuple(range(each)), tuple(0.1 + 0.1 * (at % 2) for at in range(each)), (0.0,) * each, (0.0,) * each
    )
    with stage.host.step("capture"):
        made = keying.write("capture", [(place, dense) for place in places], 0, each, stage.host, [])
    del bpy.data.actions[made][keying.MARK]
    data = bpy.data.objects["ann"].animation_data
    for track in list(data.nla_tracks):
        data.nla_tracks.remove(track)
    data.action = bpy.data.actions[made]
    hand = stage.hand_layers()
    bpy.ops.facetake.restyle()

    assert sum(len(one.keyframe_points) for one in curves(made)) >= 100_000 and stage.hand_layers() == hand
    assert stage.layers()[0] == (made, True)


def curves(action: str) -> list[Any]:
    """Every curve of an action."""
    found = bpy.data.actions[action]
    return keying.curves_of(found, found.slots[0] if hasattr(found, "slots") else None)


def test_the_head_turns_an_object_that_was_chosen(addon: Any, tmp_path: Path) -> None:
    """Yaw, pitch and roll turn it about Z, X and Y; one that turns by quaternions is told."""
    head("Ann")
    turned = bpy.data.objects.new("pivot", None)
    bpy.context.scene.collection.objects.link(turned)
    addon.head = turned
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    bpy.ops.facetake.generate()
    strip = turned.animation_data.nla_tracks[-1].strips[0]
    slot_curves = keying.curves_of(strip.action, keying.slot_of(strip))
    assert {(one.data_path, one.array_index) for one in slot_curves} == {("rotation_euler", axis) for axis in range(3)}
    assert max(abs(point.co.y) for one in slot_curves for point in one.keyframe_points) < 0.5  # radians
    turned.rotation_mode = "QUATERNION"
    bpy.ops.facetake.generate()
    assert "Left alone: head motion (its object does not turn by Euler angles)" in panel.HOST.message


def test_a_line_is_heard_once(tmp_path: Path) -> None:
    """The same line on the same frame is not placed again; another one gets a channel that is free."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    one, two = (write_sound(tmp_path / f"{name}.wav") for name in ("one", "two"))
    for path, start in ((one, 5), (one, 5), (two, 10), (one, 500)):
        with stage.host.step("sound"):
            stage.host.place_audio(path, start)
    editor = bpy.context.scene.sequence_editor
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    assert [(round(strip.frame_start), strip.channel) for strip in strips] == [(5, 1), (10, 2), (500, 1)]


def test_undo_restores_every_property(addon: Any, tmp_path: Path) -> None:
    """After a take and one undo every property of every datablock is what it was; redo brings the same take."""
    head("Ann")
    addon.audio = str(write_sound(tmp_path / "line.wav"))
    bpy.ops.ed.undo_push(message="a head")
    before = dump()
    bpy.ops.facetake.generate()
    after = dump()
    bpy.ops.ed.undo()
    assert dump() == before
    bpy.ops.ed.redo()
    assert dump() == after != before


def dump() -> dict[str, Any]:
    """Every property of every datablock that is saved, by its path."""
    found: dict[str, Any] = {}
    for kind in (
        "actions",
        "scenes",
        "objects",
        "shape_keys",
        "meshes",
        "armatures",
        "sounds",
        "collections",
        "worlds",
    ):
        for one in getattr(bpy.data, kind):
            _walk(one, f"{kind}[{one.name}]", found, set())
    assert len(found) > 1000
    return found


def _walk(thing: Any, path: str, found: dict[str, Any], above: set[int]) -> None:
    if thing.as_pointer() in above or len(above) > 8:
        return
    for prop in thing.bl_rna.properties:
        name = prop.identifier
        if name in ("rna_type", "session_uid", "original", "id_data", "use_nodes"):
            continue
        value: Any = getattr(thing, name, None)
        if prop.type == "COLLECTION":
            for number, each in enumerate(value):
                if isinstance(each, bpy.types.ID):
                    found[f"{path}.{name}[{number}]"] = each.name_full
                else:
                    _walk(each, f"{path}.{name}[{number}]", found, above | {thing.as_pointer()})
        elif prop.type != "POINTER":
            is_array = getattr(prop, "is_array", False)
            found[f"{path}.{name}"] = repr([*value] if is_array else value)
        elif value is None or isinstance(value, bpy.types.ID):
            found[f"{path}.{name}"] = value and value.name_full
        else:
            _walk(value, f"{path}.{name}", found, above | {thing.as_pointer()})


def test_the_check_of_five_minutes_holds(addon: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person runs in a window runs here too, with the real engine, and leaves its facts beside the scene."""
    monkeypatch.setattr(steps, "EngineClient", real_engine)
    head("Ann")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.ed.undo_push(message="a head")
    facts = smoke.main(str(LINE))
    found = json.loads(next(tmp_path.glob("facetake_smoke_Blender_*.json")).read_text(encoding="utf-8"))

    assert facts.passed and found["passed"] and len(found["checks"]) == 10
    assert [one["answer"] for one in found["seen"]] == [None] * len(steps.SEEN)


def test_nobody_is_asked_in_the_background() -> None:
    """Blender has no dialog that waits; without a window nothing is asked."""
    stage = BlenderStage("mh4", pytest.MonkeyPatch())
    assert bpy.app.background and stage.host.ask("Which?", ["a", "b"]) is None
