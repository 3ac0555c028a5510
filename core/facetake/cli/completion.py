"""`facetake completion`: a script by which a shell completes commands, options and their choices at the Tab key.

It is made of the parsers themselves, so that it knows what they know, and holds all of it: pressing Tab starts no
Python. What is no command, option or choice is completed as a file.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from typing import Final

from facetake.cli import fish
from facetake.cli.parser import Parser
from facetake.cli.terminal import Reporter, say

NAME = "completion"
ABOUT = "print a script that completes commands and options at the Tab key"
EXAMPLES = (
    "bash > ~/.local/share/bash-completion/completions/facetake",
    "zsh >> ~/.zshrc",
    "fish > ~/.config/fish/completions/facetake.fish",
)
ZSH: Final = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n"
"""What lets zsh read the script for bash."""
SCRIPT: Final = """\
_facetake() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} path='' words='' n
  for ((n = 1; n < COMP_CWORD; n++)); do
    case "$path ${{COMP_WORDS[n]}}" in
      {commands}) path="$path ${{COMP_WORDS[n]}}" ;;
    esac
  done
  case "$path $before" in
{values}
    *)
      case "$path $word" in
{words}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o bashdefault -o default -F _facetake facetake
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def run(arguments: argparse.Namespace, _report: Reporter) -> int:
    """Prints the script."""
    from facetake.cli import _parser

    if arguments.shell == "fish":
        say(fish.script(list(_parsers(_parser(), ""))))
        return 0
    say((ZSH if arguments.shell == "zsh" else "") + script(_parser()))
    return 0


def script(parser: Parser) -> str:
    """The script for bash of a program's parser and those of its commands, at every depth."""
    parsers = list(_parsers(parser, ""))[::-1]  # a command's patterns before those of what it is a command of
    values = list[str]()
    words = list[str]()
    for path, one in parsers:
        for action in _shown(one):
            values += [
                _case(f"{path} {option}", _choices(action), "    ")
                for option in action.option_strings
                if _choices(action)
            ]
        options = [option for action in _shown(one) for option in action.option_strings]
        others = [word for action in _shown(one) if not action.option_strings for word in _choices(action)]
        words += [_case(f"{path} -", options, " " * 8, "*"), _case(f"{path} ", others, " " * 8, "*")]
    commands = "|".join(shlex.quote(path) for path, _ in parsers if path)
    return SCRIPT.format(commands=commands, values="\n".join(values), words="\n".join(words))


def _parsers(parser: Parser, path: str) -> Iterator[tuple[str, Parser]]:
    """A parser and those of its commands, each with a space and a word for every command on the way to it."""
    parser.declared()
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                yield from _parsers(one, f"{path} {name}")


def _shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [action for action in parser._actions if action.help != argparse.SUPPRESS]


def _choices(action: argparse.Action) -> list[str]:
    return [str(one) for one in action.choices or ()]


def _case(pattern: str, words: list[str], indent: str, ending: str = "") -> str:
    """A line of `case`: with these words before, these may follow."""
    return f"{indent}{shlex.quote(pattern)}{ending}) words={shlex.quote(' '.join(words))} ;;"
