"""Thousands of lines and an hour of requests, disturbed in every way that a night can bring, and what of it was lost.

    python tests/bench/soak.py [--lines 20000] [--worker-minutes 60] [--folder DIR] [--only NAME,...]

Makes a few dozen short recordings and a list of lines of them, and makes the list's takes once undisturbed: the
reference. Then the same list runs into another folder while its disk fills up, it is killed, recordings vanish and
change and clocks are wrong; a part of the list runs as two halves at once, another on a Ray cluster that loses a node;
and a worker is asked all kinds of things. Prints a table: of each event what was lost, doubled, wrong or left begun,
and memory over time. Ends with 1 where a promise was broken. What was finished in the folder is not done again.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import soak_batch
import soak_lines
import soak_worker
from soak_batch import Folder, Memory, Row

GROWTH_MB: Final = 12.0  # from the first quarter of a run to its last: what 20,000 ids in a list and allocators take
STEADY_S: Final = 120.0  # until each process has made lines of every kind, and so has loaded what it needs
HEAD: Final = "| event | lines | lost | doubled | wrong bytes | begun files left | held | notes |"
CHAPTERS: Final = ("reference", "disturbed", "shards", "cluster", "worker")


class Soak:
    """The chapters, each once."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._asked = asked
        self._home = asked.folder.resolve()
        self._home.mkdir(parents=True, exist_ok=True)
        self._state = self._home / f"state-{asked.lines}.json"
        self._found: dict[str, Any] = json.loads(self._state.read_text()) if self._state.is_file() else {}
        self._rows = soak_lines.make(self._home / "lines", asked.lines)

    def work(self) -> bool:
        """Every chapter that is not done yet; whether every promise was held."""
        chapters: dict[str, Callable[[], list[Row]]] = {
            "reference": self._reference,
            "disturbed": self._disturbed,
            "shards": self._shards,
            "cluster": self._cluster,
            "worker": self._worker,
        }
        for name, chapter in chapters.items():
            if name in self._found.get("rows", {}) or name not in self._asked.only:
                continue
            print(f"{time.strftime('%H:%M:%S')} {name} ...", flush=True)
            rows = chapter()
            self._found.setdefault("rows", {})[name] = [asdict(one) for one in rows]
            self._state.write_text(json.dumps(self._found), encoding="utf-8")
            print(_table(rows), flush=True)
        rows = [Row(**one) for name in CHAPTERS for one in self._found.get("rows", {}).get(name, [])]
        print(f"\n{self._asked.lines} lines of {soak_lines.RECORDINGS} recordings, spoken by {soak_lines.engine()}\n")
        print(_table(rows), flush=True)
        return not any(_broken(row) for row in rows)

    def _reference(self) -> list[Row]:
        shutil.rmtree(self._home / "reference", ignore_errors=True)
        folder = Folder(self._home / "reference", self._rows, {})
        row, memory, spent_s = soak_batch.undisturbed(folder)
        self._found |= {"hashes": soak_batch.hashes(folder.path), "spent_s": spent_s, "memory": asdict(memory)}
        return [row, _memory_of(memory)]

    def _played(self, name: str, step: int) -> Folder:
        """A folder of results without any, and recordings of its own that things may be done to."""
        lines = self._home / f"{name}_lines"
        shutil.rmtree(lines, ignore_errors=True)
        shutil.copytree(self._home / "lines", lines)
        soak_batch.unmount(self._home / name)
        shutil.rmtree(self._home / name, ignore_errors=True)
        (self._home / name).mkdir()
        rows = lines / "list.csv"
        return Folder(self._home / name, soak_lines.part_of(rows, step) if step > 1 else rows, self._found["hashes"])

    def _disturbed(self) -> list[Row]:
        folder = self._played("disturbed", 1)
        dice = random.Random(1)
        size = self._asked.lines
        mounted = soak_batch.mount(folder.path)
        doing = soak_batch.Disturbing(folder, dice, self._found["spent_s"])
        few = max(4, min(20, size // 400))
        events: list[Callable[[], Row]] = [
            lambda: doing.full_disk(mounted),
            lambda: doing.kills(few),
            lambda: doing.kills_of_makers(3),
            lambda: doing.vanished(few),
            lambda: doing.changed(few),
            lambda: doing.clock(self._home / "clock"),
            doing.rest,
        ]
        rows = []
        for event in events:
            rows.append(event())
            done = len(folder.done)
            print(f"{time.strftime('%H:%M:%S')} {done} of {size} lines: {rows[-1].event}", flush=True)
        if not any(_broken(row) for row in rows):  # else somebody looks at what is there
            soak_batch.unmount(folder.path)
        return rows

    def _shards(self) -> list[Row]:
        return [soak_batch.shards(self._played("shards", 4), random.Random(2), self._found["spent_s"] / 4)]

    def _cluster(self) -> list[Row]:
        return [soak_batch.cluster(self._played("cluster", 20))]

    def _worker(self) -> list[Row]:
        recordings = sorted((self._home / "lines").glob("take_*"))
        row, memory = soak_worker.worker(
            self._home / "worker", recordings, self._asked.worker_minutes, random.Random(3)
        )
        if self._asked.worker_minutes >= 5:
            _flat(row, "the worker", memory.at_s, memory.parent_mb)
        return [row]


def _memory_of(memory: Memory) -> Row:
    """What the processes of the undisturbed run held."""
    row = Row("memory of that run")
    for name, values in (("commanding process", memory.parent_mb), ("one that makes rows", memory.maker_mb)):
        if memory.at_s[-1] - memory.at_s[0] < STEADY_S:
            row.notes.append(f"{name}: too short a run")
            continue
        first, last = soak_batch.quarters(memory.at_s, values)
        per_hour = soak_batch.slope(memory.at_s, values)
        row.notes.append(f"{name}: {first:.0f} to {last:.0f} MB, peak {max(values):.0f}, {per_hour:+.0f} MB/h")
        _flat(row, name, memory.at_s, values)
    return row


def _flat(row: Row, name: str, at_s: list[float], values: list[float]) -> None:
    first, last = soak_batch.quarters(at_s, values)
    row.expect(last - first <= GROWTH_MB, f"{name} grew by {last - first:.0f} MB")


def _broken(row: Row) -> bool:
    return bool(row.lost or row.doubled or row.wrong or row.begun or row.broken)


def _table(rows: list[Row]) -> str:
    lines = [HEAD, "|" + " --- |" * (HEAD.count("|") - 1)]
    for row in rows:
        figures = (row.event, row.lines, row.lost, row.doubled, row.wrong, row.begun, "no" if _broken(row) else "yes")
        notes = "; ".join([*row.notes, *(f"BROKEN: {one}" for one in row.broken)]).replace("|", "/").replace("\n", " ")
        lines.append("| " + " | ".join(map(str, (*figures, notes))) + " |")
    return "\n".join(lines)


def main() -> int:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--worker-minutes", type=float, default=60.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "facetake-soak")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(CHAPTERS), metavar=",".join(CHAPTERS))
    return 0 if Soak(parser.parse_args()).work() else 1


if __name__ == "__main__":
    sys.exit(main())
