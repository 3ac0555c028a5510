"""Each rig map that ships, driving a head whose shapes are that convention's, through a line: numbers and a sheet.

    python tests/bench/bench_rig_maps.py examples/line.wav OUT.jpg [--emotion happy:0.6]

The head is our own, baked anew for each map: a shape for every control, which is what that control says (the viseme as
the expert performer holds it, the muscle or ARKit's shape at its end). Shapes add up as they do in an engine, so that
nothing of our own posing helps: no lips are sealed, no lids solved together. Printed is how far what moves of the head
then lies from the preview head, in millimetres, on average over the line. The first row of the sheet is our own head.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from facetake import inference, rig
from facetake.arrays import F32, U8
from facetake.face.head import Head, load
from facetake.face.studio import Studio
from facetake.generate import GenerateOptions, Performance, generate
from facetake.preview import lip_seal
from facetake.rig import maps
from facetake.rig.maps.rig_map import MappedControl, RigMap
from facetake_training.performers.actors import actors
from facetake_training.performers.articulation import Phone
from facetake_training.performers.performer import perform

PHONES = "SIL P T SH TH F K IY R S UW AH AA EH EY AO".split()
"""A phone of each viseme, in the order of `facetake.visemes.VISEMES`."""
LIDS = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}
DEFINED = {
    "AU25": {"mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5, "mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    "AU26": {"jawOpen": 0.5},
    "AU27": {"jawOpen": 1.0},
    "AU43": LIDS,
    "blink": LIDS,
    "MouthCornerSlantLeft": {"mouthSmileLeft": 0.3},
    "MouthCornerSlantRight": {"mouthSmileRight": 0.3},
}
"""What ARKit's shapes make of controls that a map puts together from several, as their conventions define them."""
INSTANTS = 7
SIDE = 240  # pixels of one picture
MM = 1000.0


def held(symbol: str) -> F32:
    """Controls (174,) in the middle of a long phone."""
    phones = [Phone("SIL", 0.0, 1.0), Phone(symbol, 1.0, 1.4), Phone("SIL", 1.4, 3.0)]
    weights = np.eye(7)[:1]
    return np.asarray(perform(phones, np.array([1.2]), np.ones(1), weights, next(iter(actors().values())), 0)[0])


def said(control: MappedControl, visemes: F32) -> F32:
    """Controls (174,) of the pose that a control of another rig stands for."""
    pose = rig.NEUTRAL.copy()
    shapes = np.zeros((1, len(rig.ARKIT_NAMES)), np.float32)
    if control.name in DEFINED:
        for name, weight in DEFINED[control.name].items():
            shapes[0, rig.ARKIT_NAMES.index(name)] = weight
        return np.asarray(rig.from_arkit(shapes)[0])
    loudest = max((term.slope for term in control.terms if term.source == "visemes"), default=0.0)
    for term in control.terms:
        if term.source == "visemes" and term.slope == loudest:
            pose = np.where(visemes[term.column] != rig.NEUTRAL, visemes[term.column], pose)
        elif term.source == "rig":
            far = term.slope if term.points is None else float(np.ptp(term.points[:, 1]) * _side(term.points))
            pose[term.column] = np.clip(np.sign(far), rig.MINIMUM[term.column], rig.MAXIMUM[term.column])
        elif term.source == "arkit" and (term.points is not None or term.slope > 0):
            shapes[0, term.column] = 1.0
    if shapes.any():
        pose = np.where(rig.from_arkit(shapes)[0] != rig.NEUTRAL, rig.from_arkit(shapes)[0], pose)
    return pose


def _side(points: F32) -> float:
    """Whether an output grows as its input rises above nothing, or falls below it."""
    return 1.0 if points[np.argmax(np.abs(points[:, 1])), 0] >= 0 else -1.0


def baked(found: RigMap, head: Head) -> F32:
    """(N, V, 3) the shape of each control: how far it moves each vertex."""
    visemes = np.stack([held(symbol) for symbol in PHONES])
    poses = np.stack([said(control, visemes) for control in found.controls])
    moved = head.deform(rig.to_arkit(poses), seal=lip_seal(poses))
    return np.asarray(moved - head.deform(rig.to_arkit(rig.NEUTRAL[None]))[0], np.float32)


def driven(found: RigMap, head: Head, line: Performance, rows: list[int]) -> F32:
    """Vertices (T, V, 3) of a head of that convention at some frames of a line."""
    full = np.maximum(found.ranges[:, 1], 1.0)  # Unity counts to a hundred
    values = (found.apply(line.take.values, line.visemes)[rows] - found.rest()) / full
    rest = head.deform(rig.to_arkit(rig.NEUTRAL[None]))[0]
    return np.asarray(rest + np.einsum("tn,nvc->tvc", values, baked(found, head)), np.float32)


def main() -> None:
    """Measures and draws."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("line", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--emotion", default="happy:0.6")
    asked = parser.parse_args()
    line = generate(asked.line, GenerateOptions(emotion=asked.emotion), inference.load())
    head = load()
    every = list(range(0, line.take.n_frames, 4))
    arkit = rig.to_arkit(line.take.values[every])
    own = head.deform(arkit, seal=lip_seal(line.take.values[every]))
    shown = np.linspace(0, len(every) - 1, INSTANTS + 2).astype(int)[1:-1]
    studio = Studio((SIDE, SIDE), head)
    rows = [[studio.picture(own[n], arkit[n]) for n in shown]]
    moving = np.ptp(own, axis=0).max(axis=1) > 0.001
    print(f"{asked.line.name}, {asked.emotion}: own head moves by {MM * _far(own, own[:1], moving):.2f} mm on average")
    for name in maps.shipped():
        found = maps.load(name)
        theirs = driven(found, head, line, every)
        print(f"{name:28s} {len(found.controls):4d} shapes  {MM * _far(theirs, own, moving):.2f} mm from our own head")
        rows.append([studio.picture(theirs[n], arkit[n]) for n in shown])
    _save(asked.out, [np.concatenate(row, axis=1) for row in rows], ["our own head", *maps.shipped()])


def _far(one: F32, other: F32, moving: F32) -> float:
    """How far vertices that move at all lie apart on average, in metres."""
    return float(np.linalg.norm(one - other, axis=2)[:, moving].mean())


def _save(out: Path, rows: list[U8], names: list[str]) -> None:
    from PIL import Image, ImageDraw

    sheet = Image.fromarray(np.concatenate(rows))
    draw = ImageDraw.Draw(sheet)
    for number, name in enumerate(names):
        draw.text((4, number * SIDE + 4), name, fill=(255, 255, 255))
    sheet.save(out, quality=88)


if __name__ == "__main__":
    main()
