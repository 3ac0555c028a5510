"""What people said of takes in the report: read from the file that it exports, and approved versions kept.

Knows the file and the ledger; does not know how a take is made or checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from facetake import emotion as moods
from facetake import files, formats
from facetake.batch.keeping import APPROVED, approved_path, make_folder
from facetake.batch.ledger import Ledger, LedgerEntry, Verdict
from facetake.batch.row import ManifestRow
from facetake.errors import BatchError, ConfigError, FacetakeError, sentence
from facetake.files import json_text
from facetake.files.spelling import meant

VERSION: Final = 1  # of the file that the report exports
VERDICTS: Final = ("approved", "rejected", "")
KEYS: Final = ("verdict", "note", "take_sha256", "emotion")
MOST_BYTES: Final = 1 << 28  # 256 MB, ample: a verdict with a note takes some hundred bytes
_HASH = re.compile(r"[0-9a-f]{64}")


def read(path: Path) -> dict[str, Verdict]:
    """Verdicts by the id of their row.

    Args:
        path: JSON {"facetake_approvals": 1, "lines": {ID: {"verdict": "approved", "rejected" or "", "note": text,
            "take_sha256": hash of the take's file, "emotion": the mood, where another was heard}}}; note and emotion
            may be left out.

    Raises:
        BatchError: the file cannot be read, or says something else.
    """
    table = _object(_loaded(path), f"{path}")
    if table.get("facetake_approvals") != VERSION:
        raise BatchError(f"{path} is no file of approvals of this version; export it from the report anew")
    _no_others(table, ("facetake_approvals", "lines"), str(path))
    lines = _object(table.get("lines"), f"{path}: lines")
    return {name: _verdict(name, one, f"{path}: line '{name[:80]}'") for name, one in lines.items()}


def _loaded(path: Path) -> object:
    try:
        return json_text.load(files.read_text(path, MOST_BYTES), pairs=_once)
    except OSError as error:
        raise BatchError(f"cannot read {path}: {files.reason(error)}") from error
    except UnicodeDecodeError as error:
        raise BatchError(f"{path} is not UTF-8 text (byte {error.start}); export it from the report anew") from error
    except ValueError as error:
        raise BatchError(f"{path} is no JSON ({error}); export it from the report anew") from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"'{name[:80]}' is there twice")
        found[name] = value
    return found


def _object(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BatchError(f"{where} is no JSON object; export it from the report anew")
    return value


def _no_others(table: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise BatchError(f"{where}: '{name[:80]}' is unknown; known: {', '.join(known)}{meant(name, known)}")


def _verdict(name: str, value: object, where: str) -> Verdict:
    one = _object(value, where)
    _no_others(one, KEYS, where)
    verdict = one.get("verdict")
    note = one.get("note", "")
    sha256 = one.get("take_sha256")
    emotion = one.get("emotion", "")
    if verdict not in VERDICTS:
        known = ", ".join(VERDICTS[:2])
        raise BatchError(f"{where}: verdict is {json_text.dump(verdict)[:80]}; write one of {known}, or nothing")
    if not isinstance(note, str):
        raise BatchError(f"{where}: note is no text; put it in quotes")
    if not (isinstance(sha256, str) and (_HASH.fullmatch(sha256) or not (sha256 or verdict))):
        raise BatchError(f"{where}: take_sha256 is no SHA-256 of 64 digits 0-9 and a-f")
    if not isinstance(emotion, str):
        raise BatchError(f"{where}: emotion is no text; put it in quotes")
    if emotion:
        _check_mood(emotion, where)
    return Verdict(name, verdict, note, sha256, emotion)


def _check_mood(text: str, where: str) -> None:
    """Raises BatchError for what is no mood written out: a file or `auto` would set nothing right."""
    try:
        moods.weights(text, where)
    except ConfigError as error:
        raise BatchError(str(error)) from error


def set_right(rows: Sequence[ManifestRow], ledger: Ledger, asked: str) -> list[ManifestRow]:
    """Rows whose mood is to be heard, with that which a person gave them after hearing it wrong.

    Args:
        rows: of the list. What the list itself says of a line's mood goes before.
        ledger: which remembers what was said, in this run or an earlier one.
        asked: the mood of rows that name none.
    """
    given = {one.id: one.emotion for one in ledger.verdicts().values() if one.emotion}
    return [
        replace(row, emotion=given[row.id], heard_wrong=True)
        if not row.problem and row.id in given and moods.is_heard(row.emotion or asked)
        else row
        for row in rows
    ]


def keep(verdicts: Mapping[str, Verdict], rows: Sequence[ManifestRow], ledger: Ledger, folder: Path) -> list[str]:
    """Puts verdicts down and keeps every approved version, before anything is made again.

    The kept copy of a take whose approval was taken back goes; the take itself stays.

    Args:
        verdicts: by id; those of rows that are not in the list are left out, as another part of it may have them.
        rows: of the list.
        ledger: of the folder.
        folder: of takes; approved versions go to `approved/ID.npz` in it.

    Returns:
        Sentences on verdicts about a take that is no longer there, or cannot be kept.

    Raises:
        BatchError: the ledger or the folder refuses.
    """
    known = ledger.verdicts()
    notes = list[str]()
    new = [verdicts[row.id] for row in rows if row.id in verdicts and not row.problem]
    for one in new:
        is_kept = known.get(one.id) == one and approved_path(folder, one.id).is_file()
        if one.verdict == "approved" and not is_kept:
            notes += _kept(one, ledger.entry(one.id), folder)
        elif _is_taken_back(known.get(one.id), one):
            _forget(one.id, folder)
    ledger.decide(new)
    return notes


def _is_taken_back(before: Verdict | None, now: Verdict) -> bool:
    """Whether a take that was approved, no longer is."""
    was = before is not None and before.verdict == "approved" and before.take_sha256 == now.take_sha256
    return was and now.verdict != "approved"


def _forget(row: str, folder: Path) -> None:
    """Takes the copy of a version away whose approval was taken back: drift is measured from approved ones alone."""
    try:
        approved_path(folder, row).unlink(missing_ok=True)
    except OSError as error:
        raise BatchError(f"{approved_path(folder, row)} cannot be taken away: {files.reason(error)}") from error


def _kept(one: Verdict, entry: LedgerEntry | None, folder: Path) -> Iterator[str]:
    """Keeps one approved version; a sentence where that is not possible."""
    out = None if entry is None else folder / entry.out
    if entry is None or out is None or not out.is_file() or files.hash_of(out, BatchError) != one.take_sha256:
        yield f"{one.id} was approved in a version that is not there; look at it again"
        return
    try:
        take = formats.read(out, str(entry.fingerprint.get("format") or "") or None)
    except FacetakeError as error:
        yield f"{one.id} is approved, but cannot be kept to measure drift: {sentence(error)}"
        return
    try:
        make_folder(folder / APPROVED)
        formats.write(take, approved_path(folder, one.id), "npz")
    except (OSError, FacetakeError) as error:
        raise BatchError(f"the approved take of {one.id} cannot be kept ({error}); nothing was made again") from error
