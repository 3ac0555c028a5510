"""Baked delivery: an animation sequence with the raw `CTRL_expressions_*` curves and head angles, a key a frame."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import unreal

from facetake_host import curves, jobs
from facetake_host.curves import Delivery
from facetake_host.engine import Engine
from facetake_host.problems import HostProblem
from facetake_host.recording import unique
from facetake_unreal.host import UnrealHost

FOLDER = "/Game/Facetake/Animations"


def generate(
    host: UnrealHost, engine: Engine, sound: Path, skeleton: str, options: Mapping[str, object],
    cancel: threading.Event, rate: str = "60",
) -> str:  # fmt: skip
    """Bakes a recorded line for a face skeleton; returns the asset's path.

    Raises:
        HostProblem: the sound or the skeleton is missing, or the engine fails; no asset is left behind.
        Cancelled: likewise.
    """
    target = unreal.EditorAssetLibrary.load_asset(skeleton)
    if not isinstance(target, unreal.Skeleton):
        raise HostProblem(f"there is no skeleton {skeleton}; copy the reference of the MetaHuman's face skeleton")
    out = engine.folder / "baked.json"
    fields = {**options, "audio": str(sound), "rate": rate, "rig": "unreal", "bake": True, "out": str(out)}
    jobs.run(host, jobs.answer(engine, "generate", fields, sound.name, cancel), cancel, f"Facetake: {sound.name}")
    return _write(host, curves.load(out), target, sound.stem)


def _write(host: UnrealHost, delivery: Delivery, skeleton: unreal.Skeleton, name: str) -> str:
    tools = unreal.AssetToolsHelpers.get_asset_tools()
    package, free = tools.create_unique_asset_name(f"{FOLDER}/{unique(name, ())}", "")
    factory = unreal.AnimSequenceFactory()
    factory.target_skeleton = skeleton
    made = tools.create_asset(free, package.rpartition("/")[0], unreal.AnimSequence, factory)
    if made is None:
        raise HostProblem(f"Unreal could not make the animation sequence {package}")
    try:
        _fill(host, made, delivery)
    except BaseException:
        unreal.EditorAssetLibrary.delete_asset(package)
        raise
    return str(package)


def _fill(host: UnrealHost, made: unreal.AnimSequence, delivery: Delivery) -> None:
    controller = made.controller
    controller.set_frame_rate(unreal.FrameRate(delivery.rate.numerator, delivery.rate.denominator), False)
    controller.set_number_of_frames(unreal.FrameNumber(max(1, delivery.n_frames - 1)), False)
    times = [float(frame / delivery.rate) for frame in range(delivery.n_frames)]
    with host.progress("Facetake: baking") as bar:
        for number, (name, values) in enumerate(delivery.raw.items()):
            unreal.AnimationLibrary.add_curve(made, name, unreal.RawCurveTrackTypes.RCT_FLOAT)
            unreal.AnimationLibrary.add_float_curve_keys(made, name, times, values)
            bar.advance((number + 1) / len(delivery.raw))
