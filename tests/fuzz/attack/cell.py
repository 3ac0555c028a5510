"""The process in which cases are tried: a memory limit, a watch on its files, and a verdict for each case.

A case that ends this process, or does not end, is judged by whoever began it (`attack.runner`).
"""

from __future__ import annotations

import fnmatch
import gc
import hashlib
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from attack.door import Case, Door, case_dice
from attack.promise import MB_PER_MB, MOST_MB, MOST_S, S_PER_MB, Watch, wrong_with_error

ADDRESSES: Final = 6 << 30
"""Bytes of addresses that a process may take beside those of its libraries: what would take more fails, and is told."""
CANARY: Final = "somebody's work.txt"
WORDS: Final = b"keep me"

NUMBER, SINCE, SPENT, ACCEPTED, REFUSED = range(5)
"""Places of what a process tells while it works: its case (-1 for none), since when, what of the processor it had spent
by then, and how its chunk goes."""


@dataclass(frozen=True)
class Fall:
    """A case past the promise."""

    door: str
    seed: int
    number: int
    why: str
    trace: str = ""


@dataclass(frozen=True)
class Verdict:
    """How a case ended: what is wrong, or the sentence it was refused with, or neither."""

    why: str = ""
    refusal: str = ""
    trace: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


class Room:
    """The folders of a process, and what must not change in them."""

    def __init__(self, folder: Path) -> None:
        """Makes them."""
        self.folder = folder
        self.case = folder / "in" / "case"
        self.outside = folder / "in"
        self.seeds = folder / "seeds"
        self.temporary = folder / "tmp"
        self.state = folder / "state"
        for one in (self.case, self.seeds, self.temporary, self.state):
            one.mkdir(parents=True, exist_ok=True)
        (self.outside / CANARY).write_bytes(WORDS)
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.temporary)
        os.environ["FACETAKE_CONFIG"] = ""  # what lies above this folder is nobody's attack
        os.environ["XDG_STATE_HOME"] = str(self.state)

    def begin(self) -> None:
        """Empties the case's folder, which relative paths start from, and mends what the one before may have done."""
        for entry in os.scandir(self.outside):
            if entry.name != CANARY:
                _remove(Path(entry.path))
        if not (self.outside / CANARY).is_file() or (self.outside / CANARY).read_bytes() != WORDS:
            _remove(self.outside / CANARY)
            (self.outside / CANARY).write_bytes(WORDS)
        self.case.mkdir()
        os.chdir(self.case)

    def held(self, yields: tuple[str, ...]) -> dict[str, bytes]:
        """What a case's folder holds that must be there afterwards, by hash."""
        found = {}
        for path in self.case.rglob("*"):
            name = path.relative_to(self.case).as_posix()
            if path.is_file() and not any(fnmatch.fnmatch(name, pattern) for pattern in yields):
                found[name] = hashlib.blake2b(path.read_bytes()).digest()
        return found

    def changed(self, before: Mapping[str, bytes], yields: tuple[str, ...]) -> str:
        """What is not as it was; empty where all is."""
        others = sorted({entry.name for entry in os.scandir(self.outside)} - {CANARY, "case"})
        if others or (self.outside / CANARY).read_bytes() != WORDS:
            return f"files beside its folder: {others[:3]}"
        if left := [entry.name for entry in os.scandir(self.temporary)]:
            for name in left:
                _remove(self.temporary / name)
            return f"left among temporary files: {left[:3]}"
        after = self.held(yields)
        if lost := sorted(name for name, mark in before.items() if after.get(name) != mark):
            return f"changed or lost: {lost[:3]}"
        new = sorted(set(after) - set(before))
        return f"left in its folder: {new[:3]}" if new else ""


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class Cell:
    """Tries cases of doors, each prepared once."""

    def __init__(self, folder: Path, doors: Mapping[str, Door]) -> None:
        """Makes the folders; from here on what Python does to files is watched."""
        self.room = Room(folder)
        self._doors = doors
        self._ready = dict[str, Any]()
        self._watch = Watch(self.room.case, self.room.temporary, self.room.state)
        sys.unraisablehook = lambda _: None  # an object half made may not be able to go; what was asked is answered

    def prepare(self, name: str) -> None:
        """Makes the whole files of a door."""
        if name not in self._ready:
            place = self.room.seeds / name
            place.mkdir(exist_ok=True)
            self._ready[name] = self._doors[name].prepare(place)
            for number in range(
                3 if self._doors[name].is_tried_first else 0
            ):  # what is imported and loaded only once is no case's time or memory
                self.attempt(name, 0, number)
            gc.collect()
            limit = _status("VmSize:") * 1024 + ADDRESSES
            resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))

    def attempt(self, name: str, seed: int, number: int) -> Verdict:
        """Tries a case; one that seems too slow or too large is tried twice, as machines are shared."""
        found = self.attempt_with(name, case_dice(name, seed, number))
        if found.why.startswith("takes "):
            gc.collect()
            found = self.attempt_with(name, case_dice(name, seed, number))
        return found

    def attempt_with(self, name: str, dice: random.Random) -> Verdict:
        """Tries a case of some dice, once."""
        door = self._doors[name]
        self.room.begin()
        case = Case(dice, self.room.case, self.room.outside)
        try:
            opening = door.make(self._ready[name], case)
        except Exception:
            return Verdict("the attack itself is broken", trace=traceback.format_exc())
        before = self.room.held(door.yields)
        size_mb = case.size / 1e6
        _forget_peak()
        held_mb = _status("VmRSS:") / 1e3
        error = None
        trace = ""
        with self._watch.watching() as seen:
            begun = time.process_time()
            try:
                opening()
            except BaseException as caught:
                error = caught
                trace = traceback.format_exc()
            seconds = time.process_time() - begun
        megabytes = _status("VmHWM:") / 1e3 - held_mb
        why = "" if error is None else wrong_with_error(error, door.own)
        why = why or (f"does what no file may ask for: {seen[0]}" if seen else "")
        why = why or self.room.changed(before, door.yields)
        why = why or ("" if door.asks_for_much else _too_much(seconds, megabytes, size_mb))
        refusal = "" if error is None else str(error)
        error = None
        return Verdict(why, refusal, trace if why else "", seconds, megabytes)


def _too_much(seconds: float, megabytes: float, size_mb: float) -> str:
    """What an input took beyond what its size explains; empty where it did not."""
    if seconds > MOST_S + S_PER_MB * size_mb:
        return f"takes {seconds:.1f} s for {size_mb:.2f} MB"
    if megabytes > MOST_MB + MB_PER_MB * size_mb:
        return f"takes {megabytes:.0f} MB of memory for {size_mb:.2f} MB"
    return ""


def _status(name: str) -> int:
    """A number of kilobytes that the system knows of this process."""
    with open("/proc/self/status", "rb") as file:  # noqa: PTH123  as it is read twice a case
        for line in file:
            if line.startswith(name.encode()):
                return int(line.split()[1])
    raise ValueError(name)


def _forget_peak() -> None:
    """Lets the most memory that was ever held be counted from now on."""
    with open("/proc/self/clear_refs", "w") as file:  # noqa: PTH123
        file.write("5")


def doors_of(source: str) -> dict[str, Door]:
    """The doors in a module, by name."""
    found: Callable[[], dict[str, Door]] = import_module(source).doors
    return found()


def _tell(clock: Any, number: int) -> None:
    clock[SINCE], clock[SPENT], clock[NUMBER] = time.monotonic(), time.process_time(), float(number)


def keep(case: Path, fall: Fall, place: Path) -> None:
    """Copies what a case wrote, and what is known of it."""
    target = place / f"{fall.door}-{fall.seed}-{fall.number}"
    shutil.copytree(case, target, dirs_exist_ok=True, symlinks=True)
    (target / "why.txt").write_text(f"{fall.why}\n{fall.trace}", encoding="utf-8", errors="backslashreplace")


def work(orders: Connection, clock: Any, folder: str, source: str, keep_in: Path | None) -> None:
    """Tries chunks of cases until there are no more; runs in a process of its own.

    Args:
        orders: gives (door, seed, first, count), and takes each `Fall`, None where a chunk is done, or a text where a
            door cannot be prepared.
        clock: what it tells while it works.
        folder: its own.
        source: the module with the doors.
        keep_in: where inputs of cases that fell are copied to.
    """
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # libraries write to them as they please
        os.dup2(silence, stream)
    cell = Cell(Path(folder), doors_of(source))
    while (order := orders.recv()) is not None:
        name, seed, first, count = order
        _tell(clock, -1)
        try:
            cell.prepare(name)
        except Exception:
            orders.send(traceback.format_exc())
            continue
        for number in range(first, first + count):
            _tell(clock, number)
            found = cell.attempt(name, seed, number)
            if found.why:
                fall = Fall(name, seed, number, found.why, found.trace)
                if keep_in is not None:
                    keep(cell.room.case, fall, keep_in)
                orders.send(fall)
            else:
                clock[REFUSED if found.refusal else ACCEPTED] += 1
        clock[NUMBER] = -1.0
        orders.send(None)
