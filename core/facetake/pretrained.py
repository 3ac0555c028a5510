"""Networks that only users can bring: which files they are, where they are looked for, and how they are read safely.

Nothing is downloaded. A network that is missing is an error that says which file it is, where a person finds it, on
what terms, and what goes without it; whoever can do without says instead what was left out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facetake import files
from facetake.errors import ModelError
from facetake.files import user_folders
from facetake.safe_pickle import read

VARIABLE = "FACETAKE_WEIGHTS"
COUNTER = "num_batches_tracked"
"""What files older than this counter of torch's lack; nothing is calculated from it."""


class WeightsMissingError(ModelError):
    """A network's file that the user has not provided."""


@dataclass(frozen=True)
class PretrainedNetwork:
    """One network that a user may bring.

    Attributes:
        name: as Facetake calls it.
        files: names its file may have, with `*`; the first is the one that is published.
        found_at: where a person finds it.
        licence: of the weights, as their authors state it; "unknown" where they state none.
        needed_for: what is skipped without it.
    """

    name: str
    files: tuple[str, ...]
    found_at: str
    licence: str
    needed_for: str


KNOWN = {
    entry.name: entry
    for entry in (
        PretrainedNetwork(
            "inception",
            ("pt_inception-2015-12-05-6726825d.pth", "pt_inception*.pth", "inception*.safetensors"),
            "the releases of github.com/mseitzer/pytorch-fid",
            "unknown for the weights, which come out of TensorFlow's Inception of 2015 (the port is Apache-2.0)",
            "FID",
        ),
        PretrainedNetwork(
            "syncnet",
            ("syncnet_v2.model", "syncnet*.safetensors"),
            "github.com/joonson/syncnet_python",
            "unknown for the weights (the code beside them is MIT)",
            "LSE-C and LSE-D",
        ),
        PretrainedNetwork(
            "arcface",
            ("backbone*.pth", "arcface*.pth", "arcface*.safetensors"),
            "the model zoo of github.com/deepinsight/insightface, under arcface_torch",
            "non-commercial research only",
            "CSIM",
        ),
        PretrainedNetwork(
            "vggface2",
            ("resnet50_ft_weight.pkl", "resnet50_ft*.pkl", "vggface2*.safetensors"),
            "github.com/cydonia999/VGGFace2-pytorch, which converted the Caffe model of github.com/ox-vgg/vgg_face2",
            "unknown",
            "the regression's start, which is otherwise random",
        ),
        PretrainedNetwork(
            "vgg",
            ("vgg16-397923af.pth", "vgg19-dcbb9e9d.pth", "vgg1[69]*.pth", "vgg1[69]*.safetensors"),
            "torchvision's models, as VGG16_Weights.IMAGENET1K_V1",
            "unknown for the weights, which learnt from ImageNet (torchvision's code is BSD-3-Clause)",
            "VGG's style loss",
        ),
        PretrainedNetwork(
            "emonet",
            ("emonet_8.onnx", "emonet*.onnx"),
            "your own export to ONNX, from a picture (1, 3, 256, 256), RGB in 0..1, to valence and arousal, of "
            "emonet_8.pth out of github.com/face-analysis/emonet",
            "CC BY-NC-ND 4.0, non-commercial",
            "A-EMD and V-EMD by EmoNet",
        ),
    )
}


def folders(given: Path | None = None) -> list[Path]:
    """Where networks are looked for: the folder given, that of FACETAKE_WEIGHTS, and the user's cache."""
    cache = user_folders.cache() / "facetake" / "weights"
    named = os.environ.get(VARIABLE)
    return [folder for folder in (given, Path(named) if named else None, cache) if folder is not None]


def resolve(name: str, given: Path | None = None) -> Path:
    """The file of a network.

    Args:
        name: one of `KNOWN`; any other is a ValueError.
        given: a folder to look in first.

    Raises:
        WeightsMissingError: it is in none of the folders.
        ModelError: the folder given is none.
    """
    if name not in KNOWN:
        raise ValueError(f"no network is called {name!r}; {', '.join(KNOWN)} are")
    if given is not None and not given.is_dir():
        raise ModelError(f"there is no folder {given} with networks; name one that is there with --weights")
    wanted = KNOWN[name]
    for folder in folders(given):
        for pattern in wanted.files:
            if found := sorted(path for path in folder.glob(pattern) if path.is_file()):
                return found[0]
    raise WeightsMissingError(
        f"{wanted.needed_for} needs the network {name}: fetch {wanted.files[0]} from {wanted.found_at} (licence: "
        f"{wanted.licence}) and put it into one of {', '.join(map(str, folders(given)))}, or name its folder with "
        f"--weights or {VARIABLE}"
    )


def load_tensors(path: Path) -> dict[str, Any]:
    """The tensors of a file by name, `module.` before them taken away. Runs no code of the file.

    path: .safetensors, a pickle of numpy arrays (.pkl), or what `torch.save` wrote.

    Raises:
        ModelError: the file is damaged, or holds anything but named tensors.
    """
    import torch

    table = _arrays(path) if path.suffix == ".pkl" else _tensors(path)
    table = table.get("state_dict", table) if isinstance(table, dict) else table
    if not isinstance(table, dict) or not all(isinstance(value, torch.Tensor) for value in table.values()):
        raise ModelError(f"{path} holds something other than named tensors; give the state_dict alone")
    return {str(name).removeprefix("module."): tensor for name, tensor in table.items()}


def _arrays(path: Path) -> Any:
    table = read(path)
    if not isinstance(table, dict):
        return table
    try:
        return {name: _tensor(value) if isinstance(value, np.ndarray) else value for name, value in table.items()}
    except TypeError as error:
        raise ModelError(
            f"{path} holds an array that is not of numbers ({files.reason(error)}); fetch it again"
        ) from error


def _tensor(array: np.ndarray) -> Any:
    """An array in this machine's own order of bytes as a tensor; TypeError where torch has no such numbers."""
    import torch

    return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))


def _tensors(path: Path) -> Any:
    import torch

    try:
        files.check(path)
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises UnpicklingError, RuntimeError, EOFError and others for a bad file
        raise ModelError(
            f"{path} is no file of weights that can be read safely ({type(error).__name__}); fetch it again, "
            "or save its tensors as .safetensors"
        ) from error


def fill(network: Any, tensors: dict[str, Any], path: Path, unused: tuple[str, ...] = ()) -> None:
    """Puts tensors into a torch module, every one of its own.

    Args:
        network: the module.
        tensors: as `load_tensors` gives them.
        path: where they are from, for what is said.
        unused: beginnings of names that the file has and the module does without, such as a classifier.

    Raises:
        ModelError: it names what is missing, of another shape, or left over: then the file is another network's.
    """
    own = {name: value for name, value in network.state_dict().items() if not name.endswith(COUNTER)}
    wrong = [name for name, value in own.items() if name not in tensors or tensors[name].shape != value.shape]
    if wrong:
        raise ModelError(f"{path} is of another network: {_first(wrong)} missing in it or of another shape")
    left = [name for name in tensors if name not in own and not name.startswith(unused) and not name.endswith(COUNTER)]
    if left:
        raise ModelError(f"{path} is of another network: it also holds {_first(left)}")
    network.load_state_dict({name: tensors[name] for name in own}, strict=False)


def _first(names: list[str]) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"
