"""The packages that come with Facetake's extras: which there are, and how to get one that is missing.

A list beside pyproject.toml's, because an installed Facetake must know it too; a test holds both equal. Imports none
of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

from facetake.errors import sentence

EXTRAS: Final[Mapping[str, Mapping[str, str]]] = {
    "preview": {"numba": "numba", "av": "av", "pillow": "PIL"},
    "train": {
        "torch": "torch",
        "onnx": "onnx",
        "onnxscript": "onnxscript",
        "accelerate": "accelerate",
        "tensorboard": "tensorboard",
        "safetensors": "safetensors",
        "pocketsphinx": "pocketsphinx",
        "transformers": "transformers",
        "scikit-learn": "sklearn",
    },
    "cpu": {"onnxruntime": "onnxruntime"},
    "gpu": {"onnxruntime-gpu": "onnxruntime"},
    "live": {"sounddevice": "sounddevice"},
    "ui": {"PySide6-Essentials": "PySide6", "sounddevice": "sounddevice"},
    "ray": {"ray": "ray"},
    "landmarks": {"mediapipe": "mediapipe", "safetensors": "safetensors"},
    "portrait": {"torch": "torch", "safetensors": "safetensors", "librosa": "librosa", "scikit-image": "skimage"},
    "phonemes": {"transformers": "transformers"},
    "bfm": {"h5py": "h5py"},
    "usd": {"usd-core": "pxr"},
    "script": {
        "gruut-lang-en": "gruut_lang_en",
        "gruut-lang-fr": "gruut_lang_fr",
        "python-crfsuite": "pycrfsuite",
        "g2p2": "g2p2",
        "g2p2-group-germanic": "g2p2_group_germanic",
        "pypinyin": "pypinyin",
        "num2words": "num2words",
    },
    "script-ja": {"SudachiPy": "sudachipy", "SudachiDict-small": "sudachidict_small"},
    "c2pa": {"c2pa-python": "c2pa"},
}
"""By extra: what it installs, and the module that is imported of it. Left out are those of who makes Facetake and hands
it out."""


def lacking(extra: str) -> list[str]:
    """The packages of an extra that are not installed."""
    return [package for package, module in EXTRAS[extra].items() if not _is_there(package, module)]


def _is_there(package: str, module: str) -> bool:
    if version_of(package) is not None:
        return True
    if module == "onnxruntime":  # two packages own the module, and each is an extra of its own
        return False
    try:
        found = find_spec(module)
    except (ImportError, ValueError):
        return False
    return found is not None and found.origin is not None  # a folder of that name is no package


def version_of(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def told(error: Exception) -> str:
    """An error as one line for a person; of a package that an extra brings, how to get it."""
    hint = how_to_get(error.name) if isinstance(error, ModuleNotFoundError) else None
    return hint or sentence(error)


def how_to_get(module: str | None) -> str | None:
    """What to do where a module could not be imported, as a sentence; None for one that no extra brings."""
    name = (module or "").split(".")[0]
    for extra, packages in EXTRAS.items():
        if name in packages.values():
            return f'this needs {name}, which is not installed; pip install "facetake[{extra}]"'
    return None
