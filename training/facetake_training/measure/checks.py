"""Do the checks find what is planted in takes of every maker, and how often do they blame a good one?

Every plant is of a stated size and goes into takes that nothing was planted in before; a fault counts as found when
the check that is meant for it fails, whatever the others say. A plant goes only where there is something to spoil.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facetake import qc, rig
from facetake.arrays import F32
from facetake.emotion import parse
from facetake.inference import Models, VisemeClassifier
from facetake.qc.measures import ALIVE_LEAST_S, EXPRESSIVE, HELD, LIDS, SETTLES_S, SHUT, STILL, SURE, expression
from facetake.visemes import CLOSED, TEETH, VISEMES
from facetake_training.measure.limits import gather
from facetake_training.measure.makers import OURS, MadeTake
from facetake_training.measure.report import MeasurementReport

AROUND_S = 0.12  # on either side of a closure that is opened: the way from a vowel into it
HOLD_S = 1.5  # of speech over a still mouth
HEAD_HOLD_S = 3.0  # of a head that stops
FADE_S = 0.3  # into and out of a held head, so that it stops and does not jump
LATE_S = 0.15  # of a take that is late: half as much again as people notice
RECALL = 0.95  # bars of RESULTS.md, "Checks"
FALSE_ALARMS = 0.05  # likewise of our takes: more, and people stop reading what is found
OTHERS_ALARMS = 0.2  # likewise of other makers' takes, of whom each of the checks may blame one in twenty
COST = 0.25  # likewise: checks may not slow a batch by more
Rng = np.random.Generator
Planted = MadeTake | None


@dataclass(frozen=True)
class Plant:
    """A kind of fault.

    Attributes:
        check: that is meant for it.
        spoil: a take with it, of a size; None where the take has nothing to spoil.
        sizes: planted.
        bar: the least size that has to be found.
    """

    check: str
    spoil: Callable[[MadeTake, float, Rng], Planted]
    sizes: tuple[float, ...]
    bar: float


def sure(line: MadeTake, kind: str) -> list[slice]:
    """Frames around the closures of a kind that the sound is sure of."""
    found = []
    if line.heard is not None:
        column = line.heard.visemes[:, VISEMES.index({"p": CLOSED, "f": TEETH}[kind])]
        rate = float(line.take.rate)
        for one in line.heard.closures:
            first, last = round(one.start_s * rate), round(one.end_s * rate)
            is_inside = first >= 0 and last < min(len(column), line.take.n_frames)
            if one.kind == kind and is_inside and column[first : last + 1].max() >= SURE:
                around = round(AROUND_S * rate)
                found.append(slice(max(0, first - around), last + around + 1))
    return found


def with_values(line: MadeTake, values: F32) -> MadeTake:
    """The take with other values."""
    return replace(line, take=replace(line.take, values=rig.clamp(values)))


def _mouth_of(line: MadeTake, rows: slice, opening: float) -> MadeTake:
    values = line.take.values.copy()
    names = "lipsTogetherU lipsTogetherD pressU upperLipRaise stretch lowerLipDepress lipBiteD lipsRollD"
    for name in names.split():
        values[rows, rig.both(f"mouth_{name}")] = 0.0
    values[rows, rig.columns("C_jaw")[0]] = opening
    return with_values(line, values)


def opened(line: MadeTake, size: float, rng: Rng) -> Planted:
    """One p, b or m, drawn by chance, that stays open by `size`, as `mouth.aperture` has it; wide is about 0.5."""
    places = sure(line, "p")
    return _mouth_of(line, places[rng.integers(len(places))], size) if places else None


def off_the_teeth(line: MadeTake, size: float, rng: Rng) -> Planted:
    """One f or v that opens by `size`; 0 is one that looks like an m."""
    places = sure(line, "f")
    return _mouth_of(line, places[rng.integers(len(places))], size) if places else None


def shaken(line: MadeTake, size: float, rng: Rng) -> Planted:
    """Noise of this standard deviation on every control of the mouth, which reach from 0 to 1."""
    values = line.take.values.copy()
    values[:, HELD] += rng.normal(0.0, size, (len(values), len(HELD))).astype(np.float32)
    return with_values(line, values)


def swaying(line: MadeTake, size: float, _: Rng) -> Planted:
    """A jaw that opens by `size` and closes, once a second, in every silence that is long enough."""
    if line.heard is None:
        return None
    count = min(line.take.n_frames, len(line.heard.speech))
    silent = line.heard.speech[:count] == 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8))).reshape(-1, 2)
    if not any(last - first >= (STILL + 2 * SETTLES_S + 0.1) * float(line.take.rate) for first, last in edges):
        return None
    values = line.take.values[:count].copy()
    sway = size * (0.5 - 0.5 * np.cos(2 * np.pi * line.take.times_s[:count])).astype(np.float32)
    jaw = rig.columns("C_jaw")[0]
    values[silent] = _mouth_of(line, slice(None), 0.0).take.values[:count][silent]
    values[:, jaw] += np.where(silent, sway, 0.0)
    head = None if line.take.head is None else line.take.head[:count]
    return replace(line, take=replace(line.take, values=rig.clamp(values), head=head))


def _speaks(line: MadeTake) -> bool:
    """Whether there is speech enough for checks of how a mouth moves as a whole."""
    return line.heard is not None and (line.heard.speech == 1.0).sum() >= ALIVE_LEAST_S * float(line.take.rate)


def smaller(line: MadeTake, size: float, _: Rng) -> Planted:
    """A mouth that does `size` of what it did, in a line of at least two seconds of speech."""
    if not _speaks(line):
        return None
    values = line.take.values.copy()
    middle = np.median(values[:, HELD], axis=0)
    values[:, HELD] = middle + size * (values[:, HELD] - middle)
    return with_values(line, values)


def stopped(line: MadeTake, size: float, _: Rng) -> Planted:
    """A mouth that stops for `size` seconds in the stretch in which most is spoken."""
    if line.heard is None:
        return None
    rate = float(line.take.rate)
    count = min(line.take.n_frames, len(line.heard.visemes))
    speaks = line.heard.visemes[:count].argmax(axis=1) != VISEMES.index("sil")
    length = round(size * rate)
    if count <= length:
        return None
    spoken = np.convolve(speaks, np.ones(length), "valid")
    first = int(spoken.argmax())
    if spoken[first] < 0.8 * length:
        return None
    values = line.take.values.copy()
    values[first : first + length, HELD] = values[first, HELD]
    return with_values(line, values)


def without_jaw(line: MadeTake, _: float, __: Rng) -> Planted:
    """A jaw that does not move, in a line of at least two seconds of speech."""
    if not _speaks(line):
        return None
    values = line.take.values.copy()
    values[:, rig.columns("C_jaw")] = 0.0
    return with_values(line, values)


def late(line: MadeTake, size: float, _: Rng) -> Planted:
    """A face that comes `size` seconds after its sound."""
    if line.heard is None:
        return None
    frames = round(size * float(line.take.rate))
    values = line.take.values
    return with_values(line, np.concatenate([np.repeat(values[:1], frames, axis=0), values[:-frames]]))


def masked(line: MadeTake, size: float, _: Rng) -> Planted:
    """Brows, cheeks and nose that do `size` of what they did; a face without them has no mood to show."""
    if not expression(line.take.values, float(line.take.rate)):
        return None
    values = line.take.values.copy()
    middle = values[:, EXPRESSIVE].mean(axis=0)
    values[:, EXPRESSIVE] = middle + size * (values[:, EXPRESSIVE] - middle)
    mood = line.mood if line.mood != "neutral" else "happy"
    return replace(with_values(line, values), mood=mood)


def head_that_stops(line: MadeTake, size: float, rng: Rng) -> Planted:
    """A head that stops for `size` seconds, at a moment drawn by chance."""
    rate = float(line.take.rate)
    length, fade = round(size * rate), round(FADE_S * rate)
    if line.take.head is None or line.take.n_frames < length + 2 * fade:
        return None
    head = line.take.head.copy()
    first = int(rng.integers(fade, line.take.n_frames - length - fade + 1))
    weight = np.interp(np.arange(len(head)), [first - fade, first, first + length, first + length + fade], [0, 1, 1, 0])
    head += weight[:, None].astype(np.float32) * (head[first] - head)
    return replace(line, take=replace(line.take, head=head))


PLANTS: Mapping[str, Plant] = {
    "p, b, m open by": Plant("unsealed", opened, (0.1, 0.2, 0.3, 0.4), 0.3),
    "f, v open by": Plant("toothless", off_the_teeth, (0.0, 0.3, 0.4), 0.4),
    "f, v like an m": Plant("toothless", off_the_teeth, (0.0,), 0.0),
    "noise of": Plant("jitter", shaken, (0.01, 0.02, 0.03), 0.02),
    "silence, jaw opens by": Plant("silence", swaying, (0.05, 0.1, 0.2), 0.2),
    "mouth that does a share of": Plant("small", smaller, (0.5, 0.35, 0.25), 0.25),
    "speech over a mouth that stops, s": Plant("still", stopped, (HOLD_S,), HOLD_S),
    "jaw that is dead": Plant("dead", without_jaw, (0.0,), 0.0),
    "late by, s": Plant("lag", late, (LATE_S,), LATE_S),
    "face that does a share of": Plant("frozen", masked, (0.3, 0.0), 0.0),
    "head that stops, s": Plant("head", head_that_stops, (HEAD_HOLD_S,), HEAD_HOLD_S),
}
OF_THE_SOUND = {"unsealed", "toothless", "silence", "still", "lips", "lag"}
"""Checks that hold a mouth against its sound: any of them may find the sound of another line."""
SHRINKS = ("mouth that does a share of", "face that does a share of")
"""Plants that are worse the smaller their size."""


def measure(
    audio: Sequence[Path],
    truth: Path | None,
    folders: Sequence[Path],
    models: Models,
    classifier: VisemeClassifier,
    count: int = 60,
) -> MeasurementReport:
    """Measures recall of every plant and false alarms on untouched takes, maker by maker.

    Args:
        audio: folders of recordings of speech, for our own takes.
        truth: faces tracked in video, or None.
        folders: of other makers' takes.
        models: the model that makes the takes and hears the sound.
        classifier: reads them.
        count: recordings a folder of `audio`.
    """
    report = MeasurementReport()
    for maker, lines in gather(audio, truth, folders, models, count).items():
        _maker(report, maker, lines, classifier)
    return report


def _maker(report: MeasurementReport, maker: str, lines: list[MadeTake], classifier: VisemeClassifier) -> None:
    rng = np.random.default_rng(0)
    report.row(f"\n{maker}: {len(lines)} takes")
    begun = time.process_time()
    quiet = _failing(lines, classifier)
    spent_s = time.process_time() - begun
    for name, plant in PLANTS.items():
        for size in plant.sizes:
            spoilt = [one for line in lines if (one := plant.spoil(line, size, rng)) is not None]
            has_bar = size <= plant.bar if name in SHRINKS else size >= plant.bar
            _tell(report, f"{name} {size:g}", [plant.check in one for one in _failing(spoilt, classifier)], has_bar)
    heard = [line for line in lines if line.heard is not None]
    swapped = [replace(line, heard=other.heard) for line, other in zip(heard, heard[5:] + heard[:5], strict=True)]
    wrong = [OF_THE_SOUND & one for one in _failing(swapped, classifier)]
    _tell(report, "another line's sound", [bool(one) for one in wrong], has_bar=True)
    _tell(report, "one line's blinks in all", _of_one_seed(lines, classifier), has_bar=True)
    blamed: dict[str, int] = {}
    for check in (name for names in quiet for name in names):
        blamed[check] = blamed.get(check, 0) + 1
    told = ", ".join(f"{name} {count}" for name, count in sorted(blamed.items())) or "none"
    report.row(f"false alarms: {told}")
    alarms = float(np.mean([bool(names) for names in quiet]))
    most = FALSE_ALARMS if maker == OURS else OTHERS_ALARMS
    report.bar(f"good takes with a false alarm ({len(quiet)})", alarms, most=most)
    if making_s := sum(line.making_s for line in lines):
        report.bar("processor time of checks over that of making", spent_s / making_s, most=COST)


def _of_one_seed(lines: Sequence[MadeTake], classifier: VisemeClassifier) -> list[bool]:
    """Whether lines are found that all blink as the longest of them does."""
    blinking = [line for line in lines if (line.take.values[:, LIDS].min(axis=1) > SHUT).any()]
    if not blinking:
        return []
    source = max(blinking, key=lambda line: line.take.n_frames).take.values[:, LIDS]
    spoilt = []
    for line in lines:
        values = line.take.values.copy()
        count = min(len(values), len(source))
        values[:count, LIDS] = source[:count]
        spoilt.append(with_values(line, values))
    blinks = [(line.take.values[:, LIDS].min(axis=1) > SHUT).any() for line in spoilt]
    return [
        "shared" in found for found, has_blinks in zip(_failing(spoilt, classifier), blinks, strict=True) if has_blinks
    ]


def _tell(report: MeasurementReport, what: str, hits: list[bool], has_bar: bool) -> None:
    """One recall, with a bar where its size has one; nothing where there was nothing to spoil."""
    if not hits:
        return
    recall = float(np.mean(hits))
    if has_bar:
        report.bar(f"{what}, recall ({len(hits)})", recall, least=RECALL)
    else:
        report.row(f"{f'{what}, recall ({len(hits)})':44s} {recall:9.4f}")


def _failing(lines: Sequence[MadeTake], classifier: VisemeClassifier) -> list[set[str]]:
    """Checks that each take of a batch does not pass."""
    each = [qc.measure(line.take, line.heard, parse(line.mood), classifier) for line in lines]
    crowd = qc.BlinkCrowd(
        (line.name, found, float(line.take.duration_s)) for line, found in zip(lines, each, strict=True)
    )
    return [
        {one.name for one in qc.judge(crowd.add(line.name, found)) if not one.passed}
        for line, found in zip(lines, each, strict=True)
    ]
