"""A small corpus of made sound with phones, for tests of training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile as sf

if TYPE_CHECKING:
    from facetake_training.lips import LipsConfig


def write_corpus(folder: Path, n_lines: int = 6) -> Path:
    """Lines of alternating noise and tone with phones to match."""
    (folder / "audio").mkdir(parents=True)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(n_lines):
        time = np.arange(24_000) / 16_000
        spoken = (time > 0.3) & (time < 1.2)
        sf.write(folder / "audio" / f"{i}.flac", np.where(spoken, rng.normal(0, 0.1, len(time)), 0.0), 16_000)
        phones = [["SIL", 0.0, 0.3, 1.0], ["M", 0.3, 0.4, 1.0], ["AA1", 0.4, 0.8, 1.0], ["F", 0.8, 0.9, 1.0]]
        phones += [["IY0", 0.9, 1.2, 0.3], ["SIL", 1.2, 1.5, 1.0]]
        split = ("train", "train", "valid", "test")[i % 4]
        row = {"id": str(i), "audio": f"audio/{i}.flac", "speaker": f"s{i}", "split": split, "duration_s": 1.5}
        rows.append({**row, "phones": phones})
    (folder / "lines.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus folder of six short lines."""
    return write_corpus(tmp_path / "corpus")


@pytest.fixture
def tracked_faces(tmp_path: Path) -> LipsConfig:
    """Two tracked clips of 2 s, of noise that opens and closes with its lips."""
    pytest.importorskip("torch", reason="training needs torch")
    from facetake_training.lips import LipsConfig

    folder = tmp_path / "faces"
    (folder / "audio").mkdir(parents=True)
    times = np.arange(50) / 25
    opening = np.abs(np.sin(4 * times))
    truth: dict[str, object] = {"names": ["mouthPucker", "mouthFunnel"]}
    for clip in ("one", "two"):
        truth |= {f"{clip}.time": times, f"{clip}.aperture": opening, f"{clip}.arkit": np.stack([1 - opening] * 2, 1)}
        at = np.arange(32_000) / 16_000
        noise = np.random.default_rng(0).normal(0, 0.1, len(at)) * np.abs(np.sin(4 * at))
        sf.write(folder / "audio" / f"video_{clip}.wav", noise, 16_000)
    np.savez(folder / "lips.npz", **truth)  # type: ignore[arg-type]  # numpy's stub mixes arrays and options
    return LipsConfig(folder / "lips.npz", folder / "audio")
