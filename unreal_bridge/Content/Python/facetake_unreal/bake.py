"""Baked delivery: an animation sequence with the raw `CTRL_expressions_*` curves and the head's, a key a frame."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import unreal

from facetake_host import jobs
from facetake_host.curves import Delivery
from facetake_host.engine import EngineClient
from facetake_host.problems import HostProblem
from facetake_host.recording import unique
from facetake_unreal.host import UnrealHost

FOLDER = "/Game/Facetake/Animations"


def generate(
    host: UnrealHost,
    engine: EngineClient,
    sound: Path,
    skeleton: str,
    options: Mapping[str, object],
    cancel: threading.Event,
    rate: str = "60",
) -> str:
    """Bakes a recorded line for a face skeleton; returns the path of the asset, which is saved.

    Raises:
        HostProblem: the skeleton is missing, `jobs.bake` fails, or the asset cannot be saved; none is left behind.
        JobCancelled: likewise.
    """
    target = unreal.EditorAssetLibrary.load_asset(skeleton)
    if not isinstance(target, unreal.Skeleton):
        raise HostProblem(f"there is no skeleton {skeleton}; copy the reference of the MetaHuman's face skeleton")
    delivery = jobs.bake(host, engine, sound, options, rate, cancel)
    tools = unreal.AssetToolsHelpers.get_asset_tools()
    package, free = tools.create_unique_asset_name(f"{FOLDER}/{unique(sound.stem)}", "")
    factory = unreal.AnimSequenceFactory()
    factory.target_skeleton = target
    made = tools.create_asset(free, package.rpartition("/")[0], unreal.AnimSequence, factory)
    if made is None:
        raise HostProblem(f"Unreal could not make the animation sequence {package}")
    try:
        _fill(host, made, delivery)
        if not unreal.EditorAssetLibrary.save_loaded_asset(made):
            raise HostProblem(f"{package} cannot be saved; is it read-only, or checked out by somebody?")
    except BaseException:
        unreal.EditorAssetLibrary.delete_asset(package)
        raise
    return str(package)


def _fill(host: UnrealHost, made: unreal.AnimSequence, delivery: Delivery) -> None:
    """Length and curves, between brackets, which keep the asset's background work away until they are complete."""
    made.controller.open_bracket("Facetake: baking", False)
    try:
        made.controller.set_frame_rate(unreal.FrameRate(delivery.rate.numerator, delivery.rate.denominator), False)
        made.controller.set_number_of_frames(unreal.FrameNumber(max(1, delivery.n_frames - 1)), False)
        times = [float(frame / delivery.rate) for frame in range(delivery.n_frames)]
        with host.progress("Facetake: baking") as bar:
            for number, (name, values) in enumerate(delivery.raw.items()):
                unreal.AnimationLibrary.add_curve(made, name, unreal.RawCurveTrackTypes.RCT_FLOAT)
                unreal.AnimationLibrary.add_float_curve_keys(made, name, times, values)
                bar.advance((number + 1) / len(delivery.raw))
    finally:
        made.controller.close_bracket(False)
