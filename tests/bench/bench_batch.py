"""Speed and memory of a batch on this machine's cores, with its ratios to one process and to one command a line.

    python tests/bench/bench_batch.py LINE [--rows 1000]

Cuts lines of 1 to 8 s out of LINE, makes a take of each, and prints: times real time in all with a process a core; the
ratio to one process; the overhead a row, which is the time beside making takes; peak memory of the commanding process
and of the largest worker at 100 rows and at 5,000, of one second each; the ratio to `facetake generate` once a line,
measured on twenty of them; and what is made again when three rows change their emotion.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from facetake import batch

SINGLE = 20
FEW = 100
MANY = 5000
WORK = """
import resource, sys
from facetake.cli import main
code = main(sys.argv[1:])
print(*(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
sys.exit(code)
"""


def main() -> None:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("line", type=Path)
    parser.add_argument("--rows", type=int, default=1000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    cores = batch.default_jobs()
    seconds = cut(asked.line, folder / "lines", asked.rows)
    few, many = (timed(folder, short(folder / "lines", rows), f"short_{rows}", cores) for rows in (FEW, MANY))
    spent, _, _ = timed(folder, listed(folder / "lines", asked.rows), "all", cores)
    print("three changed:", changed(folder, asked.rows, cores))
    alone, _, _ = timed(folder, listed(folder / "lines", asked.rows), "alone", 1)
    with batch.Ledger(folder / "all") as ledger:
        making = sum(entry.spent_s for entry in ledger.entries())
    begun = time.perf_counter()
    for path in sorted((folder / "lines").glob("*.wav"))[:SINGLE]:
        run = [
            sys.executable,
            "-m",
            "facetake",
            "generate",
            str(path),
            "-o",
            str(folder / "single.csv"),
            "--progress",
            "none",
        ]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
    single = (time.perf_counter() - begun) / SINGLE
    print(f"{asked.rows} lines, {seconds / 60:.0f} min of speech, {cores} processes: {spent:.1f} s in all")
    print(f"times real time: {seconds / spent:.0f}")
    print(f"ratio to one process: {alone / spent:.2f}; to one command a line: {single * asked.rows / spent:.1f}")
    print(f"overhead a row: {1000 * (spent - making / cores) / asked.rows:.1f} ms")
    print(
        f"peak memory, MB: parent {few[1] / 1024:.0f} at {FEW} rows, {many[1] / 1024:.0f} at {MANY}; "
        f"largest worker {few[2] / 1024:.0f}, {many[2] / 1024:.0f}"
    )


def cut(source: Path, folder: Path, rows: int) -> float:
    """Lines of 1 to 8 s; gives their seconds together."""
    folder.mkdir()
    samples, rate_hz = soundfile.read(source, dtype="float32")
    dice = np.random.default_rng(0)
    total = 0.0
    for number in range(rows):
        length = dice.uniform(1.0, 8.0)
        begin = int(dice.uniform(0, len(samples)))
        soundfile.write(
            folder / f"line_{number:05d}.wav",
            np.take(samples, range(begin, begin + int(length * rate_hz)), mode="wrap"),
            rate_hz,
        )
        total += length
    return total


def listed(folder: Path, rows: int) -> Path:
    """A list of the first lines."""
    path = folder / f"{rows}.csv"
    path.write_text("id,audio\n" + "".join(f"{number},line_{number:05d}.wav\n" for number in range(rows)))
    return path


def changed(folder: Path, rows: int, jobs: int) -> str:
    """What the command says after three rows of the finished list got another emotion."""
    path = folder / "lines" / "changed.csv"
    moods = {rows // 4: "sad:0.8", rows // 2: "angry", rows - 1: "happy:0.3"}
    path.write_text("id,audio,emotion\n" + "".join(f"{n},line_{n:05d}.wav,{moods.get(n, '')}\n" for n in range(rows)))
    command = [sys.executable, "-m", "facetake", "batch", str(path), "--out", str(folder / "all"), "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stderr.splitlines()[0]


def short(folder: Path, rows: int) -> Path:
    """A list of so many rows of the first second of the first line."""
    samples, rate_hz = soundfile.read(folder / "line_00000.wav", dtype="float32")
    (folder / "short").mkdir(exist_ok=True)
    soundfile.write(folder / "short" / "line.wav", samples[:rate_hz], rate_hz)
    path = folder / "short" / f"{rows}.csv"
    path.write_text("id,audio\n" + "".join(f"{number},line.wav\n" for number in range(rows)))
    return path


def timed(folder: Path, rows: Path, name: str, jobs: int) -> tuple[float, int, int]:
    """Seconds of a batch, and peak kilobytes of its parent and its largest worker."""
    begun = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        WORK,
        "batch",
        str(rows),
        "--out",
        str(folder / name),
        "--jobs",
        str(jobs),
        "--progress",
        "none",
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    spent = time.perf_counter() - begun
    parent, child = map(int, done.stdout.split()[-2:])
    return spent, parent, child


if __name__ == "__main__":
    main()
