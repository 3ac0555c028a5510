"""Checkpoints as safetensors beside a readable JSON file: weights, optimiser moments, step and scores. No pickle.

Knows nothing of what is trained. A checkpoint is written beside and renamed, so that a crash leaves the one before it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from safetensors.torch import save as as_bytes
from torch import Tensor, nn

from facetake import files
from facetake.arrays.reader import reading
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.formats import beside


def save(
    folder: Path, name: str, network: nn.Module, optimizer: torch.optim.Optimizer | None, about: dict[str, object]
) -> None:
    """Writes `name`.safetensors, `name`.json and, if an optimiser is given, `name`.optimizer.safetensors.

    Raises:
        TakeError: a file cannot be written, as on a full disk; those that were there before stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    _write(folder / f"{name}.safetensors", weights)
    if optimizer is not None:
        _write(folder / f"{name}.optimizer.safetensors", _moments(optimizer))
    told = json_text.dump(json_text.finite(about, str), indent=1, default=str)
    with beside(folder / f"{name}.json") as part:
        part.write_text(told, encoding="utf-8", newline="\n")


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    with beside(path) as part:
        part.write_bytes(as_bytes(tensors))  # what safetensors writes itself is the owner's alone


def _moments(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"{index}.{key}": torch.as_tensor(value).contiguous()
        for index, row in state.items()
        for key, value in row.items()
    }


def load_weights(path: Path, network: nn.Module, *, partial: bool = False) -> list[str]:
    """Loads weights into a network.

    Args:
        path: a .safetensors file.
        network: the network to fill.
        partial: take what fits by name and shape and leave the rest as it is.

    Returns:
        Names left as they were (always empty unless `partial`).

    Raises:
        ModelError: the file is missing, is not safetensors, or (unless `partial`) does not fit.
    """
    if not path.is_file():
        raise ModelError(f"no weights at {path}")
    stored = read_tensors(path)
    own = network.state_dict()
    fitting = {key: value for key, value in stored.items() if key in own and own[key].shape == value.shape}
    missing = sorted(set(own) - set(fitting))
    if missing and not partial:
        raise ModelError(
            f"{path} does not fit this network: {missing[0]} and {len(missing) - 1} more are missing or differ in shape"
        )
    network.load_state_dict(fitting, strict=False)
    return missing


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors file by name, in memory: none holds the file, which may then go.

    Raises:
        ModelError: it cannot be read, or is none.
    """
    try:
        files.check(path)
        with reading():
            return {key: value.clone() for key, value in load_file(path).items()}
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} is not a safetensors file ({files.reason(error)}); copy it again") from error


def resume(folder: Path, name: str, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, object] | None:
    """Restores weights and optimiser from a folder; None where there is no checkpoint yet.

    Raises:
        ModelError: a file is damaged, or belongs to another network.
    """
    about = folder / f"{name}.json"
    if not about.is_file():
        return None
    load_weights(folder / f"{name}.safetensors", network)
    _fill_moments(folder / f"{name}.optimizer.safetensors", optimizer)
    return _read_about(about)


def unmap(network: torch.nn.Module) -> None:
    """Takes a network's weights out of the files that a library has mapped, which can then be moved and replaced."""
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = tensor.data.clone()


def _fill_moments(path: Path, optimizer: torch.optim.Optimizer) -> None:
    """Gives an optimiser what was kept of it, each moment of the size of its parameter or a single number."""
    state = optimizer.state_dict()
    sizes = [p.shape for group in optimizer.param_groups for p in group["params"]]
    state["state"] = {}
    for key, value in read_tensors(path).items():
        index, _, field = key.partition(".")
        place = int(index) if index.isdecimal() and len(index) < 10 else len(sizes)
        if place >= len(sizes) or not _is_moment(field, value, sizes[place]):
            raise ModelError(f"{path} is of another network, or damaged: {key} is {tuple(value.shape)}; train again")
        state["state"].setdefault(place, {})[field] = value
    if len({frozenset(row) for row in state["state"].values()}) > 1:
        raise ModelError(f"{path} is damaged: a parameter lacks a moment that others have; train again")
    optimizer.load_state_dict(state)


def _is_moment(field: str, value: Tensor, size: torch.Size) -> bool:
    """Whether that can be a moment of a parameter: how many steps were done, or a number for each of its own."""
    if not value.is_floating_point() or not torch.isfinite(value.to(torch.float64)).all():
        return False
    return value.shape == size if field != "step" else value.numel() == 1 and not value.shape and float(value) >= 0.0


def _read_about(path: Path) -> dict[str, object]:
    try:
        return json_text.load_table(files.read_text(path))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({files.reason(error)}); train again") from error
