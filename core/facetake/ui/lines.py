"""A line on the desk: a recording, the mood drawn for it, its settings, and the takes that were made of it.

All of it is frozen: what is changed is another line, so that undo is the line before. No Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from facetake import generate as generating
from facetake import rig
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.motion.expression import MOST_ENERGY
from facetake.take import Take
from facetake_host.mood import EMOTIONS, Mood

Visemes = tuple[tuple[str, float, float], ...]
LONGEST_NOTE: Final = 20_000  # characters, twice a page of a script: what is longer was pasted by mistake
SHOWN_WEIGHT: Final = 0.05  # of a mood, from which on it is named


@dataclass(frozen=True)
class LineSettings:
    """How a take is made of a line.

    Attributes:
        listen: whether the mood is heard in the voice.
        blink, gaze, head: whether these are added.
        seed: of blinks, gaze, head and movement.
        energy: how much the face acts, 0..2.
        gains: factor per region on its deviation from neutral, 0..10; regions at 1 are not in it.
    """

    listen: bool = False
    blink: bool = True
    gaze: bool = True
    head: bool = True
    seed: int = 0
    energy: float = 1.0
    gains: Mapping[str, float] = field(default_factory=dict)

    def request(self) -> dict[str, object]:
        """Fields of the engine's `generate`."""
        told = asdict(self)
        del told["listen"]
        return told

    def told(self) -> dict[str, object]:
        """What differs from the defaults, as it is kept in files."""
        plain = LineSettings()
        return {
            one.name: value for one in fields(self) if (value := getattr(self, one.name)) != getattr(plain, one.name)
        }


def settings_of(told: object, where: str) -> LineSettings:
    """Settings as files keep them.

    Raises:
        ConfigError: a name or a value is none that a person can have chosen.
    """
    if not isinstance(told, dict):
        raise ConfigError(f"{where} are no table; remove them or choose the settings anew")
    return LineSettings(**{name: _checked(name, value, where) for name, value in told.items()})


def _checked(name: str, value: Any, where: str) -> Any:
    if name in ("listen", "blink", "gaze", "head") and isinstance(value, bool):
        return value
    if name == "seed":
        return quantities.whole(value, f"{where}: seed", low=0)
    if name == "energy":
        return quantities.number(value, f"{where}: energy", 0.0, MOST_ENERGY)
    if name == "gains" and isinstance(value, dict):
        rig.region_mask(*value)
        return {
            region: quantities.number(factor, f"{where}: gain of {region}", 0.0, generating.MOST_GAIN)
            for region, factor in value.items()
        }
    raise ConfigError(f"{where}: {name} cannot be {quantities.shown(value)}; remove it or choose it anew")


@dataclass(frozen=True, eq=False)
class LineTake:
    """One take of a line.

    Attributes:
        number: which of the line's takes, from 1; never given twice.
        label: what made it, for people: "happy 0.7, seed 2".
        take: the take.
        visemes: with start and end in seconds.
        told: what was heard of the mood, and what else there was to say; "" for nothing.
    """

    number: int
    label: str
    take: Take
    visemes: Visemes = ()
    told: str = ""

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return f"{self.number}: {self.label}"


@dataclass(frozen=True, eq=False)
class SpokenLine:
    """A line.

    Attributes:
        number: which line of the desk; never given twice.
        name: what it is called: its file's stem.
        sound: its recording; None where a take was opened that has none beside it.
        mood: what is drawn; None where nothing was.
        settings: how its next take is made.
        note: whatever the person wrote.
        takes: in the order in which they came.
        shown: the number of the take that is on the face, in the curves and in what is exported; 0 for none.
        beside: numbers of takes shown beside it.
    """

    number: int
    name: str
    sound: Path | None
    mood: Mood | None = None
    settings: LineSettings = field(default_factory=LineSettings)
    note: str = ""
    takes: tuple[LineTake, ...] = ()
    shown: int = 0
    beside: tuple[int, ...] = ()

    @property
    def top(self) -> LineTake | None:
        """The take that is shown."""
        return self.find(self.shown)

    @property
    def others(self) -> list[LineTake]:
        """The takes beside it."""
        return [one for one in self.takes if one.number in self.beside and one.number != self.shown]

    def find(self, number: int) -> LineTake | None:
        """The take of that number."""
        return next((one for one in self.takes if one.number == number), None)

    def with_take(self, made: LineTake) -> SpokenLine:
        """The line with one more take, which gets a number and is shown alone."""
        number = 1 + max((one.number for one in self.takes), default=0)
        return replace(self, takes=(*self.takes, replace(made, number=number)), shown=number, beside=())

    def without_take(self, number: int) -> SpokenLine:
        """The line without one of its takes; the one before it is shown."""
        left = tuple(one for one in self.takes if one.number != number)
        shown = self.shown if self.shown != number else (left[-1].number if left else 0)
        return replace(self, takes=left, shown=shown, beside=tuple(one for one in self.beside if one != number))

    @property
    def feeling(self) -> str:
        """The mood in words: "from the voice", "neutral", "happy 0.7", "happy, angry"."""
        if self.settings.listen:
            return "from the voice"
        if self.mood is None or self.mood.is_neutral:
            return "neutral"
        drawn = {name: row for name in EMOTIONS if max(row := self.mood.weights[name]) >= SHOWN_WEIGHT}
        even = len(drawn) == 1 and all(max(row) - min(row) < SHOWN_WEIGHT for row in drawn.values())
        return ", ".join(f"{name} {max(row):.2g}" if even else name for name, row in drawn.items()) or "neutral"

    @property
    def title(self) -> str:
        """What is on the face, for people."""
        if self.top is None:
            return f"{self.name}: no take yet"
        text = f"{self.name}, take {self.top.name}"
        return "  |  ".join([text, *(f"take {one.name}" for one in self.others)])
