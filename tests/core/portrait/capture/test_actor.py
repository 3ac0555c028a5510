"""Tests of facetake.portrait.capture.actor: a folder written is the folder read, and a bad one says what is wrong."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from noise_actor import noise_actor

from facetake.errors import PortraitError, TakeError
from facetake.portrait.capture.actor import (
    ABOUT,
    FIT,
    PICTURES,
    CapturedActor,
    read_actor,
    write_arrays,
    write_fit,
)

T = 7
SIZE = 32


def made(folder: Path, rate: Fraction = Fraction(24000, 1001)) -> tuple[CapturedActor, np.ndarray]:
    """A small actor of noise with sound, and its pictures."""
    return noise_actor(folder, T, SIZE, rate, with_sound=True)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Pictures without loss, arrays bit by bit, and what the capture was, at a rate that is no whole number."""
    actor, pictures = made(tmp_path / "a")
    again = read_actor(tmp_path / "a")
    assert again.about == actor.about
    assert again.rate == Fraction(24000, 1001)
    assert np.array_equal(again.frames(), pictures)
    assert again.fit.expression.shape == (T, 6)
    assert again.sound is not None
    assert again.camera.centre == (SIZE / 2, SIZE / 2)
    assert np.array_equal(again.light_at(3), again.fit.light[0])


@pytest.mark.parametrize(("first", "last"), [(0, 1), (3, 5), (6, 7), (4, 4)])
def test_any_frames_can_be_read(first: int, last: int, tmp_path: Path) -> None:
    """A range of frames gives just those pictures, wherever it begins."""
    actor, pictures = made(tmp_path / "a")
    assert np.array_equal(actor.frames(first, last), pictures[first:last])


def test_an_unfinished_folder_says_so(tmp_path: Path) -> None:
    """Without actor.json a folder is unfinished, and the sentence says how to finish it."""
    made(tmp_path / "a")
    (tmp_path / "a" / ABOUT).unlink()
    with pytest.raises(PortraitError, match="no finished actor.*run `facetake portrait capture` again"):
        read_actor(tmp_path / "a")


@pytest.mark.parametrize("name", [PICTURES, FIT])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    """A file that somebody removed is named."""
    made(tmp_path / "a")
    (tmp_path / "a" / name).unlink()
    with pytest.raises(PortraitError, match=f"{name} is missing"):
        read_actor(tmp_path / "a")


def test_damage_is_told(tmp_path: Path) -> None:
    """Cut files, another layout and arrays of another length are refused by name."""
    actor, _ = made(tmp_path / "a")
    whole = (tmp_path / "a" / FIT).read_bytes()
    (tmp_path / "a" / FIT).write_bytes(whole[:40])
    with pytest.raises(PortraitError, match="damaged"):
        read_actor(tmp_path / "a")
    write_fit(actor.folder, replace(actor.fit, rotation=actor.fit.rotation[:-1]))
    with pytest.raises(PortraitError, match="rotation has shape"):
        read_actor(tmp_path / "a")
    table = json.loads((tmp_path / "a" / ABOUT).read_text())
    (tmp_path / "a" / ABOUT).write_text(json.dumps({**table, "version": 9}))
    with pytest.raises(PortraitError, match="layout 9"):
        read_actor(tmp_path / "a")


def test_a_cut_video_is_told(tmp_path: Path) -> None:
    """Pictures that end early name the frame at which they do."""
    actor, _ = made(tmp_path / "a")
    path = actor.folder / PICTURES
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PortraitError, match="ends before frame|cannot be read"):
        actor.frames()


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    """Nothing is written over an actor that is there, and there is a sentence for a folder that is not."""
    made(tmp_path / "a")
    with pytest.raises(PortraitError, match="exists already"):
        made(tmp_path / "a")
    with pytest.raises(PortraitError, match="there is no actor's folder"):
        read_actor(tmp_path / "b")


def test_a_disk_that_refuses_is_told_by_the_file_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is told in a sentence about the actor's file, and the older one stays."""
    made(tmp_path / "a")
    whole = (tmp_path / "a" / FIT).read_bytes()

    def full(path: Path, _bytes: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(TakeError, match=rf"{FIT}: cannot be written \(No space left on device\)"):
        write_arrays(tmp_path / "a" / FIT, {"a": np.zeros(3)})
    assert (tmp_path / "a" / FIT).read_bytes() == whole and len(list((tmp_path / "a").glob(".*"))) == 0
