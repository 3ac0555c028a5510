"""Does restyling reach the style and keep the lips? Tables 1 and 2 of FACTS on our corpus, and the bars of what ships.

Sources are takes of an actor and of sentences that no restyler learnt from; a classifier that none of them ever saw
judges (`viseme_judge.toml`). Knows nothing of training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facetake import mouth, rig
from facetake.arrays import F32
from facetake.config import load_config
from facetake.emotion import EMOTIONS
from facetake.inference import RestyleModels
from facetake.networks.facts import VisemeClassifierNetwork
from facetake.postprocess import lip_closure
from facetake.restyle import RestyleOptions, restyle
from facetake.take import Take
from facetake.visemes import CLOSED, VISEMES
from facetake_training import checkpoint, facts, viseme
from facetake_training.dataset import SourceConfig
from facetake_training.measure.emotions import STEPS
from facetake_training.measure.report import MeasurementReport
from facetake_training.styles import StyleConfig, Styles

Change = Callable[[F32, int], F32]
"""Curves (T, 174) and the index of an emotion to curves in it."""
LOWER_FACE = rig.region_mask("mouth", "jaw", "teeth", "tongue", "cheek")


@dataclass(frozen=True)
class Sample:
    """One held-out performance and what it is to become.

    Attributes:
        curves: (T, 174) of the source.
        wanted: (T, 174) the same line performed in the asked emotion.
        visemes: (T,) index of the viseme spoken.
        emotion, asked: indices of the source's emotion and of the asked one.
    """

    curves: F32
    wanted: F32
    visemes: NDArray[np.int64]
    emotion: int
    asked: int


def samples(corpus: list[Path], actor: str, count: int, split: str = "test", seed: int = 0) -> Iterator[Sample]:
    """Performances by one actor of lines of a split; emotions go round evenly, the asked one always another."""
    lines = Styles(StyleConfig(tuple(map(SourceConfig, corpus)), (actor,)), split, seed)
    rng = np.random.default_rng(seed)
    for index in range(count):
        group = lines.sources[rng.integers(len(lines.sources))]
        line = group[rng.integers(len(group))]
        emotion = index % len(EMOTIONS)
        asked = int((emotion + rng.integers(1, len(EMOTIONS))) % len(EMOTIONS))
        first = rng.uniform(0.0, max(0.0, line.duration_s - 4.0))
        one, other = (lines.perform(line, e, 0, 1.0, first, 1.0, index) for e in (emotion, asked))
        yield Sample(one.curves, other.curves, one.visemes, emotion, asked)


@dataclass(frozen=True)
class RestyleScores:
    """Scores of one sample under one restyler, each 0..1 but the errors.

    Attributes:
        visemes: frames in speech whose viseme the judge reads right (in the paper: LSE-C, LSE-D).
        emotion: the judge's probability of the asked emotion (in the paper: Emo-P).
        closures: sealed bilabials that stay sealed; NaN where there is none.
        cycle: mean absolute error after going back to the source's emotion.
        far: mean absolute error from the same line performed in the asked emotion.
        opening: correlation of the lips' opening with the source's.
        upper: as `emotion`, with the source's lower face put back.
        lower: as `emotion`, with the source's upper face put back.
    """

    visemes: float
    emotion: float
    closures: float
    cycle: float
    far: float
    opening: float
    upper: float
    lower: float


def judge_row(sample: Sample, change: Change, judge: VisemeClassifierNetwork) -> RestyleScores:
    """Scores one sample."""
    made = change(sample.curves, sample.asked)
    seen, styles = _judged(judge, made)
    speaks = sample.visemes != VISEMES.index("sil")
    sealed = mouth.is_sealed(sample.curves) & (sample.visemes == VISEMES.index(CLOSED))
    opening = np.corrcoef(mouth.aperture(made), mouth.aperture(sample.curves))[0, 1]
    return RestyleScores(
        float((seen == sample.visemes)[speaks].mean()) if speaks.any() else 1.0,
        float(styles[:, sample.asked].mean()),
        float(mouth.is_sealed(made)[sealed].mean()) if sealed.any() else float("nan"),
        float(np.abs(change(made, sample.emotion) - sample.curves).mean()),
        float(np.abs(made - sample.wanted).mean()),
        float(opening),
        *(
            float(_judged(judge, np.where(changed, made, sample.curves))[1][:, sample.asked].mean())
            for changed in (~LOWER_FACE, LOWER_FACE)
        ),
    )


def _judged(judge: VisemeClassifierNetwork, curves: F32) -> tuple[NDArray[np.int64], F32]:
    """Visemes (T,) and probabilities of emotions (T, 7) as the judge sees them."""
    with torch.inference_mode():
        visemes, styles = judge(torch.tensor(curves)[None])
    return visemes[0].argmax(dim=-1).numpy(), styles[0, :, : len(EMOTIONS)].exp().numpy()


def network_change(config: facts.FactsConfig) -> Change:
    """The bare network of a run, nothing done after it, asked for an emotion."""
    network = facts.build(config)
    checkpoint.load_weights(config.out / "best.safetensors", network)
    network.eval()

    def change(curves: F32, emotion: int) -> F32:
        code = torch.zeros(1, sum(config.data.groups))
        code[0, emotion] = 1.0
        with torch.inference_mode():
            return facts.restyled(network, torch.tensor(curves)[None], code)[0].numpy()

    return change


def tables(configs: list[Path], judge_run: Path, corpus: list[Path], actor: str, count: int) -> MeasurementReport:
    """Tables 1 and 2 of FACTS: every run on the same held-out takes; the first run is compared with the others."""
    judge = viseme.load(judge_run)
    found = list(samples(corpus, actor, count))
    report = MeasurementReport()
    report.row(" " * 22 + "".join(f"{field.name:>10s}" for field in fields(RestyleScores)))
    rows: dict[str, list[RestyleScores]] = {"source": [judge_row(s, lambda curves, _: curves, judge) for s in found]}
    rows["performed"] = [judge_row(s, lambda _, __, s=s: s.wanted, judge) for s in found]  # type: ignore[misc]
    for path in configs:
        change = network_change(load_config(facts.FactsConfig, path))
        rows[path.stem] = [judge_row(sample, change, judge) for sample in found]
    for name, scores in rows.items():
        mean = [float(np.nanmean([getattr(row, field.name) for row in scores])) for field in fields(RestyleScores)]
        report.row(f"{name:22s}" + "".join(f"{value:10.4f}" for value in mean))
    for path in configs[1:]:
        report.row(f"{configs[0].stem} over {path.stem}: {_wins(rows[configs[0].stem], rows[path.stem])}")
    return report


def _wins(ours: list[RestyleScores], theirs: list[RestyleScores]) -> str:
    """Shares of takes on which ours is better (the paper's Table 2 asks people)."""
    pairs = list(zip(ours, theirs, strict=True))
    lips = np.mean([a.visemes > b.visemes for a, b in pairs])
    natural = np.mean([a.far < b.far for a, b in pairs])
    emotion = np.mean([a.emotion > b.emotion for a, b in pairs])
    return f"lips {lips:.0%}  naturalness {natural:.0%}  emotion {emotion:.0%} of takes"


def measure(models: RestyleModels, judge_run: Path, corpus: list[Path], actor: str, count: int) -> MeasurementReport:
    """The bars of what ships: whole restyling, as the user gets it."""
    judge = viseme.load(judge_run)
    report = MeasurementReport()
    reached = []
    kept = []
    opening = []
    own = []
    back = []
    growing = []
    for sample in samples(corpus, actor, count):
        take = Take(sample.curves, Fraction(60))
        made = _in(take, sample.asked, 1.0, models)
        reached.append(int(_judged(judge, made.values)[1].mean(axis=0).argmax()) == sample.asked)
        sealed = _bilabials(sample)
        kept += [bool(mouth.is_sealed(made.values[frames]).any()) for frames in sealed]
        opening.append(float(np.corrcoef(mouth.aperture(made.values), mouth.aperture(take.values))[0, 1]))
        own.append(np.abs(_in(take, sample.emotion, 1.0, models).values - take.values).mean(axis=0))
        back.append(float(np.abs(_in(made, sample.emotion, 1.0, models).values - take.values).mean()))
        asked = [
            float(_judged(judge, _in(take, sample.asked, w, models).values)[1][:, sample.asked].mean()) for w in STEPS
        ]
        growing.append(all(b >= a - 0.01 for a, b in zip(asked, asked[1:], strict=False)))
    report.bar("asked emotion recognised, share of takes", float(np.mean(reached)), least=0.90)
    report.bar("bilabial closures kept", float(np.mean(kept)), least=0.95)
    report.bar("correlation of the opening with the source", float(np.mean(opening)), least=0.90)
    report.bar("own style: mean change of the control that moves most", float(np.mean(own, axis=0).max()), most=0.02)
    report.bar("there and back: mean absolute error", float(np.mean(back)), most=0.05)
    report.bar("strength acts monotonically, share of takes", float(np.mean(growing)), least=1.0)
    return report


def _in(take: Take, emotion: int, strength: float, models: RestyleModels) -> Take:
    return restyle(take, RestyleOptions({EMOTIONS[emotion]: strength}), models).take


def _bilabials(sample: Sample) -> list[NDArray[np.int64]]:
    """Frames of each stretch of p, b, m longer than 40 ms during which the source's lips are sealed."""
    closed = np.r_[False, sample.visemes == VISEMES.index(CLOSED), False]
    edges = np.flatnonzero(np.diff(closed.astype(int))).reshape(-1, 2)
    sealed = mouth.is_sealed(sample.curves)
    stretches = [np.arange(first, last) for first, last in edges if (last - first) / 60 > lip_closure.EVENT_MIN_S]
    return [frames for frames in stretches if sealed[frames].any()]
