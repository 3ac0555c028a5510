"""How many edits of a line are still there in a second recording of it, and whether all others are listed; run by hand.

The recordings are real: an actor says a sentence again, and another actor says it. Random edits are made on one of a
pair and carried to the other. Where an edit belongs there is told without `facetake.edits`: the words of both
alignments, and the phones of a word, are paired in order, as many of them as can be.

    python tests/bench/bench_edits.py --emodb EmoDB/          # wav/03a01Fa.wav and labsilb/03a01Fa.labsilb
    python tests/bench/bench_edits.py --listed lines.tsv --language pl   # speaker, sentence, sound and text a line
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from emodb import recordings

from facetake import alignment, edits, inference, phones, rig
from facetake.edits import Anchor, EditedScript, LineEdits, changes
from facetake.edits.matching import anchors
from facetake.errors import ConfigError
from facetake.script import Alignment

SYMBOLS = [one for one in phones.PHONES if one != phones.SILENCE]
ACTS = (
    "start",
    "end",
    "change",
    "insert",
    "delete",
    "strength",
    "emphasis",
    "event",
    "lock",
    "gaze",
    "emotion",
    "curve",
)
KINDS = ("phones", "insertions", "emphases")  # that stand at a phone or a word; the others keep their times
T = TypeVar("T")


@dataclass(frozen=True)
class Recording:
    """One recording, aligned."""

    speaker: str
    sentence: str
    path: Path
    own: Alignment


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emodb", type=Path, help="the folder of EmoDB")
    parser.add_argument("--listed", type=Path, help="a list: speaker, sentence, sound and text, tabs between")
    parser.add_argument("--language", help="of the list: two letters")
    parser.add_argument("--acts", type=int, default=12, help="random edits of a recording")
    parser.add_argument("--seed", type=int, default=0, help="of the edits")
    arguments = parser.parse_args()
    if not (arguments.emodb or arguments.listed):
        parser.error("name the recordings: --emodb or --listed")
    rows = acted(arguments.emodb) if arguments.emodb else listed(arguments.listed)
    language = "de" if arguments.emodb else arguments.language
    ear = inference.load_ear(inference.SHIPPED)
    found = [Recording(*row[:3], alignment.align(row[2], row[3], ear, language=language).alignment) for row in rows]
    again = [pair for some in _grouped(found, lambda one: (one.sentence, one.speaker)) for pair in pairwise(some)]
    first = [some[0] for some in _grouped(found, lambda one: (one.sentence, one.speaker))]
    others = [pair for some in _grouped(first, lambda one: (one.sentence,)) for pair in pairwise(some)]
    for name, pairs in (("the same actor", again), ("another actor", others)):
        measured(name, pairs, arguments.acts, arguments.seed)


Row = tuple[str, str, Path, str]  # speaker, sentence, sound, text


def acted(folder: Path) -> Iterator[Row]:
    """Recordings of EmoDB."""
    return ((one.speaker, one.sentence, one.path, one.text) for one in recordings(folder))


def listed(path: Path) -> Iterator[Row]:
    """Recordings of a list."""
    for line in path.read_text(encoding="utf-8").splitlines():
        speaker, sentence, sound, text = line.split("\t")
        yield speaker, sentence, path.parent / sound, text


def _grouped(found: Sequence[Recording], key: Callable[[Recording], tuple[str, ...]]) -> list[list[Recording]]:
    groups: dict[tuple[str, ...], list[Recording]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def measured(name: str, pairs: Sequence[tuple[Recording, Recording]], n_acts: int, seed: int) -> None:
    """Carries random edits both ways between the two of each pair, and prints what became of them."""
    counts: Counter[str] = Counter()
    for pair in pairs:
        for old, new in (pair, pair[::-1]):
            chance = random.Random(f"{seed} {old.path.name} {new.path.name}")
            known = edited(old, n_acts, chance)
            counts += judged(known, old, new, edits.apply(known, new.own, new.path.name, new.path.stem))
    there, gone, timed = counts["there"], counts["gone"], counts["timed"]
    print(
        f"{name}: {2 * len(pairs)} lines carried over, {there + gone + timed} edits\n"
        f"  {there} whose phone or word stands there: {counts['there kept']} kept "
        f"({counts['there kept'] / there:.1%}), {counts['there listed']} listed, {counts['there silent']} not\n"
        f"  {gone} whose phone or word does not: {counts['gone listed']} listed, {counts['gone silent']} not\n"
        f"  {timed} at a time alone: {counts['timed kept']} kept, {counts['timed listed']} listed\n"
        f"  {counts['elsewhere']} edits at a phone or word that nobody edited",
        flush=True,
    )


def edited(line: Recording, count: int, chance: random.Random) -> LineEdits:
    """Edits as hands make them: most of phones, some of all else."""
    known = edits.apply(LineEdits(), line.own, line.path.name, line.path.stem).edits
    for _ in range(count):
        script = edits.apply(known, line.own, line.path.name, line.path.stem)
        known = _act(script, chance)
    return edits.apply(known, line.own, line.path.name, line.path.stem).edits


def _act(script: EditedScript, chance: random.Random) -> LineEdits:
    known, seen = script.edits, script.alignment
    what, place = chance.choice(ACTS), chance.randrange(len(seen.phones))
    at_s = round(chance.uniform(0.0, seen.duration_s), 3)
    to_s = min(at_s + 0.3, seen.duration_s)
    phone = seen.phones[place]
    if what == "start":
        return changes.move(script, place, "start", phone.start_s + chance.uniform(-0.06, 0.06))
    if what == "end":
        return changes.move(script, place, "end", phone.end_s + chance.uniform(-0.06, 0.06))
    if what == "change":
        return changes.change(script, place, chance.choice(SYMBOLS))
    if what == "insert":
        try:
            return changes.insert(script, at_s, chance.choice(SYMBOLS))
        except ConfigError:  # no room there
            return known
    if what == "delete":
        return changes.delete(script, place) if len(seen.phones) > 1 else known
    if what == "strength":
        return changes.strengthen(script, place, chance.choice((0.5, 1.5)))
    if what == "emphasis":
        return changes.emphasise(script, chance.randrange(len(seen.words)), round(chance.random(), 2))
    return _timed(known, what, at_s, to_s, chance)


def _timed(known: LineEdits, what: str, at_s: float, to_s: float, chance: random.Random) -> LineEdits:
    """Edits with one at a time alone."""
    if what == "event" and to_s - at_s >= 0.1:
        return replace(known, events=(*known.events, edits.Event("breath_in", at_s, to_s)))
    if what == "lock":
        return replace(known, locks=(*known.locks, edits.Lock("brow", at_s, to_s)))
    if what == "gaze" and at_s not in {one.at_s for one in known.gaze}:
        return replace(known, gaze=(*known.gaze, edits.GazeCue(at_s, "camera")))
    if what == "emotion" and at_s not in {one.at_s for one in known.emotion}:
        return replace(known, emotion=(*known.emotion, edits.EmotionCue(at_s, "happy:0.5")))
    if what == "curve":
        return changes.set_curve(known, edits.KeyedCurve(chance.choice(rig.NAMES), "offset", (at_s,), (0.1,)))
    return known


def judged(known: LineEdits, old: Recording, new: Recording, carried: EditedScript) -> Counter[str]:
    """What became of each edit."""
    counts: Counter[str] = Counter()
    words, places = counterparts(old.own, new.own)
    theirs: list[tuple[str, object]] = []
    for kind in KINDS:
        for one in getattr(known, kind):
            place = words.get(one.word) if kind == "emphases" else places.get(_place(_anchor_of(one)))
            name = f"'{one.text}' (word" if kind == "emphases" else _named(_anchor_of(one))
            if place is not None:
                theirs.append((kind, place))
            is_kept = place is not None and any(
                _is_whole(one, now) for now in getattr(carried.edits, kind) if _stands(now) == place
            )
            is_listed = any(name in told for told in carried.lost)
            became = "kept" if is_kept else "listed" if is_listed else "silent"
            counts += Counter(["gone" if place is None else "there"])
            counts += Counter([f"{'gone' if place is None else 'there'} {became}"])
        counts["elsewhere"] += sum((kind, _stands(now)) not in theirs for now in getattr(carried.edits, kind))
    for kind in ("events", "locks", "gaze", "emotion", "curves"):
        before, after = len(getattr(known, kind)), len(getattr(carried.edits, kind))
        counts += Counter({"timed": before, "timed kept": after, "timed listed": before - after})
    return counts


def _anchor_of(one: edits.PhoneEdit | edits.Insertion) -> Anchor:
    return one.at if isinstance(one, edits.PhoneEdit) else one.by


def _stands(one: edits.PhoneEdit | edits.Insertion | edits.Emphasis) -> object:
    return one.word if isinstance(one, edits.Emphasis) else _place(_anchor_of(one))


def _place(anchor: Anchor) -> tuple[int, int]:
    return anchor.word, anchor.phone


def _named(anchor: Anchor) -> str:
    """As sentences name a phone, without the number of its word, which may be another one by now."""
    return f"{anchor.symbol} of '{anchor.text}'"


def _is_whole(one: object, now: object) -> bool:
    """Whether an edit still does all that it did."""
    if isinstance(one, edits.PhoneEdit) and isinstance(now, edits.PhoneEdit):
        same = (one.symbol, one.strength, one.deleted) == (now.symbol, now.strength, now.deleted)
        return same and all((a is None) == (b is None) for a, b in ((one.from_s, now.from_s), (one.to_s, now.to_s)))
    if isinstance(one, edits.Insertion) and isinstance(now, edits.Insertion):
        return (one.symbol, one.strength) == (now.symbol, now.strength)
    return isinstance(one, edits.Emphasis) and isinstance(now, edits.Emphasis) and one.amount == now.amount


def counterparts(old: Alignment, new: Alignment) -> tuple[dict[int, int], dict[tuple[int, int], tuple[int, int]]]:
    """Which word, by number from 1, and which phone, by word and number in it, of a recording is which of another."""
    words = {a + 1: b + 1 for a, b in paired([one.text for one in old.words], [one.text for one in new.words])}
    before, after = _by_word(old), _by_word(new)
    places = {}
    for word, other in words.items():
        here, there = before.get(word, []), after.get(other, [])
        for a, b in paired([phones.base(one.symbol) for one in here], [phones.base(one.symbol) for one in there]):
            places[_place(here[a])] = _place(there[b])
    return words, places


def _by_word(line: Alignment) -> dict[int, list[Anchor]]:
    found: dict[int, list[Anchor]] = {}
    for one in anchors(line):
        found.setdefault(one.word, []).append(one)
    return found


def paired(old: Sequence[T], new: Sequence[T]) -> list[tuple[int, int]]:
    """Places of equal items of two lists, in order, as many as can be."""
    most = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for a in range(len(old) - 1, -1, -1):
        for b in range(len(new) - 1, -1, -1):
            most[a][b] = most[a + 1][b + 1] + 1 if old[a] == new[b] else max(most[a + 1][b], most[a][b + 1])
    found, a, b = [], 0, 0
    while a < len(old) and b < len(new):
        if old[a] == new[b]:
            found.append((a, b))
            a, b = a + 1, b + 1
        elif most[a + 1][b] >= most[a][b + 1]:
            a += 1
        else:
            b += 1
    return found


if __name__ == "__main__":
    main()
