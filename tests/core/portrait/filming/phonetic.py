"""A tiny untrained wav2vec2 phoneme network, saved as transformers saves the published one."""

from __future__ import annotations

import json
from pathlib import Path

import torch

SIGNS = ("<pad>", "<s>", "</s>", "<unk>")
SOUNDS = ("p", "aɪ", "tʃ", "ʊ", "s", "ə")


def phonetic(folder: Path, sounds: tuple[str, ...] = SOUNDS, seed: int = 0) -> Path:
    """Writes config.json, model.safetensors and vocab.json; its first sound is the likeliest, then the second, ..."""
    import transformers

    tokens = (*SIGNS, *sounds)
    torch.manual_seed(seed)
    config = transformers.Wav2Vec2Config(
        vocab_size=len(tokens),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    network = transformers.Wav2Vec2ForCTC(config)
    with torch.no_grad():
        network.lm_head.bias.copy_(torch.cat([torch.full((4,), 1.0), torch.linspace(3.0, 0.0, len(sounds))]))
        network.lm_head.weight.normal_(0.0, 0.5)
    network.save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    return folder
