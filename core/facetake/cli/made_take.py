"""What a command made, in one sentence: how long it is, in what mood, how many frames at what rate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli.terminal import Reporter

if TYPE_CHECKING:
    from facetake.generate import Performance
    from facetake.take import Take


def tell(report: Reporter, item: str, out: Path, take: Take, form: str | None, mood: str = "", **more: object) -> None:
    """Tells of a take that was written, and what its file cannot hold of it.

    Args:
        report: whom to tell.
        item: what the take was made from.
        out: where it is.
        take: what was written.
        form: name of its format; None where the suffix tells.
        mood: as `mood` or `blend` say it; empty where nobody knows.
        more: facts by name, such as its seed.
    """
    from facetake import formats
    from facetake.timebase import written

    lost = formats.left_out(take, out, form)
    take = formats.kept(take, out, form)
    frames = f"{take.n_frames} frame{'' if take.n_frames == 1 else 's'} at {written(take.rate)} fps"
    parts = [f"{float(take.duration_s):.1f} s{mood and f' of {mood}'}", frames, *(f"{k} {v}" for k, v in more.items())]
    facts = {"output": str(out), "duration_s": float(take.duration_s), "frames": take.n_frames, "rate": str(take.rate)}
    report.note(item, [f"{out.name}: {', '.join(parts)}"], {"made": {**facts, "emotion": mood, **more}})
    for sentence in lost:
        report.warning(item, f"{out}: {sentence}")


def mood(asked: str | None, made: Performance) -> str:
    """The mood of a performance, for people: "happy 0.7", "sad, as heard", or the file with its cues."""
    from facetake.emotion import EMOTIONS, cue_file

    if made.heard is not None:
        return made.heard.emotion if made.heard.why else f"{made.heard.emotion}, as heard"
    if asked and (cues := cue_file(asked)):
        return f"the moods in {cues.name}"
    return blend(dict(zip(EMOTIONS[1:], made.emotion.weights[0, 1:].tolist(), strict=True)))


def blend(weights: Mapping[str, float]) -> str:
    """Emotions and their weights, for people: "happy 0.5 and sad 0.3"; a weight of 1 is left out."""
    named = [name if weight == 1.0 else f"{name} {weight:.3g}" for name, weight in weights.items() if weight > 0]
    return " and ".join(named) or "neutral"
