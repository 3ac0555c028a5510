"""The course of a training by steps, the same for all runs: resumed, scored and kept every so often, and logged.

What moves weights, and with them schedules and moving averages, is `facetake.networks.optimization`. Knows a run's
folder; does not know what is learnt.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import nn
from torch.optim import Optimizer

from facetake_training import checkpoint


def resume(
    folder: Path, name: str, network: nn.Module, optimizer: Optimizer, worst: float = math.inf
) -> tuple[int, float]:
    """Fills a network and its optimizer with the checkpoint of a run, where there is one.

    Args:
        folder: of the run.
        name: of the checkpoint.
        network: to fill.
        optimizer: to fill.
        worst: the score that any other is better than.

    Returns:
        The steps done, and the best score so far, `worst` where there is none.

    Raises:
        ModelError: a file is damaged, or belongs to another network.
    """
    about = checkpoint.resume(folder, name, network, optimizer) or {}
    return int(str(about.get("step", 0))), float(str(about.get("best", worst)))


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
