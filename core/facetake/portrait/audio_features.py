"""Sound as features at a video's rate (AudioDVP 3.2), for every system that learns from it.

The paper takes 256 numbers a frame from AT-net, whose weights cannot be shipped. What stands in for them by default is
"speech": what the shipped network makes of the sound, 16 viseme probabilities and the 52 ARKit weights of its curves.
Both hardly depend on who speaks, which is what the paper wants of AT-net. "speech_mel" adds 80 log-mel energies.

Knows sound; does not know faces or what is learnt from the features.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.inference import Ear, Models
from facetake.timebase import positions
from facetake.visemes import VISEMES

Heard = Literal["speech", "speech_mel"]
WIDTHS: dict[Heard, int] = {"speech": len(VISEMES) + 52, "speech_mel": len(VISEMES) + 52 + 80}
"""Numbers a frame: visemes, ARKit's weights, and mel bands."""
SMALLEST_SPREAD = 1e-3  # of a feature over a lesson: divided by less, what hardly moves there would jump elsewhere


def hear(sound: F32, rate: Fraction, kind: Heard, models: Models) -> F32:
    """Features of a sound, one row for each frame of a video.

    Args:
        sound: samples (S,).
        rate: frames per second of the video; its first frame stands at the beginning of the sound.
        kind: which features.
        models: the shipped network.

    Returns:
        (T, WIDTHS[kind]) float32; T frames cover the sound.
    """
    rows = [_speech(sound, n_curves(sound), models)]
    if kind == "speech_mel":
        rows.append(log_mel(sound).mean(axis=1))
    return at_rate(np.concatenate(rows, axis=1), Fraction(FRAME_RATE_HZ), rate, n_frames(sound, rate))


def n_frames(sound: F32, rate: Fraction) -> int:
    """Video frames at `rate` that samples (S,) cover, one at least."""
    return max(1, int(Fraction(len(sound), SAMPLE_RATE_HZ) * rate))


def n_curves(sound: F32) -> int:
    """Frames at the network's rate that samples (S,) cover, one at least."""
    return max(1, round(len(sound) * FRAME_RATE_HZ / SAMPLE_RATE_HZ))


def visemes(sound: F32, ear: Ear) -> F32:
    """(T, 16) at 60 fps: viseme probabilities of samples (S,)."""
    return ear.hear([sound], n_curves(sound)).visemes


def _speech(sound: F32, n_curves: int, models: Models) -> F32:
    """(T, 68) at 60 fps: viseme probabilities, then ARKit weights, in a neutral mood."""
    heard = models.ear.hear([sound], n_curves)
    curves = np.concatenate([some for _, some in models.audio2rig.windows(heard.features, _neutral())])
    return np.asarray(np.concatenate([heard.visemes, rig.arkit.to_arkit(curves)], axis=1), np.float32)


def _neutral() -> Callable[[NDArray[np.float64]], F32]:
    row = np.zeros(len(EMOTIONS), np.float32)
    row[EMOTIONS.index("neutral")] = 1.0
    return lambda instants: np.tile(row, (len(instants), 1))


def log_mel(sound: F32) -> F32:
    """(T, FEATURES_PER_FRAME, 80) at 60 fps: normalised log-mel energies of samples (S,)."""
    import torch

    from facetake.networks.logmel import FEATURES_PER_FRAME, LogMel

    count = n_curves(sound)
    with torch.inference_mode():
        mel = LogMel()(torch.from_numpy(sound)[None], count)[0]
    return np.asarray(mel.unflatten(0, (count, FEATURES_PER_FRAME)).numpy(), np.float32)


def at_rate(rows: F32, old: Fraction, new: Fraction, n_frames: int) -> F32:
    """Rows (T, N) on the frame grid of another rate, (n_frames, N): between rows linear, past the last one held."""
    low, share = positions(n_frames, old / new, len(rows))
    high = np.minimum(low + 1, len(rows) - 1)
    share = share[:, None]
    return np.asarray(rows[low] * (1.0 - share) + rows[high] * share, np.float32)
