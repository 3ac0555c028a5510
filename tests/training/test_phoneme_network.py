"""Visemes from a user's phoneme network, tried with a tiny untrained one in the real layout."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

torch = pytest.importorskip("torch", reason="a phoneme network needs torch")
transformers = pytest.importorskip("transformers", reason="a phoneme network needs transformers")

from facetake import formats  # noqa: E402  after the skips
from facetake.errors import ModelError  # noqa: E402
from facetake.take import Take  # noqa: E402
from facetake.visemes import VISEMES  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.dataset import SourceConfig  # noqa: E402
from facetake_training.phoneme_network import VisemeNetwork, viseme_of_token  # noqa: E402
from facetake_training.styles import StyleConfig, Styles  # noqa: E402

TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "p", "aɪ", "tʃ", "ʊ", "s", "ː", "ʘ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that always says p, as a user's folder holds it."""
    out = tmp_path_factory.mktemp("phonemes")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(TOKENS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    network = transformers.Wav2Vec2ForCTC(config)
    torch.nn.init.zeros_(network.lm_head.weight)
    with torch.no_grad():
        network.lm_head.bias.copy_(torch.tensor([6.0, 0, 0, 0, 4.0, 1, 0, 0, 0, 0, 0]))
    network.save_pretrained(out)
    (out / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(TOKENS)}))
    return out


@pytest.mark.parametrize(
    ("token", "viseme"),
    [
        ("p", "p"),
        ("aɪ", "a"),
        ("tʃ", "S"),
        ("ʊ", "u"),
        ("iː", "i"),
        ("<pad>", None),
        ("|", None),
        ("ː", None),
        ("ʘ", None),
    ],
)
def test_tokens_show_visemes(token: str, viseme: str | None) -> None:
    """A token shows the viseme of its first sound; blanks, marks and sounds without a known mouth shape show none."""
    assert viseme_of_token(token) == viseme


@pytest.mark.parametrize("seconds", [0.02, 1.0, 45.3])
def test_visemes_come_at_the_rate_of_curves(folder: Path, seconds: float) -> None:
    """There is a row a frame of any length; blanks have no part; silence is silence whatever the network says."""
    sound = np.random.default_rng(0).normal(0, 0.1, round(seconds * 16_000)).astype(np.float32)
    sound[len(sound) // 2 :] *= 1e-4
    found = VisemeNetwork(folder).read(sound)

    assert found.shape == (max(1, round(seconds * 60)), 16) and np.allclose(found.sum(axis=1), 1, atol=1e-5)
    if seconds >= 1:
        quarter = len(found) // 4
        assert (found[:quarter].argmax(axis=1) == VISEMES.index("p")).all() and found[:quarter, 1].min() > 0.8
        assert (found[-quarter:].argmax(axis=1) == VISEMES.index("sil")).all()


def test_imported_takes_know_what_was_heard(folder: Path, tmp_path: Path) -> None:
    """A studio's takes get visemes from the network, and the classifier's examples carry them."""
    (tmp_path / "in" / "zoe").mkdir(parents=True)
    sf.write(tmp_path / "in" / "zoe" / "sad_1.wav", np.random.default_rng(0).normal(0, 0.1, 32_000), 16_000)
    formats.write(Take(np.zeros((120, 174), np.float32), Fraction(60)), tmp_path / "in" / "zoe" / "sad_1.csv")

    assert main(["import", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--phonemes", str(folder)]) == 0
    lines = Styles(StyleConfig((SourceConfig(tmp_path / "out"),), ("zoe",)), "train", 0)
    assert (lines.draw(np.random.default_rng(0))["visemes"] == VISEMES.index("p")).float().mean() > 0.9


def test_a_folder_without_a_network_is_named(folder: Path, tmp_path: Path) -> None:
    """A missing model, and one whose tokens are no phonemes, are one sentence each."""
    with pytest.raises(ModelError, match="no phoneme network"):
        VisemeNetwork(tmp_path)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "vocab.json").write_text(json.dumps({"<pad>": 0, "|": 4}))
    with pytest.raises(ModelError, match="no token of .* is a phoneme"):
        VisemeNetwork(tmp_path)
