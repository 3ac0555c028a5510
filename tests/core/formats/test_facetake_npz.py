"""Facetake's own NPZ."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import facetake_npz
from facetake.take import Take


@pytest.mark.parametrize("head", [False, True])
def test_nothing_is_lost(tmp_path: Path, make_take: Callable[..., Take], head: bool) -> None:
    """Values, head, rate, start and origin come back exactly, over several blocks."""
    take = make_take(1100, rate=Fraction(30000, 1001), start=Fraction(5, 7), head=head)
    facetake_npz.write(take, tmp_path / "take.npz")
    found = facetake_npz.read(tmp_path / "take.npz")
    np.testing.assert_array_equal(found.values, take.values)
    assert (found.rate, found.start, found.origin) == (take.rate, take.start, take.origin)
    assert (found.head is None) == (take.head is None)
    if take.head is not None:
        np.testing.assert_array_equal(found.head, take.head)


def test_the_same_take_gives_the_same_bytes(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Nothing of the moment of writing gets into the file."""
    for name in ("a.npz", "b.npz"):
        facetake_npz.write(make_take(), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_numpy_reads_it_alone(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A script needs no more than numpy, and no pickle."""
    facetake_npz.write(make_take(3), tmp_path / "take.npz")
    with np.load(tmp_path / "take.npz", allow_pickle=False) as arrays:
        assert arrays["values"].shape == (3, 174) and str(arrays["rate"]) == "60"
        assert arrays["controls"].tolist() == list(rig.NAMES)


def _arrays() -> dict[str, Any]:
    """The arrays of a take of two frames, all at rest."""
    return {
        "format": "facetake-take",
        "version": 1,
        "rate": "30",
        "start": "0",
        "controls": list(rig.NAMES),
        "origin": "{}",
        "values": np.tile(rig.NEUTRAL, (2, 1)),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "'other'"),
        ({"version": 2}, "version 2"),
        ({"version": 1.5}, "version is float64"),
        ({"rate": 60}, "rate is int64"),
        ({"controls": np.arange(174)}, "controls is int64"),
        ({"origin": "[]"}, "origin must be"),
        ({"origin": "{"}, "the origin is not JSON"),
        ({"values": np.zeros((2, 174))}, "values is float64"),
        ({"values": np.zeros((0, 174), dtype=np.float32)}, r"values is float32 \(0, 174\)"),
        ({"values": np.full((2, 174), np.nan, dtype=np.float32)}, "CTRL_C_eye.translateX"),
        ({"head": np.zeros((1, 3), dtype=np.float32)}, "head has 1 frames"),
        ({"values": np.array([{}], dtype=object)}, "plain arrays"),
    ],
)
def test_bad_arrays_are_named(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """An archive with one wrong array is a TakeError that names file and array; pickles are never loaded."""
    path = tmp_path / "take.npz"
    np.savez(path, **(_arrays() | change))
    with pytest.raises(TakeError, match=said) as caught:
        facetake_npz.read(path)
    assert str(path) in str(caught.value)


def test_missing_arrays_and_other_files_are_refused(tmp_path: Path) -> None:
    """Another archive, a bare array, a cut archive and an empty file are TakeErrors."""
    path = tmp_path / "take.npz"
    np.savez(path, poses=np.zeros(3))
    with pytest.raises(TakeError, match="no format, version"):
        facetake_npz.read(path)
    np.savez(path, **_arrays())
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"\x93NUMPY\x01\x00", b"PK\x03\x04"):
        path.write_bytes(damaged)
        with pytest.raises(TakeError, match="not a whole NPZ"):
            facetake_npz.read(path)
