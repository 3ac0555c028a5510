"""The folder of a training, as every portrait system has one: what it was made with, its networks and their judges.

    NAME.safetensors      a network as far as it has come, for those who perform
    kept-NAME-000012/     the same with its judge and the optimisers of both after epoch or step 12, to go on from

Knows how such files are written and read; does not know what a system learns or what its folder holds besides.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from facetake import files
from facetake.config import from_table
from facetake.errors import ConfigError, FacetakeError, PortraitError
from facetake.files import json_text, quantities
from facetake.formats import beside
from facetake.networks import checkpoint
from facetake.portrait.storage import read_json
from facetake.portrait.training.presets import check_sizes

About = TypeVar("About")
KEPT = "kept-"
PART = ".part"


def write_about(path: Path, about: Any) -> None:
    """Begins a training folder: writes the struct that says what it is made with; what is None is left out."""
    told = {name: value for name, value in asdict(about).items() if value is not None}
    with beside(path) as part:
        part.write_text(json_text.dump(told, indent=1, default=str) + "\n", encoding="utf-8", newline="\n")


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
        about = from_table(kind, read_json(path), str(path))
        check_sizes(about, str(path))
    except ConfigError as error:
        raise PortraitError(f"{error}; train again into a new folder") from error
    return about


@contextmanager
def described(path: Path) -> Iterator[None]:
    """For building networks by what a training's file says: PortraitError where there can be no such networks."""
    try:
        yield
    except FacetakeError:
        raise
    except Exception as error:  # torch raises a dozen kinds over sizes that cannot be
        raise PortraitError(
            f"{path} describes networks that cannot be ({files.reason(error)}); train again into a new folder"
        ) from error


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


def keep(folder: Path, kept: Sequence[Kept], about: Mapping[str, object]) -> None:
    """Keeps networks and their optimisers of one moment, which takes the place of the moment before.

    They are written into a folder that gets its name when it is whole: what is found there is never of two moments,
    whenever a training is killed.

    Args:
        folder: of the training.
        kept: what belongs together; the first gives the folder its name.
        about: its "epoch" or "step" is the number of those done; and whatever is worth telling.
    """
    name = kept[0].name
    part = folder / f"{KEPT}{kept[0].name}{PART}"
    place = folder / f"{KEPT}{name}-{_done(about):06d}"
    older = _moments(folder, name)
    if place in older:
        return
    files.remove(part)
    try:
        for one in kept:
            checkpoint.save(part, one.name, one.network, one.optimizer, dict(about))
        files.replace(part, place)
    except BaseException:
        with suppress(OSError):  # a full disk has use for the room
            files.remove(part)
        raise
    for other in older:
        files.remove(other)
    _clear_old(folder, kept)


def resume(folder: Path, kept: Sequence[Kept]) -> int:
    """The number of epochs or steps done, after filling networks and optimisers with what was kept.

    Raises:
        PortraitError: they were kept apart, as early versions did, and are of two moments.
        ModelError: a file of weights is damaged.
    """
    found = _moments(folder, kept[0].name)
    done = int(found[-1].name.rpartition("-")[2]) if found else _done_old(folder, kept)
    for other in found[:-1]:  # killed before it was taken away
        files.remove(other)
    if done:
        for one in kept:
            checkpoint.resume(found[-1] if found else folder, one.name, one.network, one.optimizer)
    return done


def show(folder: Path, name: str) -> None:
    """Puts the weights of a network that was kept where those who perform look for them; whole or not at all."""
    file = f"{name}.safetensors"
    for place in _moments(folder, name)[-1:]:
        with beside(folder / file) as part:
            shutil.copyfile(place / file, part)


def forget(folder: Path, name: str) -> None:
    """Takes away what was kept under the name of a network; training can't go on after that."""
    for place in (folder / f"{KEPT}{name}{PART}", *_moments(folder, name)):
        shutil.rmtree(place, ignore_errors=True)


def resume_shown(folder: Path, kept: Sequence[Kept]) -> int:
    """As `resume`; shows what learns, the first, because a training that was killed may have kept it and not shown it.

    Raises:
        PortraitError: what learns is there and nothing to go on from, as when that was taken away; or as `resume`.
        ModelError: as `resume`.
    """
    name = kept[0].name
    done = resume(folder, kept)
    if not done and (folder / f"{name}.safetensors").is_file():
        raise PortraitError(
            f"{folder} has {name}.safetensors, but nothing to go on from ({KEPT}{name}-*); "
            "name a new folder, to train anew without losing what is there"
        )
    show(folder, name)
    return done


def _moments(folder: Path, name: str) -> list[Path]:
    """What was kept under a name, the last moment last; more than one where a training was killed while keeping."""
    found = folder.glob(f"{KEPT}{name}-[0-9]*")
    return sorted(place for place in found if re.fullmatch("[0-9]{6,9}", place.name.rpartition("-")[2]))


def _done(about: Mapping[str, object]) -> int:
    return quantities.whole(about.get("epoch", about.get("step")), "its epoch or step", low=0)


def _done_old(folder: Path, kept: Sequence[Kept]) -> int:
    """The number done where early versions kept each network by itself."""
    done = {one.name: _done_alone(folder, one.name) for one in kept}
    if len(set(done.values())) > 1:
        told = ", ".join(f"{name} after {number}" for name, number in done.items())
        raise PortraitError(
            f"{folder} was stopped while it was being saved: its networks are of two moments ({told}); "
            "train again into a new folder"
        )
    return done[kept[0].name]


def _done_alone(folder: Path, name: str) -> int:
    about = folder / f"{name}.json"
    if not about.is_file() or not (folder / f"{name}.optimizer.safetensors").is_file():
        return 0
    try:
        return _done(read_json(about))
    except ConfigError as error:
        raise PortraitError(f"{about}: {error}; train again into a new folder") from error


def _clear_old(folder: Path, kept: Sequence[Kept]) -> None:
    """Takes away what early versions kept, but for the weights that those who perform look for."""
    if (folder / f"{kept[0].name}.optimizer.safetensors").is_file():
        for other in kept[1:]:
            files.remove(folder / f"{other.name}.safetensors")
        for one in kept:
            files.remove(folder / f"{one.name}.json")
        for one in reversed(kept):  # the first one's, which tells that this is to be done, last
            files.remove(folder / f"{one.name}.optimizer.safetensors")
