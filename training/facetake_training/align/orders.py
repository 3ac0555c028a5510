"""Transcripts for spoken coffee orders that are labelled by what was ordered, not by the words.

Picovoice's speech-to-intent-benchmark (Apache-2.0) tells for each recording the drink, its size, roast, shots,
milk and sugar; its context file tells the ways to order. Together that is nearly the text: what stays open
becomes ``{a|b}``, which the aligner settles by ear. Run as ``python -m facetake_training.align.orders LABELS.json
OUT.tsv``. This module does NOT know about audio.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError

OPENINGS: Final = (
    *("brew", "can i get", "can i have", "i want", "get me", "give me", "i'd like", "make me", "may i have"),
    # heard in the recordings, though not among the suggested ways
    *("can i get me", "can you make me", "could i get", "could i have", "i would like", "please get me"),
)
_BEFORE: Final = ("numberOfShots", "size", "roast")
_AFTER: Final = ("milkAmount", "sugarAmount")


def transcript(slots: Mapping[str, str]) -> str:
    """Give the transcript of one order, ``{a|b}`` where the order of words is not known."""
    said = {name: " ".join(value.split()) for name, value in slots.items()}
    before = [" ".join(words) for words in permutations(said[name] for name in _BEFORE if name in said)]
    extras = [" and ".join(words) for words in permutations(said[name] for name in _AFTER if name in said)]
    after = [f"with {words}" for words in extras if words]
    parts = (_one_of(OPENINGS), "{a|an|}", _one_of(before), said["coffeeDrink"], _one_of(after), "{please|}")
    return " ".join(part for part in parts if part)


def write_transcripts(labels: Path, out: Path) -> int:
    """Turn the benchmark's ``label.json`` into a transcript file; gives the number of lines.

    Raises:
        ConfigError: where the labels cannot be read.
    """
    try:
        orders = json.loads(labels.read_text(encoding="utf-8"))
        rows = [f"{Path(name).stem}\t{transcript(order['slots'])}\n" for name, order in sorted(orders.items())]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{labels} is not the label.json of speech-to-intent-benchmark ({error!r})") from error
    out.write_text("".join(rows), encoding="utf-8", newline="\n")
    return len(rows)


def _one_of(options: tuple[str, ...] | list[str]) -> str:
    return options[0] if len(options) == 1 else "{" + "|".join(options) + "}" if options else ""


if __name__ == "__main__":
    write_transcripts(Path(sys.argv[1]), Path(sys.argv[2]))
