"""The JSON that Audio2Face exports from Omniverse, so that scripts written for it work on takes.

Keys: exportFps, trackPath, numPoses, numFrames, facsNames, weightMat[frame][pose]; ARKit's names. The 174 controls
become 52 shapes, so what ARKit cannot say, head motion, start and origin are lost.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from facetake import rig
from facetake.errors import TakeError
from facetake.files import json_text
from facetake.formats import arkit_columns, cells, document
from facetake.formats.files import reading
from facetake.take import Take
from facetake.timebase import recognise


def read(path: Path) -> Take:
    """Reads the blend-shape weights of an export; joints, rotations and translations in it are passed over.

    Raises:
        TakeError: the file cannot be read, is no such document, or holds what are no weights.
    """
    with reading(path):
        return parse(document.load(path))


def parse(found: dict[str, Any]) -> Take:
    """The take in a loaded document.

    Raises:
        TakeError: keys missing or of the wrong kind; without the path.
    """
    names = document.names(found, "facsNames")
    places, passed_over = arkit_columns.places_of(names)
    weights = document.matrix(found, "weightMat", len(names))
    for key, size in (("numFrames", len(weights)), ("numPoses", len(names))):
        if key in found and document.number(found, key) != size:
            raise TakeError(f'"{key}" is {found[key]} where the file has {size}; it is incomplete, export it again')
    rate = recognise(document.number(found, "exportFps"))
    return Take(arkit_columns.controls(weights, places), rate, origin=_origin(found, passed_over))


def kept(take: Take) -> Take:
    """What such a file holds of a take, as far as its shapes say it."""
    return replace(take, start=Fraction(0), head=None)


def write(take: Take, path: Path) -> None:
    """Writes ARKit weights the way Omniverse does, frame by frame, with five decimals.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    rate = float(take.rate)
    about = {
        "exportFps": rate,
        "trackPath": str(take.origin.get("audio", "")),
        "numPoses": len(rig.ARKIT_NAMES),
        "numFrames": take.n_frames,
        "facsNames": list(rig.ARKIT_NAMES),
    }
    with path.open("wb") as file:
        file.write(json_text.dump(about, indent=1).encode("ascii").removesuffix(b"\n}") + b',\n "weightMat": [\n')
        for block in cells.block_slices(take.n_frames):
            file.write(_rows(take, block, last=block.stop == take.n_frames))
        file.write(b" ]\n}\n")


def _rows(take: Take, block: slice, *, last: bool) -> bytes:
    """Some frames as JSON lists, one a line; a comma after each but the take's last."""
    rows = cells.unit_cells(rig.to_arkit(take.values[block]))
    rows[:, 0] = ord("[")  # in place of the comma in front of the first weight
    text = cells.lines(rows, cells.text_cells(["],"] * len(rows)))
    return text[:-2] + b"\n" if last else text


def _origin(found: dict[str, Any], passed_over: list[str]) -> dict[str, object]:
    """What the file says about itself."""
    origin: dict[str, object] = {"format": "a2f-json"}
    if isinstance(found.get("trackPath"), str) and found["trackPath"]:
        origin["audio"] = found["trackPath"]
    if passed_over:
        origin["passed_over"] = passed_over
    return origin
