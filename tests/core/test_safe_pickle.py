"""Tests of facetake.safe_pickle: arrays come out of pickles, and nothing in them runs."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from facetake.errors import ModelError
from facetake.safe_pickle import read

# The house forbids pickle in the engine; the tests write files with it, as others do
pickle: Any = __import__("pickle")


def content() -> dict[str, Any]:
    """Everything that published models hold."""
    return {
        "floats": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "ids": np.arange(4, dtype=np.uint32),
        "flags": np.array([True, False]),
        "one": np.float32(2.5),
        "sparse": sparse.csc_matrix(np.diag([1.0, 0.0, 3.0])),
        "places": sparse.coo_matrix(np.diag([1.0, 0.0, 3.0])),
        "list": [1, 2.5, None, True],
        "pair": ("a", "b"),
    }


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_gives_back_what_was_written(protocol: int, tmp_path: Path) -> None:
    """Arrays, sparse matrices, numbers, text and lists survive, whatever the pickle's version."""
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(content(), protocol))
    found = read(path)
    expected = content()
    assert found.keys() == expected.keys()
    for name in ("floats", "columns", "ids", "flags"):
        np.testing.assert_array_equal(found[name], expected[name])
        assert found[name].dtype == expected[name].dtype
    np.testing.assert_array_equal(found["sparse"].toarray(), expected["sparse"].toarray())
    assert (found["one"], found["list"], found["pair"]) == (2.5, [1, 2.5, None, True], ("a", "b"))


def chumpy_pickle(state: dict[str, Any], name: str = "Ch", module: str = "chumpy.ch") -> bytes:
    """A pickle of a chumpy object, made without chumpy: an instance of a class of that name with that state."""
    kind = type(name, (), {})
    kind.__module__ = module
    kind.__qualname__ = name
    thing = kind()
    thing.__dict__.update(state)
    holder = type(sys)(module)
    setattr(holder, name, kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "chumpy", type(sys)("chumpy"))
        patch.setitem(sys.modules, module, holder)
        return bytes(pickle.dumps({"shapedirs": thing}, 2))


def test_chumpy_arrays_become_arrays(tmp_path: Path) -> None:
    """The array inside a chumpy object comes out, without chumpy."""
    path = tmp_path / "flame.pkl"
    path.write_bytes(chumpy_pickle({"x": np.arange(12.0).reshape(2, 3, 2), "_dirty_vars": set()}))
    np.testing.assert_array_equal(read(path)["shapedirs"], np.arange(12.0).reshape(2, 3, 2))


def test_chumpy_choices_are_made(tmp_path: Path) -> None:
    """A choice of elements of an array is that choice."""
    path = tmp_path / "flame.pkl"
    state = {"a": np.arange(10.0), "idxs": np.array([1, 3, 5, 7]), "preferred_shape": (2, 2)}
    path.write_bytes(chumpy_pickle(state, "Select", "chumpy.reordering"))
    np.testing.assert_array_equal(read(path)["shapedirs"], [[1, 3], [5, 7]])


class Bomb:
    """Something whose unpickling makes a folder."""

    def __init__(self, mark: Path) -> None:
        """Makes `mark` when unpickled."""
        self.mark = mark

    def __reduce__(self) -> Any:
        """What a pickle of this says to do."""
        return (os.mkdir, (str(self.mark),))


def test_nothing_in_a_pickle_runs(tmp_path: Path) -> None:
    """A pickle that asks for a function call is refused by the function's name, and the call is not made."""
    path = tmp_path / "evil.pkl"
    mark = tmp_path / "ran"
    path.write_bytes(pickle.dumps(Bomb(mark), 2))
    with pytest.raises(ModelError, match=r"evil.pkl holds .*mkdir.*is not plain data"):
        read(path)
    assert not mark.exists()
    pickle.loads(path.read_bytes())
    assert mark.exists(), "the bomb is real"


@pytest.mark.parametrize("thing", [np.array([None, "x"]), {"f": print}, np.dtype([("a", "f4")])])
def test_objects_that_are_no_data_are_refused(thing: Any, tmp_path: Path) -> None:
    """Arrays of objects, functions and record types raise one sentence."""
    path = tmp_path / "odd.pkl"
    path.write_bytes(pickle.dumps(thing, 2))
    with pytest.raises(ModelError, match="is not plain data and is not read"):
        read(path)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x80\x02}q\x00(X", pickle.dumps(np.arange(100.0), 2)[:-90]])
def test_damaged_files_are_told(data: bytes, tmp_path: Path) -> None:
    """Empty, foreign and cut files raise one sentence that names the file."""
    path = tmp_path / "cut.pkl"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"cut.pkl (is no pickle file|holds)"):
        read(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(ModelError, match=r"none.pkl cannot be read"):
        read(tmp_path / "none.pkl")


def test_files_written_by_python_2_are_read(tmp_path: Path) -> None:
    """Bytes that Python 2 wrote as text are taken as Latin-1, as FLAME 2020 needs."""
    raw = np.array([1.5, -2.0], "<f8").tobytes()
    out = io.BytesIO()
    out.write(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR")
    out.write(b"(K\x01(K\x02tcnumpy\ndtype\n(U\x02f8K\x00K\x01tR(K\x03U\x01<NNNI-1\nI-1\nK\x00tb\x89U")
    out.write(bytes([len(raw)]) + raw + b"tb.")
    path = tmp_path / "old.pkl"
    path.write_bytes(out.getvalue())
    np.testing.assert_array_equal(read(path), [1.5, -2.0])
