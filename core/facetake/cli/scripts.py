"""Options that tell what is said in a recording, and what is told of how the sound keeps to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError
from facetake.files import quantities

if TYPE_CHECKING:
    from facetake.generate import GenerateOptions
    from facetake.script import Aligned, Sheet

MOST_TOLD = 10  # differences that are told of one line; the rest is counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of a line's text."""
    text = parser.add_mutually_exclusive_group()
    text.add_argument(
        "--text", help="what is said, for lips that close and round where they must; in {braces}: a word to lean on"
    )
    text.add_argument(
        "--script",
        type=Path,
        metavar="FILE",
        help="likewise from a .txt, .srt, .vtt, .TextGrid, .lab or .json, or a folder with one for each sound",
    )
    parser.add_argument("--language", metavar="XX", help="of the text, two letters such as de; default: by its words")
    parser.add_argument("--dictionary", type=Path, metavar="FILE", help="pronunciations of your own, `word  F OW1 N Z`")
    parser.add_argument(
        "--emphasis", default="1", metavar="X", help="how much the face leans on words in braces, 0 to 2"
    )


def chosen(options: GenerateOptions, arguments: argparse.Namespace, n_sounds: int) -> GenerateOptions:
    """The options with what is the same for every line. Raises ConfigError."""
    from dataclasses import replace

    from facetake.motion.emphasis import MOST_AMOUNT

    language = arguments.language
    if language is not None and not (len(language) == 2 and language.isascii() and language.isalpha()):
        raise ConfigError(f"--language {language}: write two letters, such as en, de, es, fr, ja or zh")
    is_one = arguments.text is not None or (arguments.script is not None and not arguments.script.is_dir())
    if n_sounds > 1 and is_one:
        raise ConfigError("--text and a file of --script are of one recording; for several give a folder of texts")
    return replace(
        options,
        language=language.lower() if language else None,
        dictionary=arguments.dictionary,
        emphasis=quantities.number(arguments.emphasis, "--emphasis", 0.0, MOST_AMOUNT),
    )


def read_files(arguments: argparse.Namespace) -> list[Path]:
    """Files that are read and must not be written over."""
    return [one for one in (arguments.script, arguments.dictionary) if one is not None]


def text_of(source: Path, arguments: argparse.Namespace) -> str | Sheet | None:
    """What is said in a recording, None where nothing tells. Raises ScriptError."""
    from facetake import script

    if arguments.text is not None:
        return str(arguments.text)
    place: Path | None = arguments.script
    if place is not None and place.is_dir():
        place = script.beside(place / source.name)
    return script.read(place) if place is not None else None


def tell(report: Reporter, source: str, found: Aligned) -> None:
    """How a line keeps to its text, where it differs."""
    if not found.differences:
        return
    told = [f"{source}: line differs from its script:", *(f"  {one.sentence}" for one in found.differences[:MOST_TOLD])]
    if len(found.differences) > MOST_TOLD:
        told.append(f"  and {len(found.differences) - MOST_TOLD} more")
    report.note(source, told, {"differences": [one.facts for one in found.differences]})
