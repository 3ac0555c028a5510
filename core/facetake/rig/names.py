"""The many spellings of a control's name, brought to its column.

Two Maya rig generations, Unreal's channels and short forms for code name the same 174 controls
differently. This module knows the spellings only; ranges and regions are in `facetake.rig.controls`.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from facetake.errors import RigError
from facetake.files.spelling import meant
from facetake.rig.controls import CONTROLS, INDEX

# Maya's attribute in every form files use it: ".translateY", "-translateY" (EmoFace), "_translateY", ".ty"
_ATTRIBUTE = re.compile(r"[.\-_](?:translate|t)([xyXY])$")
_AXIS = re.compile(r"\.([XY])$")


@cache
def _spellings() -> dict[str, int]:
    """Every accepted spelling that is not Maya's, and the newer Maya names, to columns.

    The newer rig's names never overrule the older's: `CTRL_C_tongue_roll` is another control there,
    one Facetake does not drive, so the older meaning is the only one that has a column.
    """
    table = {control.unreal: column for column, control in enumerate(CONTROLS) if control.unreal}
    table |= {control.maya_mh4: column for column, control in enumerate(CONTROLS) if control.maya_mh4}
    return table | INDEX


def _expanded(name: str) -> str:
    """The name with its axis written Maya's long way: ``jaw.X`` gives ``jaw.translateX``."""
    return _AXIS.sub(lambda found: f".translate{found[1]}", name)


def find(name: str) -> int | None:
    """Column of a control under any of its names.

    Accepts Maya names of both rig generations with ``.translateY``, ``-translateY`` or ``.ty``, with or
    without a namespace, and Unreal's channels (``CTRL_C_jaw.Y``, ``CTRL_L_brow_down``). A bare
    ``CTRL_C_tongue_roll`` is Unreal's own control of that name, which is none of the 174.

    Args:
        name: The name as a file or a host gives it.

    Returns:
        The column, 0 to 173, or None where no control goes by that name.
    """
    bare = name.strip().rpartition(":")[2]
    column = _spellings().get(bare)
    if column is None:
        long = _ATTRIBUTE.sub(lambda found: f".translate{found[1].upper()}", bare)
        column = _spellings().get(_expanded(long))
    return column


def _column(name: str) -> int:
    full = _expanded(name if name.startswith("CTRL_") else f"CTRL_{name}")
    column = INDEX.get(full, INDEX.get(f"{full}.translateY"))
    if column is None:
        close = meant(full, INDEX)
        raise RigError(
            f'no rig control is called "{name}"; write it as in "C_jaw.X" or "CTRL_L_nose.translateY"{close}'
        )
    return column


def columns(*names: str) -> NDArray[np.intp]:
    """Columns of controls by their canonical or short names.

    Args:
        names: ``CTRL_C_jaw.translateX``, or short: ``C_jaw.X``, ``L_mouth_purseU`` (Y where no axis is given).

    Returns:
        (N,) columns in the order asked for.

    Raises:
        RigError: A name belongs to no control.
    """
    return np.array([_column(name) for name in names], dtype=np.intp)


def one_or_both(name: str) -> NDArray[np.intp]:
    """Columns of a control with its side, as of ``C_jaw.Y`` or ``CTRL_neck_throatUpDown``, or of a pair without it.

    Raises:
        RigError: There is neither.
    """
    return columns(name) if name.startswith(("C_", "L_", "R_", "CTRL_")) else both(name)


def both(name: str) -> NDArray[np.intp]:
    """Columns of the left and the right control of a pair.

    Args:
        name: The name without its side: ``mouth_purseU``, ``mouth_corner.X``.

    Returns:
        (2,) columns, left then right.

    Raises:
        RigError: There is no such pair.
    """
    return columns(f"L_{name}", f"R_{name}")
