"""What travels between the engine and a host program: keys on their way in, sampled curves on their way out.

Both are JSON with curves by name, so that a plugin needs no numerics: it maps names to nodes and hands lists on. Knows
takes and keys; does not know what a host does with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import I64
from facetake.errors import TakeError
from facetake.face.head import rotation
from facetake.files import json_text
from facetake.formats import document
from facetake.formats.files import beside, reading
from facetake.keys import Curve, Keys, reduce
from facetake.postprocess import lip_closure
from facetake.take import Take
from facetake.timebase import parse_rate, parse_time

KEYS = "facetake-keys-1"
CURVES = "facetake-curves-1"
RIGS: Final = ("maya", "mh3", "mh4", "unreal", "arkit")
"""Whose names a file of keys carries: Facetake's, the two Maya rig generations', Unreal's channels, ARKit's shapes."""
LIP_SHAPES: Final = [i for i, name in enumerate(rig.ARKIT_NAMES) if name.startswith(("mouth", "jaw"))]
HEAD: Final = ("HeadYaw", "HeadPitch", "HeadRoll")
HEAD_TOLERANCE_DEG = 0.05  # by which keys of the head may miss it: 0.1 mm at the ears, which nobody sees
HEAD_CONSTANTS: Final = {
    "HeadControlSwitch": 1.0,
    "HeadTranslationX": 0.0,
    "HeadTranslationY": 0.0,
    "HeadTranslationZ": 0.0,
}
FACE_CONSTANTS: Final = {"MHFDSVersion": 1.0, "DisableFaceOverride": 1.0}
"""What Unreal's own export of a facial performance carries beside its curves."""
HEAD_BONE: Final = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
"""Axes of a MetaHuman's head bone (up, forward, right) in head space (left, down, away from the viewer)."""


def sparse(take: Take) -> Keys:
    """Few keys of any take, its seals kept."""
    pins = _seals(take)
    return reduce(take.values, pin_frames=pins, pin_columns=lip_closure.SEAL_COLUMNS, bounds=(rig.MINIMUM, rig.MAXIMUM))


def _seals(take: Take) -> I64:
    """The frames where a stretch of sealed lips begins, halves and ends."""
    edges = np.diff(np.concatenate([[0], mouth.is_sealed(take.values).astype(int), [0]]))
    first = np.flatnonzero(edges > 0)
    last = np.flatnonzero(edges < 0) - 1
    return np.unique(np.concatenate([first, (first + last) // 2, last]))


def write_keys(
    path: Path, take: Take, keys: Keys, names: str = "maya", *, optional: bool = False, **extra: object
) -> int:
    """Writes keys for a host; the file appears whole or not at all.

    Args:
        path: JSON file with `rate`, `start_s`, `n_frames` and `keys`: name to `frames` (whole, from 0), `values`, and
            `in` and `out`, the slopes per frame by which the cubic arrives at a key and leaves it.
        take: gives rate, start and head motion, whose keys are in degrees, and for ARKit the values.
        keys: of its 174 controls; ARKit's shapes, which are sums and products of controls, have keys of their own.
        names: one of `RIGS`. "maya" holds every control; for a host's rig those that it lacks are left out, and those
            that are not keyed by default.
        optional: key pupils, parallel look and upper-nose wrinkles in a host's rig, too.
        extra: more entries of the file.

    Returns:
        How many keys were written.

    Raises:
        TakeError: the file cannot be written.
    """
    wanted = ("yes", "optional") if optional else ("yes",)
    chosen = _shapes(take) if names == "arkit" else _chosen(keys, names, wanted)
    if take.head is not None:
        chosen |= dict(zip(HEAD, reduce(take.head, HEAD_TOLERANCE_DEG).curves, strict=True))
    about = {"format": KEYS, "rate": str(take.rate), "start_s": str(take.start), "n_frames": take.n_frames}
    with beside(path) as part:
        text = json_text.dump({**about, **extra, "keys": {name: _columns(curve) for name, curve in chosen.items()}})
        part.write_text(text, encoding="utf-8", newline="\n")
    return sum(len(curve.frames) for curve in chosen.values())


def _chosen(keys: Keys, names: str, wanted: tuple[str, ...]) -> dict[str, Curve]:
    table = dict(zip(rig.NAMES, keys.curves, strict=True))
    return {
        name: table[control.name]
        for control in rig.CONTROLS
        if (name := _name(control, names)) and (names == "maya" or control.keyed in wanted)
    }


def _shapes(take: Take) -> dict[str, Curve]:
    """Keys of ARKit's 52 shapes, the take's seals kept."""
    weights = rig.to_arkit(take.values)
    bounds = (np.zeros(len(rig.ARKIT_NAMES)), np.ones(len(rig.ARKIT_NAMES)))
    keys = reduce(weights, pin_frames=_seals(take), pin_columns=LIP_SHAPES, bounds=bounds)
    return dict(zip(rig.ARKIT_NAMES, keys.curves, strict=True))


def _name(control: rig.Control, names: str) -> str:
    return {"maya": control.name, "mh3": control.name, "mh4": control.maya_mh4, "unreal": control.unreal}[names]


def _columns(curve: Curve) -> dict[str, list[float]]:
    """A curve as lists; values as float32 holds them, so that a key is the take's value."""
    return {
        "frames": curve.frames.tolist(),
        "values": [float(f"{value:.9g}") for value in curve.values],
        "in": [float(f"{slope:.7g}") for slope in curve.slopes_in],
        "out": [float(f"{slope:.7g}") for slope in curve.slopes_out],
    }


def raw_curves(take: Take) -> dict[str, list[float]]:
    """Every frame of the curves that Unreal's animation sequences carry, by name: raw expressions, head and constants.

    The engine heeds the head's angles only where `HeadControlSwitch` is 1; without head motion it is left out, and the
    body keeps the head.
    """
    raw = np.round(rig.to_raw(take.values), 6)
    table = {f"CTRL_expressions_{name}": raw[:, column].tolist() for column, name in enumerate(rig.raw_names("mh4"))}
    constants = dict(FACE_CONSTANTS)
    if take.head is not None:
        table |= dict(zip(HEAD, np.round(_in_head_bone(take.head), 5).T.tolist(), strict=True))
        constants |= HEAD_CONSTANTS
    return table | {name: [value] * take.n_frames for name, value in constants.items()}


def _in_head_bone(head_deg: NDArray[np.float32]) -> NDArray[np.float64]:
    """(T, 3) yaw, pitch and roll of Unreal's rotator about the axes of a MetaHuman's head bone, in degrees.

    That bone's x points up, its y forward and its z to the character's right, so that the rotator's yaw is a nod (down
    is positive), its pitch tips the head (to its right) and its roll turns it (to its left).
    """
    bone = HEAD_BONE @ rotation(head_deg).astype(np.float64) @ HEAD_BONE.T
    up = bone[:, :, 0]
    right = bone[:, 2, 1:]
    yaw = np.arctan2(up[:, 1], up[:, 0])
    pitch = np.arcsin(np.clip(up[:, 2], -1.0, 1.0))
    roll = np.arctan2(-right[:, 0], right[:, 1])
    return np.asarray(np.degrees(np.stack([yaw, pitch, roll], axis=1)), np.float64)


def read_curves(path: Path, names: str = "maya") -> tuple[Take, list[str]]:
    """Reads what a host sampled from its scene.

    Args:
        path: JSON file with `rate`, `start_s` and `curves`: a channel to its values, one a frame.
        names: one of `RIGS`, whose names the channels have; "maya" takes any spelling. The newer Maya rig calls another
            control by a name of the older one's, so that the rig must be known. ARKit's shapes come back as controls.

    Returns:
        The take, controls that the file lacks at neutral and values clamped to their ranges, and what there was to
        say about that.

    Raises:
        TakeError: the file is no such file, curves differ in length, a value is no number, or no control is known.
    """
    with reading(path):
        found = document.load(path)
        if found.get("format") != CURVES:
            raise TakeError(f"this is no file of curves from a host; its format is {found.get('format')!r}")
        table = found.get("curves")
        if not isinstance(table, dict) or not table:
            raise TakeError("it holds no curves; select a character with keys")
        values, head, notes = _gathered(table, names)
        start = parse_time(document.text(found, "start_s"))
        take = Take(values, parse_rate(document.text(found, "rate")), start, head, {"made_by": "a host's scene"})
    return take, notes


def _gathered(
    table: Mapping[str, Any], names: str
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None, list[str]]:
    """Curves by name as (T, 174) values in range, head angles (T, 3) or None, and notes."""
    columns = {name: _numbers(name, curve) for name, curve in table.items()}
    lengths = {len(curve) for curve in columns.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise TakeError(f"its curves have {sorted(lengths)} values; every curve needs one value a frame")
    values = _from_shapes(columns, lengths.pop()) if names == "arkit" else _from_controls(columns, names, lengths.pop())
    inside = rig.clamp(values)
    outside = [rig.NAMES[i] for i in np.flatnonzero(np.abs(inside - values).max(axis=0) > 1e-4)]
    notes = [f"{len(outside)} controls left their range and were clamped: {', '.join(outside[:5])}"] if outside else []
    head = np.stack([columns[name] for name in HEAD], axis=1) if set(HEAD) <= set(columns) else None
    return inside, head, notes


def _from_controls(columns: Mapping[str, NDArray[np.float32]], names: str, n_frames: int) -> NDArray[np.float32]:
    own = {_name(control, names): index for index, control in enumerate(rig.CONTROLS)}
    find = rig.find if names == "maya" else own.get
    known = {index: curve for name, curve in columns.items() if (index := find(name)) is not None}
    if not known:
        raise TakeError("none of its curves is a MetaHuman face control")
    values = np.tile(rig.NEUTRAL, (n_frames, 1))
    for index, curve in known.items():
        values[:, index] = curve
    return values


def _from_shapes(columns: Mapping[str, NDArray[np.float32]], n_frames: int) -> NDArray[np.float32]:
    if not set(rig.ARKIT_NAMES) & set(columns):
        raise TakeError("none of its curves is one of ARKit's shapes")
    absent = np.zeros(n_frames, np.float32)
    return rig.from_arkit(np.stack([columns.get(name, absent) for name in rig.ARKIT_NAMES], axis=1))


def _numbers(name: str, curve: object) -> NDArray[np.float32]:
    try:
        numbers = np.asarray(curve, np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise TakeError(f"the curve {name} is no list of numbers") from error
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise TakeError(f"the curve {name} is no list of finite numbers")
    return numbers
