"""What is asked of a performance, as tracks over time, and what its take notes of that in its origin.

Reads the files of cues that options name. Knows no sound and no curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256

from facetake import audio, edits, events, files, gaze
from facetake.emotion import EmotionTrack, cue_file, is_heard, named, parse
from facetake.emotion_recognition import EmotionEstimate
from facetake.errors import ConfigError
from facetake.events import EventTrack
from facetake.files import json_text
from facetake.gaze import GazeTrack
from facetake.inference import Models
from facetake.performance import GenerateOptions, HeardLine
from facetake.script import Alignment

SHOWN_WORDS = 300  # characters of a script that a take notes: enough to tell lines apart


def mood(options: GenerateOptions) -> tuple[EmotionTrack, dict[str, object]]:
    """The emotion to perform, neutral where it is to be heard, and what is noted of it: of a file its name and hash."""
    if options.mood is not None:
        return options.mood, {"emotion": f"{len(options.mood.times_s)} cues"}
    if not options.emotion and options.edits is not None and options.edits.emotion:
        return edits.emotion_track(options.edits), {"emotion": "edits"}
    asked = options.emotion or "neutral"
    if path := cue_file(asked):
        with audio.unchanged(path):
            return parse(asked), {"emotion": path.name, "cues_sha256": files.hash_of(path, ConfigError)}
    return parse("neutral" if is_heard(asked) else asked), {"emotion": named(asked)}


def heard_mood(options: GenerateOptions) -> str | None:
    """How the emotion is to be heard, as it was written; None where it is given."""
    return options.emotion if options.mood is None and options.emotion and is_heard(options.emotion) else None


def looked(options: GenerateOptions) -> tuple[GazeTrack | None, dict[str, object]]:
    """What is looked at, and what is noted of it: of a file its name and hash."""
    if options.look is None or options.look == "":
        has_cues = options.gaze and options.edits is not None and options.edits.gaze
        return (edits.gaze_track(options.edits), {"look": "edits"}) if has_cues and options.edits else (None, {})
    if not options.gaze:
        raise ConfigError("--look says what the eyes do and --no-gaze leaves it out; give one of the two")
    if isinstance(options.look, GazeTrack):
        return options.look, {"look": f"{len(options.look.looks)} points"}
    if path := gaze.cue_file(options.look):
        with audio.unchanged(path):
            return gaze.read(path), {"look": path.name, "look_sha256": files.hash_of(path, ConfigError)}
    return gaze.parse(options.look), {"look": options.look}


def marked(options: GenerateOptions) -> tuple[EventTrack, dict[str, object]]:
    """What is not speech, and what is noted of it: of a file its name and hash."""
    if options.events is None or options.events == "":
        track = edits.event_track(options.edits) if options.edits is not None else EventTrack()
        return track, ({"events": "edits"} if track.events else {})
    if isinstance(options.events, EventTrack):
        return options.events, {"events": events.written(options.events)}
    if path := events.cue_file(options.events):
        with audio.unchanged(path):
            return events.read(path), {"events": path.name, "events_sha256": files.hash_of(path, ConfigError)}
    track = events.parse(options.events)
    return track, {"events": events.written(track)}


def noted(
    line: HeardLine,
    mood: Mapping[str, object],
    options: GenerateOptions,
    models: Models,
    heard: EmotionEstimate | None,
    told: tuple[str, ...],
) -> dict[str, object]:
    """How the take came to be; no time of day and no folder, so that the same input gives the same bytes."""
    is_edited = options.edits is not None and not options.edits.is_empty
    edited = {"edits_sha256": edits.digest(options.edits)} if is_edited and options.edits else {}
    played = {"motion_sha256": models.motion.sha256} if models.motion else {}
    by = {"heard": heard.facts, "heard_by_sha256": models.audio_emotion.sha256} if heard else {}
    return {
        "made_by": "facetake generate",
        "audio": line.path.name,
        "audio_sha256": line.sha256,
        "model_sha256": models.audio2rig.sha256,
        "ear_sha256": models.ear.sha256,
        **mood,
        "seed": options.seed,
        "energy": options.energy,
        "blink": options.blink,
        "gaze": options.gaze,
        "head": options.head,
        "head_style": options.head_style,
        "gains": dict(options.gains),
        "only": list(options.only),
        **(_scripted(options.script, options.emphasis) if options.script is not None else {}),
        **edited,
        **played,
        **by,
        **({"sound": list(told)} if told else {}),
    }


def _scripted(script: Alignment, emphasis: float) -> dict[str, object]:
    """What is noted of a script: its words, and a hash of them and of its phones, with their times."""
    words, digest = edits.lately(_told, script)
    return {"script": words, "script_sha256": digest, "emphasis": emphasis}


def _told(script: Alignment) -> tuple[str, str]:
    facts = [[[*asdict(one).values()] for one in spans] for spans in (script.words, script.phones)]
    words = " ".join(word.text for word in script.words)
    return words[:SHOWN_WORDS], sha256(json_text.dump(facts).encode()).hexdigest()
