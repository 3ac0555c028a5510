"""Can the emotion be told from a generated take, and does it grow with its weight?

The judge is a softmax regression on mean poses of the expert performer over corpus lines: it never saw the generator.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.networks.optimization import step
from facetake_training.dataset import read_lines, read_span
from facetake_training.measure.report import MeasurementReport
from facetake_training.performers.actors import actors
from facetake_training.performers.performer import line_phones, perform
from facetake_training.performers.prosody import frame_loudness

STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of an emotion's weight


def teach(corpus: Path, count: int = 40, seed: int = 0) -> torch.nn.Linear:
    """A judge trained on performances of `count` lines in every emotion, by any actor, at strengths 0.5 to 1."""
    rng = np.random.default_rng(seed)
    lines = [line for line in read_lines(corpus, "train") if line.phones]
    rows = []
    labels = []
    for line in rng.choice(np.array(lines, object), min(count, len(lines)), replace=False):
        times_s = np.arange(max(1, round(line.duration_s * FRAME_RATE_HZ))) / FRAME_RATE_HZ
        loudness = frame_loudness(read_span(line.audio, 0.0, line.duration_s), len(times_s))
        for label in range(len(EMOTIONS)):
            weights = np.zeros((len(times_s), len(EMOTIONS)))
            weights[:, label] = rng.uniform(0.5, 1.0)
            weights[:, 0] += 1.0 - weights.sum(axis=1)
            actor = actors()[str(rng.choice(sorted(actors())))]
            rows.append(perform(line_phones(line.phones), times_s, loudness, weights, actor, seed).mean(axis=0))
            labels.append(label)
    return _fit(torch.tensor(np.array(rows)), torch.tensor(labels))


def _fit(rows: torch.Tensor, labels: torch.Tensor) -> torch.nn.Linear:
    torch.manual_seed(0)
    judge = torch.nn.Linear(rows.shape[1], len(EMOTIONS))
    optimizer = torch.optim.Adam(judge.parameters(), 0.05, weight_decay=1e-4)
    for _ in range(300):
        step(torch.nn.functional.cross_entropy(judge(rows), labels), optimizer)
    return judge


def recognise(judge: torch.nn.Linear, values: F32) -> str:
    """The emotion a judge sees in curves (T, 174)."""
    with torch.inference_mode():
        return EMOTIONS[int(judge(torch.tensor(values.mean(axis=0))).argmax())]


def measure(folder: Path, corpus: Path, models: Models) -> MeasurementReport:
    """Measures every WAV of a folder in every emotion.

    Args:
        folder: real lines.
        corpus: corpus whose performances teach the judge.
        models: the model to measure.
    """
    report = MeasurementReport()
    judge = teach(corpus)
    right = []
    grows = []
    for path in sorted(folder.glob("*.wav")):
        curves = {(e, s): _take(path, e, s, models) for e in EMOTIONS for s in (STEPS if e != "neutral" else (1.0,))}
        seen = [recognise(judge, curves[e, 1.0]) for e in EMOTIONS]
        right += [s == e for s, e in zip(seen, EMOTIONS, strict=True)]
        for emotion in EMOTIONS[1:]:
            away = [float(np.abs(curves[emotion, s] - curves["neutral", 1.0]).mean()) for s in STEPS]
            grows.append(away[0] == 0.0 and all(a < b for a, b in zip(away, away[1:], strict=False)))
        report.row(f"{path.name:28s} seen as {' '.join(seen)}")
    report.bar(f"told from the take at 1.0 ({len(right)} takes)", float(np.mean(right)), least=0.95)
    report.bar(f"distance from neutral grows ({len(grows)} series)", float(np.mean(grows)), least=1.0)
    return report


def _take(path: Path, emotion: str, strength: float, models: Models) -> F32:
    options = GenerateOptions(f"{emotion}:{strength}", blink=False, gaze=False, head=False)
    return generate(path, options, models).take.values
