"""`facetake batch --report`: what the ledger knows of a list's lines, handed to the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli.terminal import Reporter

if TYPE_CHECKING:
    from facetake.batch import BatchSettings, Ledger, LedgerEntry, ManifestRow, Verdict
    from facetake.qc import BlinkCrowd
    from facetake.report import ReportLine


def write(
    rows: Sequence[ManifestRow], settings: BatchSettings, title: str, media_mb: float, report: Reporter, head: str
) -> None:
    """Writes page, CSV and JUnit XML beside the takes; those of a part of a list carry its number.

    Raises:
        BatchError: a file cannot be written.
    """
    from facetake import batch
    from facetake import report as report_page

    part = f"-{settings.part}" if settings.part else ""
    names = f"report{part}.html", f"report{part}.csv", f"report{part}.junit.xml"
    with batch.Ledger(settings.folder, settings.part) as ledger:
        lines = _lines(rows, settings, ledger)
        written = report_page.write(
            lines,
            settings.folder,
            title=title,
            media_mb=media_mb,
            names=names,
            head=head,
            notes=batch.lost(rows, settings),
        )
    if written.missing:
        report.warning("report", written.missing)
    told = [f"report in {written.html}; as tables in {names[1]} and {names[2]}"]
    playable = sum(row.duration_s > 0.0 for row in rows)
    if written.carried < playable:
        told.append(
            f"the page carries sound and movement of {written.carried} of {playable} lines, the worst first; "
            "--report-mb gives it more room"
        )
    report.note(
        "report",
        told,
        {
            "html": str(written.html),
            "csv": str(written.csv),
            "junit": str(written.junit),
            "lines": written.lines,
            "carried": written.carried,
        },
    )


def _lines(rows: Sequence[ManifestRow], settings: BatchSettings, ledger: Ledger) -> Iterator[ReportLine]:
    """Each row of the list once, as the report wants it."""
    from facetake import batch

    verdicts = ledger.verdicts()
    together = batch.crowd({row.id for row in rows if not row.problem}, ledger)
    seen = set[str]()
    for row in rows:
        name = row.id if row.id and row.id not in seen else row.spot
        seen.add(row.id)
        yield _line(name, row, settings, None if row.problem else ledger.entry(row.id), verdicts, together)


def _line(
    name: str,
    row: ManifestRow,
    settings: BatchSettings,
    entry: LedgerEntry | None,
    verdicts: Mapping[str, Verdict],
    together: BlinkCrowd,
) -> ReportLine:
    from facetake import batch, qc
    from facetake import report as report_page
    from facetake.batch import form_of

    mood = row.emotion or settings.options.emotion or "neutral"
    line = report_page.ReportLine(
        name,
        row.audio,
        status=report_page.FAILED if row.problem else "not begun",
        message=row.problem,
        character=row.character,
        text=row.text,
        emotion=row.style or mood,
        duration_s=row.duration_s,
        others=row.others,
    )
    if entry is None:
        return line
    findings = batch.judged(entry, together, settings.limits)
    verdict, note = _said(verdicts.get(row.id), entry)
    take = settings.folder / entry.out
    return replace(
        line,
        take=take if take.is_file() else None,
        form=form_of(row, settings),
        status=entry.status,
        message=entry.message,
        why=entry.why,
        score=qc.score(findings),
        findings=findings,
        verdict=verdict,
        note=note,
        take_sha256=entry.sha256,
        told=entry.told,
        nearness=qc.nearness(findings),
        heard=entry.heard.sentence,
        heard_emotion=entry.heard.emotion,
        certainty=entry.heard.confidence,
        correction=row.emotion if row.heard_wrong else "",
        visemes=entry.heard.visemes,
        approved=_approved(row, settings, entry, verdicts.get(row.id)),
        portrait=_portrait(row, take),
    )


def _portrait(row: ManifestRow, take: Path) -> Path | None:
    """The row's film or picture: the one that the list names, else one beside the take that is called like it."""
    from facetake.report import PORTRAITS

    if row.portrait:
        return Path(row.portrait)
    return next((path for suffix in PORTRAITS if (path := take.with_suffix(suffix)).is_file()), None)


def _approved(row: ManifestRow, settings: BatchSettings, entry: LedgerEntry, verdict: Verdict | None) -> Path | None:
    """The approved version of a row, where that is another than the one it has now."""
    from facetake.batch import approved_path

    is_this = verdict is not None and (verdict.verdict, verdict.take_sha256) == ("approved", entry.sha256)
    path = approved_path(settings.folder, row.id)
    return path if path.is_file() and not is_this else None


def _said(verdict: Verdict | None, entry: LedgerEntry) -> tuple[str, str]:
    """A verdict and its note; one of a version that is no longer there is only remembered."""
    if verdict is None:
        return "", ""
    if verdict.take_sha256 == entry.sha256:
        return verdict.verdict, verdict.note
    if not (verdict.verdict or verdict.note):
        return "", ""
    return "", f"{verdict.verdict or 'said'} in an earlier version{verdict.note and ': '}{verdict.note}"
