"""Values of somebody else's rig over time, as a rig map gives them: to CSV, JSON, USD and glTF; the first two back.

The CSV is `frame,time_s,<control>,...`. The JSON has Audio2Face's keys (`exportFps, facsNames, weightMat`), which
scripts of studios read, and the exact rate and start beside them. What a map is, is told in `facetake.rig.maps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from facetake.arrays import F32
from facetake.errors import ConfigError, TakeError
from facetake.files import json_text, open_text
from facetake.formats import cells, document, gltf_morph, table, timing, usd_skel
from facetake.formats.files import beside, reading
from facetake.rig.maps import RigMap
from facetake.rig.maps.table import MOST, MOST_CONTROLS, is_name
from facetake.take import Take
from facetake.timebase import parse_rate, parse_time, recognise

SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"csv": (".csv",), "json": (".json",), "usd": (".usda", ".usdc", ".usd"), "glb": (".glb", ".vrm")}
)
"""Of the formats by their names."""
_GRID: Final = ("frame", "time_s")
_FORMULA: Final = ("=", "+", "-", "@")
"""What spreadsheets begin a formula with; a stranger's map may call a control so."""
DECIMALS: Final = 5  # as takes have them: an animator moves no slider by less


@dataclass(frozen=True, eq=False)
class RigValues:
    """Values of a rig's controls on a take's frames.

    Attributes:
        names: N controls.
        values: (T, N) float32.
        rate: frames per second.
        start: time of the first frame, in seconds from the start of the audio.
        rig_map: name of the map that made them; empty where they came from elsewhere.
    """

    names: tuple[str, ...]
    values: F32
    rate: Fraction
    start: Fraction = Fraction(0)
    rig_map: str = ""


def of(take: Take, rig_map: RigMap, visemes: F32 | None = None) -> RigValues:
    """A take on another rig; visemes (T, 16) at its rate, where the map needs them."""
    return RigValues(rig_map.names, rig_map.apply(take.values, visemes), take.rate, take.start, rig_map.name)


def form_of(path: Path, form: str | None = None) -> str:
    """The format that is asked for by its name, or that a suffix tells.

    Raises:
        ConfigError: it is none that rigs have.
    """
    known = ", ".join(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)
    if form is not None and form not in SUFFIXES:
        raise ConfigError(f"values of a rig cannot be written as '{form}'; use one of {', '.join(SUFFIXES)}")
    found = form or next((name for name, all_ in SUFFIXES.items() if path.suffix.lower() in all_), None)
    if found is None:
        raise ConfigError(f"{path}: values of a rig are not written with this suffix; use one of {known}")
    return found


def place_beside(out: PurePath, mesh: Path | None) -> PurePath:
    """Where values of a rig lie beside a take: a .glb, or a table of the take's own kind, CSV by default."""
    if mesh is not None:
        return out.with_suffix(".glb")
    own = out.suffix.lower()
    return out.with_suffix(f".rig{own if own in ('.json', *SUFFIXES['usd']) else '.csv'}")


def write(found: RigValues, take: Take, path: Path, form: str | None = None, mesh: Path | None = None) -> list[str]:
    """Writes values of a rig; the file appears whole or not at all.

    Args:
        found: the values.
        take: that they were made of; USD keeps it beside them.
        path: the file.
        form: one of `SUFFIXES`; by default the suffix tells.
        mesh: for glTF, the user's own file, of which a copy is animated.

    Returns:
        Sentences on what a person should know.

    Raises:
        ConfigError: the format is none of these, glTF is asked for without a mesh, or a control is called as one of a
            CSV's first two columns.
        TakeError: the file cannot be written, or the mesh not be read.
    """
    chosen = form_of(path, form)
    if chosen == "csv" and (taken := next((name for name in _GRID if name in found.names), "")):
        raise ConfigError(f"{path}: the column {taken} tells when; call the control otherwise, or write .json")
    if chosen == "csv" and (formula := next((name for name in found.names if name.startswith(_FORMULA)), "")):
        raise ConfigError(
            f"{path}: a spreadsheet would take the column {formula[:40]} for a formula; call the control otherwise, "
            "or write .json"
        )
    notes: list[str] = []
    if chosen == "glb":
        notes = gltf_morph.write(found.names, found.values, found.rate, found.start, needed(mesh), path)
    else:
        with beside(path) as part:
            if chosen == "usd":
                usd_skel.write_shapes(take, part, found.names, found.values)
            else:
                (_write_csv if chosen == "csv" else _write_json)(found, part)
    return notes


def needed(mesh: Path | None) -> Path:
    """The mesh that glTF needs. Raises ConfigError where there is none."""
    if mesh is None:
        raise ConfigError(
            "glTF animates morph targets of your own mesh; name it with --mesh character.glb, or write .csv or .json"
        )
    return mesh


def read(path: Path) -> RigValues:
    """Values of a rig from a CSV or a JSON file, such as `write` writes.

    A CSV without the column time_s has a rate of 60.

    Raises:
        TakeError: the file cannot be read, or holds something else.
    """
    with reading(path):
        if path.suffix.lower() == ".json":
            return _of_document(document.load(path))
        with open_text(path) as file:
            lines = table.text_lines(file)
            names = table.header(lines)
            rows = np.concatenate(list(table.number_blocks(lines, names)))
        places = {name: place for place, name in enumerate(names)}
        _check_names(names)
        kept = [name for name in names if name not in _GRID]
        rate = timing.rate_of(rows[:, places["time_s"]]) if "time_s" in places else Fraction(60)
        start = timing.start_of(float(rows[0, places["time_s"]]), rate) if "time_s" in places else Fraction(0)
        return RigValues(tuple(kept), _float32(rows[:, [places[name] for name in kept]]), rate, start)


def _of_document(found: dict[str, Any]) -> RigValues:
    names = document.names(found, "facsNames")
    _check_names(names)
    values = document.matrix(found, "weightMat", len(names))
    rate = (
        parse_rate(document.text(found, "rate")) if "rate" in found else recognise(document.number(found, "exportFps"))
    )
    start = parse_time(document.text(found, "start")) if "start" in found else Fraction(0)
    return RigValues(tuple(names), _float32(values), rate, start)


def _check_names(names: list[str]) -> None:
    kept = [name for name in names if name not in _GRID]
    if len(kept) > MOST_CONTROLS:
        raise TakeError(f"there are {len(kept)} controls, and a rig has {MOST_CONTROLS} at most; keep the face's")
    twice = next((name for name in names if names.count(name) > 1), None)
    wrong = next((name for name in kept if not is_name(name)), None)
    if twice is not None:
        raise TakeError(f"the control {twice[:40]!r} is there twice; keep one")
    if wrong is not None:
        raise TakeError(f"{wrong[:40]!r} is no control's name; correct the header")
    if not kept:
        raise TakeError("there is no control in the file; it should have a column for each")


def _float32(values: np.ndarray[Any, Any]) -> F32:
    with np.errstate(over="ignore"):
        found = values.astype(np.float32)
    if not (np.abs(found) <= MOST).all():  # as maps have it, also of what is fitted to them
        raise TakeError("a value is too large for any control; is it another unit?")
    return found


def _write_csv(found: RigValues, path: Path) -> None:
    as_cells = cells.unit_cells if np.abs(found.values).max() <= 1.0 else cells.wide_cells
    step = 1 / found.rate
    with path.open("wb") as file:
        file.write(",".join((*_GRID, *found.names)).encode() + b"\n")
        for block in cells.block_slices(len(found.values)):
            frames = range(block.start, block.stop)
            grid = cells.text_cells([f"{frame},{float(found.start + frame * step):.9f}" for frame in frames])
            file.write(cells.lines(grid, as_cells(found.values[block])))


def _write_json(found: RigValues, path: Path) -> None:
    about = {
        "exportFps": float(found.rate),
        "rate": str(found.rate),
        "start": str(found.start),
        "rigMap": found.rig_map,
        "numPoses": len(found.names),
        "numFrames": len(found.values),
        "facsNames": list(found.names),
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json_text.dump(about, indent=1, ensure_ascii=False).removesuffix("\n}") + ',\n "weightMat": [\n')
        for block in cells.block_slices(len(found.values)):
            rows = np.round(found.values[block].astype(np.float64), DECIMALS).tolist()
            end = "\n" if block.stop == len(found.values) else ",\n"
            file.write(",\n".join(json_text.dump(row, separators=(",", ":")) for row in rows) + end)
        file.write(" ]\n}\n")
