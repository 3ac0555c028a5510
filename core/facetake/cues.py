"""Files of cues, one a line: seconds, then what holds from then on ("1.2 angry:0.8"). Knows no emotion and no gaze."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from facetake import files
from facetake.arrays import F64
from facetake.errors import ConfigError
from facetake.files import quantities, spreadsheets
from facetake.files.quantities import shown
from facetake.timebase import FURTHEST_S

MOST_BYTES: Final = 1 << 22
"""Of a file of cues: one for every frame of an hour."""
Meaning = TypeVar("Meaning")


def looks_like_file(text: str) -> bool:
    """Whether what the user wrote is the path of a file of cues."""
    return any(mark in text for mark in ("/", "\\")) or text.lower().endswith((".txt", ".cues", ".csv"))


def is_file(text: str) -> bool:
    """Whether there is a file of that name which may hold cues."""
    try:
        files.check(Path(text), MOST_BYTES)
    except OSError:  # nothing, or longer than the name of a file may be
        return False
    return True


def read(path: Path, kind: str, example: str, meaning: Callable[[str, str], Meaning]) -> tuple[F64, list[Meaning]]:
    """Reads a file of cues. Lines starting with # are left out.

    Args:
        path: of the file.
        kind: what the cues are of, with its article, for messages: "an emotion".
        example: a line that is right.
        meaning: reads what stands behind the seconds; its second argument is where that is.

    Returns:
        (N,) rising times in seconds, and what holds from each on; N is at least 1.

    Raises:
        ConfigError: the file is missing or not text, holds no cue, or a line is wrong.
    """
    times: list[float] = []
    meanings: list[Meaning] = []
    for where, line in lines(path, kind.split()[-1], example):
        parts = line.split(None, 1)
        if len(parts) != 2:
            raise ConfigError(
                f"{where}: {shown(line.strip())} is no cue; write seconds and {kind}, such as '{example}'"
            )
        times.append(quantities.number(quantities.pointed(parts[0]), f"{where}: the time", 0.0, float(FURTHEST_S)))
        meanings.append(meaning(parts[1].strip(), where))
        if len(times) > 1 and times[-1] <= times[-2]:
            raise ConfigError(f"{where}: cues out of order: {times[-1]:g} s comes after {times[-2]:g} s")
    return np.array(times), meanings


def lines(path: Path, noun: str, example: str) -> list[tuple[str, str]]:
    """Each line of a file that holds a cue, behind where it is.

    Args:
        path: of the file.
        noun: what the cues are of, for messages: "emotion".
        example: a line that is right.

    Raises:
        ConfigError: the file is missing or not text, or holds no cue.
    """
    try:
        rows = spreadsheets.decode(files.read_bytes(path, MOST_BYTES))[0].splitlines()
    except OSError as error:
        raise ConfigError(f"cannot read the {noun} cues in {path}: {files.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a text file of {noun} cues; write lines such as '{example}'") from error
    found = [(f"{path}, line {number}", line) for number, line in enumerate(rows, 1)]
    found = [(where, line) for where, line in found if line.strip() and not line.lstrip().startswith("#")]
    if not found:
        raise ConfigError(f"{path} holds no {noun} cue; write lines such as '{example}'")
    return found
