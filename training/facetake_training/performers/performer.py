"""The expert performer: phones, prosody, emotion and an actor's habits to the 174 control curves.

This is where training curves come from. Knows nothing of audio files or networks; it is given a loudness track.
Amplitudes follow the ranges seen in captured MetaHuman curves: jaw up to 0.45, purse to 0.95, closures as
co-activations of six controls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake_training.performers.actors import PerformerTraits, actors
from facetake_training.performers.articulation import Articulation, Phone, articulate
from facetake_training.performers.expression import express, speech_factors
from facetake_training.performers.prosody import emphasis_track, frame_loudness, loudness_factor, slow_swing

BILABIAL = {  # shares of a full closure, besides lipsTogether
    "mouth_lipBiteU": 0.20,
    "mouth_lipBiteD": 0.20,
    "mouth_pressU": 0.16,
    "mouth_pressD": 0.16,
    "jaw_ChinRaiseD": 0.10,
}
LABIODENTAL = {  # an artist's f and v (EmoFace's clip) but for the roll, which is 0.5 there; less by choice
    "mouth_lipsTogetherD": 0.76,
    "mouth_lipBiteD": 0.59,
    "mouth_lipsRollU": 0.12,
    "mouth_lowerLipDepress": 0.03,
}
MOUTH_OPENERS = (
    "mouth_lowerLipDepress",
    "mouth_upperLipRaise",
    "mouth_stretch",
    "mouth_funnelU",
    "mouth_funnelD",
)


def perform(
    phones: Sequence[Phone],
    times_s: F64,
    loudness: F64,
    emotion: NDArray[np.floating],
    actor: PerformerTraits,
    seed: int,
) -> NDArray[np.float32]:
    """Performs a stretch of a line.

    Args:
        phones: contiguous phones around the wanted frames, in order.
        times_s: (T,) instants of the frames on the phones' clock, 60 a second.
        loudness: (T,) root-mean-square level of the audio around each frame, linear, any scale.
        emotion: (T, 7) weights, rows summing to 1.
        actor: whose habits to follow.
        seed: of the slow swings of expression.

    Returns:
        (T, 174) float32 within the controls' ranges.
    """
    mouth = articulate(phones, times_s + actor.lead_s, actor.insist)
    emphasis = emphasis_track(phones, times_s, loudness)
    swing = slow_swing(times_s, seed)
    face = express(emotion, emphasis, 1.0 + 0.08 * swing, actor)
    _speak(face, mouth, loudness_factor(loudness, mouth.speech), emotion, actor)
    _close_lips(face, mouth)
    return rig.clamp(face.astype(np.float32))


def _speak(face: F64, mouth: Articulation, loud: F64, emotion: NDArray[np.floating], actor: PerformerTraits) -> None:
    """Adds articulation to the face in place: opening, spreading, rounding, tongue, cheeks, throat."""
    factor = speech_factors(emotion)
    track = mouth.tracks
    opening = np.clip(track["open"] * loud * factor["opening"] * actor.opening, 0.0, 1.25)
    spread = np.clip(track["wide"], 0.0, None) * actor.width + factor["spread"] * mouth.speech * opening
    narrow = np.clip(-track["wide"], 0.0, None)
    rounding = track["round"] * factor["rounding"] * actor.rounding

    def add(name: str, track: F64) -> None:
        face[:, rig.one_or_both(name)] += track[:, None]

    add("C_jaw.Y", 0.40 * opening * actor.jaw)
    add("mouth_lowerLipDepress", (0.45 * opening + 0.55 * track["lower"]) * loud / max(actor.jaw, 0.5) * 0.62)
    add("mouth_upperLipRaise", (0.08 * opening + 0.5 * track["upper"]) * loud * 0.55)
    add("mouth_stretch", 0.26 * spread)
    add("mouth_dimple", 0.20 * spread * actor.dimple)
    add("mouth_cornerPull", 0.12 * spread)
    add("mouth_purseU", 0.72 * rounding)
    add("mouth_purseD", 0.72 * rounding)
    add("mouth_funnelU", 0.22 * rounding + 0.55 * track["funnel"])
    add("mouth_funnelD", 0.22 * rounding + 0.55 * track["funnel"])
    for name in ("mouth_towardsU", "mouth_towardsD"):
        add(name, 0.50 * rounding + 0.10 * narrow)
    for name in ("mouth_stickyOuterU", "mouth_stickyOuterD"):
        add(name, 0.50 * rounding**2)
    add("mouth_suckBlow", -0.45 * rounding**2)
    add("nose_nasolabialDeepen", 0.10 * spread)
    add("CTRL_neck_throatUpDown", 0.12 * track["body"] * mouth.speech)
    add("C_tongue.Y", 0.35 * track["body"] * mouth.speech)
    add("C_tongue_tip.Y", 0.60 * track["tip"])
    add("C_tongue_press.Y", 0.55 * track["tip"] ** 2)
    add("C_tongue_inOut.Y", -0.40 * track["out"])
    rest = (1.0 - mouth.speech) * actor.press
    add("mouth_pressU", rest)
    add("mouth_pressD", rest)


def _close_lips(face: F64, mouth: Articulation) -> None:
    """Blends closures in last, so that neither emotion nor a neighbour holds the lips open."""
    seal = mouth.seal[:, None]
    teeth = mouth.teeth[:, None]
    openers = np.concatenate([rig.both(name) for name in MOUTH_OPENERS])
    face[:, openers] *= 1.0 - np.maximum(seal, 0.94 * teeth)
    jaw = rig.columns("C_jaw.Y")
    face[:, jaw] *= 1.0 - np.maximum(0.35 * seal, 0.75 * teeth)
    for name in ("mouth_lipsTogetherU", "mouth_lipsTogetherD"):
        face[:, rig.both(name)] += seal
    for name, share in BILABIAL.items():
        face[:, rig.both(name)] += share * seal
    for name, share in LABIODENTAL.items():
        columns = rig.both(name)
        face[:, columns] = face[:, columns] * (1.0 - teeth) + np.maximum(share, face[:, columns]) * teeth
    face[:, rig.columns("C_jaw_fwdBack.Y")] += 0.25 * teeth


def perform_line(
    line: Mapping[str, Any], audio: NDArray[np.float32], actor: str, emotion: str, seed: int
) -> NDArray[np.float32]:
    """Performs a whole corpus line in one emotion at full strength: (T, 174) at 60 fps."""
    n_frames = max(1, round(len(audio) / SAMPLE_RATE_HZ * FRAME_RATE_HZ))
    weights = np.zeros((n_frames, len(EMOTIONS)))
    weights[:, EMOTIONS.index(emotion)] = 1.0
    times_s = np.arange(n_frames) / FRAME_RATE_HZ
    loudness = frame_loudness(audio, n_frames)
    return perform(line_phones(line["phones"]), times_s, loudness, weights, actors()[actor], seed)


def line_phones(rows: Sequence[Sequence[object]]) -> list[Phone]:
    """Phones from a corpus line's [symbol, start_s, end_s, weight] rows."""
    return [Phone(str(row[0]), float(row[1]), float(row[2])) for row in rows]  # type: ignore[arg-type]
