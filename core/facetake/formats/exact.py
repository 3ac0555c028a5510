"""What the two lossless formats write about a take beside its numbers: rate, start, control names, origin.

Knows takes and the rig's names; not how JSON or NPZ store them. Errors say what is wrong; the caller adds the path.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.errors import TakeError
from facetake.files import json_text
from facetake.formats import table
from facetake.take import Take

FORMAT = "facetake-take"
VERSION = 1  # of the layout; takes of another are refused


def check_kind(kind: str, version: float) -> None:
    """Refuses files of another kind or of a later version.

    Raises:
        TakeError: says which kind or version the file has.
    """
    if kind != FORMAT:
        raise TakeError(f'"format" is {kind[:40]!r} where a Facetake take has "{FORMAT}"; name the right --format')
    if version != VERSION:
        raise TakeError(f"version {version:g} of the take format is not known here (only {VERSION}); update Facetake")


def origin_text(take: Take) -> str:
    """How a take came to be, as JSON on one line.

    Raises:
        TakeError: there is something in it that JSON cannot say, such as NaN.
    """
    try:
        return json_text.dump(dict(take.origin), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise TakeError(f"the take's origin cannot be written ({error}); leave that entry out") from error


def origin(text: str) -> dict[str, object]:
    """What `origin_text` wrote.

    Raises:
        TakeError: it is no JSON, or no object with named entries.
    """
    try:
        found = json_text.load(text)
    except ValueError as error:
        raise TakeError(f"the origin is not JSON that can be read ({error}); write the file again") from error
    if not isinstance(found, dict):
        raise TakeError("the origin must be an object with named entries; write the file again")
    return found


def control_order(names: Sequence[str]) -> list[int]:
    """Positions of the 174 controls in `names`, in the rig's order.

    Raises:
        TakeError: an unknown control, one twice or one missing.
    """
    places = table.match(names, control_name, rig.NAMES)
    return [places[name] for name in rig.NAMES]


def control_name(name: str) -> str | None:
    """The rig's own name of a control in any spelling, or None."""
    found = rig.find(name)
    return None if found is None else rig.NAMES[found]


def ordered(values: NDArray[np.float32], order: list[int]) -> NDArray[np.float32]:
    """The columns in the rig's order; the array itself where they are already, since a take can be large."""
    return values if order == list(range(len(order))) else np.ascontiguousarray(values[:, order])
