"""An artist's curves as FACEGOOD publishes them, turned into a folder of tracked lips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

pytest.importorskip("torch", reason="training needs torch")

from facetake import formats, mouth, rig  # noqa: E402  after the skip
from facetake.errors import ConfigError  # noqa: E402
from facetake_training import facegood, lips  # noqa: E402

NAMES = [
    "mouth_stretch_c",
    *(f"mouth_{name}_{side}" for name in ("lowerLipDepress", "upperLipRaise", "press", "pucker") for side in "lr"),
    "mouth_oh_c",
    "mouth_oo_c",
    *(f"mouth_funnel_{corner}" for corner in ("dl", "dr", "ul", "ur")),
]


def write_line(folder: Path, values: np.ndarray) -> Path:
    """A second of sound and its curves, laid out as FACEGOOD's training folder."""
    (folder / "wav").mkdir(parents=True)
    (folder / "bs_value").mkdir()
    sf.write(folder / "wav" / "a.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    np.save(folder / "bs_value" / "bs_value_a.npy", values)
    np.save(folder / "names.npy", np.array(NAMES))
    return folder / "wav" / "a.wav"


def test_lips_are_read_by_name(tmp_path: Path) -> None:
    """Opening is jaw and lips less pressing, rounding is pucker and funnel; time runs at 30 frames a second."""
    values = np.zeros((30, 1 + len(NAMES)), np.float32)
    values[:, 1] = np.linspace(0, 0.6, 30)
    values[10, 1 + NAMES.index("mouth_press_l")] = values[10, 1 + NAMES.index("mouth_press_r")] = 0.5
    values[20, 1 + NAMES.index("mouth_oh_c")] = 0.8
    sound = write_line(tmp_path, values)
    report = facegood.convert([sound], tmp_path / "names.npy", tmp_path / "lips")
    found = lips.tracked(lips.LipsConfig(tmp_path / "lips" / "lips.npz", tmp_path / "lips" / "audio"), "a")

    made = formats.read(tmp_path / "lips" / "audio" / "a.npz")
    assert report == ["a: 1.0 s"]
    assert made.rate == 30 and made.n_frames == 30
    assert made.values[:, rig.columns("C_jaw")[0]] == pytest.approx(values[:, 1], abs=1e-5)
    assert mouth.pucker(made.values)[20] > 1.0 > mouth.pucker(made.values)[10]
    assert found.times_s[0] == pytest.approx(10 / 30)  # after the time in which a tracker settles
    assert found.opening[1:] == pytest.approx(values[11:, 1], abs=1e-6)
    assert found.opening[0] == pytest.approx(values[10, 1] - 0.15, abs=1e-6)
    assert found.rounding[10] == pytest.approx(0.8, abs=1e-6) and found.rounding[[0, -1]] == pytest.approx([0, 0])


def test_a_line_without_curves_is_named(tmp_path: Path) -> None:
    """A sound whose curves are missing or of another shape, and a folder that exists, are refused by name."""
    sound = write_line(tmp_path, np.zeros((30, 1), np.float32))

    with pytest.raises(ConfigError, match="bs_value_a.npy holds"):
        facegood.convert([sound], tmp_path / "names.npy", tmp_path / "lips")
    (tmp_path / "bs_value" / "bs_value_a.npy").unlink()
    with pytest.raises(ConfigError, match="no curves for .*a.wav"):
        facegood.convert([sound], tmp_path / "names.npy", tmp_path / "lips")
    with pytest.raises(ConfigError, match="exists already"):
        facegood.convert([sound], tmp_path / "names.npy", tmp_path / "wav")
    assert not (tmp_path / "lips").exists()
