"""Tests of facetake.arrays.memmap: what is kept in a file is what is kept in memory, and little of it is in memory."""

from __future__ import annotations

import errno
import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from facetake import inference
from facetake.arrays import memmap
from facetake.generate import GenerateOptions, generate

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
HAS_ROOM = pytest.mark.skipif(not memmap._CAN, reason="this system keeps all in memory")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that everything is above, and blocks of few rows."""
    monkeypatch.setattr(memmap, "LARGE", 1)


@pytest.mark.parametrize(
    "options",
    [
        GenerateOptions(),
        GenerateOptions("happy:0.7", gains={"brow": 1.5, "mouth": 0.8}, only=("lower",)),
        GenerateOptions("auto", keys="sparse"),
    ],
)
def test_a_long_line_is_made_as_a_short_one(options: GenerateOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """With everything in files the same bytes come out of every step."""
    models = inference.load()
    known = generate(LINE, options, models)
    monkeypatch.setattr(memmap, "LARGE", 1)
    found = generate(LINE, options, models)
    assert found.take.values.tobytes() == known.take.values.tobytes()
    assert found.visemes.tobytes() == known.visemes.tobytes()


def test_what_is_put_away_comes_back(small: None) -> None:
    """Rows that were written, put away and looked at again are what they were, in views and copies, too."""
    made = memmap.make((1000, 7), np.float32)
    wanted = np.random.default_rng(1).normal(size=(1000, 7)).astype(np.float32)
    for rows in memmap.blocks(made, 64):
        made[rows] = wanted[rows]
    memmap.release(made[3:, 2])
    assert np.array_equal(made, wanted) and np.array_equal(memmap.copy(made), wanted)
    made.setflags(write=False)
    memmap.release(made)
    assert np.array_equal(made, wanted)


def test_other_people_s_mappings_are_left_alone() -> None:
    """Of an array over a mapping that is not ours nothing is given back, as it could be lost."""
    held = mmap.mmap(-1, 4096)
    array = np.frombuffer(held, np.uint8)
    array[:] = 7
    memmap.release(array)
    assert (array == 7).all()


@HAS_ROOM
def test_a_full_disk_leaves_it_in_memory(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no file can be made an array is one like any other, and nothing crashes later."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    made = memmap.make((10, 3), np.float32)
    made[:] = 1.0
    assert made.base is None


@HAS_ROOM
def test_little_of_it_is_in_memory() -> None:
    """A process that fills 400 MB by blocks, and reads them back, stays far below that."""
    code = (
        "import numpy as np; from pathlib import Path; from facetake.arrays import memmap\n"
        "made = memmap.make((575_000, 174), np.float32)\n"
        "for rows in memmap.blocks(made): made[rows] = rows.start\n"
        "total = sum(float(made[rows, 0].sum()) for rows in memmap.blocks(made))\n"
        "status = dict(line.split(':') for line in Path('/proc/self/status').read_text().splitlines())\n"
        "print(status['VmHWM'].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 120_000, done.stdout


@pytest.mark.parametrize("least", [1, 1 << 30])
def test_a_fork_is_written_to_alone(least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The array that it was made of, another fork of that, and what is put away know nothing of it."""
    monkeypatch.setattr(memmap, "LARGE", least)
    made = memmap.make((5000, 8), np.float32)
    made[:] = np.arange(8)
    first, second = memmap.fork(made), memmap.fork(made)
    first[4000] = 9.0
    memmap.release(first)
    memmap.release(made)
    assert (first[4000] == 9.0).all() and np.array_equal(first[3999], np.arange(8))
    assert np.array_equal(made[4000], np.arange(8)) and np.array_equal(second, made)
    part = memmap.fork(made[1:3])
    part[:] = 5.0
    assert np.array_equal(made[1], np.arange(8))
