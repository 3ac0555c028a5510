"""Tests of facetake.portrait.video.landmarks: which tracks are usable, and what is said of the others."""

from __future__ import annotations

from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from films import faces

from facetake.errors import PortraitError
from facetake.portrait.video import landmarks
from facetake.portrait.video.footage import Footage
from facetake.portrait.video.landmarks import N_POINTS, detector, one_face, read_tracks, stacked, write_tracks

T = 20
FOOTAGE = Footage(Path("a.mp4"), 64, 64, 0, Fraction(25), Fraction(0), T, False, True)


def test_one_steady_face_passes() -> None:
    """A face seen in every frame is returned as it is."""
    assert np.array_equal(one_face(faces(T), FOOTAGE), faces(T)[:, 0])


def test_short_gaps_are_filled() -> None:
    """Frames without a face lie between their neighbours."""
    track = faces(T)
    track[10:] += 4.0
    whole = track.copy()
    track[9:12] = np.nan
    filled = one_face(track, FOOTAGE)
    assert np.allclose(filled[[8, 12]], whole[[8, 12], 0])
    assert np.allclose(filled[10], (whole[8, 0] + whole[12, 0]) / 2, atol=1e-5)


@pytest.mark.parametrize("size", N_POINTS)
def test_frames_without_a_face_are_stacked(size: int) -> None:
    """A frame in which nobody is seen is NaN between others, however many points a face has."""
    one = np.ones((1, size, 2))
    two = np.ones((2, size, 2))
    nobody = np.zeros((0, N_POINTS[0], 2))
    rows = stacked([each.astype(np.float32) for each in (one, nobody, two)])
    assert rows.shape == (3, 2, size, 2)
    assert np.isfinite(rows).all(axis=(2, 3)).tolist() == [[True, False], [False, False], [True, True]]


def test_bystanders_are_left_out() -> None:
    """Where one face is far larger than the others it is taken, wherever it stands in the list."""
    small = faces(T, (10.0, 10.0), 8.0)
    assert np.array_equal(one_face(np.concatenate([small, faces(T)], axis=1), FOOTAGE), faces(T)[:, 0])


def lost(track: np.ndarray) -> np.ndarray:
    """The face is gone from frame 5 to 13."""
    track[5:14] = np.nan
    return track


def crowded(track: np.ndarray) -> np.ndarray:
    """A second face of the same size joins at frame 3."""
    other = faces(T, (20.0, 40.0), 20.0)
    other[:3] = np.nan
    return np.concatenate([track, other], axis=1)


def leaving(track: np.ndarray) -> np.ndarray:
    """The face walks out to the right."""
    return track + np.linspace(0, 40, T, dtype=np.float32)[:, None, None, None] * np.array([1, 0], np.float32)


def jumping(track: np.ndarray) -> np.ndarray:
    """The face is elsewhere from frame 7 on."""
    track[7:, ..., 0] -= 20.0
    return track


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda track: np.full_like(track, np.nan), "no face is seen in any frame"),
        (lost, r"no face from frame 5 \(0.20 s\) on"),
        (crowded, r"several faces at frame 3 \(0.12 s\); crop the video"),
        (leaving, r"the face leaves the picture at frame 12"),
        (jumping, r"the face jumps at frame 7 \(0.28 s\)"),
    ],
)
def test_unusable_tracks_name_the_frame(spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    """No face, several, one that leaves and one that jumps: a sentence with the first frame where it happens."""
    with pytest.raises(PortraitError, match=said):
        one_face(spoil(faces(T)), FOOTAGE)


def test_tracks_are_read_as_written(tmp_path: Path) -> None:
    """Faces of each frame, none and two among them, come back with NaN where there are fewer."""
    found = [faces(1)[0], np.zeros((0, 468, 2), np.float32), np.concatenate([faces(1)[0], faces(1)[0] + 1])]
    write_tracks(tmp_path / "t.npz", found)
    points = read_tracks(tmp_path / "t.npz", 3)
    assert points.shape == (3, 2, 468, 2)
    assert np.isfinite(points[:, :, 0, 0]).tolist() == [[True, False], [False, False], [True, True]]
    assert np.array_equal(points[2], found[2])


def test_bad_files_of_tracks_are_refused(tmp_path: Path) -> None:
    """Another length, other points and other files each get their sentence."""
    write_tracks(tmp_path / "t.npz", [faces(1)[0]])
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
