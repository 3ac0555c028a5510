"""What the corpus says: sentences written for it, and a grammar that makes as many more as are wanted.

All text is our own and under the project's licence. The sentence files hold one sentence a line and are named
``<language>_<emotion>.txt``; the grammars are in ``grammar.toml`` beside them. This module does NOT know
about voices, audio or phones.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

_FOLDER: Final = Path(__file__).parent / "sentences"

LANGUAGES: Final[tuple[str, ...]] = ("en", "de", "zh")


@cache
def _grammar(language: str) -> Mapping[str, tuple[str, ...]]:
    table = tomllib.loads((_FOLDER / "grammar.toml").read_text(encoding="utf-8"))[language]
    return MappingProxyType({rule: _choices(value) for rule, value in table.items()})


def _choices(value: str | list[str]) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(word.replace("_", " ") for word in value.split())
    return tuple(value)


def sentences(language: str, emotion: str = "neutral") -> tuple[str, ...]:
    """Give the written sentences of a language for an emotion; the neutral ones where the emotion has none.

    Raises:
        ValueError: for a language that has no sentences.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no sentences in {language!r}; the languages are {', '.join(LANGUAGES)}")
    path = _FOLDER / f"{language}_{emotion}.txt"
    if not path.is_file():
        path = _FOLDER / f"{language}_neutral.txt"
    return tuple(line for line in path.read_text(encoding="utf-8").splitlines() if line)


def _expand(rule: str, grammar: Mapping[str, tuple[str, ...]], chance: random.Random) -> str:
    """Replace every ``{name}`` of a rule by one of its choices; ``{Name}`` gets a capital letter."""
    out = ""
    rest = rule
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        chosen = _expand(chance.choice(grammar[name.lower()]), grammar, chance)
        out += before + (chosen[:1].upper() + chosen[1:] if name[0].isupper() else chosen)
    return out + rest


def generate(language: str, chance: random.Random) -> str:
    """Make one new sentence from the grammar of a language."""
    grammar = _grammar(language)
    return _expand(chance.choice(grammar["start"]), grammar, chance)


def stream(language: str, chance: random.Random, written: float = 0.4) -> Iterator[tuple[str, str]]:
    """Give ``(sentence, emotion of its words)`` without end.

    Every written sentence comes once in a shuffled round before any comes again; generated ones are mixed
    in so that hours of speech keep bringing new words.

    Args:
        language: one of `LANGUAGES`.
        chance: where all the choices come from; the same state gives the same sentences.
        written: share of the written sentences, 0..1; the rest is generated and neutral.
    """
    emotions = sorted(path.stem.partition("_")[2] for path in _FOLDER.glob(f"{language}_*.txt"))
    pool = [(line, emotion) for emotion in emotions for line in sentences(language, emotion)]
    waiting: list[tuple[str, str]] = []
    while True:
        if chance.random() >= written:
            yield generate(language, chance), "neutral"
            continue
        if not waiting:
            waiting = chance.sample(pool, len(pool))
        yield waiting.pop()
