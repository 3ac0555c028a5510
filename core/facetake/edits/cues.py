"""Cues among a line's edits, as tracks."""

from __future__ import annotations

import numpy as np

from facetake.edits.line_edits import Event as Marked
from facetake.edits.line_edits import LineEdits
from facetake.emotion import EmotionTrack, weights
from facetake.events import Event, EventTrack, ordered
from facetake.gaze import GazeTrack, looked_at


def emotion_track(edits: LineEdits) -> EmotionTrack:
    """The emotion that the cues ask for; there must be one at least."""
    times_s = np.array([one.at_s for one in edits.emotion])
    return EmotionTrack(times_s, np.stack([weights(one.emotion, "the emotion") for one in edits.emotion]))


def event_track(edits: LineEdits) -> EventTrack:
    """What the edits mark as no speech.

    Raises:
        ConfigError: two lie over each other where they cannot.
    """
    return ordered([_event(one) for one in edits.events], "the edits")


def _event(one: Marked) -> Event:
    return Event(one.kind, one.from_s, one.to_s, one.amount)


def gaze_track(edits: LineEdits) -> GazeTrack:
    """What the cues say is looked at; there must be one at least."""
    found = [looked_at(one.look, "the gaze") for one in edits.gaze]
    times_s = np.array([one.at_s for one in edits.gaze])
    return GazeTrack(times_s, tuple(look for look, _ in found), np.array([target for _, target in found]))
