"""Many lines, one take each: what is to be made, making it, and putting down that it was made.

Reads as the story of a night: check every row, leave out what is done already, run the rest, and write each result
into the ledger after its take is whole. Killed at any moment, the same command goes on where it was.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from facetake import files, formats, inference, qc, rig
from facetake.batch import approvals, making
from facetake.batch.cluster import Ray
from facetake.batch.heard import LineHeard
from facetake.batch.keeping import approved_path, make_folder, sweep
from facetake.batch.ledger import DONE, FAILED, NAME, Fingerprint, Ledger, LedgerEntry, Verdict
from facetake.batch.making import BatchSettings, RowResult, fingerprint, form_of, model_hashes
from facetake.batch.manifest import matrix, notes, read, schema, shard
from facetake.batch.outputs import apart
from facetake.batch.row import ManifestRow, refused
from facetake.batch.runner import default_jobs, local
from facetake.errors import BatchError, FacetakeError
from facetake.formats.files import marking
from facetake.take import Take

__all__ = [
    "NAME",
    "ManifestRow",
    "BatchSettings",
    "Ledger",
    "LedgerEntry",
    "Ray",
    "RowProgress",
    "Summary",
    "Verdict",
    "apart",
    "approvals",
    "approved_path",
    "crowd",
    "default_jobs",
    "form_of",
    "judged",
    "local",
    "matrix",
    "lost",
    "notes",
    "read",
    "run",
    "schema",
    "shard",
]

Engine = Callable[[Sequence[ManifestRow], BatchSettings, int | None, threading.Event], Iterator[RowResult]]


@dataclass
class Summary:
    """How a run ended.

    Attributes:
        made: ids that were made, with why: "new", or what had changed.
        kept: how many were done before and unchanged.
        failed: ids with what went wrong.
        left: how many were not begun because the run was stopped.
        flagged: ids of takes of the list that a check did not pass, made now or before, with their score; the worst
            first.
        told: ids of takes of the list, made now or before, with what is unusual in their recording or text.
        notes: what else a person should know, such as an approval of a version that is gone.
        rows: of the list, each with what is wrong with it.
    """

    made: dict[str, str] = field(default_factory=dict)
    kept: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left: int = 0
    flagged: dict[str, float] = field(default_factory=dict)
    told: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: list[ManifestRow] = field(default_factory=list)


@dataclass(frozen=True)
class RowProgress:
    """One row has ended.

    Attributes:
        row: which.
        problem: what went wrong; empty where nothing did.
        why: why it was made.
        share: of the recorded time of the whole run that is done, 0..1.
        left_s: estimated seconds until the end.
        findings: of the checks, the worst first.
        heard: of the emotion, where that was asked.
        told: sentences about what is unusual in the recording and how it was read.
    """

    row: ManifestRow
    problem: str
    why: str
    share: float
    left_s: float
    findings: tuple[qc.Finding, ...] = ()
    heard: str = ""
    told: tuple[str, ...] = ()


def run(
    rows: Sequence[ManifestRow],
    settings: BatchSettings,
    jobs: int | None,
    tell: Callable[[RowProgress], None],
    stop: threading.Event | None = None,
    engine: Engine = local,
    verdicts: Mapping[str, Verdict] | None = None,
) -> Summary:
    """Makes every row that is not done yet.

    Args:
        rows: from `read`, perhaps through `matrix` and `shard`.
        settings: of the batch; its folder is made.
        jobs: processes, at least 1; by default as many as the engine has cores for.
        tell: called for every row that ends.
        stop: once set, rows that run are finished and no others begun.
        engine: runs rows: by default processes of this machine; `Ray` is another.
        verdicts: from `approvals.read`; the approved versions are kept first.

    Raises:
        BatchError: the folder or its ledger cannot be used, or the disk is full.
        ModelError: the models cannot be used.
    """
    hashes = model_hashes(settings.model)
    make_folder(settings.folder)
    inference.load(settings.model, making.THREADS)  # an altered model is one sentence here, and not one for every row
    inference.load_classifier(settings.model, making.THREADS)
    rows = apart(rows, settings.folder, settings.inputs)
    with Ledger(settings.folder, settings.part) as ledger, marking(ledger.mark):
        settings = replace(settings, mark=ledger.mark)
        names = [*(str(row.out) for row in rows if not row.problem), *(one.out for one in ledger.entries())]
        sweep(settings.folder, names, settings.mark)
        summary = Summary(notes=[ledger.note] if ledger.note else [])
        if verdicts:
            summary.notes += approvals.keep(verdicts, rows, ledger, settings.folder)
        rows = approvals.set_right(rows, ledger, settings.options.emotion or "")
        summary.rows, prints = _checked(rows, settings, hashes)
        planned = _plan(summary.rows, settings, prints, ledger)
        summary.kept = len(rows) - len(planned)
        _Night(ledger, settings, summary, tell, planned).work(jobs, stop or threading.Event(), engine)
        sweep(settings.folder, names, settings.mark)  # a process or a node may have died in this run
        summary.flagged = _flagged(rows, settings, ledger)
        listed = {row.id for row in summary.rows if not row.problem}
        done = (one for one in ledger.entries() if one.id in listed and one.status == DONE)
        summary.told = {one.id: one.told for one in done if one.told}
        summary.notes += lost(summary.rows, settings)
        if not settings.part:  # the other parts of a list make what one does not
            summary.notes += _left_behind(summary.rows, settings, ledger)
    return summary


def lost(rows: Iterable[ManifestRow], settings: BatchSettings) -> list[str]:
    """What the files of a list cannot hold of its takes, each sentence once, with how many takes it is of.

    Told from the formats alone, so that takes of earlier runs count, too: every take here begins with its sound, at the
    rate that was asked for, and turns its head where that was not left out.
    """
    options = settings.options
    head = np.ones((2, 3), np.float32) if options.head else None
    take = Take(np.tile(rig.NEUTRAL, (2, 1)), options.rate, head=head)
    told = Counter(
        sentence
        for row in rows
        if not row.problem
        for sentence in formats.left_out(take, Path(row.out), making.form_of(row, settings))
    )
    return [f"{count} take{'s' * (count > 1)}: {sentence}" for sentence, count in told.items()]


def _left_behind(rows: Sequence[ManifestRow], settings: BatchSettings, ledger: Ledger) -> list[str]:
    """What to say of files of earlier runs that would pass for this list's: of rows and formats that it has no more."""
    refused = {row.id for row in rows if row.problem}
    ours = {name for row in rows if not row.problem for name in making.names_of(row, settings)}
    there = [
        one.name
        for entry in ledger.entries()
        if entry.id not in refused
        for one in entry.files
        if one.sha256 and one.name not in ours and (settings.folder / one.name).is_file()
    ]
    if not there:
        return []
    many = f"{len(there)} files of earlier runs are" if len(there) > 1 else "a file of an earlier run is"
    return [f"{many} there that this list does not make, such as {there[0]}; remove what is not wanted"]


def _flagged(rows: Sequence[ManifestRow], settings: BatchSettings, ledger: Ledger) -> dict[str, float]:
    """Scores of the takes of a list that did not pass every check, the worst first."""
    listed = {row.id for row in rows if not row.problem}
    entries = (one for one in ledger.entries() if one.id in listed and one.status == DONE)
    together = crowd(listed, ledger)
    scores = {one.id: qc.score(judged(one, together, settings.limits)) for one in entries}
    return dict(sorted(((name, score) for name, score in scores.items() if score > 0), key=lambda one: -one[1]))


def crowd(listed: Container[str], ledger: Ledger) -> qc.BlinkCrowd:
    """When lines of a list blink, of those that were made."""
    return qc.BlinkCrowd(
        (str(one.fingerprint.get("audio", one.id)), one.measured, one.duration_s)
        for one in ledger.entries()
        if one.id in listed and one.status == DONE
    )


def judged(entry: LedgerEntry, together: qc.BlinkCrowd, limits: qc.Limits | None) -> tuple[qc.Finding, ...]:
    """What the checks find in a line, alone and among the others."""
    return qc.judge(together.add(str(entry.fingerprint.get("audio", entry.id)), entry.measured), limits)


def _checked(
    rows: Sequence[ManifestRow], settings: BatchSettings, hashes: dict[str, str]
) -> tuple[list[ManifestRow], dict[str, Fingerprint]]:
    """Rows, with what went wrong where a file has vanished since they were read, and the others' fingerprints by id."""
    checked = list[ManifestRow]()
    prints = dict[str, Fingerprint]()
    # a mesh is every row's, and a recording perhaps that of many moods
    hashed = cache(partial(files.hash_of, kind=BatchError))
    for row in rows:
        try:
            if not row.problem:
                prints[row.id] = fingerprint(row, settings, hashes, hashed)
            checked.append(row)
        except (FacetakeError, OSError) as error:
            checked.append(refused(row, error))
    return checked, prints


def _plan(
    rows: Sequence[ManifestRow], settings: BatchSettings, prints: Mapping[str, Fingerprint], ledger: Ledger
) -> list[tuple[ManifestRow, Fingerprint, str]]:
    """Rows to make, the longest first, each with its fingerprint and why."""
    planned: list[tuple[ManifestRow, Fingerprint, str]] = []
    written = {name for row in rows if not row.problem for name in making.names_of(row, settings)}
    for row in rows:
        if row.problem:
            planned.append((row, {}, "new"))
            continue
        found = prints[row.id]
        names = making.names_of(row, settings)
        if why := ledger.reason(row.id, found, settings.folder, names):
            before = ledger.entry(row.id)
            known = tuple(one.sha256 for one in before.files) if before else ()
            is_same = before is not None and before.out == str(row.out)
            former = tuple(one.name for one in before.beside if one.name not in written) if before and is_same else ()
            planned.append((replace(row, known=known, former=former), found, why))
    return sorted(planned, key=lambda one: -one[0].duration_s)


class _Night:
    """One run: rows handed to an engine, results put down as they come."""

    def __init__(
        self,
        ledger: Ledger,
        settings: BatchSettings,
        summary: Summary,
        tell: Callable[[RowProgress], None],
        planned: Sequence[tuple[ManifestRow, Fingerprint, str]],
    ) -> None:
        self._ledger = ledger
        self._settings = settings
        self._summary = summary
        self._tell = tell
        self._planned = {row.id: (row, prints, why) for row, prints, why in planned if not row.problem}
        self._refused = [row for row, _, _ in planned if row.problem]
        self._total_s = sum(row.duration_s for row, _, _ in self._planned.values()) or 1.0
        self._done_s = 0.0
        self._begun = time.monotonic()

    def work(self, jobs: int | None, stop: threading.Event, engine: Engine) -> None:
        """Everything."""
        for row in self._refused:
            self._summary.failed[f"{row.id} ({row.spot})"] = row.problem
            self._tell(RowProgress(row, row.problem, "", 0.0, 0.0))
        ended = 0
        for made in engine([row for row, _, _ in self._planned.values()], self._settings, jobs, stop):
            self._put_down(made)
            ended += 1
        self._summary.left = len(self._planned) - ended

    def _put_down(self, made: RowResult) -> None:
        row, prints, why = self._planned[made.id]
        if made.aside:
            why = f"{why}; somebody's version is kept as {' and '.join(made.aside)}"
        entry = self._entry(row, prints, why, made)
        self._ledger.write(entry)
        if made.problem:
            self._summary.failed[row.id] = made.problem
        else:
            self._summary.made[row.id] = why
        self._done_s += row.duration_s
        share = self._done_s / self._total_s
        spent = time.monotonic() - self._begun
        findings = qc.judge(entry.measured, self._settings.limits)
        left_s = spent / share - spent if share else 0.0
        self._tell(RowProgress(row, made.problem, why, share, left_s, findings, made.heard.sentence, made.told))

    def _entry(self, row: ManifestRow, prints: Fingerprint, why: str, made: RowResult) -> LedgerEntry:
        """What is put down of a row; where it failed, the take of before is still there."""
        before = self._ledger.entry(row.id)
        count = (before.made if before else 0) + 1
        if made.problem:
            old = before or LedgerEntry(row.id, prints, FAILED)
            return replace(
                old,
                fingerprint=prints,
                status=FAILED,
                message=made.problem,
                out=str(row.out),
                duration_s=row.duration_s,
                spent_s=made.spent_s,
                made=count,
                why=why,
                measured=(),
                told=(),
            )
        made_of = {**prints, **made.read}  # a recording that changed since the list was checked is made again
        entry = LedgerEntry(
            row.id,
            made_of,
            DONE,
            duration_s=row.duration_s,
            spent_s=made.spent_s,
            made=count,
            why=why,
            measured=made.measured,
            told=made.told,
            heard=_said_and_heard(row, made, before),
        )
        gone = {*row.former} if made.files else set()
        return entry.with_files(made.files, [one for one in (before.files if before else ()) if one.name not in gone])


def _said_and_heard(row: ManifestRow, made: RowResult, before: LedgerEntry | None) -> LineHeard:
    """What was heard of a row; of one that was set right also what had been heard wrong, to be told still."""
    if not (row.heard_wrong and before):
        return made.heard
    earlier = before.heard
    return replace(made.heard, emotion=earlier.emotion, confidence=earlier.confidence, sentence=earlier.sentence)
