"""What files of each format hold of a take's frames, times and head, and what is told of the rest."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats
from facetake.cli import main
from facetake.errors import TakeError
from facetake.take import Take


@pytest.mark.parametrize("start", [Fraction(0), Fraction(3, 2), Fraction(-1, 2)])
@pytest.mark.parametrize("rate", [Fraction(24), Fraction(60000, 1001)])
@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_what_is_kept_is_what_comes_back(
    tmp_path: Path, make_take: Callable[..., Take], name: str, rate: Fraction, start: Fraction
) -> None:
    """A format holds what it says: frames, rate, start and head of the file are those; what differs is told."""
    if name == "usd":
        pytest.importorskip("pxr")
    take = make_take(90, rate, start, head=True)
    path = tmp_path / f"take{formats.FORMATS[name].suffix}"
    formats.write(take, path, name)
    found, kept = formats.read(path, name), formats.kept(take, path, name)

    assert (found.n_frames, found.rate, found.start) == (kept.n_frames, kept.rate, kept.start)
    assert (found.head is None) == (kept.head is None)
    is_whole = (kept.n_frames, kept.rate, kept.start) == (90, rate, start) and kept.head is not None
    assert is_whole == (formats.left_out(take, path, name) == [])


def test_nothing_is_told_of_what_is_not_there(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """A take at 60 fps that begins with its sound and has no head loses none of the three in any format."""
    for name, known in formats.FORMATS.items():
        assert formats.left_out(make_take(), tmp_path / f"take{known.suffix}", name) == []


def test_frames_before_the_sound_keep_a_recording_in_step(tmp_path: Path, make_take: Callable[..., Take]) -> None:
    """Live Link Face has no time before 0: frames there are not written, so that the others stay in time."""
    take = make_take(90, Fraction(60), Fraction(-1, 2), head=True)
    path = tmp_path / "take.csv"
    formats.write(take, path, "livelink-csv")
    assert formats.read(path).n_frames == 60
    head = formats.read(path).head
    assert head is not None and take.head is not None
    np.testing.assert_allclose(head, take.head[30:], atol=1e-3)
    assert "30 frames there are left out" in formats.left_out(take, path, "livelink-csv")[0]
    with pytest.raises(TakeError, match="no frame"):
        formats.write(make_take(30, Fraction(60), Fraction(-2)), path, "livelink-csv")


def test_convert_tells_the_file_and_not_the_take(
    tmp_path: Path, make_take: Callable[..., Take], capsys: pytest.CaptureFixture[str]
) -> None:
    """`convert` says how many frames at which rate are in the file, and what could not be put there."""
    source = tmp_path / "take.json"
    formats.write(make_take(90, Fraction(24), Fraction(1, 2), head=True), source)
    assert main(["convert", str(source), "-o", str(tmp_path / "take.txt")]) == 0
    told = capsys.readouterr().err
    assert "take.txt: 3.8 s, 225 frames at 60 fps" in told
    for sentence in ("24 fps were brought to that", "at 0.5 s of the sound, is the file's 0", "the head's turn"):
        assert sentence in told
