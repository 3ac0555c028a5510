"""Numbers to CSV text."""

from __future__ import annotations

import numpy as np

from facetake.formats import cells


def _slow(value: float) -> str:
    """The obvious way to write a value with five decimals and no trailing zeros."""
    text = f"{round(value * 1e5) / 1e5:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def test_cells_are_what_python_would_write() -> None:
    """The table agrees with formatting each value, for random and for round values."""
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.uniform(-1, 1, 4000), np.arange(-100, 101) / 100, [1e-5, -1e-5, 1e-6, -1e-6, 0.1]])
    rows = values.reshape(-1, 1)
    expected = "".join(f",{_slow(value)}\n" for value in values.tolist())
    assert cells.lines(cells.unit_cells(rows)).decode() == expected


def test_every_step_reads_back_as_itself() -> None:
    """All 200,001 cells give the number that they stand for."""
    values = np.arange(-cells.STEPS, cells.STEPS + 1) / cells.STEPS
    text = cells.lines(cells.unit_cells(values[None])).decode()
    np.testing.assert_allclose(np.array(text[1:].split(","), dtype=float), values, rtol=0, atol=1e-12)


def test_columns_stand_side_by_side() -> None:
    """Ready-made texts, wide numbers and values in -1..1 join into rows."""
    rows = cells.lines(
        cells.text_cells(["0,0.5", "10,0.25"]),
        cells.unit_cells(np.array([[0.5, -1.0], [0.0, 1.0]])),
        cells.wide_cells(np.array([[12.5], [-180.0]])),
    )
    assert rows == b"0,0.5,0.5,-1,12.50000\n10,0.25,0,1,-180.00000\n"


def test_blocks_cover_all_rows_once() -> None:
    """The slices are small, in order, and complete."""
    rows = np.arange(2 * cells.BLOCK + 3)
    blocks = [rows[block] for block in cells.block_slices(len(rows))]
    assert [len(block) for block in blocks] == [cells.BLOCK, cells.BLOCK, 3]
    np.testing.assert_array_equal(np.concatenate(blocks), rows)
