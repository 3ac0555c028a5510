"""The file of a corpus's lines, which survives being interrupted, and the progress of making it.

This module does NOT know what a line means beyond its ``id``, ``speaker`` and ``duration_s``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

from facetake import files
from facetake.errors import ConfigError

NAME: Final = "lines.jsonl"
_EVERY_S: Final = 5.0  # by choice: seen to go on, and a log of hours stays readable


class Lines:
    """``lines.jsonl`` of a corpus folder, open for appending; a torn last line is dropped."""

    def __init__(self, folder: Path) -> None:
        """Open the file, making the folder if need be.

        Raises:
            ConfigError: where the folder cannot be written, or a line before the last is damaged.
        """
        self._path = folder / NAME
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._rows = self._read()
            self._file = self._path.open("a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise ConfigError(f"cannot write the corpus in {folder}: {error.strerror}") from error

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self._path.is_file():
            return {}
        data = self._path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) != len(data):  # a run was stopped in the middle of a write
            with self._path.open("r+b") as file:
                file.truncate(len(whole))
        rows = {}
        for number, line in enumerate(whole.decode("utf-8").splitlines(), start=1):
            try:
                row = json.loads(line)
                rows[row["id"]] = row
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(
                    f"line {number} of {self._path} is damaged; delete that line and run again to remake it"
                ) from error
        return rows

    def __enter__(self) -> Lines:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._file.close()

    def of(self, speaker: str) -> dict[str, float]:
        """Give the known lines of a speaker: id -> seconds."""
        return {key: row["duration_s"] for key, row in self._rows.items() if row["speaker"] == speaker}

    def append(self, row: dict[str, Any]) -> None:
        """Add a line and put it on the disk at once; a line whose id is known is left as it is."""
        if row["id"] in self._rows:
            return
        self._rows[row["id"]] = row
        _write(self._file, row)
        self._file.flush()

    def sort(self) -> None:
        """Write the lines again in the order of their ids, so that the same corpus is the same file."""
        beside = self._path.with_suffix(".part")
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            for key in sorted(self._rows):
                _write(file, self._rows[key])
        self._file.close()
        files.replace(beside, self._path)
        self._file = self._path.open("a", encoding="utf-8", newline="\n")


def _write(file: TextIO, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


class CorpusProgress:
    """Tells on the terminal how much of the speech is made, every few seconds."""

    def __init__(self, what: str, total_s: float, done_s: float) -> None:
        """Start at what an earlier run has made."""
        self._what = what
        self._total_s = total_s
        self._done_s = done_s
        self._shown = 0.0

    def add(self, seconds: float) -> None:
        """Count more speech; print if the last print is old enough."""
        self._done_s += seconds
        if time.monotonic() - self._shown > _EVERY_S:
            self._print()

    def end(self) -> None:
        """Print the final state."""
        self._print()

    def _print(self) -> None:
        self._shown = time.monotonic()
        share = self._done_s / self._total_s if self._total_s else 1.0
        hours = f"{self._done_s / 3600:.2f} of {self._total_s / 3600:.2f} h"
        print(f"corpus: {self._what} {hours} ({share:.0%})", file=sys.stderr, flush=True)
