"""Whisper's published weights from local files: CTranslate2's model file, or a folder as transformers writes it.

Only the encoder is read, and of it only the layers asked for. Nothing is downloaded. Knows nothing of what is learnt.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.errors import ModelError
from facetake.files import read_bytes, reason
from facetake.networks.checkpoint import read_tensors

if TYPE_CHECKING:
    from facetake.networks.whisper import WhisperLayers

Arrays = Mapping[str, NDArray[np.generic]]
NAME = "WhisperSpec"  # what CTranslate2 calls the architecture
MOST_RANKS = 4  # of an array; more is a cut or foreign file
FLOATS = {0: "<f4", 4: "<f2"}  # CTranslate2's numbers of types; the others are quantised


def load_into(layers: WhisperLayers, files: Sequence[Path]) -> None:
    """Fills the pretrained part of an encoder.

    Args:
        layers: the shapes to fill; how many layers it has is how many are read.
        files: one folder (config.json, model.safetensors), or the parts of a CTranslate2 file in order.

    Raises:
        ModelError: a file is missing, cut, quantised, of another size, or not Whisper's.
    """
    if len(files) == 1 and files[0].is_dir():
        find = _from_folder(files[0])
        told = str(files[0])
    else:
        find = _from_ctranslate2(files)
        told = ", ".join(map(str, files))
    filled = {name: find(name) for name in layers.state_dict()}
    for name, target in layers.state_dict().items():
        if filled[name].shape != target.shape:
            raise ModelError(
                f"{told} is Whisper of another size: {name} is {tuple(filled[name].shape)}, not {tuple(target.shape)}; "
                "set width and layers to the file's (384 and up to 4 for tiny, 512 and up to 6 for base)"
            )
    layers.load_state_dict(filled)


def _from_folder(folder: Path) -> Callable[[str], Tensor]:
    """Finds a weight of ours in a transformers folder."""
    path = folder / "model.safetensors"
    if not path.is_file():
        raise ModelError(f"no Whisper model in {folder}: put its config.json and model.safetensors there")
    stored = read_tensors(path)
    stored = {name.removeprefix("model.").removeprefix("encoder."): value for name, value in stored.items()}

    def take(name: str) -> Tensor:
        if name not in stored:
            raise ModelError(f"{path} is not Whisper's, or has fewer layers than asked for: it holds no {name}")
        return stored[name].float()

    def find(name: str) -> Tensor:
        for ours, theirs in _TRANSFORMERS:
            name = name.replace(ours, theirs)
        if "query_key_value" not in name:
            return take(name)
        before, kind = name.split("query_key_value.")
        query, value = (take(f"{before}{part}_proj.{kind}") for part in "qv")
        key = take(f"{before}k_proj.{kind}") if kind == "weight" else torch.zeros_like(query)  # keys have no bias
        return torch.cat([query, key, value])

    return find


_TRANSFORMERS = (
    ("attention_norm", "self_attn_layer_norm"),
    ("attention_out", "self_attn.out_proj"),
    ("query_key_value", "self_attn.query_key_value"),
    (".norm.", ".final_layer_norm."),
    (".first.", ".fc1."),
    (".second.", ".fc2."),
    ("first.", "conv1."),
    ("second.", "conv2."),
)
_CTRANSLATE2 = (
    ("attention_norm.weight", "self_attention/layer_norm/gamma"),
    ("attention_norm.bias", "self_attention/layer_norm/beta"),
    ("query_key_value", "self_attention/linear_0"),
    ("attention_out", "self_attention/linear_1"),
    ("norm.weight", "ffn/layer_norm/gamma"),
    ("norm.bias", "ffn/layer_norm/beta"),
    (".first", ".ffn/linear_0"),
    (".second", ".ffn/linear_1"),
    ("first", "conv1"),
    ("second", "conv2"),
    ("layers.", "layer_"),
)


def _from_ctranslate2(files: Sequence[Path]) -> Callable[[str], Tensor]:
    """Finds a weight of ours in the parts of a CTranslate2 file."""
    told = ", ".join(map(str, files))
    try:
        data = b"".join(read_bytes(path) for path in files)
    except OSError as error:
        raise ModelError(f"cannot read Whisper's weights in {told}: {reason(error)}") from error
    arrays = dict(_arrays(data, told))

    def find(name: str) -> Tensor:
        for ours, theirs in _CTRANSLATE2:
            name = name.replace(ours, theirs)
        key = "encoder/" + name.replace(".", "/")
        if key not in arrays:
            raise ModelError(f"{told} has fewer layers than asked for, or is not Whisper's: it holds no {key}")
        return torch.from_numpy(arrays[key].astype(np.float32))

    return find


def _arrays(data: bytes, told: str) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The encoder's arrays by name.

    A file is: version, architecture, revision, count; then for each array name, rank, sizes, type, bytes, data.
    """
    at = 0

    def take(code: str) -> int:
        nonlocal at
        try:
            (value,) = struct.unpack_from("<" + code, data, at)
        except struct.error as error:
            raise ModelError(f"{told} ends in the middle of Whisper's weights; copy it again, whole") from error
        at += struct.calcsize("<" + code)
        return int(value)

    def text() -> str:
        nonlocal at
        count = take("H")
        at += count
        return data[at - count : at].rstrip(b"\0").decode("utf-8", "replace")

    take("I")
    if (name := text()) != NAME:
        raise ModelError(f"{told} is no Whisper model of CTranslate2: it calls itself {name[:40]!r}")
    take("I")
    for _ in range(take("I")):
        name = text()
        rank = take("B")
        sizes = [take("I") for _ in range(min(rank, MOST_RANKS))]
        kind = take("B")
        count = take("I")
        if rank > MOST_RANKS or at + count > len(data):
            raise ModelError(f"{told} ends in the middle of {name[:80] or 'a name'}; copy it again, whole")
        if name.startswith("encoder/") and rank:
            yield name, _array(name, data[at : at + count], kind, sizes, told)
        at += count


def _array(name: str, data: bytes, kind: int, sizes: Sequence[int], told: str) -> NDArray[np.generic]:
    if kind not in FLOATS:
        raise ModelError(f"{told} is quantised ({name}); take the float16 or float32 file")
    try:
        return np.frombuffer(data, np.dtype(FLOATS[kind])).reshape(sizes)
    except ValueError as error:
        raise ModelError(f"{told} is damaged: {name} holds {len(data)} bytes for the sizes {list(sizes)}") from error
