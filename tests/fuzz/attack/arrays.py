"""Arrays and their archives (.npz, .safetensors) that lie of type, shape, length and order; checksums hold."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attack.damage import EDGES
from attack.hostile import NAMES

Arrays = Mapping[str, NDArray[Any]]
_DTYPES: Final = (
    "<f4",
    ">f4",
    "<f8",
    "<f2",
    "<i1",
    "<i8",
    ">i8",
    "<u8",
    "|b1",
    "<c8",
    "<U4",
    "|S3",
    "<M8[s]",
    "<m8[ns]",
)
_SPECIAL: Final = (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e308, 5e-324, -0.0)


def changed(arrays: Arrays, dice: random.Random, most: int = 2) -> dict[str, NDArray[Any]]:
    """Arrays of which some are others: of another type or shape, empty, single, reversed, left out or renamed."""
    made = dict(arrays)
    for _ in range(dice.choice((1, 1, 1, dice.randint(1, most)))):
        if not made:
            break
        name = dice.choice(list(made))
        kind = dice.randrange(12)
        if kind == 0:
            del made[name]
        elif kind == 1:
            other = dice.choice(NAMES).replace("\0", "0").replace("/", "_").encode("utf-8", "replace").decode()
            made[other or "x"] = made.pop(name)
        elif kind == 2:
            made[name] = made[dice.choice(list(made))]
        else:
            made[name] = dice.choice(_KINDS)(made[name], dice)
    return made


def _typed(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    dtype = np.dtype(dice.choice(_DTYPES))
    with np.errstate(all="ignore"):
        try:
            return array.astype(dtype)
        except (TypeError, ValueError):
            return np.zeros(array.shape, dtype)


def _single(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    return np.asarray(array.reshape(-1)[0]) if array.size else np.asarray(0.0, np.float32)


def _reshaped(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    choices: list[Callable[[], NDArray[Any]]] = [
        lambda: array[None],
        lambda: array[..., None],
        lambda: array.reshape(-1),
        lambda: array.T,
        lambda: array[:0],
        lambda: np.concatenate([array, array]),
        lambda: array[..., :-1],
        lambda: array[:-1],
        lambda: array[:1],
        lambda: array.reshape((1,) * 30 + array.shape),
        lambda: np.zeros((0, *array.shape), array.dtype),
    ]
    try:
        return dice.choice(choices)()
    except (IndexError, ValueError):
        return np.zeros((3, 0), np.float32)


def _valued(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    """Some numbers are none, or far away."""
    made = array.copy()
    flat = made.reshape(-1)
    for _ in range(dice.choice((1, 1, 3)) if flat.size else 0):
        place = dice.randrange(flat.size)
        if made.dtype.kind == "f":
            with np.errstate(all="ignore"):
                flat[place] = dice.choice(_SPECIAL)
        elif made.dtype.kind in "iu":
            bound = np.iinfo(made.dtype)
            flat[place] = min(max(dice.choice(EDGES), int(bound.min)), int(bound.max))
        elif made.dtype.kind == "U":
            flat[place] = dice.choice(NAMES)
    return made


def _all(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    return np.full_like(array, dice.choice(_SPECIAL) if array.dtype.kind == "f" else 0)


def _shuffled(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    return array[::-1] if array.ndim else array


def _order(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    return np.asfortranarray(array) if dice.random() < 0.5 else array.astype(array.dtype.newbyteorder(">"))


def _text(array: NDArray[Any], dice: random.Random) -> NDArray[Any]:
    return np.asarray(dice.choice(NAMES))


_KINDS: Final = (
    _typed,
    _typed,
    _single,
    _reshaped,
    _reshaped,
    _reshaped,
    _valued,
    _valued,
    _all,
    _shuffled,
    _order,
    _text,
)


def npy(array: NDArray[Any], dice: random.Random | None = None) -> bytes:
    """An array's file; with dice, sometimes with a header that lies."""
    held = io.BytesIO()
    np.lib.format.write_array(held, array, allow_pickle=False)
    data = held.getvalue()
    if dice is None or dice.random() < 0.6:
        return data
    shape: Any = array.shape
    descr: Any = array.dtype.str
    kind = dice.randrange(9)
    if kind == 0:
        shape = (dice.choice(EDGES), *array.shape[1:])
    elif kind == 1:
        shape = tuple(dice.choice(EDGES) for _ in range(dice.randint(1, 40)))
    elif kind == 2:
        descr = dice.choice(
            ("|O", "O8", "|V0", "<U0", "|S0", "<f16", "<U1000000000", "|V99999999", "xyz", "", "<f4" * 900)
        )
    elif kind == 3:
        descr = [("a", "<f4"), ("b", dice.choice(("<i8", "|O", "|V4")))]
    elif kind == 4:
        shape = dice.choice(("(1,)", None, "x", 3, (1.5,), (True,), ((1,),), [2]))
    header = {"descr": descr, "fortran_order": dice.choice((True, False, 1, None)), "shape": shape}
    text = repr(header)
    if kind == 5:
        text = dice.choice(
            ("", "{}", "(" * 200 + ")" * 200, "[" * 9000, "__import__('os')", "{'descr': 1j}", "9" * 5000, "\0")
        )
    if kind == 6:
        text += " " * dice.choice((1, 60_000, 70_000))
    version = dice.choice((b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x00\x00", b"\xff\xff"))
    body = array.tobytes()
    length = dice.choice((len(text) + 1, len(text) + 1, 0, 65535, 10))
    head = min(length, 65535).to_bytes(2, "little") if version == b"\x01\x00" else length.to_bytes(4, "little")
    if kind == 7:
        return data[: dice.randint(0, len(data))]
    return b"\x93NUMPY" + version + head + text.encode("latin-1", "replace") + b"\n" + body


def npz(arrays: Arrays, dice: random.Random) -> bytes:
    """An archive of arrays, with members that may lie, be there twice, be packed or be elsewhere."""
    held = io.BytesIO()
    packed = dice.choice(
        (zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    )
    liar = dice.choice(list(arrays)) if arrays and dice.random() < 0.5 else None
    with zipfile.ZipFile(held, "w", packed) as archive:
        for name, array in arrays.items():
            archive.writestr(_member(name, dice), npy(array, dice if name == liar else None))
        if dice.random() < 0.04:
            archive.writestr("more.npy", npy(np.zeros(dice.choice((10**6, 3 * 10**7)), np.uint8)))
        if dice.random() < 0.04 and arrays:
            again = dice.choice(list(arrays))
            archive.filelist.append(archive.getinfo(archive.namelist()[list(arrays).index(again)]))
    data = held.getvalue()
    return _lying_zip(data, dice) if dice.random() < 0.15 else data


def _member(name: str, dice: random.Random) -> str:
    return (
        f"{name}.npy"
        if dice.random() < 0.97
        else dice.choice((name, f"../{name}.npy", f"{name}.npy/", f"/{name}.npy", "x.npy"))
    )


def _lying_zip(data: bytes, dice: random.Random) -> bytes:
    """An archive whose directory is wrong about a size, a place, an encryption, or how many there are."""
    place = data.rfind(b"PK\x01\x02") if dice.random() < 0.7 else data.rfind(b"PK\x05\x06")
    if place < 0:
        return data
    at = place + dice.choice((8, 10, 16, 20, 24, 28, 30, 42))
    width = dice.choice((2, 4))
    value = (dice.choice(EDGES) % (1 << 8 * width)).to_bytes(width, "little")
    return data[:at] + value + data[at + width :]


def safetensors(arrays: Arrays, dice: random.Random) -> bytes:
    """A safetensors file, whose header sometimes lies."""
    kinds = {
        "float32": "F32",
        "float64": "F64",
        "float16": "F16",
        "int64": "I64",
        "int32": "I32",
        "uint8": "U8",
        "bool": "BOOL",
    }
    header: dict[str, Any] = {}
    body = b""
    for name, array in arrays.items():
        plain = (
            array
            if array.dtype.name in kinds
            else array.astype(np.float32)
            if array.dtype.kind in "fiub"
            else np.zeros(2, np.uint8)
        )
        raw = np.ascontiguousarray(plain).astype(plain.dtype.newbyteorder("<")).tobytes()
        header[name] = {
            "dtype": kinds[plain.dtype.name],
            "shape": list(array.shape if plain.size == array.size else plain.shape),
            "data_offsets": [len(body), len(body) + len(raw)],
        }
        body += raw
    if header and dice.random() < 0.5:
        _lie(header[dice.choice(list(header))], dice)
    text = json.dumps(header)
    if dice.random() < 0.1:
        text = dice.choice(
            (
                "{}",
                "[]",
                "null",
                "[" * 5000,
                '{"a":' * 5000,
                "",
                '{"__metadata__": {"a": 1}}',
                '{"__metadata__": {"a": "b"}}',
            )
        )
    data = text.encode("utf-8", "surrogatepass")
    length = len(data) if dice.random() < 0.93 else dice.choice(EDGES) % (1 << 64)
    return length.to_bytes(8, "little") + data + (body if dice.random() < 0.95 else body[: len(body) // 2])


def _lie(entry: dict[str, Any], dice: random.Random) -> None:
    key = dice.choice(list(entry))
    if key == "dtype":
        entry[key] = dice.choice(("F64", "BF16", "F8_E4M3", "I64", "BOOL", "U8", "", None, 3))
    elif key == "shape":
        entry[key] = dice.choice(
            ([], [0], [-1], [2**63], [2**32, 2**32], [1.5], None, [1] * 100, entry[key][::-1], [[1]])
        )
    else:
        entry[key] = dice.choice(([0, 0], [0, 2**63], [8, 4], [-1, 4], [], None, [0, 4], entry[key][::-1]))
