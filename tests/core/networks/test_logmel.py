"""Log-mel features against the slow, obvious way."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")

from facetake.networks.logmel import MIN_SPREAD, SILENCE_FLOOR, LogMel  # noqa: E402  after the skip


def slow(audio: np.ndarray, n_frames: int) -> np.ndarray:
    """(2T, 80) one window at a time with numpy's own Fourier transform and librosa's filters."""
    librosa = pytest.importorskip("librosa", reason="compared with librosa, of the portrait extra")
    padded = np.pad(audio, (200, 800))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    filters = librosa.filters.mel(sr=16_000, n_fft=400, n_mels=80, fmin=60.0, fmax=7600.0, htk=True, norm=1)
    rows = []
    for i in range(2 * n_frames):
        start = min(int(np.floor(i * 16_000 / 120 + 0.5)), len(padded) - 400)
        power = np.abs(np.fft.rfft(padded[start : start + 400] * window)) ** 2
        rows.append(np.log(power @ filters.T + SILENCE_FLOOR))
    table = np.array(rows) - np.mean(rows, axis=0)
    return np.asarray(table / max(np.sqrt((table**2).mean()), MIN_SPREAD))


@pytest.mark.parametrize("n_samples", [16_000, 7_777])
def test_equals_the_slow_way(n_samples: int) -> None:
    """The gather and matrix products give what a loop over windows gives, for any length."""
    audio = np.random.default_rng(0).normal(0, 0.1, n_samples).astype(np.float32) * np.linspace(
        0, 1, n_samples, dtype=np.float32
    )
    n_frames = round(n_samples * 60 / 16_000)
    fast = LogMel()(torch.from_numpy(audio)[None], n_frames)[0].numpy()

    assert fast.shape == (2 * n_frames, 80)
    assert np.abs(fast - slow(audio, n_frames)).max() < 2e-3


def test_level_does_not_matter_and_noise_is_not_blown_up() -> None:
    """Speech-like sound looks the same at any level; steady noise keeps a small spread."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, 16_000).astype(np.float32)
    speech = (rng.normal(0, 0.2, 16_000) * (np.arange(16_000) % 4000 < 2000)).astype(np.float32)
    loud, quiet, steady = (LogMel()(torch.from_numpy(x)[None], 60)[0] for x in (speech, speech * 0.5, noise))

    assert float((loud - quiet).abs().mean()) < 0.12
    assert float(loud.std()) == pytest.approx(1.0, abs=0.05)
    assert float(steady.std()) < 0.9
