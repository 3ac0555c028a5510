"""A folder of real speech to corpus lines: resumable, parallel, the same with any number of jobs.

Gives rows for ``lines.jsonl`` and writes ``audio/NAME/STEM.flac``, as `facetake_training.dataset` reads them.
Recordings that cannot be labelled go to ``failed.jsonl`` with the reason, and are not tried again;
``sources.json`` keeps the licences. This module does NOT know how a line is labelled.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import soundfile as sf

from facetake import files
from facetake.audio import SAMPLE_RATE_HZ, read
from facetake.batch.runner import MOST_JOBS
from facetake.errors import AudioError, ConfigError
from facetake_training.align.engine import Audio, model_folder
from facetake_training.align.line import LabelledLine, Labeller

LINES: Final = "lines.jsonl"
FAILED: Final = "failed.jsonl"
SOURCES: Final = "sources.json"
_SOUNDS: Final = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff"})


Row = dict[str, Any]
"""One line of the corpus, as JSON has it."""


@dataclass(frozen=True)
class SpeechSet:
    """A folder of recordings of one language: an entry ``[[speech]]`` of a corpus config.

    Attributes:
        folder: the sound files.
        name: the set's name; its lines are called ``NAME/STEM``.
        language: en, de or zh. Without transcripts only English is recognised; other languages get rough phones.
        transcripts: a file of ``STEM<TAB>text`` lines, ``{a|b}`` where one of several things was said;
            a recording without a line is recognised.
        licence: the licence of the recordings and who made them; kept beside the corpus.
        speakers: ``one`` for the whole folder, or ``each`` file another.
        split: of the recordings not held out by `valid` and `test`.
        valid: how many recordings to hold out for validation.
        test: how many recordings to hold out for the test.
    """

    folder: Path
    name: str
    language: str = "en"
    transcripts: Path | None = None
    licence: str = ""
    speakers: Literal["one", "each"] = "one"
    split: Literal["train", "valid", "test"] = "train"
    valid: int = 0
    test: int = 0


@dataclass(frozen=True)
class _AlignmentJob:
    path: Path
    text: str | None
    flac: Path
    row: Row


def label_folder(speech: SpeechSet, out: Path, jobs: int = 1, seed: int = 0) -> Iterator[Row]:
    """Label the recordings of a folder that the corpus at `out` does not have yet.

    Args:
        speech: the recordings.
        out: the corpus folder; its ``lines.jsonl`` tells what is labelled, and the caller appends to it.
        jobs: processes; 0 is one for each core. The rows are the same for any number.
        seed: of the choice of held-out recordings.

    Yields:
        The row of each labelled recording, in the order of their names; its audio is already written.

    Raises:
        ConfigError: a folder, transcript, language or split that cannot be, or a missing program.
        AudioError: a folder without recordings.
    """
    paths = _recordings(speech)
    texts = _transcripts(speech)
    splits = _splits(speech, [path.stem for path in paths], seed)
    _note_source(speech, out)
    known = {row["id"] for name in (LINES, FAILED) for row in _rows(out / name)}
    todo = [_job(speech, path, texts, splits, out) for path in paths if f"{speech.name}/{path.stem}" not in known]
    (out / "audio" / speech.name).mkdir(parents=True, exist_ok=True)
    for row in _worked(todo, speech.language, jobs):
        if "reason" in row:
            _append(out / FAILED, row)
        else:
            yield row


def _recordings(speech: SpeechSet) -> list[Path]:
    if not speech.folder.is_dir():
        raise ConfigError(f"speech set {speech.name!r}: there is no folder {speech.folder}; correct `folder`")
    paths = sorted(path for path in speech.folder.iterdir() if path.suffix.lower() in _SOUNDS)
    if not paths:
        raise AudioError(
            f"speech set {speech.name!r}: no recordings in {speech.folder}; it may hold {' '.join(sorted(_SOUNDS))}"
        )
    return paths


def _transcripts(speech: SpeechSet) -> dict[str, str] | None:
    if speech.transcripts is None:
        return None
    try:
        rows = speech.transcripts.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"speech set {speech.name!r}: cannot read transcripts {speech.transcripts} ({error}); "
            "it must be a UTF-8 file of lines NAME<TAB>text"
        ) from error
    for number, row in enumerate(rows, 1):
        if row.strip() and "\t" not in row:
            raise ConfigError(f"{speech.transcripts}, line {number}: no tab; each line must be NAME<TAB>text")
    return {name: text.strip() for name, _, text in (row.partition("\t") for row in rows) if name.strip()}


def _splits(speech: SpeechSet, stems: Sequence[str], seed: int) -> dict[str, str]:
    held = speech.valid + speech.test
    if held >= len(stems) or min(speech.valid, speech.test) < 0:
        raise ConfigError(
            f"speech set {speech.name!r}: valid = {speech.valid} and test = {speech.test} must be at least 0 and "
            f"leave some of its {len(stems)} recordings to train on"
        )
    chosen = random.Random(f"{seed}:{speech.name}").sample(sorted(stems), held)
    return {stem: "valid" if i < speech.valid else "test" for i, stem in enumerate(chosen)}


def _note_source(speech: SpeechSet, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    path = out / SOURCES
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[speech.name] = {"licence": speech.licence, "language": speech.language}
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    files.replace(beside, path)


def _rows(path: Path) -> list[Row]:
    """Read the rows written so far, without a last one that an interrupted run left unfinished."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def _append(path: Path, row: Row) -> None:
    torn = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(("\n" if torn else "") + json.dumps(row, ensure_ascii=False) + "\n")


def _job(
    speech: SpeechSet, path: Path, texts: dict[str, str] | None, splits: dict[str, str], out: Path
) -> _AlignmentJob:
    name = f"{speech.name}/{path.stem}"
    row: Row = {
        "id": name,
        "audio": f"audio/{name}.flac",
        "language": speech.language,
        "speaker": speech.name if speech.speakers == "one" else name,
        "source": "real",
        "split": splits.get(path.stem, speech.split),
    }
    text = None if texts is None else texts.get(path.stem)
    return _AlignmentJob(path, text, out / "audio" / f"{name}.flac", row)


def _worked(todo: Sequence[_AlignmentJob], language: str, jobs: int) -> Iterator[Row]:
    """Yield the row of each job, in order."""
    model_folder()
    jobs = min(jobs or os.cpu_count() or 1, len(todo), MOST_JOBS)
    if jobs <= 1:
        _start(language)
        yield from map(_work, todo)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _start, (language,)) as pool:
        yield from pool.imap(_work, todo, chunksize=2)


_labeller: Labeller | None = None  # one a process: decoders are slow to make and cannot be sent between processes


def _start(language: str) -> None:
    global _labeller
    _labeller = Labeller(language)


def _work(job: _AlignmentJob) -> Row:
    assert _labeller is not None
    try:
        samples = read(job.path)
    except AudioError as error:
        return {"id": job.row["id"], "reason": str(error)}
    line = "it has no transcript" if job.text == "" else _labeller.label(samples, job.text)
    if not isinstance(line, LabelledLine):
        return {"id": job.row["id"], "reason": line}
    _write(job.flac, samples)
    duration_s = round(len(samples) / SAMPLE_RATE_HZ, 4)
    return {**job.row, "text": line.text, "duration_s": duration_s, "phones": line.phones}


def _write(path: Path, samples: Audio) -> None:
    beside = path.with_suffix(".part")
    sf.write(beside, samples, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    files.replace(beside, path)
