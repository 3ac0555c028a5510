"""Batches that are disturbed: each event is done to the real command, and what is there is held against a reference."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from soak_lines import SPARSE, recording_of

from facetake import batch

BATCH: Final = (sys.executable, "-m", "facetake", "batch")
ENGINE: Final = Path(__file__).parents[1] / "core" / "batch" / "ray_cluster.py"
MEAN_BYTES: Final = 75_000  # of a take and its keys, at least
NO_DISK: Final = f"no tmpfs can be mounted here; no file of a run may pass {MEAN_BYTES} bytes"
LOOK_S: Final = 0.25
AGE_S: Final = 10 * 365 * 86400  # by which clocks are wrong
CLOCK: Final = (
    "import os, time\n_now, _by = time.time, float(os.environ['SOAK_CLOCK_S'])\ntime.time = lambda: _now() + _by\n"
)


@dataclass
class Row:
    """What came of one event.

    Attributes:
        event: what was done, and how often.
        lines: of how many lines.
        lost, doubled, wrong, begun: promises that were broken; 0 each.
        notes: what else there is to say.
    """

    event: str
    lines: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    begun: int = 0
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def expect(self, holds: bool, what: str) -> None:
        """Puts down what else was promised and does not hold."""
        if not holds:
            self.broken.append(what)


class Run:
    """One command that runs, and what it tells."""

    def __init__(
        self, rows: Path, out: Path, *more: str, env: dict[str, str] | None = None, most_bytes: int = 0
    ) -> None:
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        self._told = out.parent / f"{out.name}.events.ndjson"
        with self._told.open("wb") as file:
            command = [*BATCH, rows.name, "--out", str(out), "--progress", "json", *SPARSE, *more]
            self.process = subprocess.Popen(
                command,
                cwd=rows.parent,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # a compiled module that is cut by the limit would break every process after it
                env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
                preexec_fn=limit if most_bytes else None,
            )

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def wait(self, seconds: float) -> bool:
        """Waits that long, or until it has ended; whether it still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return not self.is_over

    def work(self, seconds: float) -> bool:
        """Waits until the first line has ended, and then that long; whether it still runs."""
        while self.wait(LOOK_S) and '"item"' not in self.text:
            pass
        return self.wait(seconds)

    def end(self) -> int:
        """Waits for its end; the exit code."""
        return self.process.wait()

    @property
    def text(self) -> str:
        """All that it has told."""
        return self._told.read_text("utf-8", "replace")

    def events(self) -> list[dict[str, object]]:
        """What it has told of single lines and of the whole; of a killed one the last may be cut."""
        found = []
        for line in self.text.splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [one for one in found if isinstance(one, dict)]

    def makers(self) -> list[int]:
        """Its processes that make rows, by their ids."""
        found = list[int]()
        for place in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, place.read_text().split())
        return [one for one in found if b"spawn_main" in _command(one)]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def resident_mb(process: int) -> float:
    """Memory of a process. OSError where it has ended."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6


class Folder:
    """A folder of results, with what was ever told of it."""

    def __init__(self, path: Path, rows: Path, reference: dict[str, str]) -> None:
        lines = rows.read_text("utf-8").splitlines()[1:]
        self.path = path
        self.rows = rows
        self.outs = {line.split(",")[0]: line.split(",")[-1] for line in lines}
        keys = {line: str(Path(out).with_suffix(".keys.json")) for line, out in self.outs.items()}
        self.files = {line: (out, keys[line]) for line, out in self.outs.items()}
        self.reference = {name: reference[name] for pair in self.files.values() for name in pair} if reference else {}
        self.done: set[str] = set()
        self.touched: set[int] = set()
        self.again: Counter[str] = Counter()

    def run(self, *more: str, env: dict[str, str] | None = None, most_bytes: int = 0) -> Run:
        """Starts the command; `most_bytes`: of a file that it may write."""
        return Run(self.rows, self.path, *more, env=env, most_bytes=most_bytes)

    def hear(self, run: Run) -> None:
        """Puts down which lines a run told to be done; those that were done before and untouched are doubled."""
        for event in run.events():
            line = str(event.get("item"))
            if event.get("event") != "done" or line not in self.outs:
                continue
            if line in self.done and recording_of(line) not in self.touched:
                self.again[line] += 1
            self.done.add(line)

    def check(self, row: Row, *, whole: bool) -> None:
        """Holds what is there against the reference: of the lines that were told done, or of all."""
        lines = list(self.outs) if whole else sorted(self.done)
        if not whole:
            lines = [line for line in lines if recording_of(line) not in self.touched]
        wrong = list[str]()
        for name in (name for line in lines for name in self.files[line]):
            found = _hash(self.path / name)
            row.lost += found == ""
            if found not in ("", self.reference.get(name, found)):
                row.wrong += 1
                wrong.append(name)
        if wrong:
            row.notes.append(f"wrong are {', '.join(wrong[:3])}")
        row.doubled += sum(self.again.values())
        self.again.clear()
        row.lines = len(lines)
        if whole:
            row.begun += sum(1 for one in self.path.rglob(".facetake-*"))
            known = set(self.reference) or {name for pair in self.files.values() for name in pair}
            extra = [str(one.relative_to(self.path)) for one in self.path.rglob("line_*") if one.is_file()]
            extra = [name for name in extra if name not in known]
            row.doubled += len(extra)
            if extra:
                row.notes.append(f"{len(extra)} other files, such as {extra[0]}")
            self._check_ledgers(row)

    def _check_ledgers(self, row: Row) -> None:
        parts = [
            one.stem.removeprefix("facetake-batch").lstrip("-") for one in self.path.glob("facetake-batch*.sqlite")
        ]
        found: Counter[str] = Counter()
        for part in parts:
            with batch.Ledger(self.path, part) as ledger:
                found.update(one.id for one in ledger.entries() if one.status == "done")
        row.lost += len(set(self.outs) - set(found))
        row.doubled += sum(count - 1 for count in found.values())

    def finish(self, row: Row, *more: str) -> None:
        """Runs until all is made, then once more: everything is kept."""
        run = self.run(*more)
        code = run.end()
        self.hear(run)
        row.expect(code == 0, f"exit code {code} at the end: {run.text.strip().splitlines()[-1][:200]}")
        again = self.run(*more)
        row.expect(again.end() == 0, "exit code of a run with nothing to do")
        report = [one for one in again.events() if one.get("event") == "report"]
        row.expect(bool(report) and report[0]["made"] == 0, f"a run with nothing to do: {report}")
        self.hear(again)


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a take, by its name relative to the folder."""
    return {str(one.relative_to(folder)): _hash(one) for one in sorted(folder.glob("part_*/*")) if one.is_file()}


@dataclass
class Memory:
    """Resident memory over a run, MB: of the commanding process and of the largest that makes rows."""

    at_s: list[float] = field(default_factory=list)
    parent_mb: list[float] = field(default_factory=list)
    maker_mb: list[float] = field(default_factory=list)

    def look(self, run: Run, begun: float) -> None:
        """One sample."""
        with contextlib.suppress(OSError, ValueError, IndexError):  # one has ended
            parent = resident_mb(run.process.pid)
            maker = max(map(resident_mb, run.makers()))
            self.at_s.append(time.monotonic() - begun)
            self.parent_mb.append(parent)
            self.maker_mb.append(maker)


def quarters(at_s: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Means of the first and the last quarter of a run, from its first sample on."""
    span = at_s[-1] - at_s[0]
    first = [value for at, value in zip(at_s, values, strict=True) if at <= at_s[0] + span / 4]
    last = [value for at, value in zip(at_s, values, strict=True) if at >= at_s[-1] - span / 4]
    return sum(first) / len(first), sum(last) / len(last)


def slope(at_s: Sequence[float], values: Sequence[float]) -> float:
    """MB an hour, by least squares."""
    middle_s = sum(at_s) / len(at_s)
    mean = sum(values) / len(values)
    over = sum((at - middle_s) * (value - mean) for at, value in zip(at_s, values, strict=True))
    return 3600 * over / (sum((at - middle_s) ** 2 for at in at_s) or 1.0)


def undisturbed(folder: Folder) -> tuple[Row, Memory, float]:
    """The reference, its memory and its seconds."""
    memory = Memory()
    row = Row("the list undisturbed, which is the reference")
    run = folder.run()
    begun = time.monotonic()
    while run.wait(LOOK_S):
        if any(folder.path.glob("part_*/*")):  # it works
            memory.look(run, begun)
    spent_s = time.monotonic() - begun
    row.expect(run.end() == 0, f"exit code {run.end()}: {run.text.strip().splitlines()[-1][:200]}")
    folder.hear(run)
    folder.finish(row)
    folder.check(row, whole=True)
    row.notes.append(f"{len(folder.done) / spent_s:.0f} lines a second")
    return row, memory, spent_s


class Disturbing:
    """Events done to a folder of results and the recordings it is made of."""

    def __init__(self, folder: Folder, dice: random.Random, run_s: float) -> None:
        """`run_s`: what the whole list takes."""
        self.folder = folder
        self._dice = dice
        self._run_s = run_s
        self.lines = folder.rows.parent
        self.recordings = sorted(self.lines.glob("take_*"))

    def full_disk(self, mounted: bool) -> Row:
        """A disk that takes a twelfth of the results, and then more; where none can be mounted, files cut short."""
        need_mb = max(4, len(self.folder.outs) * MEAN_BYTES // 1_000_000)
        row = Row("disk full: " + ("a small tmpfs as --out, then a larger one" if mounted else NO_DISK))
        if mounted:
            _resize(self.folder.path, max(1, need_mb // 12))
        run = self.folder.run(most_bytes=0 if mounted else MEAN_BYTES)
        code = run.end()
        self.folder.hear(run)
        last = run.text.strip().splitlines()[-1]
        says = ("disk is full", "No space") if mounted else ("File too large", "cannot be written")
        row.expect(code in (1, 2) and any(one in run.text for one in says), f"exit {code}: {last[:200]}")
        row.expect("unforeseen" not in run.text, "something unforeseen was told")
        row.expect(".facetake-" not in run.text, "the name of a begun file was told")
        row.notes.append(f"exit {code} after {len(self.folder.done)} lines")
        if mounted:
            _resize(self.folder.path, 4 * need_mb + 64)
        self._some(row, 2.0)
        self.folder.check(row, whole=False)
        return row

    def kills(self, count: int) -> Row:
        """SIGKILL, SIGTERM and Ctrl-C at random moments of the first half of what is left."""
        row = Row(f"{count} kills at random moments")
        ways = Counter[str]()
        for number in range(count):
            run = self.folder.run()
            spent = run.wait if number % 5 == 4 else run.work  # before the first line, too
            if not spent(self._dice.uniform(0.2, self._run_s / count)):
                self.folder.hear(run)
                continue
            way = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[number % 4]
            run.process.send_signal(way)
            code = run.end()
            ways[way.name] += 1
            row.expect(code in (-way, 130, 0), f"exit code {code} after {way.name}")
            row.expect("Traceback" not in run.text and "unforeseen" not in run.text, f"a traceback after {way.name}")
            self.folder.hear(run)
        row.event += ": " + ", ".join(f"{number} {way}" for way, number in sorted(ways.items()))
        self.folder.check(row, whole=False)
        return row

    def kills_of_makers(self, count: int) -> Row:
        """SIGKILL to single processes that make rows, while the command goes on."""
        row = Row("")
        killed = 0
        run = self.folder.run()
        while killed < count and run.work(self._dice.uniform(2, 5)):
            if makers := run.makers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._dice.choice(makers), signal.SIGKILL)
                    killed += 1
        run.process.send_signal(signal.SIGTERM)
        row.event = f"{killed} processes that make rows killed while the command runs"
        row.expect(run.end() in (0, 130), f"exit code {run.end()}")
        self.folder.hear(run)
        self.folder.check(row, whole=False)
        return row

    def vanished(self, times: int) -> Row:
        """Recordings that are gone before a run, and others that go and come back while it runs."""
        row = Row("recordings vanish before and during runs")
        gone = self._dice.sample(self.recordings, 3)
        for path in gone:
            _hide(path)
        run = self.folder.run()
        run.work(self._run_s / 25)
        run.process.send_signal(signal.SIGTERM)
        code = run.end()
        row.expect(code in (1, 130), f"exit code {code} with recordings that are gone")
        row.expect(gone[0].name in run.text, "a recording that is gone was not told")
        self.folder.hear(run)
        for path in gone:
            _show(path)
        run = self.folder.run()
        for _ in range(times):
            path = self._dice.choice(self.recordings)
            if not run.work(self._dice.uniform(0.5, 2.5)):
                break
            _hide(path)
            run.wait(self._dice.uniform(0.3, 1.0))
            _show(path)
        run.process.send_signal(signal.SIGTERM)
        run.end()
        row.expect("unforeseen" not in run.text and "Traceback" not in run.text, "something unforeseen was told")
        self.folder.hear(run)
        row.notes.append(f"{len(gone)} before, {times} times during")
        self.folder.check(row, whole=False)
        return row

    def changed(self, times: int) -> Row:
        """Recordings that become others before a run and while it runs, and themselves again."""
        row = Row("recordings change before and during runs, and back")
        swapped = self._dice.sample(self.recordings, 4)
        self.folder.touched |= {self.recordings.index(one) for one in swapped}
        with _swapped(swapped, in_place=False):
            run = self.folder.run()
            run.work(max(2.0, self._run_s / 25))  # a signal before it hears any would end it by itself
            run.process.send_signal(signal.SIGTERM)
            run.end()
            self.folder.hear(run)
        run = self.folder.run()
        for number in range(times):
            if not run.work(self._dice.uniform(0.5, 2.5)):
                break
            swapped = self._dice.sample(self.recordings, 12)
            self.folder.touched |= {self.recordings.index(one) for one in swapped}
            with _swapped(swapped, in_place=bool(number % 2)):
                run.wait(self._dice.uniform(0.3, 1.5))
        run.process.send_signal(signal.SIGTERM)
        run.end()
        row.expect("unforeseen" not in run.text and "Traceback" not in run.text, "something unforeseen was told")
        self.folder.hear(run)
        row.notes.append(f"4 before, {times} times 12 during; {len(self.folder.touched)} of {len(self.recordings)}")
        self.folder.check(row, whole=False)
        return row

    def clock(self, shim: Path) -> Row:
        """Clocks and times of files that are ten years wrong, either way."""
        row = Row("clock and files' times 10 years off, either way (time.time in every process, and utime)")
        shim.mkdir(exist_ok=True)
        (shim / "sitecustomize.py").write_text(CLOCK)
        for by in (-AGE_S, AGE_S):
            files = [*self.recordings, *self.folder.path.glob("*.sqlite")]
            made = [self.folder.path / name for line in sorted(self.folder.done) for name in self.folder.files[line]]
            for path in [*files, *made[:: 1 + len(made) // 2000]]:
                with contextlib.suppress(FileNotFoundError):
                    os.utime(path, (time.time() + by, time.time() + by))
            path_ = os.pathsep.join([str(shim), os.environ.get("PYTHONPATH", "")])
            run = self.folder.run(env={"PYTHONPATH": path_, "SOAK_CLOCK_S": str(by)})
            run.work(max(2.0, self._run_s / 25))  # a signal before it hears any would end it by itself
            run.process.send_signal(signal.SIGTERM)
            row.expect(run.end() in (0, 130), f"exit code {run.end()}")
            self.folder.hear(run)
        self.folder.check(row, whole=False)
        return row

    def rest(self) -> Row:
        """Everything at rest again: what is left is made."""
        row = Row("then undisturbed to the end, and once more")
        self.folder.finish(row)
        self.folder.check(row, whole=True)
        return row

    def _some(self, row: Row, seconds: float) -> None:
        run = self.folder.run()
        run.work(seconds)
        run.process.send_signal(signal.SIGTERM)
        row.expect(run.end() in (0, 1, 130), f"exit code {run.end()}")
        self.folder.hear(run)


def shards(folder: Folder, dice: random.Random, run_s: float) -> Row:
    """Two halves of a list at once in one folder, one of them killed now and then; a third run is refused."""
    row = Row("")
    killed = 0
    halves = [("--shard", f"{number}/2", "--jobs", "1") for number in (1, 2)]
    runs = [_half(folder, number, half) for number, half in enumerate(halves)]
    while not all(one.is_over for one in runs):
        number = dice.randrange(2)
        if runs[number].work(dice.uniform(0, run_s / 6)) and killed < 8:
            if killed == 0:
                third = _half(folder, 2, halves[number])
                row.expect(third.end() == 2 and "another run is using" in third.text, f"a third: {third.text[-200:]}")
            runs[number].process.kill()
            runs[number].end()
            killed += 1
            folder.hear(runs[number])
            runs[number] = _half(folder, number, halves[number])
    for number, half in enumerate(halves):
        row.expect(runs[number].end() == 0, f"exit code {runs[number].end()} of half {number + 1}")
        folder.hear(runs[number])
        folder.finish(row, *half)
    row.event = f"two halves at once in one folder, {killed} kills of one of them"
    folder.check(row, whole=True)
    return row


def cluster(folder: Folder) -> Row:
    """A Ray cluster of two nodes, one of which dies in the middle."""
    row = Row("a Ray node lost in the middle")
    if importlib.util.find_spec("ray") is None:
        row.notes.append("left out: Ray is not installed")
        return row
    quiet = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
    nodes = subprocess.Popen(
        [sys.executable, str(ENGINE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=quiet,
    )
    assert nodes.stdout is not None and nodes.stdin is not None
    address = next(line.strip() for line in nodes.stdout if line.count(".") == 3)
    run = folder.run("--engine", "ray", "--address", address)
    while run.wait(LOOK_S) and len(list(folder.path.glob("part_*/*"))) < len(folder.outs) / 3:
        pass
    nodes.stdin.write("kill\n")
    nodes.stdin.flush()
    row.expect(not run.is_over, "the run was over before its node died")
    row.expect(run.end() == 0, f"exit code {run.end()}: {run.text[-200:]}")
    folder.hear(run)
    nodes.communicate(timeout=120)
    folder.finish(row)
    folder.check(row, whole=True)
    return row


def _half(folder: Folder, number: int, half: Sequence[str]) -> Run:
    """One of several runs in a folder; each tells into a file of its own."""
    told = folder.path.with_name(f"{folder.path.name}-{number}")
    return Run(folder.rows, told, *half, "--out", str(folder.path))


def _hide(path: Path) -> None:
    path.rename(path.with_name(f"gone_{path.name}"))


def _show(path: Path) -> None:
    path.with_name(f"gone_{path.name}").rename(path)


@contextlib.contextmanager
def _swapped(paths: list[Path], *, in_place: bool) -> Iterator[None]:
    """Each of some files is its neighbour inside the block."""
    contents = [path.read_bytes() for path in paths]

    def put(path: Path, data: bytes) -> None:
        if in_place:
            path.write_bytes(data)
            return
        beside = path.with_name(f"new_{path.name}")
        beside.write_bytes(data)
        beside.replace(path)

    try:
        for path, data in zip(paths, contents[1:] + contents[:1], strict=True):
            put(path, data)
        yield
    finally:
        for path, data in zip(paths, contents, strict=True):
            put(path, data)


def mount(path: Path) -> bool:
    """A small disk there; whether that could be done."""
    path.mkdir(exist_ok=True)
    if path.is_mount():
        return True
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], capture_output=True, check=False
    )
    return done.returncode == 0


def unmount(path: Path) -> None:
    """Takes the disk away with what is on it."""
    if path.is_mount():
        subprocess.run(["umount", str(path)], check=False)


def _resize(path: Path, megabytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", str(path)], check=True)
