"""How much the head moves in each emotion, and how closely its speed follows the onsets (Landmark translation 3.3).

    python tests/bench/bench_head.py AUDIO... [--seeds 20]

Prints, for both styles of motion and each emotion, the mean speed in degrees a second (summed over yaw, pitch and roll,
as in the paper's Figure 4), the largest angle, and the correlation of that speed with the onset strength, both averaged
over a sixth of a second, at the lag between 0 and half a second where it is greatest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from facetake import audio
from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.motion import head

WIDTH = FRAME_RATE_HZ // 6
LATEST = FRAME_RATE_HZ // 2


def onsets_of(path: Path) -> F64:
    """Onset strength (T,) of a sound file at 60 fps."""
    sound = audio.read(path)
    rhythm = audio.Rhythm(max(1, len(sound) * FRAME_RATE_HZ // SAMPLE_RATE_HZ))
    for _ in rhythm.listening(iter([sound])):
        pass
    return rhythm.tracks()[1].astype(np.float64)


def moved(style: str, onsets: F64, emotion: str, seed: int) -> F64:
    """Angles (T, 3) in degrees."""
    weights = np.tile(np.eye(len(EMOTIONS))[EMOTIONS.index(emotion)], (len(onsets), 1))
    make = head.onset_motion if style == "onsets" else head.head_motion
    return make(onsets, weights, seed).astype(np.float64)


def followed(speed: F64, onsets: F64) -> float:
    """Correlation of speed with onsets at its best lag."""
    calm = np.ones(WIDTH) / WIDTH
    a = np.convolve(speed, calm, "same")
    b = np.convolve(onsets, calm, "same")
    scores = [np.corrcoef(a[lag:], b[: len(b) - lag])[0, 1] for lag in range(LATEST)]
    return float(np.max(scores))


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("audio", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    lines = [onsets_of(path) for path in arguments.audio]
    for style in head.STYLES:
        for emotion in EMOTIONS:
            rows = []
            for onsets in lines:
                for seed in range(arguments.seeds):
                    angles = moved(style, onsets, emotion, seed)
                    speed = np.abs(np.gradient(angles, axis=0)).sum(axis=1) * FRAME_RATE_HZ
                    rows.append((speed.mean(), np.abs(angles).max(), followed(speed, onsets)))
            speed_deg, most_deg, follows = np.array(rows).T
            print(
                f"{style:8s} {emotion:10s} {speed_deg.mean():6.2f} deg/s  largest {most_deg.max():5.2f} deg  "
                f"follows onsets {follows.mean():.2f}"
            )


if __name__ == "__main__":
    main()
