"""From an approved take to the same shot in another language: the story of `facetake localise`, step by step.

Brows, lids, gaze and head of the take are kept and brought into the timing of the new recording, phrase by phrase;
lips, jaw, teeth and tongue are made anew from its sound, in the emotion of the take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from facetake import files, phrases, rig
from facetake.emotion import EMOTIONS, EmotionTrack, parse, weights
from facetake.errors import AudioError, FacetakeError
from facetake.generate import GenerateOptions, Performance, generate
from facetake.inference import Models
from facetake.localise.fitting import PhraseFit, fit, sentences
from facetake.localise.matching import MOST_PHRASES, match
from facetake.localise.retiming import TimeMap, eased, rigid
from facetake.phrases import Phrases
from facetake.postprocess import lip_closure, masking
from facetake.take import Take

__all__ = ["LocaliseOptions", "LocaliseReport", "Localised", "PhraseFit", "emotion_of", "localise"]

KEPT: Final = rig.region_mask("upper")  # brows, eyes with their lids and cheeks' raise, nose, ears
EYES: Final = np.flatnonzero(rig.region_mask("eye"))
SLOW: Final = np.flatnonzero(KEPT & ~rig.region_mask("eye"))
CUE_STEP_S: Final = 0.25  # of the emotion over time: its own cues are a half second apart or more


@dataclass(frozen=True)
class LocaliseOptions:
    """What the user may choose.

    Attributes:
        original: the recording the take was made for, which tells its phrases better than its mouth does.
        performance: how the new lips are performed: emotion (None: the take's own), seed, and what a line's text says.
            Its frame rate, blinks, gaze, head and keys are the take's.
    """

    original: Path | None = None
    performance: GenerateOptions = field(default_factory=GenerateOptions)


@dataclass(frozen=True)
class LocaliseReport:
    """What fitted and what did not.

    Attributes:
        fits: each phrase or group of phrases, in order.
        take_s, line_s: length of the take and of the new line.
        told: sentences about what did not fit; none where all did.
    """

    fits: tuple[PhraseFit, ...]
    take_s: float
    line_s: float
    told: tuple[str, ...]

    @property
    def facts(self) -> dict[str, object]:
        """What to tell a program, and to keep with the take: times to a millisecond."""
        rounded = [
            {key: _rounded(value) for key, value in asdict(one).items() if value is not None} for one in self.fits
        ]
        return {"take_s": round(self.take_s, 3), "line_s": round(self.line_s, 3), "fits": rounded, "told": [*self.told]}


@dataclass(frozen=True)
class Localised:
    """A take for the new line, the performance its lips are from, the map of time, and what did not fit."""

    take: Take
    performance: Performance
    time_map: TimeMap
    report: LocaliseReport


def localise(
    take: Take,
    path: Path,
    options: LocaliseOptions,
    models: Models,
    progress: Callable[[float], None] | None = None,
) -> Localised:
    """Performs a take to another recording of its line.

    Args:
        take: approved: generated, captured or keyed by hand; of any rate and length.
        path: the new recording.
        options: what the user chose.
        models: loaded and verified networks.
        progress: called with the share done, 0..1.

    Raises:
        AudioError: a recording cannot be read.
        ConfigError, RigError: an option names something unknown.
    """
    asked = replace(options.performance, rate=take.rate, blink=False, gaze=False, head=False, look=None, keys="dense")
    spoken, said, told = _phrases(take, path, options, asked, models)
    if max(len(spoken.found), len(said.found)) > MOST_PHRASES:
        raise AudioError(f"{path} or the take has more than {MOST_PHRASES} phrases; cut both into scenes")
    time_map, fits = fit(spoken, said, match(spoken.found, said.found))
    mood, why = _mood(take, asked.emotion, time_map, said.duration_s)
    made = generate(path, replace(asked, mood=mood), models, progress)
    report = LocaliseReport(fits, spoken.duration_s, said.duration_s, (*told, *why, *sentences(fits, spoken, said)))
    return Localised(_joined(take, made, time_map, report, mood), made, time_map, report)


def emotion_of(origin: Mapping[str, object]) -> EmotionTrack | None:
    """The emotion a take was performed with, by its origin; None where that does not tell.

    Known are emotions that were written out, those that were heard, with their cues, and the styles of a restyle.
    """
    style = origin.get("style")
    try:
        if isinstance(style, Mapping) and style:
            return parse("+".join(f"{name}:{value}" for name, value in style.items()))
        if isinstance(heard := origin.get("heard"), Mapping) and isinstance(cues := heard.get("cues"), list):
            pairs = [str(cue).split(None, 1) for cue in cues]
            return EmotionTrack(
                np.array([float(at) for at, _ in pairs]), np.stack([weights(what, "the take") for _, what in pairs])
            )
        asked = origin.get("emotion")
        if isinstance(asked, str) and asked.split(":")[0].split("+")[0] in EMOTIONS:
            return parse(asked)
    except (FacetakeError, ValueError):  # somebody else's words
        return None
    parent = origin.get("parent")
    return emotion_of(parent) if isinstance(parent, Mapping) else None


def _phrases(
    take: Take, path: Path, options: LocaliseOptions, asked: GenerateOptions, models: Models
) -> tuple[Phrases, Phrases, tuple[str, ...]]:
    """Phrases of the take and of the line, both by their sound or both by a mouth, and what is odd about that."""
    if options.original is None:
        drafted = generate(path, replace(asked, emotion=None, energy=0.0, gains={}, only=()), models).take
        return phrases.seen(take), phrases.seen(drafted), ()
    spoken = phrases.heard(options.original, models.ear)
    known = take.origin.get("audio_sha256")
    is_other = isinstance(known, str) and known != files.hash_of(options.original, AudioError)
    told = (f"{options.original.name} is not the sound that the take was made from",) if is_other else ()
    return spoken, phrases.heard(path, models.ear), told


def _mood(
    take: Take, asked: str | None, time_map: TimeMap, duration_s: float
) -> tuple[EmotionTrack | None, tuple[str, ...]]:
    """The take's own emotion in the line's timing, where none is asked, and what is told of that."""
    if asked is not None:
        return None, ()
    track = emotion_of(take.origin)
    if track is None:
        return None, ("the take does not tell its emotion; the mouth is neutral, unless --emotion says another one",)
    times_s = np.arange(0.0, duration_s + CUE_STEP_S, CUE_STEP_S) if len(track.times_s) > 1 else np.zeros(1)
    return EmotionTrack(times_s, track.sample(time_map.at(times_s)).astype(np.float64)), ()


def _joined(
    take: Take, made: Performance, time_map: TimeMap, report: LocaliseReport, mood: EmotionTrack | None
) -> Take:
    """The new lips below, the take's own face above."""
    times_s = made.take.times_s
    values = made.take.values.copy()
    values[:, SLOW] = eased(take, take.values[:, SLOW], time_map, times_s)
    values[:, EYES] = rigid(take, take.values[:, EYES], time_map, times_s)
    masking.clamp(values, out=values)
    head = None if take.head is None else eased(take, take.head, time_map, times_s)
    own = {} if mood is None else {"emotion": "as in the take"}
    came = {"made_by": "facetake localise", "localised": report.facts, "parent": dict(take.origin)}
    origin = {**made.take.origin, **own, **came}
    return lip_closure.reseal(replace(made.take, values=values, head=head, origin=origin), made.closures)


def _rounded(value: object) -> object:
    """Seconds to a millisecond."""
    if isinstance(value, tuple):
        return [round(one, 3) for one in value]
    return round(value, 3) if isinstance(value, float) else value
