"""Arrays that are kept in portraits' folders."""

from __future__ import annotations

from pathlib import Path

import held_files
import numpy as np
import pytest

from facetake.portrait import storage


def test_rows_come_back_and_nothing_holds_the_file(tmp_path: Path) -> None:
    """What is written row by row, whatever its own type, is what numpy reads; once forgotten it may be replaced."""
    rows = np.arange(24.0).reshape(3, 4, 2)
    shares = list[float]()
    storage.fill(tmp_path / "a.npy", rows.shape, np.float16, iter(rows), shares.append)
    assert np.array_equal(np.load(tmp_path / "a.npy"), rows.astype(np.float16)) and shares == [1 / 3, 2 / 3, 1.0]
    kept = storage.mapped(tmp_path / "a.npy", rows.shape, np.float16)
    assert kept[2, 3, 1] == 23.0
    del kept
    storage.fill(tmp_path / "a.npy", (2, 3), np.uint8, iter(np.full((2, 3), 7)), shares.append)
    assert storage.mapped(tmp_path / "a.npy", (2, 3), np.uint8).sum() == 42
    assert not held_files.are_known() or not held_files.is_held(tmp_path)


def test_too_few_rows_leave_what_was_there(tmp_path: Path) -> None:
    """An array that ends early is a mistake of ours, and no array of zeros."""
    with pytest.raises(ValueError, match="1 rows for an array of 2"):
        storage.fill(tmp_path / "a.npy", (2, 3), np.uint8, iter(np.zeros((1, 3))), lambda _share: None)
    assert list(tmp_path.iterdir()) == []
