"""What is in a layer of USD: the take in Facetake's own curves, or in an animation of ARKit's blend shapes.

Knows USD's library; how a file gets to be read by it is in `facetake.formats.usd_skel`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake import files
from facetake.arrays import F32
from facetake.errors import TakeError
from facetake.formats import arkit_columns, exact, length, timing
from facetake.formats.length import MOST_BYTES, MOST_FRAMES
from facetake.take import Take
from facetake.timebase import FASTEST, RELATIVE_SLACK, parse_rate, parse_time, recognise

CURVES: Final = "/Facetake/Curves"
HEAD_NAMES: Final = ("head:yaw", "head:pitch", "head:roll")
CRATE: Final = b"PXR-USDC"
DEEPEST: Final = 100
"""Of brackets in brackets in USD text: its library ends the whole process some thousands deeper."""
EVEN: Final = 0.1  # of a step between samples: by how much one may differ where they stand on a grid

_TEXT_PARTS: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""|"(?:[^"\\\n]|\\.)*+"'
    r"|'''(?:[^'\\]|\\.|'(?!''))*+'''|'(?:[^'\\\n]|\\.)*+'"
    r"|@@@(?:[^@]|@(?!@@))*+@@@|@[^@\n]*+@|#[^\n]*+|([\[({])|[\])}]",
    re.DOTALL,
)
"""Texts, paths of assets and comments, which are passed over, and brackets, of which the group is an opening one."""


def take_of(path: Path) -> Take:
    """The take in a file.

    Raises:
        TakeError: usd-core is missing, the file is not USD, has neither kind of curves, or values out of range.
    """
    pxr = library()
    layer = _layer(path, pxr)
    try:
        n_bytes = path.stat().st_size
        return _exact_take(layer, n_bytes) if layer.GetPrimAtPath(CURVES) else _shapes_take(layer, n_bytes)
    except pxr.Tf.ErrorException as error:
        raise TakeError(f"{_where(error)}broken USD; export it again") from error


def library() -> Any:
    """The package pxr with its modules. TakeError with what to install where it is missing."""
    try:
        for name in ("Gf", "Sdf", "Tf", "Usd", "UsdGeom", "UsdSkel"):
            import_module(f"pxr.{name}")
    except ImportError as error:
        message = f'USD needs usd-core, which cannot be loaded ({error}); pip install "facetake[usd]"'
        raise TakeError(message) from error
    return import_module("pxr")


def attribute_of(name: str) -> str:
    """The attribute that carries a control."""
    return f"metahuman:{name.replace('.', '_')}"


def _layer(path: Path, pxr: Any) -> Any:
    """The file as a layer of its own, so that one read before under the same path is not given again."""
    try:
        if is_binary(path):
            return pxr.Sdf.Layer.OpenAsAnonymous(str(path))
        text = files.read_text(path, MOST_BYTES)
        _check_depth(text)
        layer = pxr.Sdf.Layer.CreateAnonymous(".usda")
        layer.ImportFromString(text)
    except pxr.Tf.ErrorException as error:
        raise TakeError(f"{_where(error)}not USD that can be read; is it another kind of file?") from error
    return layer


def is_binary(path: Path) -> bool:
    """Whether a file is USD's binary kind, whatever its suffix. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(CRATE)) == CRATE


def _check_depth(text: str) -> None:
    depth = 0
    for found in _TEXT_PARTS.finditer(text):
        if found[1]:
            depth += 1
            if depth > DEEPEST:
                line = text.count("\n", 0, found.start()) + 1
                raise TakeError(f"line {line}: brackets are nested more than {DEEPEST} deep; is it a damaged file?")
        elif found[0] in "])}":
            depth -= 1


def _where(error: Exception) -> str:
    """The line that USD's reader stopped at, as a beginning of a message; nothing where it does not say."""
    found = re.search(r":([0-9]+):[0-9]+: |on line ([0-9]+)", str(error))
    return f"line {found[1] or found[2]}: " if found else ""


def _exact_take(layer: Any, n_bytes: int) -> Take:
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
    grid = first + np.arange(_count(first, layer.endTimeCode, n_bytes), dtype=np.float64)
    names = _tokens(layer, f"{CURVES}.metahuman:names")
    order = exact.control_order(names)
    values = _columns(layer, [attribute_of(names[place]) for place in order], grid)
    moves = any(layer.GetAttributeAtPath(f"{CURVES}.{name}") for name in HEAD_NAMES)
    head = _columns(layer, HEAD_NAMES, grid) if moves else None
    return Take(values, rate, start, head, exact.origin(about["origin"]))


def _columns(layer: Any, names: Sequence[str], grid: NDArray[np.float64]) -> F32:
    """(T, N) values of some curves."""
    values = np.empty((len(grid), len(names)), dtype=np.float32)
    with np.errstate(over="ignore"):  # what is too large for a float32 becomes infinite, and the take refuses it
        for column, name in enumerate(names):
            values[:, column] = _samples(layer, f"{CURVES}.{name}", grid)
    return values


def _count(first: float, last: float, n_bytes: int) -> int:
    """How many frames lie from one time code to another in a file of some bytes."""
    if not 0 <= last - first < MOST_FRAMES:
        raise TakeError(
            f"time codes {first:g} to {last:g} are no range of 1 to {MOST_FRAMES} frames; correct endTimeCode"
        )
    count = math.floor(last - first + 1e-6) + 1
    length.check(count, n_bytes)
    return count


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


def _shapes_take(layer: Any, n_bytes: int) -> Take:
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
        codes = [0.0]
        rows = [None if attribute is None else attribute.default]
    weights = _matrix(rows, len(names), place)
    rate, notes = _rate(layer, np.array(codes))
    first, last = _range(layer, codes, notes)
    step = layer.timeCodesPerSecond / float(rate)
    grid = first + step * np.arange(_count(first / step, last / step, n_bytes), dtype=np.float64)
    on_grid = np.stack([np.interp(grid, codes, column) for column in weights.T], axis=1)
    origin: dict[str, object] = {"format": "usd", **({"passed_over": passed_over} if passed_over else {})}
    if notes:
        origin["notes"] = notes
    start = timing.start_of(first / layer.timeCodesPerSecond, rate)
    return Take(arkit_columns.controls(on_grid, places), rate, start, origin=origin)


def _range(layer: Any, codes: Sequence[float], notes: list[str]) -> tuple[float, float]:
    """The first and last time code: what the layer says, or its samples where that has next to none of them."""
    first = layer.startTimeCode if layer.HasStartTimeCode() else codes[0]
    last = layer.endTimeCode if layer.HasEndTimeCode() else codes[-1]
    is_apart = codes[-1] < first or codes[0] > last
    if len(codes) > 1 and first <= last and (is_apart or first == last):
        notes.append(
            f"the layer says that it lasts from time code {first:g} to {last:g}; it is read from {codes[0]:g} to "
            f"{codes[-1]:g}, where its samples are"
        )
        return codes[0], codes[-1]
    return first, last


def _rate(layer: Any, codes: NDArray[np.float64]) -> tuple[Fraction, list[str]]:
    """Frames per second: those that the file says, or its samples where they stand closer; and what there is to tell.

    A sample a frame at 60 fps may well stand in a file of 24 time codes a second.
    """
    said = recognise(layer.framesPerSecond if layer.HasFramesPerSecond() else layer.timeCodesPerSecond)
    steps = np.diff(codes)
    step = float(np.mean(steps)) if len(steps) > 1 else 0.0
    if step <= 0.0 or np.abs(steps - step).max() > EVEN * step:
        return said, []
    sampled = layer.timeCodesPerSecond / step
    if sampled <= float(said) * (1 + RELATIVE_SLACK) or sampled > float(FASTEST):
        return said, []
    rate = recognise(sampled)
    if rate == said:
        return said, []
    return rate, [f"sampled {float(rate):g} times a second, though the file says {float(said):g}: read at {rate} fps"]


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
