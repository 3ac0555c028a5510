"""Lips of made pictures, found again by MediaPipe as in any other video, against the real ones: LMD, opening and lag.

What an observer sees, whatever the face model was told to do. Knows made pictures and the clip's own landmarks; does
not know how pictures were made.
"""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake.arrays import F32, U8
from facetake.portrait.metrics import lips
from facetake.portrait.video.landmarks import detector

ENLARGED = 2  # times: the detector is made for larger faces than a crop of 256 pixels shows


class Retracked:
    """Lips over frames that are shown one after another."""

    def __init__(self, landmarks: F32, rate: Fraction, landmarker: Path | None = None) -> None:
        """Opens the detector.

        Args:
            landmarks: (T, N, 2) of the real clip.
            rate: frames per second.
            landmarker: MediaPipe's model file, where the package has none inside.

        Raises:
            PortraitError: MediaPipe or its model is missing.
        """
        self._open = ExitStack()
        self._detector = self._open.enter_context(detector(landmarker))
        self._landmarks = landmarks
        self._rate = rate
        self._made: list[F32] = []
        self._real: list[F32] = []
        self._unseen = 0

    def update(self, frame: int, made: U8, real: U8) -> None:  # noqa: ARG002  the real one's landmarks are known
        """Takes the made picture (H, W, 3) of a frame."""
        large = np.ascontiguousarray(made.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1))
        shown = len(self._made) + self._unseen
        faces = self._detector.faces(large, round(1000 * shown / self._rate))
        if not len(faces):
            self._unseen += 1
            return
        self._made.append(faces[0] / np.float32(ENLARGED))
        self._real.append(self._landmarks[frame])

    def compute(self) -> dict[str, float]:
        """`lmd`, `lips_r`, `lips_best_r`, `lips_lag_frames`; `frames_without_face`. Nothing more where no face was."""
        self._open.close()
        found = {"frames_without_face": float(self._unseen)}
        if not self._made:
            return found
        made = np.stack(self._made)
        real = np.stack(self._real)
        seen = lips.follow(lips.aperture(made), lips.aperture(real))
        return found | {
            "lmd": lips.landmark_distance(made, real),
            "lips_r": seen.correlation,
            "lips_best_r": seen.best,
            "lips_lag_frames": float(seen.lag_frames),
        }
