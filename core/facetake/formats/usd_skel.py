"""USD, as text (`.usda`) or binary: a take as a UsdSkel animation of ARKit's 52 blend shapes, with the rig's curves.

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
referenced is not looked at. `.usd` and `.usdc` are USD's binary kind, and which kind a file is tells its beginning.
Needs usd-core.
"""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from facetake import rig
from facetake.arrays import F32
from facetake.errors import TakeError
from facetake.files import apart
from facetake.formats import exact, facetake_npz, usd_layer
from facetake.formats.files import reading
from facetake.formats.length import MOST_FRAMES
from facetake.formats.usd_layer import CURVES, HEAD_NAMES, attribute_of
from facetake.take import Take

ROOT = "/Facetake"
BINARY = (".usdc", ".usd")  # .usd may be either kind, and is what USD itself writes: the binary one


def read(path: Path) -> Take:
    """Reads a take written by `write`, or any animation of ARKit's blend shapes.

    USD's library can crash on a damaged binary file: such a file is read in a process of its own.

    Raises:
        TakeError: usd-core is missing, the file cannot be read or is not USD, has neither kind of curves, or values
            out of range.
    """
    usd_layer.library()  # which may be missing
    with reading(path):
        return _read_apart(path) if usd_layer.is_binary(path) else usd_layer.take_of(path)


def _read_apart(path: Path) -> Take:
    with TemporaryDirectory(prefix="facetake-") as folder:
        found = Path(folder, "take.npz")
        if path.suffix.lower() not in BINARY:  # by which USD's library goes
            path = Path(shutil.copyfile(path, Path(folder, "take.usdc")))
        try:
            wrong = apart.call(f"{__name__}:convert", path.absolute(), found)
        except apart.DiedError as error:
            raise TakeError("USD's own library crashed on it; it is damaged, export it again") from error
        if wrong:
            raise TakeError(wrong)
        return facetake_npz.read(found)


def convert(path: str, made: str) -> None:
    """Writes the take of a USD file into another file (.npz). TakeError, OSError."""
    facetake_npz.write(usd_layer.take_of(Path(path)), Path(made), packed=False)


def write(take: Take, path: Path) -> None:
    """Writes a take as USD text, or as USD's binary kind where the suffix is .usdc or .usd; the same bytes each time.

    Raises:
        TakeError, OSError: as `write_shapes`.
    """
    write_shapes(take, path, rig.ARKIT_NAMES, rig.to_arkit(take.values))


def write_shapes(take: Take, path: Path, names: Sequence[str], weights: F32) -> None:
    """Writes a take as `write` does, with other blend shapes than ARKit's: N names, and their weights (T, N).

    Raises:
        TakeError: usd-core is missing, or the take is too long.
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    pxr = usd_layer.library()
    if take.n_frames > MOST_FRAMES:
        raise TakeError(f"{take.n_frames} frames are more than the {MOST_FRAMES} of one USD file here; split the take")
    stage = pxr.Usd.Stage.CreateInMemory()
    first = take.start * take.rate
    codes = [float(first + i) for i in range(take.n_frames)]
    _clock(stage, codes, take.rate, pxr)
    _skeleton(stage, pxr)
    _shapes(stage, names, pxr)
    _animation(stage, names, weights, codes, pxr)
    _curves(stage, take, codes, pxr)
    if path.suffix.lower() in BINARY:
        _export(stage.GetRootLayer(), path, pxr)
    else:
        path.write_text(stage.GetRootLayer().ExportToString(), encoding="utf-8", newline="\n")


def _export(layer: Any, path: Path, pxr: Any) -> None:
    try:
        layer.Export(str(path), args={"format": "usdc"} if path.suffix.lower() == ".usd" else {})
    except pxr.Tf.ErrorException as error:
        raise OSError(errno.EIO, "USD's library could not write it") from error


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
        shape = pxr.UsdSkel.BlendShape.Define(stage, f"{ROOT}/Shapes/{_identifier(name, point)}")
        shape.CreateOffsetsAttr([(0, 0, 1)])
        shape.CreatePointIndicesAttr([point])
        targets.append(shape.GetPath())
    binding.CreateBlendShapeTargetsRel().SetTargets(targets)


def _identifier(name: str, number: int) -> str:
    """A name as USD's paths take it; with its number where letters had to go, so that no two become one."""
    return (
        name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) else f"shape_{number}_{re.sub('[^A-Za-z0-9_]', '_', name)}"
    )


def _animation(stage: Any, names: Sequence[str], weights: F32, codes: Sequence[float], pxr: Any) -> None:
    """The weights of the shapes on every frame, and the joint at rest."""
    animation = pxr.UsdSkel.Animation.Define(stage, f"{ROOT}/Animation")
    animation.CreateJointsAttr(["root"])
    animation.CreateTranslationsAttr([(0, 0, 0)])
    animation.CreateRotationsAttr([pxr.Gf.Quatf(1)])
    animation.CreateScalesAttr([(1, 1, 1)])
    animation.CreateBlendShapesAttr(list(names))
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
        _curve(prim, attribute_of(name), take.values[:, column], codes, pxr)
    for column, name in enumerate(HEAD_NAMES if take.head is not None else ()):
        assert take.head is not None
        _curve(prim, name, take.head[:, column], codes, pxr)


def _curve(prim: Any, name: str, values: F32, codes: Sequence[float], pxr: Any) -> None:
    """One curve; a single sample where it never changes."""
    attribute = prim.CreateAttribute(name, pxr.Sdf.ValueTypeNames.Float, True)
    still = bool(np.all(values == values[0]))
    for code, value in zip(codes[:1] if still else codes, values.tolist(), strict=False):
        attribute.Set(value, code)
