"""Phones to mouth movement: dominance co-articulation on a 60 fps grid.

Gives articulatory tracks (opening, width, rounding, tongue, closures), not controls: `performer` turns them into
curves. Knows nothing of emotion, actors or audio files. The model is Cohen and Massaro's: a track is the mean of the
phones' targets, each weighted by how near the phone is and how strongly it insists.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ
from facetake.phones import CLOSED, SILENCE, TEETH

TRACKS = ("open", "wide", "round", "funnel", "lower", "upper", "tip", "body", "out")
INSISTS = {"open": "hold", "lower": "hold", "upper": "hold", "wide": "shape", "round": "shape", "funnel": "shape"}
"""Which dominance a track obeys; the tongue's obey none, so that consonants own it."""
SHORT_PAUSE_S = 0.60  # lips stay parted in a shorter silence
BREATH_S = 0.28  # the mouth opens this long before a phrase, to breathe in
RISE_S = 0.070  # of a closure, as in captured curves
FALL_S = 0.075  # likewise: captured ones take 65 to 80 ms


@dataclass(frozen=True)
class Phone:
    """One phone of a line: ARPAbet symbol with optional stress digit, begin and end in seconds."""

    symbol: str
    start_s: float
    end_s: float

    @property
    def name(self) -> str:
        """The symbol without its stress digit."""
        return self.symbol.rstrip("012")


@dataclass(frozen=True)
class Articulation:
    """Articulatory tracks of T frames.

    Attributes:
        tracks: name (see `TRACKS`) to (T,) values.
        seal: (T,) 0..1, both lips together (p, b, m).
        teeth: (T,) 0..1, lower lip on the upper teeth (f, v).
        speech: (T,) 0..1, 0 in long silence.
    """

    tracks: dict[str, F64]
    seal: F64
    teeth: F64
    speech: F64


@cache
def _shapes() -> dict[str, F64]:
    """Phone name to its rows of (track values..., hold, shape, spread)."""
    text = files("facetake_training.performers").joinpath("articulation.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    if tuple(table["columns"]) != (*TRACKS, "hold", "shape", "spread"):
        raise ValueError("articulation.toml: columns differ from TRACKS, hold, shape, spread")
    return {name: np.asarray(rows, np.float64) for name, rows in table["phones"].items()}


def _pieces(phone: Phone, is_last: bool) -> list[tuple[str, int, float, float]]:
    """Splits a phone into (shape, row, start_s, end_s): glides in two, long silences into release, rest and breath."""
    start = phone.start_s
    end = phone.end_s
    if phone.name != SILENCE:
        rows = len(_shapes()[phone.name])
        edges = np.linspace(0.0, 1.0, rows + 1) if rows == 1 else np.array([0.0, 0.55, 1.0])
        return [
            (phone.name, i, start + (end - start) * edges[i], start + (end - start) * edges[i + 1]) for i in range(rows)
        ]
    if end - start < SHORT_PAUSE_S and start > 0.0 and not is_last:
        return [("PAUSE", 0, start, end)]
    breath = 0.0 if is_last else min(BREATH_S, 0.5 * (end - start))
    rest = [(SILENCE, 0, start, end - breath)]
    return rest if is_last else [*rest, ("BREATH", 0, end - breath, end)]


def _presence(starts: F64, ends: F64, spread_s: F64, times: F64) -> F64:
    """(P, T) each piece's interval blurred by a Gaussian of its spread, by a logistic fit to the error function."""
    scale = 1.702 / np.maximum(spread_s, 1e-3)[:, None]

    def step(edges: F64) -> F64:
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(scale * (edges[:, None] - times), -30.0, 30.0))))

    return step(starts) - step(ends)


def articulate(phones: Sequence[Phone], times_s: F64, insist: float = 1.0) -> Articulation:
    """Moves the mouth through a line.

    Args:
        phones: contiguous phones around the wanted frames, in order.
        times_s: (T,) instants of the frames, seconds on the phones' clock.
        insist: an actor's precision; above 1 every phone is hit more exactly.

    Returns:
        Tracks at those frames.
    """
    shapes = _shapes()
    pieces = [piece for i, phone in enumerate(phones) for piece in _pieces(phone, i == len(phones) - 1)]
    values = np.array([shapes[name][row] for name, row, _, _ in pieces])
    starts, ends = (np.array([piece[k] for piece in pieces]) for k in (2, 3))
    weight = _presence(starts, ends, values[:, -1] / FRAME_RATE_HZ / insist, times_s)
    dominance = {"hold": values[:, -3], "shape": values[:, -2], "": np.ones(len(values))}
    tracks = {
        name: _mean(values[:, i], weight * dominance[INSISTS.get(name, "")][:, None]) for i, name in enumerate(TRACKS)
    }
    silent = np.array([name == SILENCE for name, *_ in pieces])
    speech = 1.0 - (silent @ weight) / np.maximum(weight.sum(axis=0), 1e-9)
    return Articulation(tracks, _closures(phones, CLOSED, times_s), _closures(phones, TEETH, times_s), speech)


def _mean(targets: F64, weight: F64) -> F64:
    """(T,) mean of the pieces' targets (P,) weighted by (P, T)."""
    return np.asarray((targets @ weight) / np.maximum(weight.sum(axis=0), 1e-9))


def _closures(phones: Sequence[Phone], kind: frozenset[str], times_s: F64) -> F64:
    """(T,) 0..1: raised-cosine closures that hold through each phone of the kind."""
    hits = [(phone.start_s, phone.end_s) for phone in phones if phone.name in kind]
    if not hits:
        return np.zeros(len(times_s))
    starts, ends = (np.array(column)[:, None] for column in zip(*hits, strict=True))
    middle = 0.5 * (starts + ends)
    begin = np.minimum(starts + 0.010, middle)
    finish = np.maximum(ends - 0.015, middle)
    before = np.clip((begin - times_s) / RISE_S, 0.0, 1.0)
    after = np.clip((times_s - finish) / FALL_S, 0.0, 1.0)
    shape = 0.5 + 0.5 * np.cos(np.pi * np.maximum(before, after))
    return np.asarray(shape.max(axis=0))
