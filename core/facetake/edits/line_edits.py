"""What a person changed of one line by hand, as data. Knows no file, no sound and no window.

Every edit says where it belongs: a phone by its word and its place in it, so that it outlives another recording; a
stretch of time by its seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from facetake import phones, rig
from facetake.emotion import weights
from facetake.errors import ConfigError
from facetake.events import KINDS, SHORTEST_S
from facetake.files import quantities
from facetake.gaze import looked_at
from facetake.timebase import FURTHEST_S

VERSION: Final = 2  # of the file: a newer one says things that this program would lose; 1 knew no twins
LEAST_PHONE_S: Final = 0.02  # a frame at 60 a second, and a little: what is shorter is never seen
LEAST_STRENGTH: Final = 0.0  # a phone that is not shaped at all
MOST_STRENGTH: Final = 2.0  # by choice: half as much again as "hard"
MOST_EDITS: Final = 20_000  # of a kind: half an hour of phones, each changed
MOST_KEYS: Final = 200_000  # of one curve: an hour at 60 frames a second
LONGEST_TEXT: Final = 200  # characters of a word or a name
LONGEST_SCRIPT: Final = 20_000  # characters of what a line says: half an hour


def seconds(value: object) -> float:
    """An instant of a line, to a tenth of a millisecond, as files keep it."""
    return round(quantities.number(value, "a time", 0.0, float(FURTHEST_S)), 4)


def symbol(value: object) -> str:
    """A phone, as the alphabet spells it. Raises ConfigError for silence and whatever is none."""
    text = _text(value)
    try:
        if phones.base(text) == phones.SILENCE:
            raise ConfigError("silence is where no phone lies; delete the phone instead")
    except (ValueError, IndexError) as error:
        known = " ".join(one for one in phones.PHONES if one != phones.SILENCE)
        raise ConfigError(f"there is no phone {quantities.shown(text)}; use one of {known}") from error
    return text


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ConfigError(f"must be a text of at most {LONGEST_TEXT} characters, not {quantities.shown(value)}")
    return value


def _script(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_SCRIPT:
        raise ConfigError(f"must be a text of at most {LONGEST_SCRIPT} characters, not {quantities.shown(value)}")
    return value


def share(value: object) -> float:
    """A number from 0 to 1. Raises ConfigError for any other."""
    return round(quantities.number(value, "it", 0.0, 1.0), 4)


def strength(value: object) -> float:
    """How firmly a phone is shaped. Raises ConfigError for what is out of range."""
    return round(quantities.number(value, "a strength", LEAST_STRENGTH, MOST_STRENGTH), 4)


def _count(value: object) -> int:
    return quantities.whole(value, "it", low=0, high=MOST_EDITS)


def event_kind(value: object) -> str:
    """A kind of event. Raises ConfigError for any other."""
    if value not in KINDS:
        raise ConfigError(f"there is no event {quantities.shown(value)}; use one of {', '.join(KINDS)}")
    return str(value)


def mood_text(value: object) -> str:
    """An emotion, as the command line writes it. Raises ConfigError for what is none."""
    weights(_text(value), "the emotion")
    return str(value)


def look_text(value: object) -> str:
    """What is looked at, as the command line writes it. Raises ConfigError for what is none."""
    looked_at(_text(value), "the gaze")
    return str(value)


def control_name(value: object) -> str:
    """The full name of a control. Raises RigError for what is none."""
    name = _text(value)
    if name in rig.NAMES:
        return name
    found = rig.columns(name)  # a name without side or axis that stands for one control
    return rig.NAMES[int(found[0])]


def region_name(value: object) -> str:
    """A region of the face, or a group of them. Raises RigError for what is none."""
    rig.region_mask(_text(value))
    return str(value)


Seconds = Annotated[float, seconds]
Share = Annotated[float, share]
Strength = Annotated[float, strength]
Count = Annotated[int, _count]
Symbol = Annotated[str, symbol]
Text = Annotated[str, _text]


@dataclass(frozen=True)
class Anchor:
    """A phone of the line as it was heard or aligned when the edit was made.

    Attributes:
        word: which word of the line, from 1; 0 where its words were not known.
        text: of that word.
        phone: which phone of the word, from 1; of the line where its words were not known.
        symbol: of the phone.
        from_s, to_s: its time.
        twin, twins: which one it is, from 1, of how many phones of its symbol in the word; 0 of 0 where that is not
            known, as in files of version 1.
    """

    word: Count
    text: Text
    phone: Count
    symbol: Symbol
    from_s: Seconds
    to_s: Seconds
    twin: Count = 0
    twins: Count = 0

    def __post_init__(self) -> None:
        """Refuses what cannot be. Raises ConfigError for a number that is not among those of the twins."""
        if self.twin > self.twins or (self.twins and not self.twin):
            raise ConfigError(f"{self.symbol} of '{self.text}' is twin {self.twin} of {self.twins}; count from 1")


@dataclass(frozen=True)
class PhoneEdit:
    """A phone that was moved, changed, shaped otherwise or deleted; what is None stays as it was heard.

    Attributes:
        at: which phone.
        symbol: what it is instead.
        from_s, to_s: when it is instead.
        strength: how firmly it is shaped: 0.5 soft, 1 as usual, 1.5 hard.
        deleted: it is left out.
    """

    at: Anchor
    symbol: Symbol | None = None
    from_s: Seconds | None = None
    to_s: Seconds | None = None
    strength: Strength | None = None
    deleted: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether everything is as it was heard."""
        return not self.deleted and (self.symbol, self.from_s, self.to_s, self.strength) == (None,) * 4


@dataclass(frozen=True)
class Insertion:
    """A phone that was not heard.

    Attributes:
        by: the heard phone that it stands by, in whose word it is.
        symbol: what it is.
        from_s, to_s: when.
        strength: how firmly it is shaped.
    """

    by: Anchor
    symbol: Symbol
    from_s: Seconds
    to_s: Seconds
    strength: Strength = 1.0


@dataclass(frozen=True)
class Emphasis:
    """A word that is leant on: `amount` 0..1."""

    word: Count
    text: Text
    amount: Share


@dataclass(frozen=True)
class Event:
    """What is not speech, marked by hand; how large it is follows its loudness where no amount is given."""

    kind: Annotated[str, event_kind]
    from_s: Seconds
    to_s: Seconds
    amount: Share | None = None

    def __post_init__(self) -> None:
        """Refuses what cannot be. Raises ConfigError for times that are out of order, or too close."""
        if self.to_s - self.from_s < SHORTEST_S - 1e-6:
            raise ConfigError(f"a {self.kind} from {self.from_s:g} to {self.to_s:g} s is too short to be seen")


@dataclass(frozen=True)
class EmotionCue:
    """An emotion at an instant, as the command line writes it; between two cues one becomes the other."""

    at_s: Seconds
    emotion: Annotated[str, mood_text]


@dataclass(frozen=True)
class GazeCue:
    """What is looked at from an instant on, as the command line writes it."""

    at_s: Seconds
    look: Annotated[str, look_text]


@dataclass(frozen=True)
class Lock:
    """A stretch in which no edit of a phone or a word changes a region of the face."""

    region: Annotated[str, region_name]
    from_s: Seconds
    to_s: Seconds


@dataclass(frozen=True)
class KeyedCurve:
    """Keys of a control that were set by hand: laid over a take last, from the first key to the last.

    Attributes:
        control: its full name.
        mode: "replace" takes the curve's place, "offset" is added to it.
        times_s: rising.
        values: as many.
    """

    control: Annotated[str, control_name]
    mode: Literal["replace", "offset"]
    times_s: tuple[Seconds, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuses what is no curve.

        Raises:
            ConfigError: times that do not rise, none at all, or another number of values.
        """
        if not 0 < len(self.times_s) <= MOST_KEYS or len(self.times_s) != len(self.values):
            raise ConfigError(f"{self.control} has {len(self.times_s)} times and {len(self.values)} values; write both")
        if any(after <= before for before, after in zip(self.times_s, self.times_s[1:], strict=False)):
            raise ConfigError(f"the times of {self.control} do not rise; sort its keys")


@dataclass(frozen=True)
class LineEdits:
    """Everything that was changed of a line, in order of time; the same edits are equal, however they came about.

    Attributes:
        version: of what is written in a file.
        sound: name of the recording's file; "" where nothing was edited yet.
        sound_sha256: of its bytes.
        duration_s: of the line.
        language: two letters, or "".
        text: what is said, as it was typed; "" where only the sound tells.
        words: of the line when it was edited last.
        phones: heard phones that were changed.
        insertions: phones that were not heard.
        emphases: words that are leant on.
        events: what is not speech.
        emotion, gaze: cues; none leave that to the options of a take.
        locks: what edits leave alone.
        curves: keys set by hand, laid over the take last.
    """

    version: int = VERSION
    sound: Text = ""
    sound_sha256: Text = ""
    duration_s: Seconds = 0.0
    language: Text = ""
    text: Annotated[str, _script] = ""
    words: tuple[Text, ...] = ()
    phones: tuple[PhoneEdit, ...] = ()
    insertions: tuple[Insertion, ...] = ()
    emphases: tuple[Emphasis, ...] = ()
    events: tuple[Event, ...] = ()
    emotion: tuple[EmotionCue, ...] = ()
    gaze: tuple[GazeCue, ...] = ()
    locks: tuple[Lock, ...] = ()
    curves: tuple[KeyedCurve, ...] = ()

    def __post_init__(self) -> None:
        """Sorts what it has; refuses more than a line can have.

        Raises:
            ConfigError: two edits of one phone or word, two cues of one instant, or too many of a kind.
        """
        orders = {
            "phones": lambda one: (one.at.word, one.at.phone),
            "insertions": lambda one: (one.from_s, one.to_s),
            "emphases": lambda one: one.word,
            "events": lambda one: (one.from_s, one.kind, one.to_s),
            "emotion": lambda one: one.at_s,
            "gaze": lambda one: one.at_s,
            "locks": lambda one: (one.from_s, one.region, one.to_s),
            "curves": lambda one: (one.control, one.mode, one.times_s[0]),
        }
        for name, order in orders.items():
            found = sorted(getattr(self, name), key=order)
            if len(found) > MOST_EDITS:
                raise ConfigError(f"there are {len(found)} {name}; {MOST_EDITS} are the most")
            object.__setattr__(self, name, tuple(found))
        _refuse_twins("phone", [(one.at.word, one.at.phone) for one in self.phones])
        _refuse_twins("word", [one.word for one in self.emphases])
        _refuse_twins("instant of the emotion", [one.at_s for one in self.emotion])
        _refuse_twins("instant of the gaze", [one.at_s for one in self.gaze])

    @property
    def is_empty(self) -> bool:
        """Whether nothing is changed."""
        return not any(
            (self.text, self.phones, self.insertions, self.emphases, self.events)
            + (self.emotion, self.gaze, self.locks, self.curves)
        )

    @property
    def count(self) -> int:
        """How many edits there are, of any kind; the text is none."""
        kinds = (self.phones, self.insertions, self.emphases, self.events, self.emotion, self.gaze)
        return sum(map(len, (*kinds, self.locks, self.curves)))

    @property
    def is_of_phones(self) -> bool:
        """Whether phones or words are changed."""
        return bool(self.phones or self.insertions or self.emphases)


def _refuse_twins(what: str, places: Sequence[object]) -> None:
    for before, after in zip(places, places[1:], strict=False):
        if before == after:
            raise ConfigError(f"there are two edits of one {what} ({before}); leave one of them")
