"""Where the checks' limits come from: what captured faces and an artist's hand do, and not what we make.

Prints how each measure is spread over the takes of each maker, and the lips that each viseme has; the bars hold the
shipped limits (`qc/limits.toml`) and lips (`qc/lips.toml`) to that. Our own takes are told, and set nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import inference, qc, visemes
from facetake.emotion import parse
from facetake.inference import Models
from facetake.qc import lipsync
from facetake.qc.limits import LEAST
from facetake.qc.measures import BLINKS, expression
from facetake.visemes import VISEMES
from facetake_training.measure import makers
from facetake_training.measure.makers import OURS, MadeTake
from facetake_training.measure.report import MeasurementReport

PASS = 0.95  # of the takes of every other maker: bar of RESULTS.md, "Checks"
ENOUGH = 20  # takes of a maker, below which a share of them says little
PERCENTILES = (5, 50, 95)  # told: the tails that bars look at, and the middle
RIDGE = 1e-2  # keeps visemes that are hardly heard near 0
APART = 0.05  # of a standard deviation, by which shipped lips may be off those measured anew


def gather(
    audio: Sequence[Path], truth: Path | None, folders: Sequence[Path], models: Models, count: int
) -> dict[str, list[MadeTake]]:
    """Takes by maker."""
    found: dict[str, list[MadeTake]] = {}
    sources = [makers.ours(audio, models, count)] if audio else []
    sources += [makers.tracked(truth, models)] if truth else []
    for source in (*sources, *(makers.folder(one, models) for one in folders)):
        for one in source:
            found.setdefault(one.maker, []).append(one)
    return found


def measured(takes: Mapping[str, list[MadeTake]]) -> dict[str, list[tuple[qc.Measured, ...]]]:
    """What the checks measure of every take, the blinks of each maker's against each other's."""
    classifier = inference.load_classifier(None, 1)
    found: dict[str, list[tuple[qc.Measured, ...]]] = {}
    for maker, some in takes.items():
        each = [qc.measure(one.take, one.heard, parse(one.mood), classifier) for one in some]
        each = [(*values, *_face(one, values)) for one, values in zip(some, each, strict=True)]
        crowd = qc.BlinkCrowd(
            (one.name, values, float(one.take.duration_s)) for one, values in zip(some, each, strict=True)
        )
        found[maker] = [crowd.add(one.name, values) for one, values in zip(some, each, strict=True)]
    return found


def _face(one: MadeTake, values: Sequence[qc.Measured]) -> list[qc.Measured]:
    """How far a face moves of which no mood was asked, as real ones move always; one of lips alone is none."""
    moved = expression(one.take.values, float(one.take.rate))
    if moved is None or not moved or any(value.name == "frozen" for value in values) or one.maker == OURS:
        return []
    return [qc.Measured("frozen", moved)]


def fitted(takes: Mapping[str, list[MadeTake]]) -> NDArray[np.float64]:
    """(16, 3) opening, rounding and width of each viseme: the mean of the other makers, each weighed alike."""
    tables = []
    for maker, some in takes.items():
        lines = [(one, one.heard) for one in some if one.heard is not None]
        if maker == OURS or not lines:
            continue
        square = RIDGE * len(lines) / len(VISEMES) * np.eye(len(VISEMES))
        product = np.zeros((len(VISEMES), len(lipsync.SHAPES)))
        for one, heard in lines:
            count = min(one.take.n_frames, len(heard.visemes))
            asked = visemes.weights(heard.visemes[:count], one.take.rate).astype(np.float64)
            made = lipsync.standard(lipsync.shapes(one.take.values[:count]))
            square += asked.T @ asked / count
            product += asked.T @ made / count
        tables.append(np.linalg.solve(square, product))
    return np.asarray(np.mean(tables, axis=0))


def measure(
    audio: Sequence[Path], truth: Path | None, folders: Sequence[Path], models: Models, count: int
) -> MeasurementReport:
    """Prints lips and spreads, and holds what ships to them.

    Args:
        audio: folders of recordings, for our own takes.
        truth: faces tracked in video, as `lips` reads them.
        folders: of other makers' takes, with sound or without.
        models: make our takes and hear the sound.
        count: recordings a folder of `audio`.
    """
    report = MeasurementReport()
    takes = gather(audio, truth, folders, models, count)
    table = fitted(takes)
    for column, shape in enumerate(lipsync.SHAPES):
        lips = ", ".join(f'"{name}" = {value:.2f}' for name, value in zip(VISEMES, table[:, column], strict=True))
        report.row(f"[{shape}] {lips}")
    report.bar(
        "lips of a viseme, furthest from those shipped", float(np.abs(table - lipsync.usual()).max()), most=APART
    )
    _spreads(report, measured(takes))
    return report


def _spreads(report: MeasurementReport, found: Mapping[str, list[tuple[qc.Measured, ...]]]) -> None:
    limits = qc.shipped()
    names = dict.fromkeys(one.name for some in found.values() for each in some for one in each if one.name != BLINKS)
    for name in names:
        limit = getattr(limits, name)
        for maker, some in found.items():
            values = np.array([one.value for each in some for one in each if one.name == name])
            if not len(values):
                continue
            low, middle, high = np.percentile(values, PERCENTILES)
            report.row(
                f"{name:10s} {maker:12s} {len(values):4d} takes: least {values.min():7.3f}, 5% {low:7.3f}, "
                f"middle {middle:7.3f}, 95% {high:7.3f}, most {values.max():7.3f}"
            )
            if maker != OURS and len(values) >= ENOUGH:
                passed = values >= limit.limit if name in LEAST else values <= limit.limit
                report.bar(f"{name} of {maker}, share that passes {limit.limit:g}", float(passed.mean()), least=PASS)
