"""Tracks of the 16 visemes, and how two tracks agree. Knows nothing of the mouth's controls, sound or models."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from io import StringIO
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.files import json_text
from facetake.rig import viseme_names

VISEMES: Final = viseme_names.VISEMES
CLOSED: Final = "p"
"""Lips sealed: p, b, m."""
TEETH: Final = "f"
"""Lower lip on the upper teeth: f, v."""
Track = tuple[str, float, float]
SHORTEST_FRAMES = 2  # a shorter stretch joins the one before it
SOFT_S = 0.05  # by eye, of weights on either side: half a short sound, so that each still has its peak
FIRM = 1.75  # by eye: a p of 60 ms reaches 0.6 when softened, and lips that are shut in part are open
LAG_MOST_S = 0.3  # how far apart sound and lips are looked for
TINY = 1e-6  # keeps a share of nothing at nothing
WORST = 5  # places named by a check


@dataclass(frozen=True)
class VisemeSegment:
    """A stretch of one viseme, in seconds from the start of the audio."""

    viseme: str
    start_s: float
    end_s: float


def segments(log_probs: NDArray[np.floating], rate: Fraction, start: Fraction = Fraction(0)) -> list[VisemeSegment]:
    """The likeliest viseme over time as contiguous stretches.

    Args:
        log_probs: (T, 16) probabilities or their logarithms.
        rate: frames per second.
        start: time of the first frame, in seconds.
    """
    if log_probs.ndim != 2 or log_probs.shape[1] != len(VISEMES):
        raise ValueError(f"visemes must be (T, {len(VISEMES)}), not {log_probs.shape}")
    kept = _kept(log_probs.argmax(axis=1))
    begin, step = start.numerator * rate.numerator, rate.denominator * start.denominator
    whole = start.denominator * rate.numerator  # whole numbers: of hours, fractions take longer than all else here
    rows = ((VISEMES[v or 0], (begin + a * step) / whole, (begin + b * step) / whole) for v, a, b in kept)
    return [VisemeSegment(*row) for row in rows]


def segments_again(
    before: Sequence[Track],
    log_probs: NDArray[np.floating],
    changed: Iterable[tuple[int, int]],
    rate: Fraction,
) -> list[Track]:
    """The segments of a track that differs in some stretches only from one whose segments are known.

    Args:
        before: viseme, start and end in seconds of each of its segments, from the instant 0 on.
        log_probs: (T, 16) probabilities or their logarithms, now.
        changed: first frame of each stretch, in order, and the one past its last.
        rate: frames per second.

    Returns:
        The same as `segments`, as such rows.
    """
    places: list[tuple[int, int]] = []
    for first, last in changed:
        low = max(0, bisect_right(before, float(first / rate), key=lambda one: one[1]) - 2)
        high = bisect_left(before, float(last / rate), key=lambda one: one[1]) + 1
        if places and low <= places[-1][1]:
            low = places.pop()[0]
        places.append((low, high))
    found: list[Track] = []
    done = 0
    for low, high in places:
        found += before[done:low]
        begin = round(before[low][1] * rate)
        end = round(before[high][1] * rate) if high < len(before) else len(log_probs)
        state = VISEMES.index(found[-1][0]) if found else None
        for viseme, a, b in _kept(log_probs[begin:end].argmax(axis=1), state):
            ends = ((begin + a) * rate.denominator / rate.numerator, (begin + b) * rate.denominator / rate.numerator)
            if viseme is None:
                found[-1] = (found[-1][0], found[-1][1], ends[1])
            else:
                found.append((VISEMES[viseme], *ends))
        done = high
    return [*found, *before[done:]]


def _kept(best: NDArray[np.integer], state: int | None = None) -> list[tuple[int | None, int, int]]:
    """The likeliest visemes as (viseme, first, last) frames; of None goes with what stood before, which was `state`."""
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    runs = [(int(best[a]), a, b) for a, b in zip(edges, edges[1:], strict=False) if b > a]
    kept: list[tuple[int | None, int, int]] = []
    now = state
    for viseme, first, last in runs:
        if now is not None and (last - first < SHORTEST_FRAMES or now == viseme):
            before = kept.pop() if kept else (None, 0, 0)
            kept.append((before[0], before[1], last))
        else:
            kept.append((viseme, first, last))
            now = viseme
    return kept


def weights(probabilities: NDArray[np.floating], rate: Fraction) -> NDArray[np.float32]:
    """How far each viseme is shown (T, 16): a track of probabilities, as softly as lips move from one to the next.

    Sounds that shut the lips, or set them on the teeth, are brief and count for more, so that they are wholly reached;
    the others share what they leave.

    Args:
        probabilities: (T, 16), such as a classifier's, which change from frame to frame.
        rate: frames per second.
    """
    half = round(SOFT_S * float(rate))
    window = np.hanning(2 * half + 3)[1:-1].astype(np.float32)
    held = np.pad(np.asarray(probabilities, np.float32), ((half, half), (0, 0)), mode="edge")
    rows = [share * held[place : place + len(probabilities)] for place, share in enumerate(window / window.sum())]
    soft = np.sum(rows, axis=0)
    brief = [VISEMES.index(CLOSED), VISEMES.index(TEETH)]
    shut = soft[:, brief].sum(axis=1, keepdims=True)
    firm = np.minimum(FIRM * shut, 1.0)
    found = soft * ((1.0 - firm) / np.maximum(1.0 - shut, TINY))
    found[:, brief] = soft[:, brief] * (firm / np.maximum(shut, TINY))
    return np.asarray(found, dtype=np.float32)


def as_csv(track: Iterable[VisemeSegment]) -> str:
    """A viseme track as CSV text with the columns start_s, end_s, viseme."""
    text = StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["start_s", "end_s", "viseme"])
    table.writerows([f"{s.start_s:.4f}", f"{s.end_s:.4f}", s.viseme] for s in track)
    return text.getvalue()


def as_json(track: Iterable[VisemeSegment]) -> str:
    """A viseme track as a JSON list of objects with viseme, start_s and end_s."""
    return json_text.dump([asdict(segment) for segment in track], indent=1)


@dataclass(frozen=True)
class Synchrony:
    """How lips agree with sound.

    Attributes:
        agreement: share 0..1 of the frames in speech whose viseme is seen as it is heard, at the best lag.
        lag_ms: that lag; positive where the lips are late.
        missed: the heard stretches that are seen least, in order of time.
    """

    agreement: float
    lag_ms: float
    missed: tuple[VisemeSegment, ...]


def synchrony(heard: NDArray[np.floating], seen: NDArray[np.floating], rate: Fraction) -> Synchrony:
    """Compares visemes heard in sound with those seen on lips, frame by frame.

    Args:
        heard: (T, 16) probabilities of visemes in the sound.
        seen: (T, 16) probabilities of visemes on the lips; the longer of the two is cut.
        rate: frames per second of both.
    """
    count = min(len(heard), len(seen))
    heard = heard[:count]
    seen = seen[:count]
    speaks = heard.argmax(axis=1) != VISEMES.index("sil")
    most = min(int(LAG_MOST_S * rate), count - 1)
    lags = sorted(range(-most, most + 1), key=abs)
    spoken = heard * speaks[:, None]
    best = max(lags, key=lambda lag: float(np.vdot(spoken, _moved(seen, lag))))
    seen = _moved(seen, best)
    same = (heard.argmax(axis=1) == seen.argmax(axis=1))[speaks]
    stretches = [s for s in segments(heard, rate) if s.viseme != "sil"]
    shown = [float(seen[_frames(s, rate), VISEMES.index(s.viseme)].mean()) for s in stretches]
    worst = sorted(np.argsort(shown)[:WORST].tolist())
    missed = tuple(stretches[index] for index in worst if shown[index] < 0.5)
    return Synchrony(float(same.mean()) if len(same) else 1.0, float(1000 * best / rate), missed)


def _moved(track: NDArray[np.floating], frames: int) -> NDArray[np.floating]:
    """The track `frames` earlier, its end frames held."""
    return track[np.clip(np.arange(len(track)) + frames, 0, len(track) - 1)]


def _frames(segment: VisemeSegment, rate: Fraction) -> slice:
    first = round(segment.start_s * rate)
    return slice(first, max(first + 1, round(segment.end_s * rate)))
