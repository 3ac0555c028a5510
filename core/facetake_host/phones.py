"""A line's words and phones as the engine tells them, for a strip that shows and changes them. Knows no widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from facetake_host.problems import HostProblem

LEAST_S = 0.02  # of a phone: as the engine has it (`facetake.edits.line_edits`)
TOUCH_S = 0.001  # between two phones that touch: times are rounded
STRENGTHS = (0.5, 1.0, 1.5)
"""How firmly a phone is shaped: soft, normal, hard."""
EMPHASES = (0.0, 0.5, 1.0)
"""How much a word is leant on: not, some, strongly."""
SYMBOLS = tuple(
    """
    AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW OE UY B CH D DH F G HH JH K L M N NG P R S SH T TH V W Y Z ZH
    """.split()
)
"""Phones that can be typed: ARPAbet, and two vowels of German and French."""
Edge = Literal["start", "end"]
Change = dict[str, object]


@dataclass(frozen=True)
class LinePhone:
    """A phone: as the engine's `facetake.script.Phone`, and whether somebody changed it."""

    symbol: str
    start_s: float
    end_s: float
    confidence: float
    strength: float
    is_edited: bool

    @property
    def letters(self) -> str:
        """The symbol without its stress."""
        return self.symbol.rstrip("012")


@dataclass(frozen=True)
class LineWord:
    """A word: as the engine's `facetake.script.Word`."""

    text: str
    start_s: float
    end_s: float
    emphasis: float


@dataclass(frozen=True)
class LinePhones:
    """A line.

    Attributes:
        phones, words: in order.
        edits: the text of the edits that they have; empty for none.
        text: what is said, as far as anybody knows.
    """

    phones: tuple[LinePhone, ...] = ()
    words: tuple[LineWord, ...] = ()
    edits: str = ""
    text: str = ""

    def moved(self, place: int, edge: Edge, to_s: float) -> LinePhones:
        """What moving an end of a phone will give, as it is shown while a hand drags: a neighbour gives way."""
        rows = list(self.phones)
        one, other = rows[place], place + (1 if edge == "end" else -1)
        neighbour = rows[other] if 0 <= other < len(rows) else None
        if edge == "end":
            most = neighbour.end_s - LEAST_S if neighbour else to_s
            to_s = max(one.start_s + LEAST_S, min(to_s, most))
            is_pushed = neighbour is not None and (
                abs(neighbour.start_s - one.end_s) < TOUCH_S or to_s > neighbour.start_s
            )
            rows[place] = replace(one, end_s=to_s)
        else:
            least = neighbour.start_s + LEAST_S if neighbour else 0.0
            to_s = min(one.end_s - LEAST_S, max(to_s, least))
            is_pushed = neighbour is not None and (
                abs(neighbour.end_s - one.start_s) < TOUCH_S or to_s < neighbour.end_s
            )
            rows[place] = replace(one, start_s=to_s)
        if neighbour is not None and is_pushed:
            rows[other] = replace(neighbour, **{"start_s" if edge == "end" else "end_s": to_s})  # type: ignore[arg-type]
        return replace(self, phones=tuple(rows))


def read(result: Mapping[str, Any]) -> LinePhones:
    """What the engine answered to `phones`. Raises HostProblem where it is another answer."""
    try:
        return LinePhones(
            tuple(LinePhone(**one) for one in result["phones"]),
            tuple(LineWord(**one) for one in result["words"]),
            result["edits"],
            result["text"],
        )
    except (KeyError, TypeError) as error:
        reason = "the engine tells the line's phones otherwise; install plugin and engine of the same release"
        raise HostProblem(reason) from error
