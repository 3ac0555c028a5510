"""USD text (`.usda`): a take as a UsdSkel animation of ARKit's 52 blend shapes, with the rig's own curves beside it.

    /Facetake            SkelRoot, the default prim
    /Facetake/Skeleton   one joint that rests, because a skeleton must have one
    /Facetake/Animation  SkelAnimation: blendShapes, and blendShapeWeights on every frame
    /Facetake/Shapes     a strip of triangles bound to both, with a point for each shape to move: importers drop an
                         animation that nothing shows
    /Facetake/Curves     metahuman:<control> and head:yaw, head:pitch, head:roll in degrees: floats that lose nothing

A USD identifier has no dot, so `CTRL_C_jaw.translateY` is `metahuman:CTRL_C_jaw_translateY`; `metahuman:names` lists
the controls as the rig spells them. Time codes are frames counted from second 0 of the sound, so the first is
start x rate. The exact rate and start, which USD has only as doubles, and the origin are texts in customData. A curve
that never changes has one sample.

A file with no such curves is read through its first SkelAnimation that has any of ARKit's shapes. What other files are
referenced is not looked at. Reading also takes `.usd` and `.usdc` by the format's name. Needs usd-core.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import arkit_columns, exact, timing
from facetake.formats.length import MOST_FRAMES
from facetake.formats.files import reading
from facetake.take import Take
from facetake.timebase import parse_rate, parse_time, recognise

Floats = NDArray[np.float32]

ROOT, CURVES = "/Facetake", "/Facetake/Curves"
HEAD_NAMES = ("head:yaw", "head:pitch", "head:roll")

_CRATE = b"PXR-USDC"


def read(path: Path) -> Take:
    """Reads a take written by `write`, or any animation of ARKit's blend shapes.

    Raises:
        TakeError: usd-core is missing, the file cannot be read or is not USD, has neither kind of curves, or values
            out of range.
    """
    pxr = _pxr()
    with reading(path):
        layer = _layer(path, pxr)
        try:
            return _exact_take(layer) if layer.GetPrimAtPath(CURVES) else _shapes_take(layer)
        except pxr.Tf.ErrorException as error:
            raise TakeError(f"{_where(error)}broken USD; export it again") from error


def write(take: Take, path: Path) -> None:
    """Writes a take as USD text; the same take gives the same bytes.

    Raises:
        TakeError: usd-core is missing, or the take is too long.
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    pxr = _pxr()
    if take.n_frames > MOST_FRAMES:
        raise TakeError(f"{take.n_frames} frames are more than the {MOST_FRAMES} of one USD file here; split the take")
    stage = pxr.Usd.Stage.CreateInMemory()
    first = take.start * take.rate
    codes = [float(first + i) for i in range(take.n_frames)]
    _clock(stage, codes, take.rate, pxr)
    _skeleton(stage, pxr)
    _shapes(stage, rig.ARKIT_NAMES, pxr)
    _animation(stage, rig.to_arkit(take.values), codes, pxr)
    _curves(stage, take, codes, pxr)
    path.write_text(stage.GetRootLayer().ExportToString(), encoding="utf-8", newline="\n")


def _pxr() -> Any:
    """The package pxr with its modules. TakeError with what to install where it is missing."""
    try:
        for name in ("Gf", "Sdf", "Tf", "Usd", "UsdGeom", "UsdSkel"):
            import_module(f"pxr.{name}")
    except ImportError as error:
        message = f'USD needs usd-core, which cannot be loaded ({error}); pip install "facetake[usd]"'
        raise TakeError(message) from error
    return import_module("pxr")


def _clock(stage: Any, codes: Sequence[float], rate: Fraction, pxr: Any) -> None:
    """Axes, units and the range of time."""
    pxr.UsdGeom.SetStageUpAxis(stage, pxr.UsdGeom.Tokens.y)
    pxr.UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    stage.SetTimeCodesPerSecond(float(rate))
    stage.SetFramesPerSecond(float(rate))
    stage.SetStartTimeCode(codes[0])
    stage.SetEndTimeCode(codes[-1])
    stage.SetDefaultPrim(pxr.UsdSkel.Root.Define(stage, ROOT).GetPrim())


def _skeleton(stage: Any, pxr: Any) -> None:
    """One joint, at rest."""
    skeleton = pxr.UsdSkel.Skeleton.Define(stage, f"{ROOT}/Skeleton")
    rest = [pxr.Gf.Matrix4d(1.0)]
    skeleton.CreateJointsAttr(["root"])
    skeleton.CreateBindTransformsAttr(rest)
    skeleton.CreateRestTransformsAttr(rest)
    binding = pxr.UsdSkel.BindingAPI.Apply(skeleton.GetPrim())
    binding.CreateAnimationSourceRel().SetTargets([f"{ROOT}/Animation"])


def _shapes(stage: Any, names: Sequence[str], pxr: Any) -> None:
    """A strip of triangles two points high; shape k moves point k by a centimetre."""
    mesh = pxr.UsdGeom.Mesh.Define(stage, f"{ROOT}/Shapes")
    n_points = len(names) + 2  # so that there is a triangle for every shape
    mesh.CreatePointsAttr([(k // 2, k % 2, 0) for k in range(n_points)])
    mesh.CreateFaceVertexCountsAttr([3] * len(names))
    turned = [(k, k + 1, k + 2) if k % 2 else (k, k + 2, k + 1) for k in range(len(names))]
    mesh.CreateFaceVertexIndicesAttr([point for triangle in turned for point in triangle])
    mesh.CreateSubdivisionSchemeAttr(pxr.UsdGeom.Tokens.none)
    mesh.CreateExtentAttr([(0, 0, 0), ((n_points - 1) // 2, 1, 1)])
    binding = pxr.UsdSkel.BindingAPI.Apply(mesh.GetPrim())
    binding.CreateSkeletonRel().SetTargets([f"{ROOT}/Skeleton"])
    binding.CreateJointIndicesPrimvar(False, 1).Set([0] * n_points)
    binding.CreateJointWeightsPrimvar(False, 1).Set([1.0] * n_points)
    binding.CreateGeomBindTransformAttr(pxr.Gf.Matrix4d(1.0))
    binding.CreateBlendShapesAttr(list(names))
    targets = []
    for point, name in enumerate(names):
        shape = pxr.UsdSkel.BlendShape.Define(stage, f"{ROOT}/Shapes/{name}")
        shape.CreateOffsetsAttr([(0, 0, 1)])
        shape.CreatePointIndicesAttr([point])
        targets.append(shape.GetPath())
    binding.CreateBlendShapeTargetsRel().SetTargets(targets)


def _animation(stage: Any, weights: Floats, codes: Sequence[float], pxr: Any) -> None:
    """The weights of the shapes on every frame, and the joint at rest."""
    animation = pxr.UsdSkel.Animation.Define(stage, f"{ROOT}/Animation")
    animation.CreateJointsAttr(["root"])
    animation.CreateTranslationsAttr([(0, 0, 0)])
    animation.CreateRotationsAttr([pxr.Gf.Quatf(1)])
    animation.CreateScalesAttr([(1, 1, 1)])
    animation.CreateBlendShapesAttr(list(rig.ARKIT_NAMES))
    attribute = animation.CreateBlendShapeWeightsAttr()
    for code, row in zip(codes, weights, strict=True):
        attribute.Set(row, code)


def _curves(stage: Any, take: Take, codes: Sequence[float], pxr: Any) -> None:
    """The rig's own curves, and what a reader needs to give the take back as it was."""
    prim = stage.DefinePrim(CURVES, "Scope")
    about = {
        "format": exact.FORMAT,
        "version": exact.VERSION,
        "rate": str(take.rate),
        "start": str(take.start),
        "origin": exact.origin_text(take),
    }
    prim.SetCustomDataByKey("facetake", about)
    names = prim.CreateAttribute("metahuman:names", pxr.Sdf.ValueTypeNames.TokenArray, True)
    names.SetVariability(pxr.Sdf.VariabilityUniform)
    names.Set(list(rig.NAMES))
    for column, name in enumerate(rig.NAMES):
        _curve(prim, _attribute(name), take.values[:, column], codes, pxr)
    for column, name in enumerate(HEAD_NAMES if take.head is not None else ()):
        assert take.head is not None
        _curve(prim, name, take.head[:, column], codes, pxr)


def _curve(prim: Any, name: str, values: Floats, codes: Sequence[float], pxr: Any) -> None:
    """One curve; a single sample where it never changes."""
    attribute = prim.CreateAttribute(name, pxr.Sdf.ValueTypeNames.Float, True)
    still = bool(np.all(values == values[0]))
    for code, value in zip(codes[:1] if still else codes, values.tolist(), strict=False):
        attribute.Set(value, code)


def _attribute(name: str) -> str:
    """The attribute that carries a control."""
    return f"metahuman:{name.replace('.', '_')}"


def _layer(path: Path, pxr: Any) -> Any:
    """The file as a layer of its own, so that one read before under the same path is not given again."""
    data = path.read_bytes()
    try:
        if data.startswith(_CRATE):
            return pxr.Sdf.Layer.OpenAsAnonymous(str(path))
        layer = pxr.Sdf.Layer.CreateAnonymous(".usda")
        layer.ImportFromString(data.decode("utf-8"))
    except pxr.Tf.ErrorException as error:
        raise TakeError(f"{_where(error)}not USD that can be read; is it another kind of file?") from error
    return layer


def _where(error: Exception) -> str:
    """The line that USD's reader stopped at, as a beginning of a message; nothing where it does not say."""
    found = re.search(r":([0-9]+):[0-9]+: |on line ([0-9]+)", str(error))
    return f"line {found[1] or found[2]}: " if found else ""


def _exact_take(layer: Any) -> Take:
    """The take in a file that `write` wrote."""
    about = dict(layer.GetPrimAtPath(CURVES).customData).get("facetake")
    if not isinstance(about, dict):
        raise TakeError(f"{CURVES} has no customData facetake; export the file again")
    for key, kind in (("format", str), ("version", int), ("rate", str), ("start", str), ("origin", str)):
        if not isinstance(about.get(key), kind):
            raise TakeError(f'"{key}" of {CURVES} is missing or of the wrong kind; export the file again')
    exact.check_kind(about["format"], about["version"])
    rate = parse_rate(about["rate"])
    start = parse_time(about["start"])
    first = float(start * rate)
    grid = first + np.arange(_count(first, layer.endTimeCode), dtype=np.float64)
    names = _tokens(layer, f"{CURVES}.metahuman:names")
    order = exact.control_order(names)
    values = _columns(layer, [_attribute(names[place]) for place in order], grid)
    moves = any(layer.GetAttributeAtPath(f"{CURVES}.{name}") for name in HEAD_NAMES)
    head = _columns(layer, HEAD_NAMES, grid) if moves else None
    return Take(values, rate, start, head, exact.origin(about["origin"]))


def _columns(layer: Any, names: Sequence[str], grid: NDArray[np.float64]) -> Floats:
    """(T, N) values of some curves."""
    values = np.empty((len(grid), len(names)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what is too large for a float32 becomes infinite, and the take refuses it
        for column, name in enumerate(names):
            values[:, column] = _samples(layer, f"{CURVES}.{name}", grid)
    return values


def _count(first: float, last: float) -> int:
    """How many frames lie from one time code to another."""
    if not 0 <= last - first < MOST_FRAMES:
        raise TakeError(
            f"time codes {first:g} to {last:g} are no range of 1 to {MOST_FRAMES} frames; correct endTimeCode"
        )
    return math.floor(last - first + 1e-6) + 1


def _tokens(layer: Any, place: str) -> list[str]:
    """A list of names."""
    attribute = layer.GetAttributeAtPath(place)
    found = None if attribute is None else attribute.default
    if found is None or not all(isinstance(name, str) for name in found):
        raise TakeError(f"{place} must be a list of names; export the file again")
    return list(found)


def _samples(layer: Any, place: str, grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """A curve at some time codes, straight between its samples; a curve without samples has its default value."""
    attribute = layer.GetAttributeAtPath(place)
    if attribute is None:
        raise TakeError(f"{place} is missing; export the file again")
    codes = np.array(layer.ListTimeSamplesForPath(place) or [0.0])
    found = [layer.QueryTimeSample(place, code) for code in layer.ListTimeSamplesForPath(place)] or [attribute.default]
    if not all(isinstance(value, float) and math.isfinite(value) for value in found):
        raise TakeError(f"{place} has a sample that is not a number; correct it")
    if len(codes) == len(grid) and np.abs(codes - grid).max() < 1e-6:
        codes = grid  # a code that was rounded otherwise would mix two frames
    return np.asarray(np.interp(grid, codes, found))


def _shapes_take(layer: Any) -> Take:
    """The take that shows an animation of ARKit's blend shapes."""
    place = next(_animations(layer), None)
    if place is None:
        raise TakeError("there are neither Facetake's curves nor ARKit's blend shapes in the file; is it another kind?")
    names = _tokens(layer, f"{place}.blendShapes")
    places, passed_over = arkit_columns.places_of(names)
    place = f"{place}.blendShapeWeights"
    codes = layer.ListTimeSamplesForPath(place)
    rows = [layer.QueryTimeSample(place, code) for code in codes]
    if not codes:
        attribute = layer.GetAttributeAtPath(place)
        codes, rows = [0.0], [None if attribute is None else attribute.default]
    weights = _matrix(rows, len(names), place)
    rate = recognise(layer.framesPerSecond if layer.HasFramesPerSecond() else layer.timeCodesPerSecond)
    first = layer.startTimeCode if layer.HasStartTimeCode() else codes[0]
    last = layer.endTimeCode if layer.HasEndTimeCode() else codes[-1]
    step = layer.timeCodesPerSecond / float(rate)
    grid = first + step * np.arange(_count(first / step, last / step), dtype=np.float64)
    on_grid = np.stack([np.interp(grid, codes, column) for column in weights.T], axis=1)
    origin: dict[str, object] = {"format": "usd", **({"passed_over": passed_over} if passed_over else {})}
    start = timing.start_of(first / layer.timeCodesPerSecond, rate)
    return Take(arkit_columns.controls(on_grid, places), rate, start, origin=origin)


def _animations(layer: Any) -> Iterator[str]:
    """Paths of the skeletal animations that have a shape of ARKit's."""
    waiting = list(layer.rootPrims)
    while waiting:
        prim = waiting.pop(0)
        waiting.extend(prim.nameChildren)
        names = prim.attributes.get("blendShapes") if prim.typeName == "SkelAnimation" else None
        if names is not None and names.default and any(arkit_columns.shape_of(str(name)) for name in names.default):
            yield str(prim.path)


def _matrix(rows: list[Any], width: int, place: str) -> NDArray[np.float64]:
    """Rows of weights, one for each sample."""
    for number, row in enumerate(rows):
        try:
            wrong = len(row) != width or not np.isfinite(np.asarray(row, np.float64)).all()
        except (TypeError, ValueError):
            wrong = True
        if wrong:
            raise TakeError(f"{place}, sample {number}: needs {width} numbers, one for each of blendShapes")
    return np.array(rows, np.float64)
