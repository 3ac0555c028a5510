"""Facetake's own JSON: lossless, readable by any script.

Keys: format, version, rate, start, controls, values, head, origin. Rate and start are exact ("24000/1001"); numbers
have nine significant digits, which is what a float32 needs to come back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.files import json_text
from facetake.formats import document, exact
from facetake.formats.files import reading
from facetake.take import Take
from facetake.timebase import parse_rate, parse_time


def read(path: Path) -> Take:
    """Reads a take written by `write`.

    Raises:
        TakeError: the file cannot be read, is not such a document, or its values are out of range.
    """
    with reading(path):
        return parse(document.load(path))


def parse(found: dict[str, Any]) -> Take:
    """The take in a loaded document.

    Raises:
        TakeError: keys missing or of the wrong kind; without the path.
    """
    exact.check_kind(document.text(found, "format"), document.number(found, "version"))
    names = document.names(found, "controls")
    order = exact.control_order(names)
    values = document.matrix(found, "values", len(names))
    return Take(
        values=exact.ordered(values, order),
        rate=parse_rate(document.text(found, "rate")),
        start=parse_time(document.text(found, "start")),
        head=_head(found, len(values)),
        origin=_origin(found),
    )


def write(take: Take, path: Path) -> None:
    """Writes a take without loss, row by row.

    Raises:
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for part in _parts(take):
            file.write(part)


def _parts(take: Take) -> Iterator[str]:
    """The text of the document, one frame a line."""
    about = {
        "format": exact.FORMAT,
        "version": exact.VERSION,
        "rate": str(take.rate),
        "start": str(take.start),
        "controls": list(rig.NAMES),
    }
    for key, value in about.items():
        opening = "{" if key == "format" else ""
        yield f"{opening}{json_text.dump(key)}: {json_text.dump(value, ensure_ascii=False)},\n"
    yield f'"origin": {exact.origin_text(take)},\n'
    yield '"values": '
    yield from _rows(take.values)
    yield ',\n"head": '
    if take.head is None:
        yield "null"
    else:
        yield from _rows(take.head)
    yield "}\n"


def _rows(values: NDArray[np.float32]) -> Iterator[str]:
    """A matrix as JSON, in pieces."""
    row_text = "[" + ",".join(["%.9g"] * values.shape[1]) + "]"
    for number, row in enumerate(values):
        yield "[\n" if number == 0 else ",\n"
        yield row_text % tuple(row.tolist())
    yield "\n]"


def _head(found: dict[str, Any], n_frames: int) -> NDArray[np.float32] | None:
    """Head rotations, or None where the document has none."""
    if found.get("head") is None:
        return None
    head = document.matrix(found, "head", 3)
    if len(head) != n_frames:
        raise TakeError(f'"head" has {len(head)} frames where "values" has {n_frames}; they must be as many')
    return head


def _origin(found: dict[str, Any]) -> dict[str, object]:
    """How the take came to be; empty where the document does not say."""
    origin = found.get("origin", {})
    if not isinstance(origin, dict):
        raise TakeError('"origin" must be an object with named entries')
    return origin
