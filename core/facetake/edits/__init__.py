"""Edits of one line by hand, as data beside the take: phones, words, cues, locks and curves. Knows no window."""

from __future__ import annotations

from facetake.edits.application import EditedScript, apply
from facetake.edits.carrying import carry
from facetake.edits.cues import emotion_track, event_track, gaze_track
from facetake.edits.edits_file import SUFFIX, beside, digest, parse, path_beside, read, remove, text_of, write
from facetake.edits.line_edits import (
    LEAST_PHONE_S,
    Anchor,
    EmotionCue,
    Emphasis,
    Event,
    GazeCue,
    Insertion,
    KeyedCurve,
    LineEdits,
    Lock,
    PhoneEdit,
)
from facetake.edits.matching import lately

__all__ = [
    "LEAST_PHONE_S",
    "SUFFIX",
    "Anchor",
    "EditedScript",
    "EmotionCue",
    "Emphasis",
    "Event",
    "GazeCue",
    "Insertion",
    "KeyedCurve",
    "LineEdits",
    "Lock",
    "PhoneEdit",
    "apply",
    "beside",
    "carry",
    "digest",
    "emotion_track",
    "event_track",
    "gaze_track",
    "lately",
    "parse",
    "path_beside",
    "read",
    "remove",
    "text_of",
    "write",
]
