"""Networks that only users can bring: which files they are, where they are looked for, and how they are read safely.

Nothing is downloaded. A network that is missing is an error that says which file it is and where to put it; whoever can
do without says instead what was left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetake.errors import ModelError

VARIABLE = "FACETAKE_WEIGHTS"


class WeightsMissingError(ModelError):
    """A network's file that the user has not provided."""


@dataclass(frozen=True)
class WeightSpec:
    """One network that a user may bring.

    Attributes:
        name: as Facetake calls it.
        patterns: names its file may have, with `*`.
        needed_for: what is skipped without it.
        licence: of the weights, as their authors state it.
    """

    name: str
    patterns: tuple[str, ...]
    needed_for: str
    licence: str


KNOWN = {
    spec.name: spec
    for spec in (
        WeightSpec("inception", ("pt_inception-2015-12-05*.pth", "inception*.safetensors"), "FID", "Apache-2.0"),
        WeightSpec("syncnet", ("syncnet_v2.model", "syncnet*.safetensors"), "LSE-C and LSE-D", "MIT"),
        WeightSpec("arcface", ("backbone*.pth", "arcface*.safetensors"), "CSIM", "non-commercial research"),
        WeightSpec("vgg19", ("vgg19-*.pth", "vgg19*.safetensors"), "the perceptual loss", "BSD-3-Clause"),
        WeightSpec("vggface2", ("resnet50_ft_weight*.pth", "vggface2*.safetensors"), "a pretrained regression",
                   "CC BY-SA 4.0"),
        WeightSpec("atnet", ("atnet_lstm_18.pth",), "AudioDVP's own audio features", "none stated"),
    )
}  # fmt: skip


def folders(given: Path | None = None) -> list[Path]:
    """Where networks are looked for: the folder given, that of FACETAKE_WEIGHTS, and the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "facetake" / "weights"
    named = os.environ.get(VARIABLE)
    return [folder for folder in (given, Path(named) if named else None, cache) if folder is not None]


def resolve(name: str, given: Path | None = None) -> Path:
    """The file of a network.

    Args:
        name: one of `KNOWN`; any other is a ValueError.
        given: a folder to look in first.

    Raises:
        WeightsMissingError: it is in none of the folders.
    """
    if name not in KNOWN:
        raise ValueError(f"no network is called {name!r}; {', '.join(KNOWN)} are")
    spec = KNOWN[name]
    for folder in folders(given):
        for pattern in spec.patterns:
            if found := sorted(path for path in folder.glob(pattern) if path.is_file()):
                return found[0]
    raise WeightsMissingError(
        f"{spec.needed_for} needs the network {name}, whose file ({' or '.join(spec.patterns)}) is in none of "
        f"{', '.join(map(str, folders(given)))}; put it there, or name its folder in {VARIABLE}"
    )


def load_tensors(path: Path) -> dict[str, Any]:
    """The tensors of a safetensors or torch file by name, `module.` before them taken away. Runs no code of the file.

    Raises:
        ModelError: the file is damaged, or holds anything but tensors.
    """
    import torch

    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            table: Any = load_file(path)
        else:
            table = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises UnpicklingError, RuntimeError, EOFError and others for a bad file
        raise ModelError(f"{path} is no file of weights that can be read safely ({type(error).__name__})") from error
    table = table.get("state_dict", table) if isinstance(table, dict) else table
    if not isinstance(table, dict) or not all(isinstance(value, torch.Tensor) for value in table.values()):
        raise ModelError(f"{path} holds something other than named tensors; give the state_dict alone")
    return {name.removeprefix("module."): tensor for name, tensor in table.items()}


def fill(network: Any, tensors: dict[str, Any], path: Path) -> None:
    """Puts tensors into a torch module. ModelError that names what is missing or has another shape."""
    own = network.state_dict()
    wrong = [name for name, value in own.items() if name not in tensors or tensors[name].shape != value.shape]
    if wrong:
        raise ModelError(f"{path} does not fit: {', '.join(wrong[:3])} is missing or of another shape")
    network.load_state_dict({name: tensors[name] for name in own})
