"""Lip-sync error by SyncNet: LSE-D, how far lips and sound lie apart at their best, and LSE-C, how sure that is.

As defined for Wav2Lip and used by READ Avatars (4): windows of five pictures and the sound under them become points;
every window of lips is compared with those of sound up to 15 frames away. LSE-D is the least of the mean distances,
LSE-C the median less the least. Knows sound and pictures; does not know how they were made.
"""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from typing import Any

import numpy as np

from facetake.arrays import F32, F64, U8
from facetake.audio import SAMPLE_RATE_HZ
from facetake.networks.syncnet import CEPSTRA, FRAMES, RATE_FPS, SIDE, STEPS, STEPS_PER_FRAME
from facetake.portrait.metrics.face_crop import boxes, lips_square

SHIFT_MOST = 15  # frames either way, as the published program is called
FEWEST = FRAMES + 1
"""Frames at 25 a second without which there is no window; one more than a window, as in the published program."""
BATCH = 20  # windows at once, as in the published program
FULL_SCALE = 32768.0  # of 16 bits, in which the published program reads sound
WINDOW = 400  # samples: 25 ms
STEP = 160  # samples: 10 ms
FFT = 512  # a default of python_speech_features, by which the published program hears
FILTERS = 26  # likewise
EMPHASIS = 0.97  # likewise
LIFTER = 22  # likewise
TINY = float(np.finfo(float).eps)


def cepstra(sound: F32) -> F64:
    """Mel-frequency cepstral coefficients (n, 13) every 10 ms, of mono samples (S,) in -1..1 at 16 kHz.

    As SyncNet was trained to hear them: samples of 16 bits, pre-emphasis 0.97, windows of 25 ms without a taper, 26
    triangles up to 8 kHz, an orthonormal cosine transform, a lifter of 22, the logarithm of the energy in place of the
    first coefficient. Not librosa's, whose triangles do not begin on whole bins: the network would hear another sound.
    """
    from scipy.fft import dct

    samples = np.rint(sound.astype(np.float64) * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1)
    samples = np.append(samples[:1], samples[1:] - EMPHASIS * samples[:-1])
    count = 1 + max(0, -(-(len(samples) - WINDOW) // STEP))
    padded = np.pad(samples, (0, max(0, (count - 1) * STEP + WINDOW - len(samples))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][:count]
    power = np.square(np.abs(np.fft.rfft(windows, FFT))) / FFT
    energy = np.maximum(power @ _triangles().T, TINY)
    rows = dct(np.log(energy), type=2, axis=1, norm="ortho")[:, :CEPSTRA]
    rows *= 1.0 + LIFTER / 2.0 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
    rows[:, 0] = np.log(np.maximum(power.sum(axis=1), TINY))
    return np.asarray(rows)


def _triangles() -> F64:
    """(26, 257): filters evenly spaced in mel, their corners on whole bins of the transform."""
    most = 2595.0 * np.log10(1.0 + SAMPLE_RATE_HZ / 2.0 / 700.0)
    corners_hz = 700.0 * (10.0 ** (np.linspace(0.0, most, FILTERS + 2) / 2595.0) - 1.0)
    left, middle, right = (
        np.floor((FFT + 1) * corners_hz / SAMPLE_RATE_HZ)[start : start + FILTERS, None] for start in range(3)
    )
    bins = np.arange(FFT // 2 + 1)
    rising = (bins - left) / (middle - left)
    falling = (right - bins) / (right - middle)
    inside = (bins >= left) & (bins < right)
    return np.asarray(np.where(bins < middle, rising, falling) * inside)


def errors(lips: F32, sound: F32) -> tuple[float, float, int]:
    """LSE-C, LSE-D and the frames by which sound is late, of points (n, D) of lips and of sound.

    Beyond the ends of the sound there is the point zero, as in the published program.
    """
    padded = np.pad(sound, ((SHIFT_MOST, SHIFT_MOST), (0, 0)))
    away = [
        np.linalg.norm(lips - padded[shift : shift + len(lips)] + 1e-6, axis=1).mean()
        for shift in range(2 * SHIFT_MOST + 1)
    ]
    best = int(np.argmin(away))
    return float(np.median(away) - away[best]), float(away[best]), best - SHIFT_MOST


class Sync:
    """LSE of a clip's made pictures against its sound; the pictures are shown one after another, without gaps."""

    def __init__(self, network: Any, sound: F32, landmarks: F32, rate: Fraction) -> None:
        """Takes a `SyncNet`, the clip's sound (S,) at 16 kHz and landmarks (T, N, 2) from its first frame on."""
        self._network = network.eval()
        self._sound = sound
        self._rate = rate
        self._boxes = boxes(landmarks)
        self._first: int | None = None
        self._next = 0
        self._held: deque[U8] = deque(maxlen=FRAMES)
        self._waiting: list[U8] = []
        self._lips: list[F32] = []

    def update(self, frame: int, made: U8, real: U8) -> None:  # noqa: ARG002  only what was made is to be in time
        """Takes the made picture (H, W, 3) of a frame."""
        self._first = frame if self._first is None else self._first
        count = frame - self._first
        square = lips_square(made, self._boxes[frame], SIDE)[..., ::-1]
        while round(self._next * self._rate / RATE_FPS) <= count:
            self._next += 1
            self._held.append(np.rint(square).astype(np.uint8))
            if len(self._held) == FRAMES:
                self._waiting.append(np.stack(self._held))
        if len(self._waiting) >= BATCH:
            self._look()

    def compute(self) -> dict[str, float]:
        """`lse_c`, `lse_d` and `sync_lag_frames`, the latter at 25 a second."""
        self._look()
        lips = np.concatenate(self._lips)
        start = round((self._first or 0) / self._rate * SAMPLE_RATE_HZ)
        sound = self._sound[start:]
        n_frames = min(len(lips) + FRAMES - 1, len(sound) * RATE_FPS // SAMPLE_RATE_HZ)
        points = self._heard(cepstra(sound), max(n_frames - FRAMES, 1))
        confidence, distance, lag = errors(lips[: len(points)], points)
        return {"lse_c": confidence, "lse_d": distance, "sync_lag_frames": float(lag)}

    def _look(self) -> None:
        import torch

        if self._waiting:
            pictures = torch.from_numpy(np.stack(self._waiting)).permute(0, 4, 1, 2, 3).float()
            with torch.inference_mode():
                self._lips.append(self._network.lips(pictures).numpy())
            self._waiting.clear()

    def _heard(self, rows: F64, count: int) -> F32:
        """Points (count, 1024) of the sound under each window of lips; silence is repeated where the sound ends."""
        import torch

        short = (count - 1) * STEPS_PER_FRAME + STEPS - len(rows)
        rows = np.pad(rows, ((0, max(0, short)), (0, 0)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(rows, STEPS, axis=0)[::STEPS_PER_FRAME][:count]
        tensor = torch.from_numpy(windows.astype(np.float32))[:, None]
        with torch.inference_mode():
            parts = [self._network.sound(tensor[i : i + BATCH]).numpy() for i in range(0, count, BATCH)]
        return np.concatenate(parts)
