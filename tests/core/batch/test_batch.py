"""Batches from end to end: done once, whole, and only what changed is done again."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path

import pytest

from facetake import batch, formats
from facetake.batch import making, runner
from facetake.cli import main
from facetake.cli.batch import _Polite
from facetake.cli.terminal import Reporter
from facetake.errors import BatchError
from facetake.generate import GenerateOptions

BATCH = [sys.executable, "-m", "facetake", "batch"]


def contents(folder: Path) -> dict[str, str]:
    """The hash of every take in a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("facetake-batch")
    }


def run(source: Path, out: Path, **options: object) -> batch.Summary:
    """A batch in this process's pool of two."""
    rows = batch.read(source, ".csv")
    settings = batch.BatchSettings(out, GenerateOptions(**options))  # type: ignore[arg-type]
    return batch.run(rows, settings, 2, lambda _news: None)


def test_takes_are_those_of_generate(lines: Path, tmp_path: Path) -> None:
    """A batch writes the same bytes as `facetake generate`, row by row, and says what it did."""
    assert run(lines, tmp_path / "out", emotion="sad:0.5").made == {f"line_{number}": "new" for number in range(8)}
    assert main(["generate", str(lines), "-o", str(tmp_path / "single"), "--emotion", "sad:0.5"]) == 0

    assert contents(tmp_path / "out") == contents(tmp_path / "single")


def test_rows_say_what_they_want(lines: Path, tmp_path: Path) -> None:
    """Emotion, style, actor, seed and output of a row count for that row."""
    table = [
        {"id": "a", "audio": "line_7.wav", "emotion": "angry", "out": "sub/a.npz"},
        {"id": "b", "audio": "line_7.wav", "style": "happy:1", "actor": "bruno"},
        {"id": "c", "audio": "line_7.wav", "seed": 5},
        {"id": "d", "audio": "line_7.wav"},
        {"id": "e", "audio": "line_7.wav", "emotion": "moods/e.txt"},
    ]
    (lines / "moods").mkdir()
    (lines / "moods" / "e.txt").write_text("0.0 sad")
    path = lines / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, table)))
    assert len(run(path, tmp_path / "out").made) == 5
    takes = {name: formats.read(tmp_path / "out" / name) for name in ("sub/a.npz", "b.csv", "c.csv", "d.csv", "e.csv")}

    assert takes["sub/a.npz"].origin["emotion"] == "angry"
    assert len({take.values.tobytes() for take in takes.values()}) == 5
    (lines / "moods" / "e.txt").write_text("0.0 fear")
    assert run(path, tmp_path / "out").made == {"e": "cues changed"}


def test_rows_whose_emotion_is_heard(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`auto` in a row or for all is heard line by line, told with the take, and made again when what hears changes."""
    path = lines / "lines.csv"
    path.write_text("id,audio,emotion\na,line_6.wav,auto\nb,line_7.wav,sad\n")
    assert main(["batch", str(path), "--out", str(tmp_path / "out"), "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    heard = {one["item"]: one.get("heard") for one in events if one["event"] == "done"}

    assert heard["a"].startswith("heard ") and heard["b"] is None
    settings = batch.BatchSettings(tmp_path, GenerateOptions(emotion="auto"))
    rows = batch.read(path, ".csv")
    prints = [making.fingerprint(row, settings, making.model_hashes(None)) for row in rows]
    assert len(str(prints[0]["heard by"])) == 64 and "heard by" not in prints[1]


def test_formats_and_keys(lines: Path, tmp_path: Path) -> None:
    """A row's own suffix tells its format, the others get the batch's; keys come with every take, restyled or not."""
    path = lines / "lines.csv"
    path.write_text("id,audio,style,out\na,line_7.wav,,a.npz\nb,line_7.wav,,\nc,line_7.wav,sad:1,\n")
    arguments = ["batch", str(path), "--out", str(tmp_path / "out"), "--format", "a2f-json", "--keys", "sparse"]
    assert main(arguments) == 0
    out = tmp_path / "out"

    assert sorted(contents(out)) == ["a.keys.json", "a.npz", "b.json", "b.keys.json", "c.json", "c.keys.json"]
    assert formats.read(out / "a.npz").n_frames == formats.read(out / "b.json", "a2f-json").n_frames
    assert (out / "b.keys.json").read_bytes() != (out / "c.keys.json").read_bytes()


def test_parts_of_a_list_side_by_side(lines: Path, tmp_path: Path) -> None:
    """Shards run at once into one folder, leave each other's begun files alone, and together are the whole."""
    out = tmp_path / "out"
    out.mkdir()
    others = out / ".facetake-0123456789ab.csv"
    others.write_text("begun by another machine")
    begun = [subprocess.Popen([*BATCH, str(lines), "--out", str(out), "--shard", f"{part}/2"]) for part in (1, 2)]
    assert [process.wait(60) for process in begun] == [0, 0]

    assert others.is_file() and main(["batch", str(lines), "--out", str(out), "--shard", "1/2", "--resume"]) == 0
    assert sorted(contents(out)) == sorted([others.name, *(f"line_{number}.csv" for number in range(8))])


def test_an_altered_model_is_told_once(
    lines: Path, tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that cannot be used ends the batch before any row, with its one sentence."""
    import shutil

    shutil.copytree(tiny_model, tmp_path / "model")
    with (tmp_path / "model" / "audio2rig.onnx").open("ab") as file:
        file.write(b"x")

    assert main(["batch", str(lines), "--out", str(tmp_path / "out"), "--model", str(tmp_path / "model")]) == 2
    told = capsys.readouterr().err
    assert told.count("error:") == 1 and "audio2rig.onnx" in told


def test_only_what_changed_is_made_again(lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed emotion, seed, recording or model, and a lost take: each says why, and nothing else is made."""
    path = lines / "lines.csv"
    out = tmp_path / "out"

    def write(**moods: str) -> None:
        rows = [f"line_{number},line_{number}.wav,{moods.get(f'line_{number}', '')}" for number in range(8)]
        path.write_text("\n".join(["id,audio,emotion", *rows]))

    write()
    assert len(run(path, out).made) == 8
    before = contents(out)
    assert (run(path, out).made, run(path, out).kept) == ({}, 8)
    write(line_1="sad", line_5="happy:0.5", line_6="fear")
    assert run(path, out).made == dict.fromkeys(("line_1", "line_5", "line_6"), "emotion changed")
    (lines / "line_0.wav").write_bytes((lines / "line_3.wav").read_bytes())
    (out / "line_2.csv").unlink()
    (out / "line_4.csv").write_text("cut")
    assert run(path, out).made == {
        "line_0": "audio changed",
        "line_2": "its take is gone",
        "line_4": "its take was changed or cut off; somebody's version is kept as line_4.changed-1.csv",
    }
    assert contents(out)["line_4.csv"] == before["line_4.csv"]
    assert (out / "line_4.changed-1.csv").read_text() == "cut"
    assert set(run(path, out, seed=3).made.values()) == {"seed changed"}
    hashes = making.model_hashes(None)
    monkeypatch.setattr(batch, "model_hashes", lambda folder: {**hashes, "audio2rig": "x", "restyler": "y"})
    assert set(run(path, out, seed=3).made.values()) == {"model changed"}


def test_files_of_earlier_runs_are_told(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A take of a row, a mood or a format that a list has no more is told; of a row that is wrong it is not."""
    path, out = lines / "lines.csv", tmp_path / "out"
    said = "of earlier runs are there that this list does not make, such as "

    def told(rows: str, *options: str) -> str:
        path.write_text(f"id,audio,emotion\n{rows}", encoding="utf-8")
        main(["batch", str(path), "-o", str(out), *options])
        return capsys.readouterr().err

    both = "a,line_0.wav,\nb,line_1.wav,\n"
    assert "earlier run" not in told(both)
    assert "a file of an earlier run is there that this list does not make, such as b.csv" in told("a,line_0.wav,\n")
    assert "earlier run" not in told("a,line_0.wav,\nb,line_1.wav,none\n")
    assert "earlier run" not in told(both, "--shard", "1/2")
    assert f"2 files {said}a.csv; remove what is not wanted" in told(both, "--format", "json")
    assert sorted(contents(out)) == ["a.csv", "a.json", "b.csv", "b.json"]


def test_a_bad_recording_of_a_folder_is_named(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder has no lines to count: what is wrong with a recording in it is told by the file's name."""
    for one in sorted(lines.iterdir())[1:]:
        one.unlink()
    (lines / "act").mkdir()
    (lines / "act" / "noise 1.wav").write_text("no sound")

    assert main(["batch", str(lines), "--out", str(tmp_path / "out"), "--jobs", "1"]) == 1
    (told,) = (line for line in capsys.readouterr().err.splitlines() if "error" in line)
    assert str(Path("act", "noise 1.wav")) in told.partition(": ")[2].partition(", ")[2] and ", line " not in told


def test_bad_rows_among_good_ones(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each bad row is one entry with its line, the good ones are made; exit code 1, and 2 where none is made."""
    (lines / "noise.wav").write_text("no sound")
    path = lines / "lines.csv"
    bad = lines / "bad.csv"
    path.write_text("id,audio,emotion\na,line_0.wav,\nb,noise.wav,\nc,gone.wav,\nd,line_1.wav,bored\ne,line_2.wav,\n")
    bad.write_text("id,audio\na,gone.wav\n")

    assert main(["batch", str(path), "--out", str(tmp_path / "out"), "--jobs", "2"]) == 1
    told = capsys.readouterr().err
    assert (
        "b, line 3: " in told
        and "c, line 4: " in told
        and "d, line 5: " in told
        and "made 2 (2 new), kept 0, failed 3" in told
    )
    assert sorted(contents(tmp_path / "out")) == ["a.csv", "e.csv"]
    assert main(["batch", str(bad), "--out", str(tmp_path / "bad")]) == 2


def test_events_for_programs(lines: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --progress json each row is an event with its take and why, and the sum comes last."""
    assert main(["batch", str(lines), "--out", str(tmp_path / "out"), "--progress", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert len([one for one in events if one["event"] == "done" and one["why"] == "new"]) == 8
    assert events[-1] == {"event": "report", "item": "all", "made": 8, "kept": 0, "failed": 0, "left": 0, "flagged": 0}
    shares = [one["share"] for one in events if one["event"] == "progress"]
    assert shares == sorted(shares) and shares[-1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a list or a folder"),
        (["x.csv", "--out", "o", "--jobs", "0"], "not a whole number of 1 or more"),
        (["x.csv", "--out", "o"], "cannot read x.csv"),
        (["x.csv", "--out", "o", "--resume"], "no run was begun in o"),
        (["x.csv", "--out", "o", "--emotion", "bored"], "unknown emotion 'bored'"),
        (["x.csv", "--out", "o", "--format", "x"], "unknown format 'x'"),
        (["LINES", "--out", "o", "--shard", "4/3"], "--shard 4/3"),
        (["LINES", "--out", "o", "--emotions", "sad,bored"], "unknown emotion 'bored'"),
        (["LINES", "--out", "o", "--emotions", "all", "--intensities", "0"], "--intensities 0"),
        (["LINES", "--out", "FILE/x"], "cannot be made"),
        (["LINES", "--out", "o", "--model", "o"], "models.toml"),
    ],
)
def test_wrong_usage(
    arguments: list[str],
    says: str,
    lines: Path,
    silence: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each mistake is one sentence and exit code 2, before anything is made."""
    monkeypatch.chdir(tmp_path)
    given = [one.replace("LINES", str(lines)).replace("FILE", str(silence)) for one in arguments]

    assert main(["batch", *given]) == 2
    told = capsys.readouterr().err
    assert says in told and "Traceback" not in told


def test_two_runs_on_one_folder(lines: Path, tmp_path: Path) -> None:
    """The second is told to wait; what the first does is not disturbed."""
    (tmp_path / "out").mkdir()
    with batch.Ledger(tmp_path / "out"), pytest.raises(BatchError, match="another run is using"):
        run(lines, tmp_path / "out")

    assert len(run(lines, tmp_path / "out").made) == 8


def test_ledgers_that_are_none(lines: Path, tmp_path: Path) -> None:
    """A file of that name that is no ledger, or one of another version, is left as it is."""
    for name, write in (("junk", b"junk" * 1000), ("newer", None)):
        path = tmp_path / name / batch.NAME
        path.parent.mkdir()
        if write:
            path.write_bytes(write)
        else:
            with sqlite3.connect(path) as base:
                base.execute("PRAGMA user_version=99")
            base.close()
        before = path.read_bytes()
        with pytest.raises(BatchError, match="no ledger of Facetake|another version"):
            run(lines, path.parent)
        assert path.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(lines: Path, tmp_path: Path) -> None:
    """A ledger that cannot be made is one sentence."""
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(BatchError, match="cannot be written"):
        run(lines, tmp_path / "out")


def test_a_process_that_dies_costs_its_own_row_only(
    lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that kills its process is tried once more, alone, and given up; all others are made."""
    real = runner._pool

    def deadly(settings: making.BatchSettings, jobs: int) -> object:
        pool = real(settings, jobs)
        submit = pool.submit

        def poisoned(function: object, row: batch.ManifestRow) -> object:
            return submit(os._exit, 9) if row.id == "line_4" else submit(function, row)  # type: ignore[arg-type]

        pool.submit = poisoned  # type: ignore[method-assign,assignment]
        return pool

    monkeypatch.setattr(runner, "_pool", deadly)
    summary = run(lines, tmp_path / "out")

    assert set(summary.failed) == {"line_4"} and "died twice" in summary.failed["line_4"]
    assert sorted(summary.made) == [f"line_{number}" for number in range(8) if number != 4]


def test_stopping_politely(lines: Path, tmp_path: Path) -> None:
    """What runs is finished and put down, the rest is left for the next time."""
    stop = threading.Event()
    rows = batch.read(lines, ".csv")
    settings = batch.BatchSettings(tmp_path / "out", GenerateOptions())
    summary = batch.run(rows, settings, 1, lambda _news: stop.set(), stop)

    assert summary.left > 0 and len(summary.made) + summary.left == 8
    assert len(contents(tmp_path / "out")) == len(summary.made)
    assert sorted(run(lines, tmp_path / "out").made) == sorted({f"line_{n}" for n in range(8)} - set(summary.made))


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize(("asked", "takes"), [(signal.SIGINT, 5), (signal.SIGINT, 1), (signal.SIGTERM, 5)])
def test_asked_to_stop(asked: signal.Signals, takes: int, lines: Path, tmp_path: Path) -> None:
    """Ctrl-C, even while processes begin, or a farm's SIGTERM ends the command soon and says how to go on."""
    command = [
        *BATCH,
        str(lines),
        "--out",
        str(tmp_path / "out"),
        "--emotions",
        "all",
        "--intensities",
        ".2,.4,.6,.8,1",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    end = time.monotonic() + 60
    while len(list((tmp_path / "out").glob("*.csv"))) < takes:
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, asked) if asked == signal.SIGINT else process.terminate()
    told = process.communicate(timeout=60)[1]
    done = len(list((tmp_path / "out").glob("*.csv")))

    assert process.returncode == 130 and "run the same command again to go on" in told and "Traceback" not in told
    assert takes <= done < 8 * 31
    with batch.Ledger(tmp_path / "out") as ledger:
        assert len([one for one in ledger.entries() if one.status == "done"]) == done


FULL = (  # without compiled modules: one that is cut by the limit would break every process after it
    "import resource, signal, sys; sys.dont_write_bytecode = True; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (70000, 70000)); "
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); from facetake.cli import main; sys.exit(main(sys.argv[1:]))"
)


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_in_the_middle(lines: Path, tmp_path: Path) -> None:
    """Takes that do not fit are sentences, nothing is left half written, and with space the same command makes them."""
    arguments = ["batch", str(lines), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", FULL, *arguments], capture_output=True, text=True, check=False)

    assert done.returncode in (1, 2) and "cannot be written" in done.stderr and "Traceback" not in done.stderr
    assert all(formats.read(path).n_frames > 1 for path in (tmp_path / "out").glob("*.csv"))
    assert not list((tmp_path / "out").glob(".facetake-*"))
    assert main(arguments) == 0 and len(contents(tmp_path / "out")) == 8


KILLS = int(os.environ.get("FACETAKE_KILLS", "8"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_killed_at_random_moments(lines: Path, tmp_path: Path) -> None:
    """Killed again and again: each row done in the end, the same bytes, and never a part of a file to be seen."""
    steps = 2 * KILLS  # enough to do for every kill to fall into the work
    weights = ",".join(f"{(step + 1) / steps:.3f}" for step in range(steps))
    arguments = [str(lines), "--jobs", "2", "--emotions", "all", "--intensities", weights, "--rate", "30"]
    assert subprocess.run([*BATCH, *arguments, "--out", str(tmp_path / "whole")], check=False).returncode == 0
    whole = contents(tmp_path / "whole")
    out = tmp_path / "killed"
    watcher = Watcher(out, {name: (tmp_path / "whole" / name).stat().st_size for name in whole})
    dice = random.Random(0)
    for kill in range(KILLS):
        before = len(list(out.glob("*.csv")))
        process = subprocess.Popen([*BATCH, *arguments, "--out", str(out)], stderr=subprocess.DEVNULL)
        while kill % 4 and process.poll() is None and len(list(out.glob("*.csv"))) == before:
            time.sleep(0.005)  # most kills fall into the work, however long this machine takes to start; some before it
        time.sleep(dice.uniform(0.0, 0.5))
        process.kill()
        process.wait()
        time.sleep(0.1)
    assert 0 < len(contents(out)) < len(whole)
    assert subprocess.run([*BATCH, *arguments, "--out", str(out)], check=False).returncode == 0
    partial = watcher.end()

    assert contents(out) == whole and partial == []
    with batch.Ledger(out) as ledger:
        entries = list(ledger.entries())
    assert [one.status for one in entries] == ["done"] * len(whole)
    assert not list(out.rglob(".facetake-*"))


class Watcher:
    """Looks all the time whether a take is there that is not whole."""

    def __init__(self, folder: Path, sizes: dict[str, int]) -> None:
        self._folder = folder
        self._sizes = sizes
        self._over = threading.Event()
        self._seen = set[str]()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.is_set():
            for name, size in self._sizes.items():
                try:
                    if (self._folder / name).stat().st_size != size:
                        self._seen.add(name)
                except FileNotFoundError:
                    pass
            time.sleep(0.002)

    def end(self) -> list[str]:
        """The takes that were seen in part."""
        self._over.set()
        self._thread.join()
        return sorted(self._seen)


def test_every_signal_that_asks_to_stop_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' Ctrl-Break is heard as Ctrl-C is, and what was there before comes back."""
    stand_in = next(getattr(signal, name) for name in ("SIGBREAK", "SIGUSR1") if hasattr(signal, name))
    monkeypatch.setattr(signal, "SIGBREAK", stand_in, raising=False)
    before = signal.getsignal(stand_in)
    stop = threading.Event()
    with _Polite(stop, Reporter("none")):
        signal.raise_signal(stand_in)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(stand_in)
    assert signal.getsignal(stand_in) is before


def test_no_more_processes_than_windows_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine with more cores than that, or a list with more rows, as many are begun as can be."""
    asked = list[int]()

    class Pool:
        def shutdown(self, **_: object) -> None:
            """Nothing runs."""

    def begin(_settings: object, jobs: int) -> Pool:
        asked.append(jobs)
        return Pool()

    monkeypatch.setattr(runner, "MOST_JOBS", 61)
    monkeypatch.setattr(runner, "_pool", begin)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _who: set(range(128)), raising=False)
    stop = threading.Event()
    stop.set()
    rows = deque(batch.ManifestRow(str(number), Path("a.wav")) for number in range(100))
    settings = batch.BatchSettings(Path(), GenerateOptions())
    assert list(runner._until_broken(rows, settings, 100, stop, alone=False)) == []
    assert asked == [61] and runner.default_jobs() == 61


def test_ctrl_c_does_not_reach_a_process_that_begins_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one begins this console's Ctrl-C is switched off, which the new one inherits, and then on again."""
    told = list[tuple[object, bool]]()

    class Console:
        def SetConsoleCtrlHandler(self, handler: object, is_deaf: bool) -> None:
            told.append((handler, is_deaf))

    monkeypatch.delattr(signal, "pthread_sigmask", raising=False)
    monkeypatch.setattr(runner, "_console", Console)
    with pytest.raises(ValueError, match="in between"), runner._undisturbed():
        assert told == [(None, True)]
        raise ValueError("in between")
    assert told == [(None, True), (None, False)]
