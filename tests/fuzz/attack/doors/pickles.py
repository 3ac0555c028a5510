"""Pickles of published face models and networks, and what `torch.save` and safetensors hold: walked over, never run."""

from __future__ import annotations

import pickletools
import random
import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import sparse

from attack import arrays, hostile
from attack.damage import EDGES, damaged
from attack.door import Case, Door, Open
from facetake.safe_pickle import read

pickle: Any = __import__("pickle")  # the house forbids it in the engine; published models are made with it


@dataclass(frozen=True)
class Whole:
    """Small whole files."""

    pickles: list[bytes]
    torch: bytes
    arrays: dict[str, np.ndarray]


def prepare(folder: Path) -> Whole:
    """Pickles of every protocol, and weights, each read once."""
    held = {
        "v": np.arange(6.0).reshape(2, 3),
        "f": np.arange(3, dtype=np.uint32),
        "j": sparse.csc_matrix(np.eye(3)),
        "c": sparse.coo_matrix(np.eye(2)),
        "s": "text",
        "n": [1, 2.5, None, True, (1,), {"a": {1: b"x"}}],
        "d": np.float32(1.5),
    }
    found = [pickle.dumps(held, protocol) for protocol in range(6)]
    for data in found:
        (folder / "a.pkl").write_bytes(data)
        read(folder / "a.pkl")
    weights = {"weight": np.ones((2, 3), np.float32), "bias": np.zeros(2, np.float32)}
    saved = b""
    if find_spec("torch"):
        import torch

        from facetake.pretrained import load_tensors

        torch.save({name: torch.from_numpy(value) for name, value in weights.items()}, folder / "a.pth")
        load_tensors(folder / "a.pth")
        saved = (folder / "a.pth").read_bytes()
    return Whole(found, saved, weights)


def make(whole: Whole, case: Case) -> Open:
    """A pickle made to hurt, or weights."""
    dice = case.dice
    if whole.torch and dice.random() < 0.25:
        return _weights(whole, case)
    path = case.folder / "a.pkl"
    kind = dice.random()
    data = dice.choice(whole.pickles)
    if kind < 0.25:
        data = damaged(data, dice)
    elif kind < 0.6:
        data = _other_opcodes(data, dice)
    else:
        data = _program(dice)
    path.write_bytes(data)
    return lambda: read(path)


def _other_opcodes(data: bytes, dice: random.Random) -> bytes:
    """A pickle of whose instructions some are left out, said twice, swapped or others."""
    places = [place for _, _, place in pickletools.genops(data) if place is not None]
    parts = [data[first:last] for first, last in zip(places, [*places[1:], len(data)], strict=True)]
    for _ in range(dice.choice((1, 1, 2, 4))):
        place = dice.randrange(len(parts))
        kind = dice.randrange(5)
        if kind == 0:
            del parts[place]
        elif kind == 1:
            parts.insert(place, parts[dice.randrange(len(parts))])
        elif kind == 2:
            other = dice.randrange(len(parts))
            parts[place], parts[other] = parts[other], parts[place]
        else:
            parts[place] = _step(dice)
        parts = parts or [b"."]
    return b"".join(parts)


def _step(dice: random.Random) -> bytes:
    number = dice.choice(EDGES)
    return dice.choice(
        (
            b"]",
            b"}",
            b")",
            b"(",
            b"0",
            b"2",
            b"1",
            b"N",
            b"\x88",
            b"\x8f",
            b"\x90",
            b"\x91",
            b"\x81",
            b"R",
            b"b",
            b"a",
            b"e",
            b"s",
            b"u",
            b"t",
            b"\x85",
            b"\x86",
            b"\x87",
            b"l",
            b"d",
            b"\x93",
            b"\x94",
            b"q\x00",
            b"h\x00",
            b"r\x00\x00\x00\x00",
            b"j\xff\xff\xff\xff",
            b"p7\n",
            b"g7\n",
            b"I%d\n" % number,
            b"L%dL\n" % number,
            b"J" + struct.pack("<I", number % 2**32),
            b"K" + bytes([number % 256]),
            b"F1e400\n",
            b"Fnan\n",
            b"G" + struct.pack(">d", float("nan")),
            b"S'x'\n",
            b"Sx\n",
            b"V\\ud800\n",
            b"X\x01\x00\x00\x00a",
            b"X\xff\xff\xff\x7fa",
            b"C\x04abcd",
            b"\x8d" + struct.pack("<Q", number % 2**64),
            b"\x8e" + struct.pack("<Q", number % 2**64) + b"ab",
            b"\x96" + struct.pack("<Q", 2) + b"ab",
            b"\x8a\x09" + b"\xff" * 9,
            b"\x8b\xff\xff\xff\x7f",
            b"cos\nsystem\n",
            b"cnumpy.core.multiarray\n_reconstruct\n",
            b"cnumpy\ndtype\n",
            b"cnumpy\nndarray\n",
            b"cscipy.sparse._csc\ncsc_matrix\n",
            b"ccopy_reg\n_reconstructor\n",
            b"c_codecs\nencode\n",
            b"cchumpy.ch\nCh\n",
            b"cnumpy.core.numeric\n_frombuffer\n",
            b"cnumpy.core.multiarray\nscalar\n",
            b"ccollections\nOrderedDict\n",
            b"cbuiltins\neval\n",
            b"c__builtin__\ndict\n",
            b"\x95" + struct.pack("<Q", number % 2**64),
            b"\x80\xff",
            b"P1\n",
            b"Q",
            b"\x82\x01",
            b"i\n",
            b"ios\nsystem\n",
            b"\x97",
            b"\x98",
        )
    )


def _program(dice: random.Random) -> bytes:
    """A pickle that nobody wrote: arrays of lying parts, doubled and endless holders, or steps by chance."""
    kind = dice.randrange(8)
    if kind == 0:
        return b"".join(_step(dice) for _ in range(dice.choice((3, 10, 40)))) + b"."
    if kind == 1:
        depth = dice.choice((40, 900, 50_000))
        return (
            dice.choice((b"]" * depth + b"a" * (depth - 1), b"(" * depth + b"t" * depth, b"N" + b"\x85" * depth)) + b"."
        )
    if kind == 2:
        return b"]q\x00" + b"".join(b"]q%c(h%ch%ce" % (n + 1, n, n) for n in range(dice.choice((5, 60)))) + b"."
    if kind == 3:
        return dice.choice(
            (b"(lp0\ng0\na.", b"}q\x00X\x01\x00\x00\x00aq\x01h\x00s.", b"]q\x00(h\x00h\x00e.", b"(]q\x00h\x00at.")
        )
    if kind == 4:
        return _array(dice)
    if kind == 5:
        shape = dice.choice(((2**62, 4), (-1, 3), (3, 3), (2**31, 2**31), (0, 0)))
        state = {
            "_shape": shape,
            "data": np.ones(2),
            "indices": np.array([0, dice.choice((1, 2**31 - 1, -5))], np.int32),
            "indptr": np.array(dice.choice(([0, 1, 2, 2], [0, 2**31 - 1], [5, 1, 0, 9], [])), np.int32),
        }
        return bytes(b"cscipy.sparse._csc\ncsc_matrix\n)R" + pickle.dumps(state, 2)[2:-1] + b"b.")
    if kind == 6:
        value = dice.choice(hostile.VALUES[:26])
        return bytes(pickle.dumps({"a": [value] * dice.choice((1, 2000))}, dice.randrange(6)))
    name = hostile.name(dice).encode("utf-8", "replace").replace(b"\n", b"")
    return (
        b"cchumpy.ch\n"
        + dice.choice((b"Ch", b"Select", name or b"x"))
        + b"\n)\x81}(X\x01\x00\x00\x00xN]X\x04\x00\x00\x00idxsNub."
    )


def _array(dice: random.Random) -> bytes:
    """Numpy's own way to make an array, with parts that lie."""
    code = dice.choice(
        (
            b"f4",
            b"f8",
            b"i8",
            b"O8",
            b"V8",
            b"U9",
            b"M8[s]",
            b"x",
            b"f99",
            b"(2,)f8",
            b"f8,f8",
            b"U999999999",
            b"i4" * 5000,
        )
    )
    shape = dice.choice(
        (
            b"(K\x02t",
            b"(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ft",
            b"(J\xff\xff\xff\xfft",
            b")",
            b"N",
            b"(X\x01\x00\x00\x00at",
            b"(K\x01" * 1 + b"K\x01" * 70 + b"t",
        )
    )
    state = dice.choice(
        (
            b"(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t",
            b"(K\x03X\x01\x00\x00\x00xNNNJ\xff\xff\xff\xffK\x01K\x00t",
            b"N",
            b")",
            b"(K\x03t",
        )
    )
    raw = dice.choice(
        (
            b"C\x08" + bytes(8),
            b"C\x00",
            b"N",
            b"K\x07",
            b"X\x08\x00\x00\x00" + b"a" * 8,
            b"X\x03\x00\x00\x00\xe2\x82\xac",
        )
    )
    dtype = b"cnumpy\ndtype\n(X" + struct.pack("<I", len(code)) + code + b"K\x00K\x01tR" + state + b"b"
    if dice.random() < 0.3:
        return (
            b"cnumpy.core.numeric\n_frombuffer\n("
            + raw
            + dtype
            + shape
            + b"X\x01\x00\x00\x00"
            + dice.choice((b"C", b"F", b"Z"))
            + b"tR."
        )
    if dice.random() < 0.3:
        return b"cnumpy.core.multiarray\nscalar\n(" + dtype + raw + b"tR."
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
    return head + b"(K\x01" + shape + dtype + dice.choice((b"\x88", b"\x89", b"N")) + raw + b"tb."


def _weights(whole: Whole, case: Case) -> Open:
    from facetake.pretrained import load_tensors

    dice = case.dice
    suffix = dice.choice((".pth", ".pth", ".safetensors", ".pkl", ".model"))
    path = case.folder / f"net{suffix}"
    if suffix == ".safetensors":
        path.write_bytes(arrays.safetensors(arrays.changed(whole.arrays, dice), dice))
    elif suffix == ".pkl":
        path.write_bytes(pickle.dumps(arrays.changed(whole.arrays, dice), 2))
    else:
        path.write_bytes(damaged(whole.torch, dice) if dice.random() < 0.7 else _program(dice))
    return lambda: load_tensors(path)


DOOR: Final = Door("pickles", "pickles and weights of networks", prepare, make, weight=12.0)
