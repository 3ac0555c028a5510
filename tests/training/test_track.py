"""Tracking lips in video: what is measured, what is written, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the tracked lips are read where torch is")

from facetake.errors import ConfigError  # noqa: E402  after the skip
from facetake.portrait.metrics.lips import INNER  # noqa: E402
from facetake_training import lips, track  # noqa: E402


def face(opening: float) -> NDArray[np.float64]:
    """Landmarks whose inner lips are `opening` apart on a face 100 high, turned in the picture."""
    points = np.zeros((478, 3))
    points[track.CHIN, 1] = 100.0
    for upper, lower in INNER:
        points[[upper, lower], 1] = 70.0, 70.0 + opening
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    return np.asarray(3.0 * points @ turn)


@pytest.mark.parametrize("opening", [0.0, 2.5, 20.0])
def test_opening_is_a_share_of_the_face(opening: float) -> None:
    """Neither the size of the face in the picture nor its tilt counts."""
    assert track.aperture(face(opening)) == pytest.approx(opening / 100.0)


def test_what_was_tracked_can_be_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is what `lips` reads; frames without a face are bridged; a video without one is left out and named."""

    def looked(video: Path, landmarker: Path) -> track.Tracked:
        if video.stem == "empty":
            raise ConfigError(f"{video}: a face is seen in 3% of the frames only")
        scores = np.linspace(0, 1, 100)[:, None] * np.ones(52)
        scores[40] = np.nan
        names = ("_neutral", "mouthFunnel", "mouthPucker", *(f"other{i}" for i in range(49)))
        return track.Tracked(np.arange(100) / 25, scores[:, 0], scores, names)

    monkeypatch.setattr(track, "track", looked)
    monkeypatch.setattr(track, "_modules", tuple)
    monkeypatch.setattr("facetake.audio.read", lambda path: np.zeros(64_000, np.float32))
    model = tmp_path / "face_landmarker.task"
    model.touch()
    report = track.track_folder([Path("a.mp4"), Path("empty.mp4")], model, tmp_path / "lips")
    config = lips.LipsConfig(tmp_path / "lips" / "lips.npz", tmp_path / "lips" / "audio")
    seen = lips.tracked(config, "a")

    assert report == ["a: 100 frames, 4.0 s", "left out: empty.mp4: a face is seen in 3% of the frames only"]
    assert lips.clips(config) == ["a"] and lips.sound_path(config, "a").is_file()
    assert np.allclose(np.diff(seen.opening), 1 / 99) and np.allclose(seen.rounding, 2 * seen.opening)


def test_bad_input_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing model, two videos of one name and a folder in the way are told before anything is read."""
    monkeypatch.setattr(track, "_modules", tuple)
    with pytest.raises(ConfigError, match="no landmark model"):
        track.track_folder([tmp_path / "a.mp4"], tmp_path / "none.task", tmp_path / "lips")
    with pytest.raises(ConfigError, match="same name"):
        track.track_folder([tmp_path / "a.mp4", tmp_path / "a.mov"], tmp_path / "none.task", tmp_path / "lips")
    with pytest.raises(ConfigError, match="exists already"):
        track.track_folder([tmp_path / "a.mp4"], tmp_path / "none.task", tmp_path)


def test_a_missing_tracker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MediaPipe the sentence says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "mediapipe", None)
    with pytest.raises(ConfigError, match="facetake\\[preview,landmarks\\]"):
        track.track(Path("a.mp4"), Path("model.task"))
