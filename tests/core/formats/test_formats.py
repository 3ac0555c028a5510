"""Formats by name, by suffix and by what is in the file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats
from facetake.errors import TakeError
from facetake.take import Take


def test_the_names_are_those_of_the_command_line() -> None:
    """Names and suffixes are a promise to users' scripts."""
    assert {name: known.suffix for name, known in formats.FORMATS.items()} == {
        "csv": ".csv",
        "json": ".json",
        "npz": ".npz",
        "txt": ".txt",
        "a2f-json": ".json",
        "a2f-csv": ".csv",
        "livelink-csv": ".csv",
        "anim": ".anim",
        "usd": ".usda",
    }


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_reading_tells_the_format(tmp_path: Path, make_take: Callable[..., Take], name: str) -> None:
    """Every format is recognised without being named, also under a long name beyond ASCII."""
    known = formats.FORMATS[name]
    path = tmp_path / ("台词 Größe " + "x" * 180 + known.suffix.upper())
    formats.write(make_take(), path, name)
    found = formats.read(path)
    assert (found.n_frames, found.rate) == (90, Fraction(60))
    np.testing.assert_array_equal(found.values, formats.read(path, name).values)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz", ".txt"])
def test_writing_goes_by_suffix(tmp_path: Path, make_take: Callable[..., Take], suffix: str) -> None:
    """The suffix alone means Facetake's own format, and an older file is replaced."""
    path = tmp_path / f"take{suffix}"
    path.write_text("old")
    formats.write(make_take(), path)
    assert formats.read(path, suffix[1:]).n_frames == 90


def test_unknown_formats_are_refused_with_the_known_ones(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A name or suffix nobody knows is a TakeError that lists what there is."""
    with pytest.raises(TakeError, match="'fbx'.*livelink-csv"):
        formats.read(tmp_path / "take.csv", "fbx")
    with pytest.raises(TakeError, match=r"take.fbx.*\.csv, \.json"):
        formats.write(make_take(), tmp_path / "take.fbx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".csv", ".json", ".npz", ".txt"])
def test_missing_files_and_folders_are_said(tmp_path: Path, suffix: str) -> None:
    """A path that is no file is a TakeError for every suffix."""
    with pytest.raises(TakeError, match="no such file"):
        formats.read(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(TakeError, match="folder"):
        formats.read(tmp_path / f"folder{suffix}")


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_a_failed_write_leaves_nothing(tmp_path: Path, make_take: Callable[..., Take], name: str) -> None:
    """A folder in the way stops every writer without a trace."""
    target = tmp_path / f"take{formats.FORMATS[name].suffix}"
    target.mkdir()
    with pytest.raises(TakeError, match="in the way"):
        formats.write(make_take(), target, name)
    assert list(tmp_path.iterdir()) == [target] and not list(target.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_a_full_target_is_said(make_take: Callable[..., Take], name: str) -> None:
    """Every writer reports a full disk as a TakeError."""
    with pytest.raises(TakeError, match="/dev/full"):
        formats.write(make_take(rate=Fraction(60)), Path("/dev/full"), name)


@pytest.mark.parametrize("mark", [";", "\t"])
@pytest.mark.parametrize("name", ["csv", "a2f-csv", "livelink-csv", "txt"])
def test_what_a_spreadsheet_of_another_country_saved(tmp_path: Path, shapes_take: Take, name: str, mark: str) -> None:
    """Decimal commas, semicolons or tabs, line ends and empty rows of German Excel change nothing in a take."""
    formats.write(shapes_take, tmp_path / "plain.csv", name)
    rows = (tmp_path / "plain.csv").read_text().splitlines()
    saved = [row.replace(",", mark) if ":" in row else row.replace(",", mark).replace(".", ",") for row in rows]
    if name == "csv":  # names keep their points
        saved[0] = rows[0].replace(",", mark)
    path = tmp_path / "saved.csv"
    path.write_bytes("\r\n".join(["\ufeff" + saved[0], *saved[1:], mark * 5, ""]).encode())
    expected = formats.read(tmp_path / "plain.csv", name)
    found = formats.read(path, None if name != "txt" else name)
    np.testing.assert_array_equal(found.values, expected.values)
    assert (found.rate, found.start) == (expected.rate, expected.start)


def test_a_value_of_such_a_spreadsheet_that_is_none(tmp_path: Path, shapes_take: Take) -> None:
    """Thousands with points, or a day in place of a number, are named with line and column."""
    formats.write(shapes_take, tmp_path / "take.csv")
    lines = (tmp_path / "take.csv").read_text().splitlines()
    for value in ("1.234,5", "05. Jan"):
        cells = lines[2].replace(",", ";").replace(".", ",").split(";")
        (tmp_path / "bad.csv").write_text(
            "\n".join([lines[0].replace(",", ";"), ";".join([*cells[:9], value, *cells[10:]])])
        )
        with pytest.raises(TakeError, match=r"bad.csv: line 2, column CTRL_.* is not a number"):
            formats.read(tmp_path / "bad.csv")
