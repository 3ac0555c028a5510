"""A zip for whoever mends Facetake: what the doctor found, and what failed in a batch, as text.

Holds nothing of anybody's sound and no takes. Of paths it holds what `facetake doctor` shows; in the sentences of a
ledger they give way to their suffix.
"""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from facetake import __version__
from facetake.batch.ledger import FAILED, NAME
from facetake.cli.doctor.finding import Diagnosis
from facetake.errors import BatchError, ConfigError
from facetake.files import json_text
from facetake.formats import beside

MOST_ERRORS: Final = 200  # of different ones, the most frequent: a person can look through them
_SUFFIX: Final = r"\.[A-Za-z0-9]{1,8}"
_PATHS: Final = (
    re.compile(rf"(?:[A-Za-z]:[\\/]|~?[\\/]|\.{{1,2}}[\\/])[^:;\n]*?({_SUFFIX})(?![A-Za-z0-9.\\/])"),
    re.compile(rf"[^\s'\"(),;:]*[\\/][^\s'\"(),;:]*?({_SUFFIX})?(?=[\s'\"(),;:]|$)"),
    re.compile(rf"[^\s'\"(),;:]+({_SUFFIX})(?=[\s'\"(),;:]|$)"),
)
"""Of paths: absolute ones with spaces up to a suffix, what holds a slash, and names of files."""


def write(out: Path, findings: Sequence[Diagnosis], results: Path | None = None) -> list[str]:
    """Writes the report, whole or not at all.

    Args:
        out: the zip.
        findings: of the doctor.
        results: a folder of a batch, whose errors belong into it.

    Returns:
        What is inside, a line each; of errors every one, so that a person can see that nothing secret is in them.

    Raises:
        BatchError: the folder has no ledger that can be read.
        ConfigError: `out` is no name of a zip.
        TakeError: it cannot be written.
    """
    if out.suffix.lower() != ".zip":
        raise ConfigError(f"cannot write a report to {out}: give it the suffix .zip")
    inside = {"doctor.txt": _text(findings), "doctor.json": json_text.dump(as_table(findings), indent=1)}
    if results is not None:
        inside["errors.txt"] = "".join(f"{count} x {message}\n" for message, count in errors_of(results).items())
    with beside(out) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in inside.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode("utf-8", "backslashreplace"))
    told = {
        "doctor.txt": "what is shown above",
        "doctor.json": "the same for programs",
        "errors.txt": "what failed in the batch, without names and paths of recordings",
    }
    lines = [f"{name}: {told[name]}, {len(text.splitlines())} lines" for name, text in inside.items()]
    return lines + inside.get("errors.txt", "").splitlines()


def as_table(findings: Sequence[Diagnosis]) -> dict[str, object]:
    """Findings for a program."""
    rows = [
        {"name": one.name, "told": one.told, "is_well": one.is_well, "advice": one.advice, "facts": dict(one.facts)}
        for one in findings
    ]
    return {"facetake": __version__, "is_well": all(one.is_well for one in findings), "findings": rows}


def _text(findings: Sequence[Diagnosis]) -> str:
    return "".join(f"{line(one)}\n" for one in findings)


def line(found: Diagnosis) -> str:
    """A finding for a person."""
    advice = f"; {found.advice}" if found.advice else ""
    return f"{'ok' if found.is_well else '!!'}  {found.name:16s} {found.told}{advice}"


def errors_of(results: Path) -> Mapping[str, int]:
    """What failed in a batch, and how often, the most frequent first.

    Raises:
        BatchError: the folder has no ledger that can be read.
    """
    ledgers = sorted(results.glob(f"{Path(NAME).stem}*.sqlite"))
    if not ledgers:
        raise BatchError(f"{results} holds no {NAME}; name the folder that was given to 'facetake batch --out'")
    found: Counter[str] = Counter()
    for path in ledgers:
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as ledger:
                for (message,) in ledger.execute("SELECT message FROM rows WHERE status = ?", (FAILED,)):
                    found[without_paths(str(message))] += 1
        except (sqlite3.Error, OSError) as error:
            raise BatchError(f"the ledger {path} cannot be read ({error}); leave out --results") from error
    return dict(found.most_common(MOST_ERRORS))


def without_paths(text: str) -> str:
    """A sentence with FILE and its suffix in place of everything that looks like a path or the name of a file."""
    for path in _PATHS:
        text = path.sub(lambda found: f"FILE{found[1] or ''}", text)
    return " ".join(text.split())
