"""What READ Avatars' texture hears of a user's phoneme network, and that every line is heard alike."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("transformers", reason="a phoneme network needs transformers, of the phonemes extra")

from phonetic import SOUNDS, phonetic  # noqa: E402  after the skips

from facetake import audio  # noqa: E402
from facetake.errors import PortraitError  # noqa: E402
from facetake.networks.wav2vec2 import PhonemeNetwork  # noqa: E402
from facetake.portrait.read_avatars import audio_features  # noqa: E402

RATE = Fraction(25)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of six sounds."""
    return phonetic(tmp_path_factory.mktemp("phonemes") / "network")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of noise."""
    path = tmp_path_factory.mktemp("sound") / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0.0, 0.1, 32_000), 16_000)
    return path


def test_the_commonest_sounds_are_kept_in_order(folder: Path, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those with most probability come first, blanks never, at twice the video's rate, as the network gives them."""
    monkeypatch.setattr(audio_features, "MOST", 3)
    network = PhonemeNetwork(folder)
    ear = audio_features.commonest(network, [(sound, RATE)])
    heard = ear.hear(sound, RATE)
    everything = network.read(audio.read(sound), 2 * RATE, 100)

    assert ear.phonemes is not None
    sums = everything.sum(axis=0)
    assert list(ear.phonemes.tokens) == sorted(range(4, 10), key=lambda token: -sums[token])[:3]
    assert ear.phonemes.symbols == tuple(network.tokens[token] for token in ear.phonemes.tokens)
    assert ear.phonemes.share == pytest.approx(np.sort(sums[4:])[-3:].sum() / sums[4:].sum())
    assert heard.shape == (100, 3) and np.array_equal(heard, everything[:, list(ear.phonemes.tokens)])


def test_only_what_is_learnt_from_counts(folder: Path, tmp_path: Path) -> None:
    """Sound after the seconds that are learnt from does not choose the phonemes."""
    network = PhonemeNetwork(folder)
    paths = [tmp_path / "short.wav", tmp_path / "long.wav"]
    samples = np.random.default_rng(1).normal(0.0, 0.1, 48_000)
    samples[16_000:] = np.sin(np.arange(32_000) / 5.0)
    soundfile.write(paths[0], samples[:17_000], 16_000)
    soundfile.write(paths[1], samples, 16_000)
    first, cut, whole = (
        audio_features.commonest(network, [(path, RATE)], seconds).phonemes
        for path, seconds in ((paths[0], 0.5), (paths[1], 0.5), (paths[1], None))
    )
    assert first is not None and cut is not None and whole is not None
    assert first.share == cut.share == whole.share == pytest.approx(1.0)
    assert set(first.tokens) == set(range(4, 4 + len(SOUNDS)))
    loudest = [network.read(audio.read(path), 2 * RATE, 2 * 26)[:24].sum(axis=0) for path in paths]
    assert [int(np.argmax(row[4:])) + 4 for row in loudest] == [first.tokens[0], cut.tokens[0]]


def test_a_line_is_heard_as_in_training(folder: Path, sound: Path, tmp_path: Path) -> None:
    """The same network, where it was or moved, hears the same; gone or another one is one sentence."""
    network = phonetic(tmp_path / "then")
    ear = audio_features.commonest(PhonemeNetwork(network), [(sound, RATE)])
    assert ear.phonemes is not None
    run = tmp_path / "run"
    moved = tmp_path / "now"

    assert np.array_equal(audio_features.again(ear.phonemes, None, run).hear(sound, RATE), ear.hear(sound, RATE))
    shutil.move(network, moved)
    assert np.array_equal(audio_features.again(ear.phonemes, moved, run).hear(sound, RATE), ear.hear(sound, RATE))
    with pytest.raises(PortraitError, match="there is no folder .*then; name its folder with --phonemes"):
        audio_features.again(ear.phonemes, None, run)
    with pytest.raises(PortraitError, match="there is no folder .*nowhere; name its folder with --phonemes"):
        audio_features.again(ear.phonemes, tmp_path / "nowhere", run)
    other = phonetic(tmp_path / "other", seed=1)
    with pytest.raises(PortraitError, match="another phoneme network"):
        audio_features.again(ear.phonemes, other, run)


def test_a_network_without_sounds_is_told(sound: Path, tmp_path: Path) -> None:
    """Tokens that are all signs leave nothing to hear."""
    network = PhonemeNetwork(phonetic(tmp_path / "signs", ("[A]", "|")))
    with pytest.raises(PortraitError, match="no token in .* is a sound"):
        audio_features.commonest(network, [(sound, RATE)])
