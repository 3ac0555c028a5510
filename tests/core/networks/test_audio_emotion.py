"""The audio emotion encoder and its features inside the network."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks are torch")

from facetake.networks.audio_emotion import HOP, WINDOW, AudioEmotionNetwork, EmotionMel, VoiceSize  # noqa: E402
from facetake.networks.logmel import mel_filters  # noqa: E402

SMALL = VoiceSize((2, 2, 2, 2, 2, 2))


def sound(seconds: float = 1.0) -> np.ndarray:
    """Noise under a slow swell."""
    count = round(seconds * 16_000)
    noise = np.random.default_rng(0).normal(0, 0.1, count)
    return (noise * (1.1 + np.sin(np.arange(count) / 3000))).astype(np.float32)


def test_features_are_the_papers() -> None:
    """128 mel bands of a 2048-point Fourier transform every 512 samples, as numpy computes them."""
    audio = sound()
    found = EmotionMel()(torch.from_numpy(audio)[None])[0].numpy()
    padded = np.pad(audio, (WINDOW // 2, WINDOW))
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    frames = np.stack([padded[i * HOP : i * HOP + WINDOW] * hann for i in range(len(audio) // HOP + 1)])
    power = np.abs(np.fft.rfft(frames)[:, : WINDOW // 2]) ** 2
    mel = power @ mel_filters(128, 40.0, 7900.0, WINDOW).numpy()[: WINDOW // 2]
    wanted = np.maximum(np.log(mel + 1e-9) - np.log(mel.mean() + 1e-9), -10.0).T / 4.0

    assert found.shape == (128, len(audio) // HOP + 1)
    assert np.abs(found - wanted).max() < 1e-3


def test_the_recording_level_does_not_matter() -> None:
    """Twice as loud is the same voice."""
    torch.manual_seed(0)
    network = AudioEmotionNetwork(SMALL).eval()
    audio = torch.from_numpy(sound())[None]

    assert torch.allclose(network(audio), network(0.1 * audio), atol=1e-3)


@pytest.mark.parametrize("samples", [1, 100, 5_000, 48_000])
def test_any_length_gives_seven_finite_scores(samples: int) -> None:
    """A click and a minute alike, and digital silence, have scores."""
    network = AudioEmotionNetwork(SMALL).eval()

    for audio in (torch.zeros(1, samples), torch.from_numpy(sound(samples / 16_000))[None]):
        scores = network(audio)
        assert scores.shape == (1, 7) and bool(torch.isfinite(scores).all())


def test_the_microphones_colour_can_be_left_out() -> None:
    """With bands centred on their mean, a filtered recording scores as the plain one where none is too faint."""
    torch.manual_seed(0)
    network = AudioEmotionNetwork(VoiceSize((2, 2, 2, 2, 2, 2), centred=True)).eval()
    features = 0.5 + torch.rand(1, 128, 40)
    offset = torch.linspace(-0.3, 0.3, 128)[None, :, None]
    network.features.forward = lambda audio: features + offset * audio.sum()  # type: ignore[method-assign]

    assert torch.allclose(network(torch.zeros(1, 1)), network(torch.ones(1, 1)), atol=1e-5)
