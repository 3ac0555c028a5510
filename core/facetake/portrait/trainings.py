"""The folder of a training, as every portrait system has one: what it was made with, its networks and their judges.

Knows how such files are written and read; does not know what a system learns or what its folder holds besides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from facetake.config import from_table
from facetake.errors import ConfigError, PortraitError
from facetake.formats import beside
from facetake.networks import checkpoint

About = TypeVar("About")


def write_about(path: Path, about: Any) -> None:
    """Begins a training folder: writes the struct that says what it is made with; what is None is left out."""
    told = {name: value for name, value in asdict(about).items() if value is not None}
    with beside(path) as part:
        part.write_text(json.dumps(told, indent=1, default=str) + "\n", encoding="utf-8")


def read_about(kind: type[About], path: Path) -> About:
    """What a training folder was made with, from its file, which is named after its system.

    Raises:
        PortraitError: there is none, or it cannot be read.
    """
    if not path.is_file():
        raise PortraitError(
            f"{path.parent} is no training of {path.stem}; make one with `facetake portrait train {path.stem}`"
        )
    try:
        return from_table(kind, json.loads(path.read_text(encoding="utf-8")), str(path))
    except (ValueError, OSError, ConfigError) as error:
        raise PortraitError(f"{path} cannot be read ({error}); train again into a new folder") from error


def fill(folder: Path, networks: Mapping[str, torch.nn.Module]) -> None:
    """Loads networks by the names of their files, as far as training has come, ready to perform.

    Raises:
        PortraitError: one has not been saved yet.
        ModelError: a file of weights is damaged.
    """
    for name in networks:
        if not (folder / f"{name}.safetensors").is_file():
            raise PortraitError(f"{folder} has no {name}.safetensors yet; let `facetake portrait train` go on")
    for name, network in networks.items():
        checkpoint.load_weights(folder / f"{name}.safetensors", network)
        network.eval()


@dataclass(frozen=True)
class Kept:
    """A network in training, its optimiser, and the name of their files."""

    name: str
    network: torch.nn.Module
    optimizer: torch.optim.Optimizer


def save_both(folder: Path, made: Kept, judge: Kept, about: dict[str, object]) -> None:
    """Saves what learns and what judges it, the former last: its epoch is the one that counts."""
    for kept in (judge, made):
        checkpoint.save(folder, kept.name, kept.network, kept.optimizer, about)


def resume_both(folder: Path, made: Kept, judge: Kept) -> int:
    """The number of epochs done, after filling both with what was saved."""
    found = checkpoint.resume(folder, made.name, made.network, made.optimizer)
    checkpoint.resume(folder, judge.name, judge.network, judge.optimizer)
    return int(str(found["epoch"])) if found else 0
