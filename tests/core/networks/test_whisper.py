"""Whisper's encoder: its log-mel, its weights from local files, and its frames."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch")

from facetake import export, inference  # noqa: E402  after the skip
from facetake.errors import ModelError  # noqa: E402
from facetake.networks.emoface import EmoFace, EmoFaceSize  # noqa: E402
from facetake.networks.whisper import (  # noqa: E402
    WhisperEncoder,
    WhisperLayers,
    WhisperLogMel,
    WhisperSize,
    at_frames,
    slaney_filters,
)

WIDTH = 64


def slow_log_mel(sound: np.ndarray) -> np.ndarray:
    """Whisper's log-mel (rows, 80), of librosa's mel spectrogram."""
    librosa = pytest.importorskip("librosa", reason="compared with librosa, of the portrait extra")
    padded = np.pad(sound.astype(np.float64), (200, 600))
    power = librosa.feature.melspectrogram(y=padded, sr=16_000, n_fft=400, hop_length=160, n_mels=80, center=False)
    mel = np.log10(np.maximum(power.T[: len(sound) // 160], 1e-10))
    return np.asarray((np.maximum(mel, mel.max() - 8) + 4) / 4)


def test_log_mel_is_as_defined() -> None:
    """The gather and products give what a Fourier transform gives, window by window."""
    sound = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    found = WhisperLogMel()(torch.from_numpy(sound)[None], 100)[0].numpy()

    assert found.shape == (100, 80)
    assert np.abs(found - slow_log_mel(sound)).max() < 1e-3


def test_filters_are_slaneys() -> None:
    """Filters are triangles of equal area: linear below 1 kHz, wider and lower above it, none empty."""
    librosa = pytest.importorskip("librosa", reason="compared with librosa, of the portrait extra")
    filters = slaney_filters().numpy()

    assert filters.shape == (201, 80)
    assert (filters.max(axis=0) > 0).all()
    peaks_hz = filters.argmax(axis=0) * 40.0
    assert (np.diff(peaks_hz) >= 0).all()
    assert peaks_hz[24] == pytest.approx(931.0, abs=40.0)  # the 25th of 81 steps of Slaney's scale up to 8 kHz
    assert np.allclose(filters.sum(axis=0)[40:] * 40.0, 1.0, atol=0.1)
    assert np.allclose(filters.T, librosa.filters.mel(sr=16_000, n_fft=400, n_mels=80), atol=1e-7)


def test_frames_lie_between_states() -> None:
    """A frame at 60 a second takes from the two states, 50 a second, around it."""
    states = torch.arange(60, dtype=torch.float32)[None, :, None]

    assert np.allclose(at_frames(states, 61)[0, :, 0].numpy(), np.arange(61) * 50 / 60)


def layers_of(seed: int, layers: int = 2) -> WhisperLayers:
    """Random weights."""
    torch.manual_seed(seed)
    return WhisperLayers(WIDTH, layers)


OURS_TO_CTRANSLATE2 = {
    "first": "conv1",
    "second": "conv2",
    "attention_norm.weight": "self_attention/layer_norm/gamma",
    "attention_norm.bias": "self_attention/layer_norm/beta",
    "query_key_value": "self_attention/linear_0",
    "attention_out": "self_attention/linear_1",
    "norm.weight": "ffn/layer_norm/gamma",
    "norm.bias": "ffn/layer_norm/beta",
}


def ctranslate2_name(name: str) -> str:
    """What a weight of ours is called in a CTranslate2 file."""
    if not name.startswith("layers."):
        part, kind = name.split(".")
        return f"encoder/{OURS_TO_CTRANSLATE2[part]}/{kind}"
    _, number, rest = name.split(".", 2)
    inner = {"first": "ffn/linear_0", "second": "ffn/linear_1"} | OURS_TO_CTRANSLATE2
    inner |= {"first": "ffn/linear_0", "second": "ffn/linear_1"}
    if rest in inner:
        return f"encoder/layer_{number}/{inner[rest]}"
    part, kind = rest.split(".")
    return f"encoder/layer_{number}/{inner[part]}/{kind}"


def ctranslate2_file(weights: WhisperLayers, architecture: str = "WhisperSpec", kind: int = 4) -> bytes:
    """A file as CTranslate2 writes it, half precision, with a decoder's array and a scalar among the encoder's."""
    arrays = {ctranslate2_name(name): value.numpy() for name, value in weights.state_dict().items()}
    arrays |= {"decoder/x": np.zeros(3), "encoder/num_heads": np.array(1.0)}

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    out = struct.pack("<I", 6) + text(architecture) + struct.pack("<II", 3, len(arrays))
    for name, value in arrays.items():
        data = value.astype(np.float16).tobytes()
        out += text(name) + struct.pack("<B", value.ndim) + struct.pack(f"<{value.ndim}I", *value.shape)
        out += struct.pack("<BI", kind, len(data)) + data
    return out


def same(one: WhisperLayers, other: WhisperLayers, within: float) -> bool:
    """Whether two have the same weights."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.allclose(a, b, atol=within) for a, b in pairs)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_ctranslate2_file_is_read(tmp_path: Path, parts: int) -> None:
    """Weights come back, of a file in one part or two; layers that were not asked for are left."""
    weights = layers_of(1)
    data = ctranslate2_file(weights)
    files = []
    for number, piece in enumerate(np.array_split(np.frombuffer(data, np.uint8), parts)):
        files.append(tmp_path / f"model.bin.part{number}")
        files[-1].write_bytes(piece.tobytes())

    both = WhisperEncoder(WhisperSize(tuple(files), WIDTH, 2, 8, 4)).pretrained
    one = WhisperEncoder(WhisperSize(tuple(files), WIDTH, 1, 8, 4)).pretrained

    assert same(both, weights, 1e-2)
    name = "layers.0.first.weight"
    assert torch.equal(one.state_dict()[name], both.state_dict()[name])


def test_a_transformers_folder_is_read(tmp_path: Path) -> None:
    """Weights come back from a folder in which query, key and value lie apart and keys have no bias."""
    from safetensors.torch import save_file

    weights = layers_of(2)
    stored = {}
    for name, value in weights.state_dict().items():
        theirs = name.replace("attention_norm", "self_attn_layer_norm").replace("attention_out", "self_attn.out_proj")
        theirs = theirs.replace(".norm.", ".final_layer_norm.")
        if name.startswith("layers."):
            theirs = theirs.replace(".first.", ".fc1.").replace(".second.", ".fc2.")
        else:
            theirs = theirs.replace("first.", "conv1.").replace("second.", "conv2.")
        if "query_key_value" in name:
            for part, piece in zip("qkv", value.chunk(3), strict=True):
                if part != "k" or name.endswith("weight"):
                    key = theirs.replace("query_key_value", f"self_attn.{part}_proj")
                    stored[f"model.encoder.{key}"] = piece.contiguous()
        else:
            stored[f"model.encoder.{theirs}"] = value
    save_file(stored, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "whisper"}))

    found = WhisperEncoder(WhisperSize((tmp_path,), WIDTH, 2, 8, 4)).pretrained

    for name, value in weights.state_dict().items():
        if name.endswith("query_key_value.bias"):
            value = value.clone()
            value[WIDTH : 2 * WIDTH] = 0.0
        assert torch.equal(found.state_dict()[name], value)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("missing", "cannot read Whisper's weights"),
        ("folder", "no Whisper model in"),
        ("cut", "copy it again, whole"),
        ("empty", "ends in the middle"),
        ("other", "is no Whisper model of CTranslate2"),
        ("quantised", "is quantised"),
        ("size", "is Whisper of another size"),
        ("layers", "has fewer layers than asked for"),
        ("not safetensors", "is not a safetensors file"),
    ],
)
def test_bad_weights_are_refused(tmp_path: Path, spoil: str, says: str) -> None:
    """Each way in which a weights file can be wrong gets its sentence, with the file's name."""
    path = tmp_path / "model.bin"
    layers = 2
    width = WIDTH
    data = ctranslate2_file(layers_of(3), kind=1 if spoil == "quantised" else 4)
    if spoil == "other":
        data = ctranslate2_file(layers_of(3), "Wav2Vec2Spec")
    if spoil in {"folder", "not safetensors"}:
        path = tmp_path
        if spoil == "not safetensors":
            (tmp_path / "model.safetensors").write_bytes(b"junk")
    elif spoil != "missing":
        path.write_bytes({"cut": data[: len(data) // 2], "empty": b""}.get(spoil, data))
    layers += spoil == "layers"
    width *= 2 if spoil == "size" else 1

    with pytest.raises(ModelError, match=says) as caught:
        WhisperEncoder(WhisperSize((path,), width, layers, 8, 4))
    assert str(path) in str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_it_exports_and_quantises(tmp_path: Path) -> None:
    """The encoder exports within 1e-4 at any length; in 8 bits its file is smaller and its features nearly the same."""
    pytest.importorskip("onnx", reason="export needs onnx")
    torch.manual_seed(0)
    size = EmoFaceSize("whisper", whisper=WhisperSize((), 128, 2, 16, 8), width=16, layers=1, heads=2, feedforward=16)
    network = EmoFace(size, tuple(range(16)))

    worst = export.export_ear(network, tmp_path / "exact.onnx")
    export.export_ear(network, tmp_path / "small.onnx", quantised=True)

    assert worst < 1e-4
    assert (tmp_path / "small.onnx").stat().st_size < 0.8 * (tmp_path / "exact.onnx").stat().st_size
    exact, small = (inference.session(tmp_path / f"{name}.onnx") for name in ("exact", "small"))
    for n_frames in (1, 29, 200):
        audio = np.random.default_rng(0).normal(0, 0.1, (1, n_frames * 16_000 // 60)).astype(np.float32)
        one, other = (session.run(["features"], {"audio": audio})[0] for session in (exact, small))
        assert one.shape == (1, n_frames, 16)
        assert exact.run(["voice"], {"audio": audio})[0].shape == (1, n_frames, 128)
        assert np.abs(one - other).max() < 0.05
    assert small.get_modelmeta().custom_metadata_map["facetake_model"] == "ear"


@pytest.mark.filterwarnings("ignore")
def test_readouts_of_the_lips_are_exported(tmp_path: Path) -> None:
    """An ear with readouts gives their mean at each frame; one without gives none."""
    pytest.importorskip("onnx", reason="export needs onnx")
    torch.manual_seed(0)
    whisper = WhisperSize(width=WIDTH, layers=2, inner=32, memory=16, lips=2, lip_inner=16)
    size = EmoFaceSize("whisper", whisper=whisper, width=16, layers=1, heads=2, feedforward=16)
    network = EmoFace(size, tuple(range(16)))
    export.export_ear(network, tmp_path / "ear.onnx")
    sound = 0.1 * torch.randn(1, 32_000)
    encoder = network.encoder
    assert isinstance(encoder, WhisperEncoder)
    with torch.no_grad():
        lips = encoder.hear(sound, 120).lips
        states = torch.stack(encoder._states(sound, 120, None), dim=1)
        alone = [readout(states) for readout in encoder.lips]
    (told,) = inference.session(tmp_path / "ear.onnx").run(["lips"], {"audio": sound.numpy()})

    assert lips is not None and told.shape == (1, 120, 2)
    assert np.abs(told - lips.numpy()).max() < 1e-4
    assert torch.allclose(lips[:, ::6], torch.stack(alone).mean(dim=0)[:, :100:5], atol=1e-5)


def test_a_control_moved_by_quantisation_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where 8 bits would move a control too far, nothing is written."""
    pytest.importorskip("onnx", reason="export needs onnx")
    monkeypatch.setattr(export, "QUANTISED", -1.0)
    size = EmoFaceSize("whisper", whisper=WhisperSize((), 64, 1, 16, 8), width=16, layers=1, heads=2, feedforward=16)

    with pytest.raises(ModelError, match="quantisation moves a control"):
        export.export_ear(EmoFace(size, tuple(range(16))), tmp_path / "m.onnx", quantised=True)
    assert not list(tmp_path.iterdir())
