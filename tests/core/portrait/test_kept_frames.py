"""Pictures of a film that are kept while it is made."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake.arrays import U8
from facetake.portrait.kept_frames import KeptFrames
from facetake.portrait.system import RenderedVideo

N_FRAMES = 11
PART = 4


class Drawn:
    """A film of noise that counts what is drawn of it."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.film = RenderedVideo(self._pictures, N_FRAMES, N_FRAMES, Fraction(25))

    def _pictures(self, first: int) -> Iterator[U8]:
        for frame in range(first, N_FRAMES):
            self.frames.append(frame)
            yield np.random.default_rng(frame).integers(0, 256, (16, 16, 3), np.uint8)


def test_what_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    """Stopped anywhere, a film goes on after its last whole file, with the pictures it would have had in one go."""
    whole = np.stack(list(Drawn().film.pictures(0)))
    kept = KeptFrames(tmp_path / "films" / "a", PART)
    first = Drawn()
    begun = kept.pictures(first.film)
    for _ in range(6):
        next(begun)
    del begun
    assert kept.n_done(first.film) == 8 and first.frames == list(range(8))
    again = Drawn()
    assert np.array_equal(np.stack(list(kept.pictures(again.film))), whole)
    assert again.frames == list(range(8, N_FRAMES))
    third = Drawn()
    assert np.array_equal(np.stack(list(kept.pictures(third.film))), whole) and third.frames == []


def test_a_damaged_file_is_drawn_again(tmp_path: Path) -> None:
    """From a file that cannot be read on, pictures are drawn anew."""
    kept = KeptFrames(tmp_path / "films" / "a", PART)
    whole = np.stack(list(kept.pictures(Drawn().film)))
    (tmp_path / "films" / "a" / "pictures-00001.mkv").write_bytes(b"nothing")
    again = Drawn()
    assert np.array_equal(np.stack(list(kept.pictures(again.film))), whole)
    assert again.frames == list(range(4, N_FRAMES))


def test_what_is_kept_has_an_end(tmp_path: Path) -> None:
    """Beyond the bound pictures are drawn and not kept, and what was left a day ago goes."""
    old = tmp_path / "films" / "old"
    old.mkdir(parents=True)
    os.utime(old, (time.time() - 100_000, time.time() - 100_000))
    kept = KeptFrames(tmp_path / "films" / "a", PART, most_bytes=1)
    assert len(list(kept.pictures(Drawn().film))) == N_FRAMES
    assert kept.n_done(Drawn().film) == PART and not old.exists()
    kept.forget()
    assert not (tmp_path / "films").exists()


def test_files_beside_films_stay(tmp_path: Path) -> None:
    """Of the folders above, only those go that hold nothing else."""
    kept = KeptFrames(tmp_path / "actor" / "films" / "a", PART)
    assert len(list(kept.pictures(Drawn().film))) == N_FRAMES
    (tmp_path / "actor" / "actor.json").touch()
    kept.forget()
    assert [path.name for path in (tmp_path / "actor").iterdir()] == ["actor.json"]
