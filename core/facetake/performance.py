"""What a performance is asked for, what it is made from, and what it is: the data that generation hands on.

Knows no network and no step of the way; `facetake.generate` is the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np

from facetake import keys
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.edits import LineEdits
from facetake.emotion import EmotionTrack
from facetake.emotion_recognition import EmotionEstimate
from facetake.events import EventTrack
from facetake.gaze import GazeTrack
from facetake.inference import Hearing
from facetake.motion import eyes
from facetake.postprocess import lip_closure
from facetake.script import Aligned, Alignment, Sheet
from facetake.take import Take


@dataclass(frozen=True)
class GenerateOptions:
    """What the user may choose.

    Attributes:
        emotion: as the command line writes it: "happy:0.7", "happy:0.5+sad:0.3", the path of a cue file, or "auto" to
            hear it in the voice ("auto:line": once for the whole line); None is neutral.
        rate: frames per second of the take.
        keys: "sparse" adds few, editable keys to the dense curves.
        seed: of blinks, gaze, head and movement, together with the sound: each line is its own, and the same input,
            options and seed give the same bytes.
        energy: how much the face acts, 0..2: 0 holds each emotion's pose.
        blink, gaze, head: whether these are added.
        gains: factor per region on its deviation from neutral.
        only: regions or groups to keep; empty keeps the whole face.
        blinks: when and how to blink (EmoFace 3.2).
        darts: where and how often the eyes move (EmoFace 3.3).
        head_style: "phrases" nods and holds poses, "onsets" follows the rhythm alone (landmark translation 3.3).
        look: what is looked at, as the command line writes it: "camera", a point "0.3,0.1,0.6", or the path of a file
            of cues; or what a host says of it; None leaves the eyes to their darts.
        script: words and phones of the line in time, where its text is known: lips follow them.
        text: what is said in the line, put into its time where `script` is not known; a word in {braces} is one to
            lean on. Or what a file says of it (`script.read`).
        language: of the text, two letters; None tells it from the text.
        dictionary: a user's pronunciations of words of the text.
        emphasis: how much the face leans on words that the script marks, 0..2.
        edits: what was changed of the line by hand; its cues count where neither `emotion` nor `look` is given.
        events: what is not speech, as the command line writes it: "laugh@0.8-1.4:0.7", the path of a file, or "auto"
            to hear it; or a track of events.
        mood: the emotion as a track, of a program that has one, in place of `emotion`.
    """

    emotion: str | None = None
    rate: Fraction = Fraction(60)
    keys: Literal["dense", "sparse"] = "dense"
    seed: int = 0
    energy: float = 1.0
    blink: bool = True
    gaze: bool = True
    head: bool = True
    gains: Mapping[str, float] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    blinks: eyes.BlinkOptions = field(default_factory=eyes.BlinkOptions)
    darts: eyes.GazeOptions = field(default_factory=eyes.GazeOptions)
    head_style: Literal["phrases", "onsets"] = "phrases"
    look: str | GazeTrack | None = None
    events: str | EventTrack | None = None
    script: Alignment | None = None
    text: str | Sheet | None = None
    language: str | None = None
    dictionary: Path | None = None
    emphasis: float = 1.0
    edits: LineEdits | None = None
    mood: EmotionTrack | None = None


@dataclass(frozen=True)
class HeardLine:
    """A recorded line as it was heard, at 60 frames a second.

    Attributes:
        path: of the recording.
        sha256: of its bytes.
        hearing: what the ear heard.
        energy_db: (T,) float32 level.
        onsets: (T,) float32 how strongly sounds begin.
        told: sentences about what is unusual in the recording.
    """

    path: Path
    sha256: str
    hearing: Hearing
    energy_db: F32
    onsets: F32
    told: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Of its frames."""
        return len(self.energy_db) / FRAME_RATE_HZ

    def cut(self, first: int, last: int) -> HeardLine:
        """Some frames of it."""
        heard = replace(self.hearing, visemes=self.hearing.visemes[first:last], lips=None, phones=None)
        return replace(self, hearing=heard, energy_db=self.energy_db[first:last], onsets=self.onsets[first:last])

    def without_features(self) -> HeardLine:
        """The line without what only a draft needs."""
        return replace(self, hearing=replace(self.hearing, features=np.zeros((0, 0), np.float16)))


@dataclass(frozen=True)
class Draft:
    """Curves as the networks have them, before anything is laid over them.

    Attributes:
        values: (T, 174) float32 at 60 frames a second, in time with the sound.
        emotion: the weights that are performed.
        heard: what was heard of the emotion, where that was asked.
        mood: what is noted of emotion and events in the take's origin.
        events: what is not speech, as it was marked or heard.
    """

    values: F32
    emotion: EmotionTrack
    heard: EmotionEstimate | None
    mood: Mapping[str, object]
    events: EventTrack = field(default_factory=EventTrack)

    def cut(self, first: int, last: int) -> Draft:
        """Some frames of it."""
        emotion = EmotionTrack(self.emotion.times_s - first / FRAME_RATE_HZ, self.emotion.weights)
        marked = self.events.cut(first / FRAME_RATE_HZ, last / FRAME_RATE_HZ)
        return replace(self, values=self.values[first:last], emotion=emotion, events=marked)


@dataclass(frozen=True)
class Performance:
    """A take and what it was made from.

    Attributes:
        take: the curves.
        visemes: (T, 16) float32 probabilities at the take's rate.
        closures: where the lips had to close, in seconds.
        speech: (T,) float32, 1 in speech and 0 in silence, at the take's rate.
        emotion: the weights that were performed.
        heard: what was heard of the emotion, where that was asked.
        keys: sparse keys of the curves, if asked for.
        told: sentences about what is unusual in the recording and how it was read, and about targets out of reach.
        aligned: the text in time, and where the sound says something else; None without a text.
    """

    take: Take
    visemes: F32
    closures: tuple[lip_closure.Closure, ...]
    speech: F32
    emotion: EmotionTrack
    heard: EmotionEstimate | None = None
    keys: keys.Keys | None = None
    told: tuple[str, ...] = ()
    aligned: Aligned | None = None
