"""Arrays out of other people's pickle files, read as data: nothing in the file is ever called.

Published face models and networks come as pickles of numpy arrays, scipy sparse matrices and chumpy arrays. Python's
own unpickler would run what such a file names; this reader walks over the file's opcodes (`pickletools`) and knows
what those few classes mean. Anything else is refused by name. Knows no models.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from facetake import files
from facetake.arrays.reader import NUMBERS
from facetake.errors import ModelError


@dataclass
class _Name:
    """A class or function that the file names; it is looked up nowhere."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass
class _Made:
    """An object that the file makes from a name, arguments and a state."""

    of: _Name
    arguments: tuple[Any, ...]
    state: Any = field(default=None)


class _RefusedError(Exception):
    """What is in the file that is no data."""


MOST_BYTES = 1 << 31  # 2 GB: face models take some hundred MB
_TEXT_OF_BYTES = ("latin1", "latin-1", "iso-8859-1")  # how pickles of protocol 2 hold bytes
_PUSH = {
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BYTEARRAY8",
    "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE8",
}
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple, "EMPTY_SET": set}
_SKIP = {"PROTO", "FRAME", "STOP"}


def read(path: Path) -> Any:
    """What a pickle file holds: dicts, lists, text, numbers, numpy arrays and scipy sparse matrices.

    Text of Python 2 is taken as Latin-1. ModelError for a file that cannot be read, is no pickle, or holds an object of
    another class, which is named, or itself.
    """
    try:
        data = files.read_bytes(path, MOST_BYTES)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {files.reason(error)}; check the path") from error
    try:
        return _Plain().value(_PickleReader().run(data))
    except _RefusedError as error:
        raise ModelError(
            f"{path} holds {error}, which is not plain data and is not read; save its arrays as .npz instead"
        ) from error
    except Exception as error:  # of pickletools, numpy or scipy: whichever meets the damage first
        raise ModelError(f"{path} is no pickle file, or is damaged ({files.reason(error)}); fetch it again") from error


class _PickleReader:
    """The stack machine of a pickle, without the calls."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def run(self, data: bytes) -> Any:
        """The object at the end of a pickle."""
        for opcode, argument, _ in pickletools.genops(data):
            name = opcode.name
            if name in _PUSH:
                self._stack.append(argument)
            elif name in _CONSTANTS:
                self._stack.append(_CONSTANTS[name])
            elif name in _EMPTY:
                self._stack.append(_EMPTY[name]())
            elif name not in _SKIP:
                step = getattr(self, f"do_{name.lower()}", None)
                if step is None:
                    raise _RefusedError(f"the instruction {name}")
                step(argument)
        return self._stack[-1]

    def _pop(self) -> Any:
        return self._stack.pop()

    def _to_mark(self) -> list[Any]:
        place = self._marks.pop()
        items = self._stack[place:]
        del self._stack[place:]
        return items

    def do_mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def do_pop(self, _: Any) -> None:
        self._pop()

    def do_dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def do_binput(self, number: Any) -> None:
        self._memo[int(number)] = self._stack[-1]

    do_put = do_long_binput = do_binput

    def do_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def do_binget(self, number: Any) -> None:
        self._stack.append(self._memo[int(number)])

    do_get = do_long_binget = do_binget

    def do_tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._to_mark()))

    def do_tuple1(self, _: Any) -> None:
        self._last_as_tuple(1)

    def do_tuple2(self, _: Any) -> None:
        self._last_as_tuple(2)

    def do_tuple3(self, _: Any) -> None:
        self._last_as_tuple(3)

    def _last_as_tuple(self, number: int) -> None:
        items = tuple(self._stack[-number:])
        del self._stack[-number:]
        self._stack.append(items)

    def do_list(self, _: Any) -> None:
        self._stack.append(self._to_mark())

    def do_append(self, _: Any) -> None:
        item = self._pop()
        self._stack[-1].append(item)

    def do_appends(self, _: Any) -> None:
        items = self._to_mark()
        self._stack[-1].extend(items)

    def do_dict(self, _: Any) -> None:
        items = self._to_mark()
        self._stack.append(dict(zip(items[::2], items[1::2], strict=True)))

    def do_setitem(self, _: Any) -> None:
        value = self._pop()
        key = self._pop()
        self._stack[-1][key] = value

    def do_setitems(self, _: Any) -> None:
        items = self._to_mark()
        self._stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def do_global(self, argument: Any) -> None:
        self._stack.append(_Name(*str(argument).split(" ", 1)))

    def do_stack_global(self, _: Any) -> None:
        name = self._pop()
        module = self._pop()
        self._stack.append(_Name(str(module), str(name)))

    def do_reduce(self, _: Any) -> None:
        arguments = self._pop()
        of = self._pop()
        if not isinstance(of, _Name):
            raise _RefusedError("a call of something without a name")
        plain = of.name in ("OrderedDict", "dict") and not arguments
        self._stack.append({} if plain else _Made(of, arguments))

    do_newobj = do_reduce

    def do_build(self, _: Any) -> None:
        state = self._pop()
        if not isinstance(self._stack[-1], _Made):
            raise _RefusedError("a state for something that is no object")
        self._stack[-1].state = state


class _Plain:
    """Plain data of what was read; what the file holds in several places is made once and shared."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, Any]] = {}  # by identity: what was read, kept so that it stays, and its data
        self._open: set[int] = set()

    def value(self, item: Any) -> Any:
        """Objects of known classes turned into arrays, at any depth. ValueError for what holds itself."""
        if isinstance(item, _Name):
            raise _RefusedError(str(item))
        if not isinstance(item, _Made | dict | list | tuple):
            return item
        if id(item) in self._open:
            raise ValueError("it holds itself")
        if id(item) not in self._made:
            self._open.add(id(item))
            self._made[id(item)] = item, self._new(item)
            self._open.remove(id(item))
        return self._made[id(item)][1]

    def _new(self, item: Any) -> Any:
        if isinstance(item, _Made):
            return self._object(item)
        if isinstance(item, dict):
            return {self.value(key): self.value(value) for key, value in item.items()}
        return type(item)(self.value(part) for part in item)

    def _object(self, made: _Made) -> Any:
        """The array, matrix or text that an object of a known class stands for."""
        name = made.of.name
        root = made.of.module.split(".")[0]
        if root == "numpy":
            return self._numpy(made)
        if root == "scipy" and name.endswith("_matrix"):
            return _sparse(name, self.value(made.state))
        if root == "chumpy":
            return self._chumpy(made)
        if name == "_reconstructor":  # how Python 2 makes an object of an old class: the class is the first argument
            return self._object(_Made(made.arguments[0], (), made.state))
        if (made.of.module, name) == ("_codecs", "encode") and made.arguments[1] in _TEXT_OF_BYTES:
            return str(made.arguments[0]).encode("latin-1")
        raise _RefusedError(str(made.of))

    def _numpy(self, made: _Made) -> Any:
        name = made.of.name
        arguments = made.arguments
        if name == "dtype":
            return _dtype(made)
        if name == "_reconstruct":
            _, shape, dtype, fortran, raw = made.state
            return _array(self.value(raw), self.value(dtype), tuple(shape), "F" if fortran else "C")
        if name == "_frombuffer":
            raw, dtype, shape, order = (self.value(part) for part in arguments)
            return _array(raw, dtype, tuple(shape), str(order))
        if name == "scalar":
            return _array(self.value(arguments[1]), self.value(arguments[0]), (), "C")[()]
        raise _RefusedError(str(made.of))

    def _chumpy(self, made: _Made) -> Any:
        """The array inside a chumpy array, or inside a choice of some of its elements."""
        state = made.state if isinstance(made.state, dict) else {}
        if made.of.name == "Ch" and "x" in state:
            return np.asarray(self.value(state["x"]))
        if made.of.name == "Select" and {"a", "idxs", "preferred_shape"} <= state.keys():
            chosen = np.asarray(self.value(state["a"])).ravel()[np.asarray(self.value(state["idxs"]))]
            return chosen.reshape(tuple(self.value(state["preferred_shape"])))
        raise _RefusedError(str(made.of))


def _dtype(made: _Made) -> np.dtype[Any]:
    code = str(made.arguments[0])
    if code.startswith("O") or (made.state and made.state[3] is not None):
        raise _RefusedError(f"an array of {'objects' if code.startswith('O') else 'records'}")
    dtype = np.dtype(code)
    if dtype.kind not in NUMBERS:
        raise _RefusedError(f"an array of {dtype}")
    order = str(made.state[1]) if made.state else "="
    return dtype.newbyteorder("=" if order == "|" else order)  # type: ignore[arg-type]


def _array(raw: Any, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any) -> Any:
    if not isinstance(raw, str | bytes | bytearray):
        raise ValueError("an array without bytes")
    data = raw.encode("latin-1") if isinstance(raw, str) else bytes(raw)
    return np.frombuffer(data, dtype).reshape(shape, order=order).copy()


def _sparse(name: str, state: Any) -> Any:
    """A scipy sparse matrix in compressed rows or columns, or in coordinates."""
    rows, columns = state.get("_shape", state.get("shape"))
    shape = (int(rows), int(columns))
    if name in ("csc_matrix", "csr_matrix"):
        kind = sparse.csc_matrix if name.startswith("csc") else sparse.csr_matrix
        matrix = kind((state["data"], state["indices"], state["indptr"]), shape=shape)
        matrix.check_format(full_check=True)  # places beyond its sides would be written to
        return matrix
    if name == "coo_matrix":
        places = state["coords"] if "coords" in state else (state["row"], state["col"])  # since scipy 1.13, and before
        return sparse.coo_matrix((state["data"], tuple(places)), shape=shape)
    raise _RefusedError(f"a scipy {name}")
