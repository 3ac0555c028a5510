"""The course of a training by steps, the same for all runs: resumed, scored and kept every so often, and logged.

What moves weights, and with them schedules and moving averages, is `facetake.networks.optimization`. Knows a run's
folder; does not know what is learnt.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from torch import nn
from torch.optim import Optimizer

from facetake.files import json_text
from facetake_training import checkpoint

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

UNTOLD: Final = frozenset({"out", "steps", "every", "save_every", "workers", "threads", "precision"})
"""Settings that may differ where a run goes on: how far, where and how fast it learns, and not what."""
MOST_TOLD: Final = 4  # settings that are told one by one


def resume(
    folder: Path,
    name: str,
    network: nn.Module,
    optimizer: Optimizer,
    worst: float = math.inf,
    config: DataclassInstance | None = None,
) -> tuple[int, float]:
    """Fills a network and its optimizer with the checkpoint of a run, where there is one.

    What is gone on from is printed, with the settings that are others than those the run was begun with.

    Args:
        folder: of the run.
        name: of the checkpoint.
        network: to fill.
        optimizer: to fill.
        worst: the score that any other is better than.
        config: the run's settings now; None prints nothing.

    Returns:
        The steps done, and the best score so far, `worst` where there is none.

    Raises:
        ModelError: a file is damaged, or belongs to another network.
    """
    about = checkpoint.resume(folder, name, network, optimizer) or {}
    step = int(str(about.get("step", 0)))
    if step and config is not None:
        print(f"{folder}: goes on after round {step}{_others(about.get('config'), asdict(config))}", flush=True)
    return step, float(str(about.get("best", worst)))


def _others(kept: object, now: dict[str, Any]) -> str:
    """What follows about settings that differ from those that a checkpoint keeps; empty where none do."""
    before = _flat(kept)
    after = _flat(json_text.load(json_text.dump(json_text.finite(now, str), default=str)))
    found = [f"{one} was {before[one]}, is {after[one]}" for one in after if before.get(one, after[one]) != after[one]]
    if not found:
        return ""
    more = f" and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
    told = "; ".join(line[:200] for line in found[:MOST_TOLD])
    return f", but with other settings: {told}{more}; remove the folder to begin anew with them"


def _flat(table: object, prefix: str = "") -> dict[str, object]:
    """The values of nested tables by their dotted names, but for those that need not be told."""
    found: dict[str, object] = {}
    for name, value in table.items() if isinstance(table, dict) else ():
        if name not in UNTOLD:
            found |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def steps(first: int, last: int, every: int) -> Iterator[tuple[int, bool]]:
    """The numbers of a run's steps, from `first` to `last` - 1, each with whether a checkpoint is due after it."""
    for step in range(first, last):
        yield step, (step + 1) % every == 0 or step + 1 == last


def log_row(path: Path, row: Mapping[str, object]) -> None:
    """Adds a row to a table (.csv), which begins with the names of its columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        if is_new:
            table.writerow(row)
        table.writerow(row.values())
