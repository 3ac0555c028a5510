"""The movement of real faces that a model folder carries: `motion.npz`, verified. Knows nothing of how it is played."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facetake import files, rig
from facetake.arrays.reader import read_npz
from facetake.errors import ModelError
from facetake.files import reason
from facetake.inference.verified import declarations
from facetake.motion.expression import Movement

NAME = "motion"
FURTHEST = 1e6  # of any number in it, NaN and infinity left aside: products of them stay numbers
MOST_BYTES = 64 << 20  # of its arrays: four hours of movement


def open_motion(folder: Path) -> Movement | None:
    """The movement of a folder; None where it declares none.

    Raises:
        ModelError: the file is missing, altered, damaged or made for another rig.
    """
    declared = declarations(folder).get(NAME)
    if declared is None:
        return None
    path = folder / declared.file
    if not path.is_file():
        raise ModelError(f"movement {path} is missing; install facetake again or name another folder with --model")
    if files.hash_of(path, ModelError) != declared.sha256:
        raise ModelError(f"movement {path} has been altered: its hash is not the one in models.toml; install it again")
    try:
        stored = read_npz(path, most=MOST_BYTES)
        if dull := next((name for name, array in stored.items() if array.ndim == 0), None):
            raise ValueError(f"its {dull} is a single value")
        controls = tuple(str(name) for name in stored["controls"])
        movement = Movement(
            stored["tracks"].astype(np.float32),
            stored["voice"].astype(np.float32),
            stored["ends"].astype(np.int64),
            stored["modes"].astype(np.float32),
            stored["mirror"].astype(np.int64),
            declared.sha256,
        )
    except KeyError as error:
        raise ModelError(
            f"movement {path} has no {error.args[0]}; make it again with 'facetake-train motion'"
        ) from error
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"movement {path} is damaged ({reason(error)}); make it again with 'facetake-train motion'"
        ) from error
    if controls != rig.NAMES or not _fits(movement):
        raise ModelError(f"movement {path} does not fit this version; make it again with 'facetake-train motion'")
    return movement


def _fits(movement: Movement) -> bool:
    """Whether the arrays go together."""
    rows, width = movement.tracks.shape if movement.tracks.ndim == 2 else (0, 0)
    ends = movement.ends
    return bool(
        rows
        and movement.voice.shape == (rows,)
        and movement.modes.shape == (width, rig.N_CONTROLS)
        and sorted(movement.mirror.tolist()) == list(range(width))
        and ends.ndim == 1
        and len(ends)
        and ends[0] > 0
        and (np.diff(ends) > 0).all()
        and ends[-1] == rows
        and all(np.abs(one).max(initial=0.0) <= FURTHEST for one in (movement.tracks, movement.voice, movement.modes))
    )
