"""From the sidebar's button to keys in Blender, a minute on a head with ARKit's 52 shapes; run by a Python with bpy.

    FACETAKE_PYTHON=ENGINE_PYTHON BLENDER_PYTHON tests/bench/bench_blender.py LINE [--sheet OUT.png]

ENGINE_PYTHON is of an environment with Facetake, BLENDER_PYTHON one with bpy. Prints seconds from the press of Generate
to keys at 60 fps with a warm engine, how long the longest step was in which the window took no events, keys, and
whether one undo restores every property; and beside it how long keying every frame by `keyframe_insert` takes.
`--sheet` renders five instants of the line in moods, by Cycles on the processor.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "core"), str(ROOT / "tests" / "hosts")]
os.environ["FACETAKE_IN_BLENDER"] = "1"

import blender_addon  # noqa: E402
from blender_addon import keying, panel  # noqa: E402
from blender_cases import dump  # noqa: E402
from blender_stage import empty_scene  # noqa: E402
from canned import real_engine  # noqa: E402

from facetake.face.head import load  # noqa: E402

MINUTE_S = 60
MOODS = ("neutral", "happy:1", "angry:1", "sad:1")
INSTANTS_S = (0.9, 1.6, 2.3, 3.1, 4.2)
TILE = (180, 210)
SAMPLES = 8


def main() -> None:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("line", type=Path)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    empty_scene()
    blender_addon.register()
    panel.ENGINE = real_engine()
    bpy.context.scene.render.fps = 60
    face()
    bpy.ops.ed.undo_push(message="a face")
    minute = repeated(asked.line, Path(tempfile.mkdtemp()) / "minute.wav", MINUTE_S)
    press(asked.line)  # warms the engine
    bpy.ops.ed.undo()
    before = dump()
    seconds, longest = press(minute)
    keys = n_keys()
    dense = 52 * MINUTE_S * 60
    print(
        f"a minute at 60 fps on 52 shapes: {seconds:.2f} s from the press to {keys} keys, {100 * keys / dense:.1f} % of"
    )
    print(f"dense; longest step {longest:.2f} s")
    print(f"one undo: {timed(bpy.ops.ed.undo):.2f} s; {len(before)} properties, ", end="")
    print("all as before" if dump() == before else "NOT as before")
    print(f"keying every frame of that by keyframe_insert, without an engine: {timed(key_all):.1f} s")
    if asked.sheet:
        sheet(asked.line, asked.sheet)
    panel.ENGINE.close()
    blender_addon.unregister()


def face() -> Any:
    """The preview head with its shapes as shape keys."""
    head = load()
    mesh = bpy.data.meshes.new("head")
    mesh.from_pydata(upright(head.rest).tolist(), [], head.faces.tolist())
    made = bpy.data.objects.new("head", mesh)
    bpy.context.scene.collection.objects.link(made)
    made.shape_key_add(name="Basis")
    for name, moved in zip(head.names, head.deltas.reshape(len(head.names), -1, 3), strict=True):
        block = made.shape_key_add(name=name)
        block.data.foreach_set("co", upright(head.rest + moved).ravel())
        block.value = 0.0
    mesh.shade_smooth()
    return made


def upright(points: Any) -> Any:
    """Left, down, away as Blender's X, Z and Y, facing -Y."""
    return points[:, [0, 2, 1]] * [1.0, 1.0, -1.0]


def press(line: Path, emotion: str = "neutral") -> tuple[float, float]:
    """Seconds from the press of Generate until the keys are there, and the longest step, taken as a timer does."""
    settings = bpy.context.scene.facetake
    settings.audio = str(line)
    settings.emotion = emotion
    longest = 0.0
    begun = time.perf_counter()
    runner = panel.HOST.runner
    button: Any = None
    runner.start(lambda cancel: panel.Generate.begin(button, settings, "", cancel))
    more = True
    while more:
        at = time.perf_counter()
        more = runner.step()
        longest = max(longest, time.perf_counter() - at)
        time.sleep(panel.TICK_S if more else 0.0)
    assert not panel.HOST.has_problem, panel.HOST.message
    return time.perf_counter() - begun, longest


def n_keys() -> int:
    """Keys of the last take."""
    data = bpy.data.objects["head"].data.shape_keys.animation_data
    strip = data.nla_tracks[-1].strips[0]
    curves = keying.curves_of(strip.action, keying.slot_of(strip))
    return sum(len(curve.keyframe_points) for curve in curves)


def key_all() -> None:
    """A key for every shape and frame of a minute, one call each."""
    keys = bpy.data.objects["head"].data.shape_keys
    for block in keys.key_blocks[1:]:
        for frame in range(MINUTE_S * 60):
            block.keyframe_insert("value", frame=frame)
    keys.animation_data_clear()


def timed(do: Callable[[], object]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def repeated(source: Path, target: Path, seconds: int) -> Path:
    """So many seconds of a wave file, from its beginning, repeated as often as need be."""
    with wave.open(str(source)) as sound:
        shape = sound.getparams()
        data = sound.readframes(shape.nframes)
    size = seconds * shape.framerate * shape.nchannels * shape.sampwidth
    with wave.open(str(target), "wb") as sound:
        sound.setparams(shape)
        sound.writeframes((data * (size // len(data) + 1))[:size])
    return target


def sheet(line: Path, out: Path) -> None:
    """Instants of the line, a row a mood, rendered one by one and laid side by side."""
    scene = bpy.context.scene
    light_up(scene)
    rows = []
    for mood in MOODS:
        scene.frame_set(1)
        press(line, mood)
        rows.append([shot(scene, 1 + round(at * 60)) for at in INSTANTS_S])
    width = TILE[0] * len(INSTANTS_S)
    lines = [b"".join(tile[y] for tile in row) for row in rows[::-1] for y in range(TILE[1])]
    made = bpy.data.images.new("sheet", width, TILE[1] * len(rows))
    made.pixels.foreach_set(list(memoryview(b"".join(lines)).cast("f")))
    made.filepath_raw = str(out)
    made.file_format = "JPEG" if out.suffix == ".jpg" else "PNG"
    made.save()


def light_up(scene: Any) -> None:
    """A camera before the face, a lamp, and Cycles with few samples."""
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.location = (0.0, -0.9, -0.02)
    camera.rotation_euler = (1.5708, 0.0, 0.0)
    camera.data.lens = 85.0
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "SUN"))
    lamp.rotation_euler = (0.9, 0.2, 0.5)
    lamp.data.energy = 3.0
    for one in (camera, lamp):
        scene.collection.objects.link(one)
    scene.camera = camera
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES
    scene.render.resolution_x, scene.render.resolution_y = TILE
    scene.render.image_settings.file_format = "PNG"
    scene.world = bpy.data.worlds.new("world")


def shot(scene: Any, frame: int) -> list[bytes]:
    """A rendered frame, row by row from the bottom, as float pixels."""
    scene.frame_set(frame)
    scene.render.filepath = str(Path(tempfile.mkdtemp()) / "shot.png")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    pixels = memoryview(bytearray(4 * len(image.pixels))).cast("f")
    image.pixels.foreach_get(pixels)
    size = TILE[0] * 16
    data = pixels.tobytes()
    return [data[size * y : size * (y + 1)] for y in range(TILE[1])]


if __name__ == "__main__":
    main()
