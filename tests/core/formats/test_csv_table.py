"""CSV with a header."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import rig
from facetake.errors import TakeError
from facetake.formats import csv_table
from facetake.take import Take

TOLERANCE = 5e-6 + 6e-8  # half of the last decimal, and what a float32 near 1 cannot say


@pytest.mark.parametrize("rate", ["24", "24000/1001", "25", "30000/1001", "30", "60000/1001", "60", "120"])
@pytest.mark.parametrize("n_frames", [1, 2, 90, 1100])
def test_round_trip(tmp_path: Path, make_take: Callable[..., Take], rate: str, n_frames: int) -> None:
    """Values come back within 5e-6, the rate exactly (a single frame has 60), the start on its frame."""
    take = make_take(n_frames, rate=Fraction(rate), start=5 / Fraction(rate), head=n_frames > 1)
    csv_table.write(take, tmp_path / "take.csv")
    found = csv_table.read(tmp_path / "take.csv")
    np.testing.assert_allclose(found.values, take.values, rtol=0, atol=TOLERANCE)
    assert found.rate == (take.rate if n_frames > 1 else 60)
    assert abs(found.start - take.start) < 1e-8 and (n_frames == 1 or found.start == take.start)
    if take.head is not None:
        assert found.head is not None
        np.testing.assert_allclose(found.head, take.head, rtol=0, atol=1e-5)


def test_the_layout(tmp_path: Path) -> None:
    """Header and rows are as documented, the head's columns last."""
    values = np.tile(rig.NEUTRAL, (2, 1))
    values[1, 0] = -0.25
    take = Take(values, Fraction(25), head=np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32))
    csv_table.write(take, tmp_path / "take.csv")
    header, first, second = (tmp_path / "take.csv").read_text().splitlines()
    assert header.startswith("frame,time_s,CTRL_C_eye.translateX,CTRL_C_eye.translateY,")
    assert header.endswith(",HeadYaw,HeadPitch,HeadRoll") and header.count("CTRL_C_tongue_roll.") == 2
    assert first.startswith("0,0.000000000,0,0,") and first.endswith(",1.00000,2.00000,3.00000")
    assert second.startswith("1,0.040000000,-0.25,0,")


def _rows(n_frames: int = 3) -> list[list[str]]:
    """A hand-written table of a take at 30 frames a second, all at rest."""
    header = ["frame", "time_s", *rig.NAMES]
    rest = [f"{value:g}" for value in rig.NEUTRAL.tolist()]
    return [header, *([str(i), f"{i / 30:.6f}", *rest] for i in range(n_frames))]


def _save(path: Path, rows: list[list[str]]) -> Path:
    path.write_text("".join(",".join(row) + "\n" for row in rows))
    return path


def test_columns_go_by_name_in_any_order_and_spelling(tmp_path: Path) -> None:
    """A table sorted otherwise, with another rig's names, spaces, quotes and a byte order mark is the same take."""
    rows = _rows()
    jaw = rows[0].index("CTRL_C_jaw.translateY")
    for row in rows[1:]:
        row[jaw] = "0.5"
    rows[0][jaw] = '"CTRL_C_jaw-translateY"'
    path = _save(tmp_path / "take.csv", [list(reversed(row)) for row in rows])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    found = csv_table.read(path)
    assert found.rate == 30 and found.n_frames == 3
    assert found.values[:, rig.INDEX["CTRL_C_jaw.translateY"]].tolist() == [0.5] * 3


def _without(rows: list[list[str]], column: int) -> list[list[str]]:
    return [row[:column] + row[column + 1 :] for row in rows]


def _with(rows: list[list[str]], name: str) -> list[list[str]]:
    return [[*row, name if row is rows[0] else "0"] for row in rows]


def _set(rows: list[list[str]], line: int, column: int, text: str) -> list[list[str]]:
    rows[line - 1][column] = text
    return rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (_without(_rows(), 5), "missing from the header: CTRL_C_jaw.translateX"),
        (_without(_rows(), 0), "missing from the header: frame"),
        (_without(_rows(), 1), "missing from the header: time_s"),
        (_with(_rows(), "mood"), "column 177 of the header, 'mood'"),
        (_with(_rows(), "CTRL_C_jaw.ty"), "both CTRL_C_jaw.translateY"),
        (_with(_rows(), "HeadYaw"), "only HeadYaw"),
        (_set(_rows(), 3, 9, "nan"), "line 3, column CTRL_"),
        (_set(_rows(), 3, 9, "x"), "line 3, column CTRL_"),
        (_set(_rows(), 3, 2, "1.5"), "CTRL_C_eye.translateX is 1.5 at frame 1"),
        (_set(_rows(), 3, 2, "1e300"), "CTRL_C_eye.translateX is inf at frame 1"),
        (_set(_rows(), 3, 0, "7"), "line 3, column frame: 7 follows 0"),
        (_set(_rows(), 2, 0, "0.5"), "line 2, column frame"),
        (_set(_rows(), 4, 1, "0.5"), "must be regular"),
        ([*_rows(), ["1", "2"]], "line 5 has 2 values"),
        (_rows(0), "no frames"),
        ([], "empty"),
    ],
)
def test_bad_tables_are_named(tmp_path: Path, rows: list[list[str]], said: str) -> None:
    """A table with one fault is a TakeError that names file, line and column."""
    path = _save(tmp_path / "take.csv", rows)
    with pytest.raises(TakeError, match=said) as caught:
        csv_table.read(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00\x01", b"RIFF\x00\x00\x00\x00WAVEfmt ", bytes(range(256)) * 9])
def test_garbage_is_refused(tmp_path: Path, garbage: bytes) -> None:
    """What is no text, or no table, is a TakeError."""
    (tmp_path / "take.csv").write_bytes(garbage)
    with pytest.raises(TakeError, match="take.csv"):
        csv_table.read(tmp_path / "take.csv")
