"""Checkpoints as safetensors beside a readable JSON file: weights, optimiser moments, step and scores. No pickle.

Knows nothing of what is trained. A checkpoint is written beside and renamed, so that a crash leaves the one before it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from facetake import json_text
from facetake.errors import ModelError


def save(
    folder: Path, name: str, network: nn.Module, optimizer: torch.optim.Optimizer | None, about: dict[str, object]
) -> None:
    """Writes `name`.safetensors, `name`.json and, if an optimiser is given, `name`.optimizer.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.contiguous() for key, value in network.state_dict().items()}
    _write(folder / f"{name}.safetensors", weights)
    if optimizer is not None:
        _write(folder / f"{name}.optimizer.safetensors", _moments(optimizer))
    text = folder / f"{name}.json.part"
    text.write_text(json_text.dump(json_text.finite(about, str), indent=1, default=str), encoding="utf-8")
    text.replace(folder / f"{name}.json")


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    part = path.with_suffix(".part")
    save_file(tensors, part)
    part.replace(path)


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
    try:
        stored = load_file(path)
    except Exception as error:  # safetensors raises its own untyped error for a damaged file
        raise ModelError(f"{path} is not a safetensors file: {error}") from error
    own = network.state_dict()
    fitting = {key: value for key, value in stored.items() if key in own and own[key].shape == value.shape}
    missing = sorted(set(own) - set(fitting))
    if missing and not partial:
        raise ModelError(
            f"{path} does not fit this network: {missing[0]} and {len(missing) - 1} more are missing or differ in shape"
        )
    network.load_state_dict(fitting, strict=False)
    return missing


def resume(folder: Path, name: str, network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, object] | None:
    """Restores weights and optimiser from a folder; None where there is no checkpoint yet."""
    about = folder / f"{name}.json"
    if not about.is_file():
        return None
    load_weights(folder / f"{name}.safetensors", network)
    moments = load_file(folder / f"{name}.optimizer.safetensors")
    state = optimizer.state_dict()
    state["state"] = {}
    for key, value in moments.items():
        index, field = key.split(".", 1)
        state["state"].setdefault(int(index), {})[field] = value
    optimizer.load_state_dict(state)
    loaded: dict[str, object] = json_text.load(about.read_text(encoding="utf-8"))
    return loaded
