"""A user's phoneme network, tried with a tiny untrained one in the real layout."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="a phoneme network needs torch")
pytest.importorskip("transformers", reason="a phoneme network needs transformers, of the phonemes extra")
sys.path.insert(0, str(Path(__file__).parents[1] / "portrait" / "filming"))

from phonetic import SIGNS, SOUNDS, phonetic  # noqa: E402  after the skips

from facetake.errors import ModelError  # noqa: E402
from facetake.networks import wav2vec2  # noqa: E402
from facetake.networks.wav2vec2 import PhonemeNetwork  # noqa: E402

F32 = np.float32


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> PhonemeNetwork:
    """An untrained one."""
    return PhonemeNetwork(phonetic(tmp_path_factory.mktemp("phonemes")))


def noise(seconds: float) -> np.ndarray:
    """Noise that grows, so that no two parts of it are heard alike."""
    count = round(seconds * 16_000)
    return (np.linspace(0.1, 1.0, count) * np.random.default_rng(0).normal(0, 0.1, count)).astype(F32)


def test_tokens_are_known_by_name_and_signs_are_no_sounds(network: PhonemeNetwork) -> None:
    """Every output has its symbol, and blanks and borders are told from what is heard."""
    assert network.tokens == (*SIGNS, *SOUNDS)
    assert network.sounds.tolist() == list(range(4, 10))
    assert [wav2vec2.is_sound(token) for token in ("a", "", " ", "|", "[PAD]", "<unk>")] == [True] + [False] * 5


@pytest.mark.parametrize(("rate", "n_rows"), [(Fraction(60), 60), (Fraction(50), 50), (Fraction(60_000, 1001), 58)])
def test_rows_come_at_any_rate(network: PhonemeNetwork, rate: Fraction, n_rows: int) -> None:
    """Rows sum to 1, and between the network's own steps they are linear."""
    found = network.read(noise(1.0), rate, n_rows)
    assert found.shape == (n_rows, 10) and np.allclose(found.sum(axis=1), 1.0, atol=1e-5)
    own = network._window(noise(1.0))
    places = np.arange(n_rows) / float(rate) * len(own) - 0.5
    for token in range(10):
        assert np.allclose(found[:, token], np.interp(places, np.arange(len(own)), own[:, token]), atol=1e-6)


def test_long_sound_is_heard_in_parts_without_gaps(network: PhonemeNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    """In windows of two seconds nothing is lost or shifted against hearing it at once."""
    sound = noise(5.3)
    at_once = network.read(sound, Fraction(60), 318)
    monkeypatch.setattr(wav2vec2, "WINDOW_S", 2.0)
    in_parts = network.read(sound, Fraction(60), 318)
    assert in_parts.shape == at_once.shape
    best = [np.abs(np.roll(in_parts, shift, axis=0) - at_once)[10:-10].mean() for shift in (-2, -1, 0, 1, 2)]
    assert int(np.argmin(best)) == 2 and best[2] < 0.5 * min(best[1], best[3])


def test_the_same_network_elsewhere_has_the_same_hash(network: PhonemeNetwork, tmp_path: Path) -> None:
    """Its hash is of weights and vocabulary, wherever they are."""
    for file in network.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert PhonemeNetwork(tmp_path).sha256 == network.sha256
    assert PhonemeNetwork(phonetic(tmp_path / "other", seed=1)).sha256 != network.sha256


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "vocab.json"])
def test_a_folder_without_a_network_is_named(network: PhonemeNetwork, missing: str, tmp_path: Path) -> None:
    """Each file that is missing is one sentence with the folder in it."""
    for file in network.folder.iterdir():
        if file.name != missing:
            (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ModelError, match="no phoneme network in"):
        PhonemeNetwork(tmp_path)


def test_a_vocabulary_that_is_none_is_told(network: PhonemeNetwork, tmp_path: Path) -> None:
    """A list in place of the table is the same sentence."""
    for file in network.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "vocab.json").write_text("[]")
    with pytest.raises(ModelError, match="no phoneme network in"):
        PhonemeNetwork(tmp_path)
