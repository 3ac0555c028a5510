"""`facetake align`: which word and which phone of a recording sounds when, and where it says something else."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.terminal import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError, FacetakeError

if TYPE_CHECKING:
    from facetake.inference import Ear
    from facetake.script import Aligned
    from facetake.script.sheet import Sheet

NAME = "align"
ABOUT = "write the words and phones of a recording with their times, and tell where it differs from its text"
EXAMPLES = (
    'line.wav --text "Hold the bridge until the morning bell."',
    "line.wav --script line.srt --language en -o line.json",
    "recordings/ -o aligned/ --format srt",
    "line.wav --dictionary names.dict",
)
FORMS = ("TextGrid", "json", "srt", "vtt", "lab")
MOST_TOLD = 10  # differences that are told of one line; the rest is counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("audio", nargs="+", metavar="AUDIO", help="sound files, folders or patterns")
    text = parser.add_mutually_exclusive_group()
    text.add_argument("--text", help="what is said; else a text of the sound's name beside it, else phones as heard")
    text.add_argument("--script", type=Path, metavar="FILE", help="a .txt, .srt, .vtt, .TextGrid, .lab or .json of it")
    parser.add_argument("--language", metavar="XX", help="of the text, two letters such as de; default: by its words")
    parser.add_argument("--dictionary", type=Path, metavar="FILE", help="pronunciations of your own, `word  F OW1 N Z`")
    parser.add_argument("-o", "--out", type=Path, help="file or folder to write; default: beside each sound")
    parser.add_argument("--format", dest="form", choices=FORMS, help="default: by the suffix of --out, or TextGrid")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")
    add_force(parser)


@dataclass(frozen=True)
class _Job:
    """What is the same for every recording."""

    ear: Ear
    arguments: argparse.Namespace
    report: Reporter


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Aligns every recording; one that fails does not stop the rest."""
    from facetake import inference

    sources = inputs.sound_files(arguments.audio)
    if len(sources) > 1 and (arguments.text is not None or arguments.script is not None):
        raise ConfigError(
            "--text and --script are of one recording; put texts beside several, each of its sound's name"
        )
    targets = inputs.outputs_for(sources, arguments.out, f".{arguments.form or FORMS[0]}")
    texts = [arguments.script] if arguments.script else []
    inputs.refuse_overwriting(list(zip(sources, targets, strict=True)), [*sources, *texts])
    _check(targets, arguments)
    load = cache(lambda: inference.load_ear(arguments.model or inference.SHIPPED))
    failed = 0
    for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
        report.start(str(source), index, len(sources))
        try:
            _align(source, target, _Job(load(), arguments, report))
        except FacetakeError as error:
            failed += 1
            report.failure(str(source), str(error))
    return 0 if not failed else 2 if failed == len(sources) else 1


def _check(targets: Sequence[Path], arguments: argparse.Namespace) -> None:
    """Finds before the work what no writer writes. ConfigError."""
    suffix = targets[0].suffix
    if arguments.form is None and suffix.lower() not in {f".{form}".lower() for form in FORMS}:
        raise ConfigError(f"{targets[0]}: end it in one of {', '.join(f'.{form}' for form in FORMS)}, or add --format")
    language = arguments.language
    if language is not None and not (len(language) == 2 and language.isascii() and language.isalpha()):
        raise ConfigError(f"--language {language}: write two letters, such as en, de, es, fr, ja or zh")


def _align(source: Path, target: Path, job: _Job) -> None:
    from facetake import formats, script

    arguments, report = job.arguments, job.report
    inputs.check_target(target, may_make_folder=True)
    place, sheet = _sheet(source, target, arguments)
    found = _aligned(source, sheet, job)
    text = script.write(found.alignment, f".{arguments.form}" if arguments.form else target.suffix)
    inputs.make_folder(target.parent)
    with replacing(target, report, str(source), force=arguments.force), formats.beside(target) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    for message in (*(sheet.told if sheet else ()), *found.told):
        report.warning(str(source), message)
    report.note(str(source), [*_lines(target, place, found)], _facts(place, found))
    report.done(str(source), [str(target)])


def _sheet(source: Path, target: Path, arguments: argparse.Namespace) -> tuple[Path | None, Sheet | None]:
    """The text of a recording, and the file that it is from."""
    from facetake import script
    from facetake.script.sheet import Sheet

    if arguments.text is not None:
        return None, Sheet(arguments.text)
    place: Path | None = arguments.script or script.beside(source, target)
    return (place, script.read(place)) if place is not None else (None, None)


def _aligned(source: Path, sheet: Sheet | None, job: _Job) -> Aligned:
    from facetake import alignment

    arguments, report = job.arguments, job.report
    return alignment.align(
        source,
        sheet,
        job.ear,
        language=arguments.language.lower() if arguments.language else None,
        dictionary=arguments.dictionary,
        progress=lambda share: report.progress(str(source), share),
    )


def _lines(target: Path, place: Path | None, found: Aligned) -> list[str]:
    """What a person is told."""
    n_phones = len(found.alignment.phones)
    if not found.n_words:
        return [f"{target}: {n_phones} phones as heard; no text was given"]
    source = f" of {place.name}" if place else ""
    count = f"{len(found.alignment.words)} of {found.n_words} words{source}, {n_phones} phones"
    told = [f"{target}: {count}, confidence {found.confidence:.2f}"]
    if found.differences:
        told += ["line differs from its script:", *(f"  {one.sentence}" for one in found.differences[:MOST_TOLD])]
    if len(found.differences) > MOST_TOLD:
        told.append(f"  and {len(found.differences) - MOST_TOLD} more")
    return told


def _facts(place: Path | None, found: Aligned) -> dict[str, object]:
    """What a program is told."""
    return {
        "script": str(place) if place else None,
        "language": found.alignment.language,
        "words": len(found.alignment.words),
        "words_of_script": found.n_words,
        "phones": len(found.alignment.phones),
        "confidence": round(found.confidence, 3),
        "differences": [one.facts for one in found.differences],
    }
