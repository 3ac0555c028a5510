"""Tests of facetake.portrait.video.landmarks: which tracks are usable, and what is said of the others."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from films import faces

from facetake.errors import PortraitError
from facetake.portrait.video import landmarks
from facetake.portrait.video.landmarks import N_POINTS, detector, read_cuts, read_tracks, stacked, write_tracks


@pytest.mark.parametrize("size", N_POINTS)
def test_frames_without_a_face_are_stacked(size: int) -> None:
    """A frame in which nobody is seen is NaN between others, however many points a face has."""
    one = np.ones((1, size, 2))
    two = np.ones((2, size, 2))
    nobody = np.zeros((0, N_POINTS[0], 2))
    rows = stacked([each.astype(np.float32) for each in (one, nobody, two)])
    assert rows.shape == (3, 2, size, 2)
    assert np.isfinite(rows).all(axis=(2, 3)).tolist() == [[True, False], [False, False], [True, True]]


def test_tracks_are_read_as_written(tmp_path: Path) -> None:
    """Faces of each frame, none and two among them, come back with NaN where there are fewer."""
    found = [faces(1)[0], np.zeros((0, 468, 2), np.float32), np.concatenate([faces(1)[0], faces(1)[0] + 1])]
    write_tracks(tmp_path / "t.npz", stacked(found), [2])
    assert read_cuts(tmp_path / "t.npz") == [2]
    points = read_tracks(tmp_path / "t.npz", 3)
    assert points.shape == (3, 2, 468, 2)
    assert np.isfinite(points[:, :, 0, 0]).tolist() == [[True, False], [False, False], [True, True]]
    assert np.array_equal(points[2], found[2])


def test_bad_files_of_tracks_are_refused(tmp_path: Path) -> None:
    """Another length, other points and other files each get their sentence."""
    write_tracks(tmp_path / "t.npz", faces(1), [])
    with pytest.raises(PortraitError, match="has 1 frames, the video 3"):
        read_tracks(tmp_path / "t.npz", 3)
    np.savez(tmp_path / "u.npz", points=np.zeros((3, 68, 2)))
    with pytest.raises(PortraitError, match="468 or 478"):
        read_tracks(tmp_path / "u.npz", 3)
    (tmp_path / "v.npz").write_text("no tracks")
    with pytest.raises(PortraitError, match="no file of tracks"):
        read_tracks(tmp_path / "v.npz", 3)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    """A model file that is not there is said before MediaPipe is looked for."""
    with pytest.raises(PortraitError, match="no landmark model at"), detector(tmp_path / "none.task"):
        pass


def test_a_file_that_is_no_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What MediaPipe says of another file becomes a sentence with the file and what to give."""

    def refuse(_options: object) -> None:
        raise RuntimeError("Unable to open zip archive.")

    landmarker = SimpleNamespace(create_from_options=refuse)
    made = {"FaceLandmarkerOptions": SimpleNamespace, "BaseOptions": SimpleNamespace, "FaceLandmarker": landmarker}
    package = SimpleNamespace(**made, RunningMode=SimpleNamespace(VIDEO=1))
    monkeypatch.setattr(landmarks, "import_module", lambda _: package)
    (tmp_path / "a.task").write_bytes(b"none")
    told = r"a\.task is no landmark model \(Unable to open zip archive\); give"
    with pytest.raises(PortraitError, match=told), detector(tmp_path / "a.task"):
        pass


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="MediaPipe is installed")
def test_a_missing_package_is_named() -> None:
    """Without MediaPipe the sentence says what to install and what else will do."""
    with pytest.raises(PortraitError, match=r"facetake\[landmarks\].*--tracks"), detector():
        pass


def test_mediapipe_sees_no_face_in_noise() -> None:
    """The bundled model, where there is one, finds nothing in noise and answers with no face."""
    mediapipe = pytest.importorskip("mediapipe", reason="needs MediaPipe")
    if not hasattr(mediapipe, "solutions"):
        pytest.skip("this MediaPipe has no model inside")
    picture = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    with detector() as found:
        assert found.faces(picture, 0).shape[0] == 0
