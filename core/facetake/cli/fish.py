"""The script by which the shell fish completes a program's commands, options and choices, with what they are for."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Final

HEAD: Final = """\
function __facetake_at
    set -l path ''
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if contains -- "$path $word" {commands}
            set path "$path $word"
        end
    end
    test "$path" = "$argv[1]"
end
complete -c facetake -e
"""
"""Whether the words before the cursor name these commands."""


def script(parsers: Sequence[tuple[str, argparse.ArgumentParser]]) -> str:
    """The script.

    Args:
        parsers: of the program and its commands at every depth, each with a space and a word for every command on the
            way to it.
    """
    commands = " ".join(_quoted(path) for path, _ in parsers if path)
    return HEAD.format(commands=commands) + "".join(f"{line}\n" for path, one in parsers for line in _lines(path, one))


def _lines(path: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    """A line for each option and each choice of a command."""
    begin = f"complete -c facetake -n {_quoted(f'__facetake_at {_quoted(path)}')}"
    for action in parser._actions:
        about = _about(action.help)
        if action.help == argparse.SUPPRESS:
            continue
        if action.option_strings:
            names = " ".join(
                f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in action.option_strings
            )
            yield f"{begin} {names}{_value(action)}{about}"
        elif isinstance(action, argparse._SubParsersAction):
            for one in action._choices_actions:
                yield f"{begin} -f -a {_quoted(one.dest)}{_about(one.help)}"
        elif action.choices:
            yield f"{begin} -f -a {_quoted(' '.join(map(str, action.choices)))}{about}"


def _value(action: argparse.Action) -> str:
    """What follows an option: nothing, one of its choices, or anything, such as a file."""
    if action.nargs == 0:
        return ""
    return f" -x -a {_quoted(' '.join(map(str, action.choices)))}" if action.choices else " -r"


def _about(text: str | None) -> str:
    return f" -d {_quoted(' '.join(text.replace('%%', '%').split()))}" if text else ""


def _quoted(text: str) -> str:
    """A word as fish reads it: between single quotes only these two are anything else than themselves."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
