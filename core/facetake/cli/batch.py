"""`facetake batch`: a list of lines, or a folder, to takes; what is done stays done."""

from __future__ import annotations

import argparse
import re
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from facetake.cli import generate, options, rigs
from facetake.cli.report import write as write_report
from facetake.cli.terminal import Reporter, say
from facetake.errors import ConfigError
from facetake.face.choices import DEFAULT, HEADS
from facetake.files import quantities

if TYPE_CHECKING:
    from facetake.batch import BatchSettings, Engine, ManifestRow, RowProgress, Summary, Verdict

NAME = "batch"
ABOUT = "make a take of every line in a list or a folder, on all cores; run it again and only what changed is made"
EXAMPLES = (
    "lines.csv --out takes/",
    "dialogue/ --out takes/ --emotion angry:0.6 --rate 30",
    "lines.csv --out takes/ --emotions all --intensities .5,1",
    "lines.csv --out takes/ --report --approvals approvals.json",
    "lines.csv --out takes/ --shard 3/20",
    "lines.csv --out takes/ --engine ray --address 10.0.0.5:6379",
    "--schema",
)
PATTERN = "{id}_{emotion}_{intensity}"
ASKING = ("SIGINT", "SIGTERM", "SIGBREAK")
"""Signals that ask to stop; the last is that of Windows' Ctrl-Break, which also ends services and closed consoles."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument(
        "source", nargs="?", type=Path, metavar="LIST|FOLDER", help="a .csv or .jsonl list, or recordings"
    )
    parser.add_argument("-o", "--out", type=Path, metavar="DIR", help="folder for takes and the ledger")
    parser.add_argument(
        "-j", "--jobs", type=options.whole(1), metavar="N", help="processes; default: one for each core"
    )
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="ray: on a Ray cluster; needs the ray extra"
    )
    parser.add_argument("--address", metavar="HOST:PORT", help="of the Ray cluster; default: one on this machine")
    parser.add_argument("--resume", action="store_true", help="go on with a run: refuse to begin a new one")
    parser.add_argument("--shard", metavar="3/20", help="the third of twenty equal parts, for a farm")
    parser.add_argument("--emotions", metavar="all|NAME,...", help="every line in each of these moods")
    parser.add_argument("--intensities", metavar="X,...", default="1", help="with --emotions: weights, such as .5,1")
    parser.add_argument("--pattern", default=PATTERN, help=f"with --emotions: names of takes; default {PATTERN}")
    parser.add_argument("--checks", type=Path, metavar="FILE", help="limits of your own for the checks, in TOML")
    parser.add_argument(
        "--report", action="store_true", help="then write a page to see, play and approve takes, a CSV and a JUnit XML"
    )
    parser.add_argument(
        "--report-head", choices=HEADS, default=DEFAULT, help="whose face the report shows; default: %(default)s"
    )
    parser.add_argument(
        "--report-mb",
        type=options.number(0.0, 1e6),
        default=64.0,
        metavar="N",
        help="room for sound and movement in the page; default 64",
    )
    parser.add_argument("--approvals", type=Path, metavar="FILE", help="verdicts that the report's page exported")
    parser.add_argument(
        "--follow-links", action="store_true", help="links in the list's folder may lead to files elsewhere"
    )
    parser.add_argument("--schema", action="store_true", help="say what a list may hold, and end")
    generate.add_performance_arguments(parser)
    rigs.add_arguments(parser)
    parser.add_argument(
        "--format", dest="form", metavar="NAME", help="format of takes whose row names none; default csv"
    )
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Makes what is not made yet."""
    from facetake import batch, qc

    if arguments.schema:
        say(batch.schema())
        return 0
    if arguments.source is None or arguments.out is None:
        raise ConfigError("name a list or a folder, and --out for the takes; --schema tells what a list holds")
    if arguments.address and arguments.engine != "ray":
        raise ConfigError(f"--address {arguments.address} is that of a Ray cluster; add --engine ray")
    part = "{}-of-{}".format(*_part(arguments.shard)) if arguments.shard else ""
    if arguments.resume and not batch.Ledger.place(arguments.out, part).is_file():
        raise ConfigError(f"--resume: no run was begun in {arguments.out}; leave --resume out to begin one")
    performed = generate.performance(arguments)
    limits = qc.load(arguments.checks) if arguments.checks else None
    rig_map = rigs.chosen(arguments)
    settings = batch.BatchSettings(
        arguments.out,
        performed,
        arguments.form,
        arguments.model,
        part,
        limits,
        _inputs(arguments),
        rig_map=arguments.rig_map or (rig_map.name if rig_map else ""),
        mesh=arguments.mesh,
    )
    verdicts = batch.approvals.read(arguments.approvals) if arguments.approvals else None
    rows = _rows(arguments, report)
    engine = batch.Ray(arguments.address) if arguments.engine == "ray" else batch.local
    code, rows = _run(rows, settings, arguments.jobs, engine, verdicts, report)
    if arguments.report:
        write_report(rows, settings, arguments.source.name, arguments.report_mb, report, arguments.report_head)
    return code


def _rows(arguments: argparse.Namespace, report: Reporter) -> list[ManifestRow]:
    from facetake import batch

    rows = batch.read(arguments.source, generate.take_suffix(arguments.form), follow_links=arguments.follow_links)
    for note in batch.notes(rows):
        report.warning("list", note)
    if arguments.emotions:
        rows = batch.matrix(rows, moods(arguments.emotions), weights(arguments.intensities), arguments.pattern)
    rows = batch.apart(rows, arguments.out, _inputs(arguments))  # before a part is taken: parts share files, too
    return batch.shard(rows, *_part(arguments.shard)) if arguments.shard else rows


def _inputs(arguments: argparse.Namespace) -> tuple[Path, ...]:
    """What is read beside recordings and the rows' cue files: no take may replace it."""
    from facetake import emotion, events, gaze, inspection

    cues = (
        emotion.cue_file(arguments.emotion or ""),
        gaze.cue_file(arguments.look or ""),
        events.cue_file(arguments.events or ""),
    )
    models = arguments.model.iterdir() if arguments.model and inspection.is_folder(arguments.model) else ()
    own = (one for one in (arguments.source, arguments.approvals, arguments.checks, *cues) if one)
    return (*own, *models, *rigs.read_files(arguments))


def moods(text: str) -> list[str]:
    """The emotions in which each line is made, from "all" or "happy,sad". Raises ConfigError."""
    from facetake.emotion import EMOTIONS, named
    from facetake.files.spelling import meant

    names = list(EMOTIONS) if named(text) == "all" else [named(one) for one in text.split(",")]
    unknown = [name for name in names if name not in EMOTIONS]
    if unknown:
        known = f"{', '.join(EMOTIONS)}, or all{meant(unknown[0], EMOTIONS)}"
        raise ConfigError(f"--emotions: unknown emotion '{unknown[0]}'; known: {known}")
    return names


def weights(text: str) -> list[float]:
    """How much of each emotion, from ".5,1". Raises ConfigError."""
    found = [quantities.number(one, "--intensities: a weight", 0.0, 1.0) for one in text.split(",")]
    if not all(found):
        raise ConfigError(f"--intensities {text}: write numbers above 0 and up to 1, such as .5,1")
    return found


def _part(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    number, count = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= count:
        raise ConfigError(f"--shard {text[:40]}: write the part and how many there are, such as 3/20")
    return number, count


def _run(
    rows: Sequence[ManifestRow],
    settings: BatchSettings,
    jobs: int | None,
    engine: Engine,
    verdicts: Mapping[str, Verdict] | None,
    report: Reporter,
) -> tuple[int, list[ManifestRow]]:
    """The exit code, and the rows with what was wrong with them before they were begun."""
    from facetake import batch

    stop = threading.Event()
    ended = [0]

    def tell(news: RowProgress) -> None:
        ended[0] += 1
        if news.problem:
            report.failure(news.row.id, f"{news.row.place}: {news.problem}")
        else:
            more: dict[str, object] = {"heard": news.heard} if news.heard else {}
            if news.told:
                more["sound"] = list(news.told)
            report.ended(news.row.id, str(settings.folder / news.row.out), news.why, **more)
        report.overall(news.share, f"{ended[0]} of {len(rows)} lines, {_time(news.left_s)} left")

    report.overall(0.0, f"0 of {len(rows)} lines")
    with _Polite(stop, report):
        summary = batch.run(rows, settings, jobs, tell, stop, engine, verdicts)
    report.note(
        "all",
        _lines(summary, settings),
        {
            "made": len(summary.made),
            "kept": summary.kept,
            "failed": len(summary.failed),
            "left": summary.left,
            "flagged": len(summary.flagged),
        },
    )
    if stop.is_set():
        return 130, summary.rows
    if not summary.failed:
        return 0, summary.rows
    return (1 if summary.made or summary.kept else 2), summary.rows


def _lines(summary: Summary, settings: BatchSettings) -> list[str]:
    reasons: dict[str, int] = {}
    for why in summary.made.values():
        reasons[why] = reasons.get(why, 0) + 1
    because = ", ".join(f"{count} {why}" for why, count in sorted(reasons.items(), key=lambda one: -one[1]))
    lines = [
        f"made {len(summary.made)}{because and f' ({because})'}, kept {summary.kept}, failed {len(summary.failed)}"
    ]
    if summary.flagged:
        worst = ", ".join(list(summary.flagged)[:3])
        lines.append(f"{len(summary.flagged)} did not pass every check, the worst first: {worst}")
    if summary.told:
        name, sentences = next(iter(summary.told.items()))
        many = len(summary.told)
        lines.append(f"of {many} line{'s' * (many > 1)} --report has something to tell, such as {name}: {sentences[0]}")
    lines += summary.notes
    if summary.left:
        lines.append(f"stopped before {summary.left} lines; run the same command again to go on")
    return [*lines, f"takes and ledger in {settings.folder}"]


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


class _Polite:
    """Ctrl-C, SIGTERM from a farm, or Windows' Ctrl-Break finishes what runs and begins nothing more.

    The second time ends at once.
    """

    def __init__(self, stop: threading.Event, report: Reporter) -> None:
        self._stop = stop
        self._report = report
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            asking = [getattr(signal, name) for name in ASKING if hasattr(signal, name)]
            self._before = {one: signal.signal(one, self._asked) for one in asking}

    def __exit__(self, *_: object) -> None:
        for one, before in self._before.items():
            signal.signal(one, before)

    def _asked(self, *_: object) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()
        self._report.warning("all", "stopping: the lines that run are finished; Ctrl-C again to end at once")
