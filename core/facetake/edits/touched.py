"""Where edits touch a face: the stretches about changed phones and words, and how far a change reaches beyond them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32
from facetake.edits.application import EditedScript
from facetake.edits.line_edits import LineEdits
from facetake.postprocess import silence, spans

HELD_S: Final = 0.05
"""About a changed phone everything is as its change asks: a closure's ramp lies within."""
FADE_S: Final = 0.12
"""In which a change fades out: co-articulation reaches about a phone on either side."""
CONTEXT_S: Final = 0.8
"""About what is solved anew: silence's longest ramp and the smoothing window end within it."""
STEP_S: Final = 0.25
"""Windows begin and end on such a grid: while a boundary is dragged they stay the same, and what was solved serves."""
PHONE_COLUMNS: Final = np.union1d(silence.HELD_COLUMNS, rig.columns("CTRL_neck_digastricUpDown"))
"""Controls that phones move: those that sound alone moves, and the throat that goes with the jaw."""
WORD_COLUMNS: Final = np.flatnonzero(rig.region_mask("brow", "eye", "nose", "mouth", "jaw"))
"""Controls that a stressed word moves."""


def of_phones(script: EditedScript) -> list[tuple[float, float]]:
    """Stretches of changed phones in seconds: where they were, and where they are."""
    found = []
    for place in (place for places in script.touched for place in range(*places)):
        phone, source = script.alignment.phones[place], script.sources[place]
        own = script.own.phones[source] if source >= 0 else None
        if own is None:
            found.append((phone.start_s, phone.end_s))
        elif (own.symbol, own.start_s, own.end_s, own.strength) != (
            phone.symbol,
            phone.start_s,
            phone.end_s,
            phone.strength,
        ):
            found.append((min(own.start_s, phone.start_s), max(own.end_s, phone.end_s)))
    found += [(script.own.phones[n].start_s, script.own.phones[n].end_s) for n in script.gone]
    return sorted(found)


def of_words(script: EditedScript) -> list[tuple[float, float]]:
    """Stretches of words whose emphasis is changed, in seconds."""
    pairs = ((script.alignment.words[one.word - 1], script.own.words[one.word - 1]) for one in script.edits.emphases)
    return [(new.start_s, new.end_s) for new, own in pairs if new.emphasis != own.emphasis]


def weights(stretches: list[tuple[float, float]], n_frames: int, rate: float = 60.0) -> F32:
    """(T,) how much of a change is seen: 1 about the stretches, 0 away from them."""
    held = spans.joined([(max(0.0, first - HELD_S), last + HELD_S) for first, last in stretches], 0.0)
    return spans.envelope(n_frames, rate, [(*one, FADE_S, FADE_S) for one in held]).astype(np.float32)


def windows(stretches: list[tuple[float, float]], n_frames: int, rate: float = 60.0) -> list[tuple[int, int]]:
    """First frame and the one past the last of each stretch to be solved anew, with what it needs about it."""
    about = HELD_S + FADE_S + CONTEXT_S
    joined = spans.joined([(max(0.0, first - about), last + about) for first, last in sorted(stretches)], 0.0)
    step = round(STEP_S * rate)
    found = [(int(first * rate) // step * step, -(-int(last * rate + 1) // step) * step) for first, last in joined]
    return [(round(first), min(n_frames, round(last))) for first, last in spans.joined(found, 0.0)]


def frames(script: EditedScript, n_frames: int, rate: float = 60.0) -> list[tuple[int, int]]:
    """First frame and the one past the last of each stretch outside of which a script changes nothing."""
    return windows([*of_phones(script), *of_words(script)], n_frames, rate)


def add(
    values: F32,
    change: F32,
    weight: F32,
    columns: NDArray[np.intp],
    edits: LineEdits,
    first: int = 0,
    rate: float = 60.0,
) -> None:
    """Adds a change to some controls of a take, in place, but for what is locked.

    Args:
        values: (T, 174) controls of a stretch.
        change: (T, 174) of it.
        weight: (T,) how much of that.
        columns: which controls.
        edits: what is locked stands in them.
        first: the frame at which the stretch begins.
        rate: frames per second.
    """
    rows = np.flatnonzero(weight)
    share = np.repeat(weight[rows, None], len(columns), axis=1)
    for lock in edits.locks:
        inside = (rows + first >= lock.from_s * rate) & (rows + first <= lock.to_s * rate)
        share[np.ix_(inside, rig.region_mask(lock.region)[columns])] = 0.0
    here = np.ix_(rows, columns)
    values[here] = np.clip(values[here] + share * change[here], rig.MINIMUM[columns], rig.MAXIMUM[columns])
