"""Edits carried over to another state of their line: another recording, another model, another text."""

from __future__ import annotations

from dataclasses import replace

from facetake import rig
from facetake.edits.line_edits import (
    LEAST_PHONE_S,
    Anchor,
    Emphasis,
    Insertion,
    KeyedCurve,
    LineEdits,
    PhoneEdit,
    seconds,
)
from facetake.edits.matching import Matcher
from facetake.script import Alignment
from facetake.take import RANGE_SLACK


def carry(edits: LineEdits, alignment: Alignment, sound: str, sound_sha256: str) -> tuple[LineEdits, tuple[str, ...]]:
    """Edits as they apply to a line, and a sentence for each that no longer does.

    A phone keeps its edit where it stands in the same word; where the sound is another one, its times keep their place
    in the phone, or their distance from it. Curves, cues, events and locks keep their times; those past the end of the
    line are left out, and keys beyond their control's range are told.

    Args:
        edits: of some state of the line.
        alignment: its phones and words now, without any edit.
        sound: the name of the recording's file.
        sound_sha256: of its bytes.
    """
    is_same = edits.sound_sha256 in ("", sound_sha256)
    lost: list[str] = []
    if not is_same and not edits.is_empty:
        lost.append(f"the edits are of another recording ({edits.sound}); each was carried over to where it still fits")
    matcher = Matcher(edits.words, edits.duration_s, alignment, is_same_sound=is_same)
    kept = replace(
        edits,
        sound=sound,
        sound_sha256=sound_sha256,
        duration_s=seconds(alignment.duration_s),
        language=alignment.language,
        words=tuple(word.text for word in alignment.words),
        phones=_phones(edits, matcher, is_same, lost),
        insertions=_insertions(edits, matcher, is_same, alignment.duration_s, lost),
        emphases=_emphases(edits, matcher, lost),
    )
    return _within(kept, alignment.duration_s, lost), tuple(lost)


def named(anchor: Anchor) -> str:
    """A phone as sentences call it."""
    where = f"of '{anchor.text}' (word {anchor.word})" if anchor.word else f"at {anchor.from_s:.2f} s"
    return f"{anchor.symbol} {where}"


def no_room(what: str) -> str:
    """The sentence on an edit that was left out since other phones stand in its place."""
    return f"{what} was left out: there is no room for it"


def _phones(edits: LineEdits, matcher: Matcher, is_same: bool, lost: list[str]) -> tuple[PhoneEdit, ...]:
    found: dict[int, PhoneEdit] = {}
    for one in edits.phones:
        index = matcher.phone(one.at)
        if index is None or index in found:
            lost.append(f"the edit of {named(one.at)} was left out: that phone is no longer there")
            continue
        new = matcher.anchor(index)
        from_s, to_s = (_moved(at_s, one.at, new, is_same) for at_s in (one.from_s, one.to_s))
        if not is_same:
            asked = (from_s, to_s)
            from_s, to_s = _with_room(*asked, index, matcher)
            if asked.count(None) < (from_s, to_s).count(None):
                lost.append(no_room(f"the move of {named(new)}"))
        made = replace(one, at=new, from_s=from_s, to_s=to_s)
        if not made.is_nothing:
            found[index] = made
    return tuple(found.values())


def _insertions(
    edits: LineEdits, matcher: Matcher, is_same: bool, duration_s: float, lost: list[str]
) -> tuple[Insertion, ...]:
    found = []
    for one in edits.insertions:
        index = matcher.phone(one.by)
        if index is None:
            lost.append(f"the inserted {one.symbol} beside {named(one.by)} was left out: that phone is no longer there")
            continue
        new = matcher.anchor(index)
        from_s, to_s = (_moved(at_s, one.by, new, is_same) for at_s in (one.from_s, one.to_s))
        assert from_s is not None and to_s is not None  # as neither was None
        if not is_same:
            to_s = seconds(min(max(to_s, from_s + LEAST_PHONE_S), duration_s))
            from_s = seconds(max(0.0, min(from_s, to_s - LEAST_PHONE_S)))
        found.append(replace(one, by=new, from_s=from_s, to_s=to_s))
    return tuple(found)


def _emphases(edits: LineEdits, matcher: Matcher, lost: list[str]) -> tuple[Emphasis, ...]:
    found = []
    for one in edits.emphases:
        number = matcher.word(one.word)
        if number is None:
            lost.append(f"the emphasis on '{one.text}' (word {one.word}) was left out: that word is no longer there")
        else:
            found.append(replace(one, word=number))
    return tuple(found)


def _moved(at_s: float | None, old: Anchor, new: Anchor, is_same: bool) -> float | None:
    """An instant at the same place of a phone that is elsewhere now; or as far from it, where it lies outside."""
    if at_s is None or is_same:
        return at_s
    scale = (new.to_s - new.from_s) / max(old.to_s - old.from_s, 1e-3)
    inside_s = min(max(at_s, old.from_s), old.to_s)
    return seconds(max(0.0, new.from_s + scale * (inside_s - old.from_s) + at_s - inside_s))


def _with_room(
    from_s: float | None, to_s: float | None, index: int, matcher: Matcher
) -> tuple[float | None, float | None]:
    """The ends of a phone where they leave it and its neighbours long enough to be seen; None as it is heard."""
    here, before, after = matcher.anchor(index), matcher.neighbour(index, -1), matcher.neighbour(index, 1)
    earliest = before.from_s + LEAST_PHONE_S if before else 0.0
    latest = after.to_s - LEAST_PHONE_S if after else to_s
    if from_s is not None:
        high = here.to_s - LEAST_PHONE_S
        from_s = seconds(min(max(from_s, earliest), high)) if earliest <= high else None
    if to_s is not None and latest is not None:
        low = here.from_s + LEAST_PHONE_S
        to_s = seconds(max(min(to_s, latest), low)) if low <= latest else None
    return from_s, to_s


def _within(edits: LineEdits, duration_s: float, lost: list[str]) -> LineEdits:
    """Edits without what begins after the line has ended."""
    starts = {"events": "from_s", "emotion": "at_s", "gaze": "at_s", "locks": "from_s"}
    kept: dict[str, tuple[object, ...]] = {}
    for name, start in starts.items():
        kept[name] = tuple(one for one in getattr(edits, name) if getattr(one, start) < duration_s)
        for one in getattr(edits, name)[len(kept[name]) :]:
            at_s = getattr(one, start)
            lost.append(f"{name}: what is at {at_s:g} s was left out: the line ends at {duration_s:g} s")
    kept["curves"] = tuple(one for one in edits.curves if one.times_s[0] < duration_s)
    lost += [
        f"keys of {one.control} from {one.times_s[0]:g} s were left out: the line ends at {duration_s:g} s"
        for one in edits.curves
        if one.times_s[0] >= duration_s
    ]
    lost += filter(None, map(_held, edits.curves))
    return replace(edits, **kept)  # type: ignore[arg-type]  # each of its own kind


def _held(curve: KeyedCurve) -> str:
    """The sentence on keys that go beyond their control, as those of a scale of 100; empty where none do."""
    column = rig.NAMES.index(curve.control)
    low, high = float(rig.MINIMUM[column]), float(rig.MAXIMUM[column])
    least, most = (low, high) if curve.mode == "replace" else (low - high, high - low)
    beyond = [
        (at_s, value)
        for at_s, value in zip(curve.times_s, curve.values, strict=True)
        if not least - RANGE_SLACK <= value <= most + RANGE_SLACK
    ]
    if not beyond:
        return ""
    at_s, value = beyond[0]
    more = f", and {len(beyond) - 1} more" if len(beyond) > 1 else ""
    return f"keys of {curve.control} go beyond {low:g} to {high:g} and are held there: {value:g} at {at_s:g} s{more}"
