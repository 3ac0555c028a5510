"""The parser of a command line: mistakes told in one sentence, and no options declared that are not read."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, NoReturn

from facetake.cli.terminal import tell
from facetake.errors import line
from facetake.files.quantities import shown
from facetake.files.spelling import meant

MISTAKE = 2  # the exit code of a mistake in the arguments, as argparse's own
_VALUELESS: Final = re.compile(r"^argument (?:-\w/)?(--[\w-]+): expected one argument$")
_NEGATIVE: Final = re.compile(r"^-[.\d]")


def _nothing(_: argparse.ArgumentParser) -> None:
    """Declares nothing."""


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, as every other error, and declares its options once it is the one that reads."""

    def __init__(self, *, declare: Callable[[argparse.ArgumentParser], None] = _nothing, **about: Any) -> None:
        """Takes what declares its options, beside what every parser takes."""
        super().__init__(**about)
        self._declare = declare
        self._words: Sequence[str] = ()

    def declared(self) -> None:
        """Declares what it reads; of the commands beside the one that is named, nothing is."""
        declare = self._declare
        self._declare = _nothing
        declare(self)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuses what is left over here, where the options are known that may have been meant."""
        self.declared()
        self._words = args or ()
        found, others = super().parse_known_args(args, namespace)
        if others:
            known = [
                word for action in self._actions if action.help != argparse.SUPPRESS for word in action.option_strings
            ]
            word = others[0].partition("=")[0]
            self.error(
                f"unrecognized arguments: {' '.join(others)}{meant(word, known) if word.startswith('-') else ''}"
            )
        return found, others

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = [str(one) for one in action.choices]
            text = f"{shown(value)} is none of {', '.join(known)}{meant(str(value), known)}"
            raise argparse.ArgumentError(action, text)

    def _joined(self, message: str) -> str:
        """How to write a value that begins with a minus, which is taken for another option where it stands alone."""
        if option := _VALUELESS.match(message):
            for word, value in pairwise(self._words):
                if word == option[1] and _NEGATIVE.match(value):
                    return f"; write {word}={value}"
        return ""

    def error(self, message: str) -> NoReturn:
        """Tells a mistake and ends with `MISTAKE`."""
        tell(line(f"facetake: error: {message}{self._joined(message)}; see '{self.prog} --help'") + "\n")
        raise SystemExit(MISTAKE)
