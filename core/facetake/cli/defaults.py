"""`facetake.toml`: a studio's own defaults of options, from the folder where a command is started or one above it.

What the file says becomes words of the command line right behind the command's name, so that what a person writes wins.
It can say nothing that writes a file, reaches another machine or hides what is done. Knows no command's options: the
parsers do.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from facetake.cli.parser import Parser
from facetake.errors import ConfigError, FacetakeError

NAME: Final = "facetake.toml"
VARIABLE: Final = "FACETAKE_CONFIG"
"""In the environment: the file to read instead; empty for none."""
WITHOUT: Final = frozenset({"worker"})
"""Commands that take none: what a host asks for is whole, wherever it was started."""
READ: Final = frozenset(
    {
        "dictionary",
        "edits",
        "script",
        "model",
        "checks",
        "weights",
        "phonemes",
        "landmarker",
        "mesh",
        "c2pa-cert",
        "c2pa-key",
    }
)
"""Options that name what is only read, from the file's folder; any other path is for the command line alone."""
ALONE: Final = frozenset(
    {
        "help",
        "progress",
        "quiet",
        "force",
        "engine",
        "address",
        "follow-links",
        "schema",
        "resume",
        "host",
        "microphone",
        "record",
    }
)
"""Options that are a person's own word: how things are told, what may be lost, and who else takes part."""
MOST_VALUES: Final = 100  # of an option that may be repeated; there are a dozen regions


@dataclass(frozen=True)
class Defaults:
    """What a file gave.

    Attributes:
        file: as a person would name it from here; None where there is none.
        options: as on the command line, such as "--rate=30".
    """

    file: Path | None = None
    options: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        shown = (" ".join(map(shlex.quote, option.split("=", 1))) for option in self.options)
        return f"facetake: from {self.file}: {' '.join(shown)}"


def insert(parser: Parser, words: Sequence[str]) -> tuple[list[str], Defaults]:
    """The words of a command line with a file's defaults among them, and what those are.

    Args:
        parser: of the program.
        words: as they were written.

    Raises:
        ConfigError: the file cannot be read, or says something that no option can be.
    """
    levels = list(_levels(parser, words))
    file = None if not levels or levels[0][1][0] in WITHOUT or {"-h", "--help"} & set(words) else _find()
    if file is None:
        return list(words), Defaults()
    table = _read(file, parser)
    made = list[str]()
    taken = list[str]()
    before = 0
    for place, path, one in levels:
        table = _table(table.get(path[-1], {}), f"{file}: [{'.'.join(path)}]")
        options = _options(one, table, file, path)
        made += [*words[before:place], *options]
        taken += options
        before = place
    return [*made, *words[before:]], Defaults(file, tuple(taken))


def _levels(parser: Parser, words: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...], Parser]]:
    """Each command on the way to what is asked for: where its options may begin, its names, its parser."""
    path: tuple[str, ...] = ()
    place = 0
    while commands := _commands(parser):
        place = next((n for n in range(place, len(words)) if words[n] in commands), -1) + 1
        if not place:
            return
        path = (*path, words[place - 1])
        parser = commands[path[-1]]
        parser.declared()
        yield place, path, parser


def _commands(parser: Parser) -> Mapping[str, Parser]:
    """Parsers of what may follow a command's name."""
    return next((one.choices for one in parser._actions if isinstance(one, argparse._SubParsersAction)), {})


def _find() -> Path | None:
    """The file that the environment names, else the nearest one, seen from here."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    with suppress(OSError):  # a folder that is gone, or may not be looked into, has no defaults
        here = Path.cwd()
        for folder in (here, *here.parents):
            if os.path.lexists(folder / NAME) and not (folder / NAME).is_dir():
                return Path(os.path.relpath(folder / NAME))
    return None


def _read(file: Path, parser: Parser) -> Mapping[str, object]:
    """The file's tables. ConfigError where one is no command's."""
    from facetake.config import read_table
    from facetake.files.spelling import meant

    found = read_table(file)
    known = [name for name in _commands(parser) if name not in WITHOUT]
    for name in found:
        if name not in known:
            raise ConfigError(f"{file}: [{name[:40]}] is no command that takes defaults{meant(name, known)}")
    return found


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where} is no table; write the options below it, such as rate = "23.976"')
    return value


def _options(parser: Parser, table: Mapping[str, object], file: Path, path: tuple[str, ...]) -> list[str]:
    """What a command's table says, as options."""
    from facetake.files.spelling import meant

    known = {word[2:]: one for one in parser._actions for word in one.option_strings if word.startswith("--")}
    commands = _commands(parser)
    found = list[str]()
    for name, value in table.items():
        where = f"{file}: [{'.'.join(path)}] {name[:40]}"
        if name in commands:
            _table(value, where)
        elif name not in known:
            raise ConfigError(f"{where} is no option of this command{meant(name, (*known, *commands))}")
        elif not _may_be_said(name, known[name]):
            raise ConfigError(f"{where} is for the command line alone; write --{name} there")
        else:
            found += [_option(parser, name, one, where, file.parent) for one in _values(known[name], value, where)]
    return found


def _may_be_said(name: str, action: argparse.Action) -> bool:
    """Whether a file may say an option: one value or none, and nothing that is written."""
    return name not in ALONE and action.nargs in (None, 0) and (action.type is not Path or name in READ)


def _values(action: argparse.Action, value: object, where: str) -> list[object]:
    """Each value of an option, of one that may be repeated perhaps several; True for a flag that is set."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ConfigError(f"{where} is true or false")
        return [True] if value else []
    many = isinstance(action, argparse._AppendAction) and isinstance(value, list)
    values: list[object] = list(value) if many and isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        raise ConfigError(f"{where} has {len(values)} values; {MOST_VALUES} are the most")
    return values


def _option(parser: Parser, name: str, value: object, where: str, folder: Path) -> str:
    """One option and its value, read as on the command line."""
    from facetake.files import quantities

    if parser._option_string_actions[f"--{name}"].nargs == 0:
        return f"--{name}"
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise ConfigError(f"{where} is {quantities.shown(value)}; write text in quotes or a number")
    try:
        text = _from_here(name, value, folder) if isinstance(value, str) else str(_number(value))
        _check(parser, name, text)
    except argparse.ArgumentError as error:
        raise ConfigError(f"{where}: {error.message}") from error
    except FacetakeError as error:
        raise ConfigError(f"{where}: {error}") from error
    return f"--{name}={text}"


def _number(value: float) -> float:
    """A number that can be written in a few digits. ConfigError where it is not finite, or endless."""
    from facetake.files import quantities

    return quantities.whole(value, "it") if isinstance(value, int) else quantities.number(value, "it")


def _check(parser: Parser, name: str, text: str) -> None:
    """Reads a value as its command will. FacetakeError or ArgumentError where it is none."""
    action = parser._option_string_actions[f"--{name}"]
    parser._check_value(action, parser._get_value(action, text))
    if action.type is None and name in (checks := _checks()):
        checks[name](text)


def _checks() -> Mapping[str, Callable[[str], Any]]:
    """How commands read what argparse takes as text, by option: the same in every command."""
    from facetake import emotion, events, gaze, restyle, rig, timebase
    from facetake.cli import batch, generate, options

    return {
        "emotion": emotion.check,
        "emotions": batch.moods,
        "look": gaze.parse,
        "events": events.parse,
        "rate": timebase.parse_rate,
        "energy": generate.energy,
        "gain": lambda text: rig.region_mask(generate.gain(text)[0]),
        "only": lambda text: rig.region_mask(*(part.strip() for part in text.split(","))),
        "format": generate.take_suffix,
        "from": generate.take_suffix,
        "style": restyle.parse_style,
        "actor": lambda text: restyle.parse_strength(text, "actor"),
        "range": options.stretch,
        "intensities": batch.weights,
    }


def _from_here(name: str, text: str, folder: Path) -> str:
    """A value that names a file or a folder, seen from here and not from the folder of the file that said it."""
    from facetake.cues import looks_like_file

    kind, colon, place = text.partition(":")
    if name == "face" and colon:
        return f"{kind}:{folder / place}"
    is_cues = name in ("emotion", "look", "events") and looks_like_file(text)
    is_file = is_cues or name in READ or (name in ("settings", "rig-map") and text.lower().endswith(".toml"))
    return str(folder / text) if is_file else text
