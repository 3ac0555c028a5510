"""EmoFace and its encoders and decoders."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the networks need torch")

from facetake.config import from_table  # noqa: E402  after the skip
from facetake.errors import ModelError  # noqa: E402
from facetake.networks.emoface import EmoFace, EmoFaceSize, PositionalEncoding  # noqa: E402
from facetake.networks.encoder import MelSize, Wav2Vec2Encoder  # noqa: E402

TINY = MelSize(16, 1, 8)


@pytest.mark.parametrize("decoder", ["transformer", "lstm", "fc"])
@pytest.mark.parametrize("positional", [True, False])
def test_every_decoder_learns(decoder: str, positional: bool) -> None:
    """Each of Table 4's networks gives curves and log-probabilities a frame, and gradient reaches its decoder."""
    shape = {"decoder": decoder, "width": 16, "layers": 2, "heads": 2, "feedforward": 16, "positional": positional}
    size = from_table(EmoFaceSize, {"encoder": "mel", **shape, "mel": {"width": 16, "blocks": 1, "memory": 8}}, "here")
    network = EmoFace(size, tuple(range(16)))
    curves, phones = network(torch.randn(2, 8000), torch.eye(7)[:1].expand(2, 30, 7))
    curves.square().mean().backward()

    assert curves.shape == (2, 30, 174)
    assert torch.allclose(phones.exp().sum(-1), torch.ones(2, 30), atol=1e-5)
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.decoder.parameters())


def test_emotion_weights_blend_the_embedding() -> None:
    """A one-hot row is the paper's label: half and half is the mean of two labels before the fully connected layers."""
    embedding = EmoFace(
        EmoFaceSize("mel", mel=TINY, width=16, layers=1, heads=2, feedforward=16), (0,)
    ).emotion.embedding
    rows = embedding(torch.eye(7))

    assert torch.allclose(embedding(torch.tensor([[0.0, 0.5, 0.5, 0, 0, 0, 0]]))[0], (rows[1] + rows[2]) / 2)


def test_positions_follow_the_paper() -> None:
    """Equations 1 and 2: sines in even dimensions, cosines in odd."""
    code = PositionalEncoding(8)(torch.zeros(1, 50, 8))[0]

    assert float(code[30, 2]) == pytest.approx(float(torch.tensor(30 / 10_000 ** (2 / 8)).sin()), abs=1e-5)
    assert float(code[30, 3]) == pytest.approx(float(torch.tensor(30 / 10_000 ** (2 / 8)).cos()), abs=1e-5)


def test_visemes_sum_their_phones() -> None:
    """A viseme's probability is that of its phones together."""
    network = EmoFace(EmoFaceSize("mel", mel=TINY, width=16, layers=1, heads=2, feedforward=16), (0, 3, 3))
    visemes = network.visemes(torch.tensor([[[0.2, 0.3, 0.5]]]).log()).exp()[0, 0]

    assert visemes[3] == pytest.approx(0.8)
    assert visemes[0] == pytest.approx(0.2)


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny wav2vec 2.0 saved as the real one is."""
    transformers = pytest.importorskip("transformers", reason="wav2vec2 needs transformers")
    folder = tmp_path_factory.mktemp("wav2vec2")
    config = transformers.Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    torch.manual_seed(1)
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    return folder


def test_wav2vec2_runs_at_60_frames_with_a_frozen_extractor(wav2vec2: Path) -> None:
    """The paper's encoder gives one feature a curve frame, its extractor is not trained and its context network is."""
    size = EmoFaceSize("wav2vec2", wav2vec2, width=16, layers=1, heads=2, feedforward=16)
    network = EmoFace(size, tuple(range(16)))
    curves, _ = network(torch.randn(1, 16_000), torch.eye(7)[:1].expand(1, 60, 7))
    curves.square().mean().backward()
    trained = {name for name, weight in network.encoder.named_parameters() if weight.grad is not None}  # type: ignore[attr-defined]

    assert curves.shape == (1, 60, 174)
    assert any("encoder.layers" in name for name in trained)
    assert not any("feature_extractor" in name for name in trained)


def test_wav2vec2_weights_are_loaded_or_not(wav2vec2: Path) -> None:
    """Pretrained weights come from the folder; "wo weight initialize" has the same shapes and other weights."""
    one, two = (Wav2Vec2Encoder(wav2vec2).state_dict() for _ in range(2))
    torch.manual_seed(2)
    other = Wav2Vec2Encoder(wav2vec2, pretrained=False).state_dict()
    key = "model.encoder.layers.0.attention.q_proj.weight"

    assert torch.equal(one[key], two[key])
    assert one[key].shape == other[key].shape
    assert not torch.equal(one[key], other[key])


def test_a_missing_wav2vec2_is_named(tmp_path: Path) -> None:
    """The error says which folder and what belongs there; a size without a folder is a programmer's mistake."""
    with pytest.raises(ModelError, match=r"no wav2vec2 model in .*config\.json"):
        Wav2Vec2Encoder(tmp_path)
    with pytest.raises(ValueError, match="folder"):
        EmoFace(EmoFaceSize("wav2vec2"), (0,))
