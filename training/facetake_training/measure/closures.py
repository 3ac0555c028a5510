"""Do lips close on p, b, m and reach the teeth on f, v in finished takes, at every rate, dense and from sparse keys?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.phones import CLOSED, TEETH
from facetake_training.dataset import CorpusLine, read_lines
from facetake_training.measure.report import MeasurementReport

RATES = (Fraction(60), Fraction(30), Fraction(25), Fraction(24), Fraction(24000, 1001))  # of games, television and film
SHORTEST_S = 0.040  # shorter closures are not asked for
SLACK_S = 0.033  # a frame at 30 fps: what an eye does not tell from on time
TRUSTED = 0.9  # of an aligner: phones that are where it says
BARS = {"p b m": 0.98, "f v": 0.95}  # share that must hold, by choice
Counts = Counter[tuple[str, bool]]


def hits(line: CorpusLine, values: NDArray[np.float32], rate: Fraction) -> Counts:
    """Counts (kind, held) of a line's trusted closures in curves (T, 174) at a rate.

    A closure is held if some frame within it, or within 33 ms of it, is closed.
    """
    checks = {"p b m": (CLOSED, mouth.is_sealed(values)), "f v": (TEETH, mouth.is_on_teeth(values))}
    found: Counts = Counter()
    for symbol, start_s, end_s, trust in line.phones:
        for kind, (phones, closed) in checks.items():
            if symbol.rstrip("012") in phones and end_s - start_s > SHORTEST_S and trust >= TRUSTED:
                first = int(np.ceil((start_s - SLACK_S) * rate))
                last = int(np.floor((end_s + SLACK_S) * rate))
                found[kind, bool(closed[max(first, 0) : last + 1].any())] += 1
    return found


def pick(corpus: Path, split: str, count: int) -> list[CorpusLine]:
    """Every n-th line of a split, so that all its voices are heard."""
    lines = read_lines(corpus, split)
    return lines[:: max(1, len(lines) // count)][:count]


def measure(corpora: Sequence[Path], models: Models, split: str = "test", count: int = 60) -> MeasurementReport:
    """Measures lines of corpora with exact or aligned phones.

    Args:
        corpora: corpus folders.
        models: the model to measure.
        split: which lines; never those trained on.
        count: lines a corpus.
    """
    report = MeasurementReport()
    for corpus in corpora:
        lines = pick(corpus, split, count)
        report.row(f"{corpus.name}: {len(lines)} lines of split {split}")
        for rate in RATES:
            for keys in ("dense", "sparse"):
                counts: Counts = Counter()
                for line in lines:
                    counts += hits(line, _curves(line, rate, keys, models), rate)
                for kind, least in BARS.items():
                    total = counts[kind, True] + counts[kind, False]
                    name = f"  {kind} closed at {float(rate):.3f} fps, {keys} ({total})"
                    report.bar(name, counts[kind, True] / max(total, 1), least=least)
    return report


def _curves(line: CorpusLine, rate: Fraction, keys: str, models: Models) -> NDArray[np.float32]:
    made = generate(line.audio, GenerateOptions(rate=rate, keys="sparse" if keys == "sparse" else "dense"), models)
    return made.take.values if made.keys is None else rig.clamp(made.keys.dense())
