"""A rig map learnt from a take and what a rig's controls had in the same frames.

Each control is a sum of few inputs with weights of 0 and more, or of any sign where the control goes both ways. Frames
that agree with nothing count less and less (Huber's weights), so that a hand-set frame or a pop does not bend the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.optimize import nnls

from facetake.arrays import F32, F64
from facetake.errors import RigError
from facetake.rig.arkit import ARKIT_NAMES, to_arkit
from facetake.rig.controls import NAMES, NEUTRAL
from facetake.rig.maps.rig_map import MappedControl, RigMap, Term
from facetake.rig.maps.table import short_names
from facetake.rig.viseme_names import VISEMES

Fitted = Literal["arkit", "rig", "visemes"]
"""What a map may be learnt from; controls of its own stand for nothing that a take has."""
FEWEST_FRAMES: Final = 10
"""Below that a fit says nothing."""
MOVES: Final = 0.02  # an input or output that moves less is noise
ROUNDS: Final = 5  # of reweighting; the weights stand after three or four
HUBER: Final = 1.345  # of the residuals' spread, from which on a frame counts less: 95 % as sharp on Gaussian noise
LEAST_WEIGHT: Final = 0.02  # of the control's movement that a term must explain at its largest, to be kept
NORMAL: Final = 0.6745  # the median of what is off, in spreads of Gaussian noise
BETTER: Final = 0.03  # share of what is left that another input must explain, to join
TRIED: Final = 12  # inputs that look best, of which that which leaves least joins: many follow one another
MOST_TERMS: Final = 16  # of a control: artists drive none by more
WORTH: Final = 0.8  # of what is left with a neutral of 0, below which another one is believed
FOLLOWS: Final = 0.1  # share of a control's variance below which it follows nothing
DECIMALS: Final = 4  # of weights in the map


@dataclass(frozen=True)
class ControlFit:
    """How well a control was learnt.

    Attributes:
        name: of the control.
        terms: how many inputs it has.
        rms: root mean square of what is left, in the control's own unit.
        worst: the largest of what is left, and its frame.
        worst_frame: counted from 0.
        explained: share of its variance, up to 1, of which frames that are far off count less.
    """

    name: str
    terms: int
    rms: float
    worst: float
    worst_frame: int
    explained: float


def fit(
    values: F32,
    names: Sequence[str],
    wanted: F32,
    source: Fitted = "arkit",
    visemes: F32 | None = None,
) -> tuple[RigMap, list[ControlFit], tuple[str, ...]]:
    """Learns a map.

    Args:
        values: (T, 174) of a take.
        names: N controls of the rig.
        wanted: (T, N) what they had.
        source: what the map may take its inputs from.
        visemes: (T, 16) weights, where the source is visemes.

    Returns:
        The map of the controls that move and could be learnt; how well each was; names of those that stand still or
        follow nothing.

    Raises:
        RigError: there are too few frames, other numbers of them on both sides, or nothing could be learnt.
        ValueError: the source is visemes, and their weights are missing.
    """
    if len(values) != len(wanted):
        raise RigError(
            f"the take has {len(values)} frames and the rig's values {len(wanted)}; give the same stretch of both"
        )
    if len(values) < FEWEST_FRAMES:
        raise RigError(f"{len(values)} frames are too few to learn from; give {FEWEST_FRAMES} or more")
    inputs, terms = _features(values, source, visemes)
    controls: list[MappedControl] = []
    told: list[ControlFit] = []
    left: list[str] = []
    for name, column in zip(names, wanted.T.astype(np.float64), strict=True):
        made = _one(name, column, inputs, terms)
        if made is None:
            left.append(name)
            continue
        controls.append(made[0])
        told.append(made[1])
    if not controls:
        raise RigError("no control of the rig follows the take; do both show the same frames?")
    return RigMap("fitted", "", tuple(controls), tuple(range(len(controls)))), told, tuple(left)


def _features(values: F32, source: Fitted, visemes: F32 | None) -> tuple[F64, list[Term]]:
    """Inputs (T, F) of 0 and more that move, and the term with slope 1 of each."""
    if source == "rig":
        names = short_names()
        both = [(column, sign) for column in range(len(NAMES)) for sign in (1.0, -1.0) if not NEUTRAL[column]]
        columns = np.stack([np.maximum(sign * values[:, column], 0.0) for column, sign in both], axis=1)
        terms = [Term("rig", names[column], column, points=_half(sign)) for column, sign in both]
    else:
        known = ARKIT_NAMES if source == "arkit" else VISEMES
        columns = to_arkit(values) if source == "arkit" else _given(visemes)
        terms = [Term(source, name, column, slope=1.0) for column, name in enumerate(known)]
    moving = np.flatnonzero(np.ptp(columns, axis=0) > MOVES)
    if not len(moving):
        raise RigError("nothing moves in the take, so there is nothing to learn from; give one that plays")
    return columns[:, moving].astype(np.float64), [terms[place] for place in moving]


def _given(visemes: F32 | None) -> F32:
    if visemes is None:
        raise ValueError("a map of visemes is learnt from their weights; give them")
    return visemes


def _half(sign: float) -> F32:
    """The line through one half of a control's way: 0 at rest, 1 at its end."""
    return np.array([[0, 0], [1, 1]] if sign > 0 else [[-1, 1], [0, 0]], dtype=np.float32)


def _one(name: str, wanted: F64, inputs: F64, terms: list[Term]) -> tuple[MappedControl, ControlFit] | None:
    """A control learnt, or None where it stands still or follows nothing."""
    spread = float(np.ptp(wanted))
    if spread <= MOVES * max(1.0, float(np.abs(wanted).max())):
        return None
    zero = _learnt(wanted, 0.0, inputs, spread)
    resting = _learnt(wanted, _neutral(wanted, inputs), inputs, spread)
    neutral, weights, counts, _ = resting if resting[3] < WORTH * zero[3] else zero
    weights = np.round(weights, DECIMALS)
    used = np.flatnonzero(weights)
    if not len(used):
        return None
    rest = wanted - neutral - inputs @ weights
    low, high = _range(wanted, neutral)
    control = MappedControl(name, tuple(_scaled(terms[place], weights[place]) for place in used), low, high, neutral)
    frame = int(np.abs(rest).argmax())
    about = wanted - float(np.average(wanted, weights=counts))
    explained = 1.0 - float(counts @ rest**2) / max(float(counts @ about**2), 1e-12)
    if explained < FOLLOWS:
        return None
    rms = float(np.sqrt(np.mean(rest**2)))
    return control, ControlFit(name, len(used), rms, float(np.abs(rest[frame])), frame, explained)


def _learnt(wanted: F64, neutral: float, inputs: F64, spread: float) -> tuple[float, F64, F64, float]:
    """A neutral, the weights of the inputs where the control rests there, how frames count, and what is left."""
    moved = wanted - neutral
    if float(moved.min()) >= -MOVES * spread:
        return (neutral, *_sparse(inputs, moved, spread))
    both, counts, left = _sparse(np.concatenate([inputs, -inputs], axis=1), moved, spread)
    return neutral, both[: inputs.shape[1]] - both[inputs.shape[1] :], counts, left


def _neutral(wanted: F64, inputs: F64) -> float:
    """What a control has at rest: its median in the tenth of the frames in which the face moves least; 0 if near it."""
    quiet = np.argsort(inputs.sum(axis=1))[: max(3, len(wanted) // 10)]
    found = float(np.median(wanted[quiet]))
    return 0.0 if abs(found) <= 2 * MOVES * float(np.ptp(wanted)) else round(found, DECIMALS)


def _range(wanted: F64, neutral: float) -> tuple[float, float]:
    """The round range in which a control was seen: 0 or -1 to 1, or to 10, 100 ..., degrees and percent included."""
    most = float(np.abs(wanted).max())
    end = 1.0 if most <= 1.0 + MOVES else float(10.0 ** np.ceil(np.log10(most)))
    return (-end if min(float(wanted.min()), neutral) < -MOVES * end else 0.0), end


def _scaled(term: Term, weight: float) -> Term:
    if term.points is None:
        return Term(term.source, term.name, term.column, slope=float(weight))
    return Term(term.source, term.name, term.column, points=(term.points * [1.0, weight]).astype(np.float32))


def _sparse(features: F64, wanted: F64, spread: float) -> tuple[F64, F64, float]:
    """Weights of 0 and more, few of them, how much frames count, and what is left: inputs join while they help."""
    lengths = np.maximum(np.linalg.norm(features, axis=0), 1e-12)
    chosen: list[int] = []
    weights = np.zeros(0)
    left = wanted
    counts = np.ones(len(wanted))
    residual = float(np.abs(wanted).mean())
    while len(chosen) < MOST_TERMS and residual >= MOVES**2 * spread:
        gain = features.T @ (counts * left) / lengths
        likely = [int(one) for one in np.argsort(-gain)[:TRIED] if gain[one] > 0.0 and one not in chosen]
        tried = [(_robust(features[:, [*chosen, one]], wanted, spread), one) for one in likely]
        if not tried:
            break
        (better, agree, off), best = min(tried, key=lambda one: one[0][2])
        if off > (1.0 - BETTER) * residual:
            break
        chosen.append(best)
        weights, counts, residual = better, agree, off
        left = wanted - features[:, chosen] @ weights
    found = np.zeros(features.shape[1])
    found[chosen] = weights
    found[found * np.abs(features).max(axis=0) < LEAST_WEIGHT * spread] = 0.0
    return found, counts, residual


def _robust(features: F64, wanted: F64, spread: float) -> tuple[F64, F64, float]:
    """Weights of 0 and more, how much each frame counts (those far off less), and the mean of what is left."""
    counts = np.ones(len(wanted))
    for _ in range(ROUNDS):
        gram = (features * counts[:, None]).T @ features + 1e-9 * len(wanted) * np.eye(features.shape[1])
        factor = np.linalg.cholesky(gram)
        weights = nnls(factor.T, np.linalg.solve(factor, features.T @ (counts * wanted)))[0]
        off = np.abs(wanted - features @ weights)
        scale = max(float(np.median(off)) / NORMAL, 1e-4 * spread)
        counts = np.minimum(1.0, HUBER * scale / np.maximum(off, 1e-12))
    return weights, counts, float(np.average(off, weights=counts))
