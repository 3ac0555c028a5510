"""Do the checks find what is planted in good takes, and how often do they blame a good one?

Every plant is of a stated size and goes into takes that nothing was planted in before; a fault counts as found when
the check that is meant for it fails, whatever the others say.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from facetake import inspection, qc, rig
from facetake.arrays import F32
from facetake.emotion import EMOTIONS, parse
from facetake.errors import TakeError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models, VisemeClassifier
from facetake.qc.measures import HELD, STILL
from facetake.take import Take
from facetake_training.measure.report import MeasurementReport

OPENINGS = (0.05, 0.1, 0.2, 0.4)
"""Opening of the lips, as `mouth.aperture` has it; a wide vowel has about 0.5, and 0.03 still counts as sealed."""
NOISES = (0.01, 0.02, 0.03)
"""Standard deviation of noise on every control of the mouth, jaw, teeth and tongue, which reach from 0 to 1."""
SWAYS = (0.03, 0.05, 0.1)
"""Way of the jaw, once to and fro a second."""
OPEN_FRAMES = 3  # on either side of the middle of a closure
BARS = {"opened": 0.1, "jitter": 0.02, "silence": 0.05}
"""The sizes for which there is a bar."""
RECALL = 0.95  # bars of RESULTS.md, "Checks"
FALSE_ALARMS = 0.05  # likewise: more, and people stop reading what is found
COST = 0.25  # likewise: checks may not slow a batch by more


@dataclass(frozen=True)
class CheckedTake:
    """A good take, what was heard, the mood that was asked for, and the processor's seconds that making took."""

    take: Take
    heard: qc.HeardSpeech
    mood: str
    making_s: float


def lines(folders: Sequence[Path], models: Models, count: int) -> Iterator[CheckedTake]:
    """Takes of every n-th recording of each folder: half of them neutral, the others in every mood from 0.5 to 1."""
    for folder in folders:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in inspection.SOUND)
        if not paths:
            raise TakeError(f"{folder} holds no recording; name another folder")
        for number, path in enumerate(paths[:: max(1, len(paths) // count)][:count]):
            strength = (0.5, 0.75, 1.0)[number // 12 % 3]
            mood = f"{EMOTIONS[1 + number // 2 % 6]}:{strength}" if number % 2 else "neutral"
            begun = time.process_time()
            made = generate(path, GenerateOptions(mood), models)
            spent = time.process_time() - begun
            yield CheckedTake(made.take, qc.HeardSpeech(made.visemes, made.closures, made.speech), mood, spent)


def opened(line: CheckedTake, size: float, rng: np.random.Generator) -> F32 | None:
    """One p, b or m, drawn by chance, that stays open by `size`; None where the line has none."""
    wanted = [one for one in line.heard.closures if one.kind == "p" and one.end_s < float(line.take.duration_s)]
    if not wanted:
        return None
    one = wanted[rng.integers(len(wanted))]
    middle = round((one.start_s + one.end_s) / 2 * float(line.take.rate))
    values = line.take.values.copy()
    rows = slice(max(0, middle - OPEN_FRAMES), middle + OPEN_FRAMES + 1)
    for name in ("lipsTogetherU", "lipsTogetherD", "pressU", "upperLipRaise", "stretch", "lowerLipDepress"):
        values[rows, rig.both(f"mouth_{name}")] = 0.0
    values[rows, rig.columns("C_jaw")[0]] = size
    return values


def shaken(line: CheckedTake, size: float, rng: np.random.Generator) -> F32:
    """Noise over the whole take."""
    values = line.take.values.copy()
    values[:, HELD] += rng.normal(0.0, size, (len(values), len(HELD))).astype(np.float32)
    return rig.clamp(values)


def swaying(line: CheckedTake, size: float, _: np.random.Generator) -> F32 | None:
    """A jaw that moves in every silence; None where there is none that is long enough."""
    silent = line.heard.speech == 0.0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8))).reshape(-1, 2)
    if not any(last - first >= (STILL + 0.1) * float(line.take.rate) for first, last in edges):
        return None
    values = line.take.values.copy()
    sway = size * (0.5 - 0.5 * np.cos(2 * np.pi * line.take.times_s)).astype(np.float32)
    values[:, rig.columns("C_jaw")[0]] += np.where(silent, sway, 0.0)
    return rig.clamp(values)


def measure(
    folders: Sequence[Path], models: Models, classifier: VisemeClassifier, count: int = 60
) -> MeasurementReport:
    """Measures recall of every plant and false alarms on untouched takes.

    Args:
        folders: of recordings of speech.
        models: the model that makes the takes.
        classifier: reads them.
        count: recordings a folder.
    """
    report = MeasurementReport()
    rng = np.random.default_rng(0)
    found = list(lines(folders, models, count))
    begun = time.process_time()
    quiet = [_failing(line, line.take.values, line.heard, classifier) for line in found]
    cost = (time.process_time() - begun) / sum(line.making_s for line in found)
    plants: dict[str, tuple[str, Callable[..., F32 | None], tuple[float, ...]]] = {
        "opened": ("unsealed", opened, OPENINGS),
        "jitter": ("jitter", shaken, NOISES),
        "silence": ("silence", swaying, SWAYS),
    }
    for name, (check, plant, sizes) in plants.items():
        for size in sizes:
            planted = [(line, plant(line, size, rng)) for line in found]
            hits = [
                check in _failing(one, values, one.heard, classifier) for one, values in planted if values is not None
            ]
            _tell(report, f"{name} by {size:g}", hits, bar=size >= BARS[name])
    swapped = [
        "lipsync" in _failing(line, line.take.values, other.heard, classifier)
        for line, other in zip(found, found[1:] + found[:1], strict=True)
    ]
    _tell(report, "another line's sound", swapped, bar=True)
    blamed = sorted(name for names in quiet for name in names)
    report.row(f"false alarms: {', '.join(blamed) or 'none'}")
    report.bar(
        f"good takes with a false alarm ({len(quiet)})", float(np.mean([bool(q) for q in quiet])), most=FALSE_ALARMS
    )
    report.bar("processor time of checks over that of making", cost, most=COST)
    return report


def _tell(report: MeasurementReport, what: str, hits: list[bool], *, bar: bool) -> None:
    """One recall, with a bar where its size has one."""
    recall = float(np.mean(hits)) if hits else 0.0
    if bar:
        report.bar(f"{what}, recall ({len(hits)})", recall, least=RECALL)
    else:
        report.row(f"{f'{what}, recall ({len(hits)})':44s} {recall:9.4f}")


def _failing(line: CheckedTake, values: F32, heard: qc.HeardSpeech, classifier: VisemeClassifier) -> set[str]:
    take = replace(line.take, values=values)
    found = qc.judge(qc.measure(take, heard, parse(line.mood), classifier))
    return {one.name for one in found if not one.passed}
