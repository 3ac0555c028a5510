"""Tests of capturing several clips of one actor together, and of the lists that they come from and end in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import film
from made_up import Filmed, filmed
from numpy.typing import NDArray

from facetake.cli import main
from facetake.errors import PortraitError
from facetake.portrait.capture import actor
from facetake.portrait.capture.actor import CapturedActor
from facetake.portrait.capture.clip_capture import Order, capture_clips
from facetake.portrait.capture.clip_list import ActorClip, captured_in, read_clips, write_clips
from facetake.portrait.capture.fitting import FitSettings
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.storage import read_pictures

SETTINGS = FitSettings(chunk=4, n_shared=6)
N = 4


def nothing(share: float, what: str) -> None:
    """Takes progress and says nothing."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Filmed]:
    """Two clips of one made-up actor: the first half of what it does and the second."""
    top = tmp_path_factory.mktemp("films")
    whole = filmed(_new(top / "whole"), open_face().model, 2 * N)
    pictures = np.stack(list(read_pictures(whole.video, Fraction(25), 0, 2 * N)))
    tracks = np.load(whole.tracks)["points"]
    return [_half(whole, _new(top / str(half)), pictures, tracks, half) for half in (0, 1)]


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _half(whole: Filmed, folder: Path, pictures: NDArray[np.uint8], tracks: np.ndarray, half: int) -> Filmed:
    rows = slice(half * N, (half + 1) * N)
    np.savez(folder / "tracks.npz", points=tracks[rows])
    video = film(folder / f"clip_{half}.mp4", pictures[rows])
    return replace(whole, video=video, tracks=folder / "tracks.npz", motion=whole.motion[rows], marks=whole.marks[rows])


def _orders(films: list[Filmed], out: Path) -> list[Order]:
    return [Order(clip.video, out / clip.video.stem, clip.tracks, settings=SETTINGS) for clip in films]


@pytest.fixture(scope="module")
def captured(films: list[Filmed], tmp_path_factory: pytest.TempPathFactory) -> list[CapturedActor]:
    """Both clips, captured together."""
    return capture_clips(_orders(films, tmp_path_factory.mktemp("actors")), open_face(), nothing)[0]


def test_clips_share_all_but_pose_and_expression(captured: list[CapturedActor], films: list[Filmed]) -> None:
    """Identity, colours, light and camera are the same bytes in both folders; motion is each clip's own."""
    one, two = captured
    for name in ("identity", "albedo", "colour", "light"):
        assert np.array_equal(getattr(one.fit, name), getattr(two.fit, name)), name
    assert (one.about.box, one.about.focal) == (two.about.box, two.about.focal)
    for clip, found in zip(films, captured, strict=True):
        assert found.about.source == clip.video.name
        away = np.abs(found.fit.expression - clip.motion.expression).mean()
        assert away < 0.06


def test_an_interrupted_capture_of_clips_goes_on(
    captured: list[CapturedActor], films: list[Filmed], tmp_path: Path
) -> None:
    """Stopped after its first clip, it keeps that clip as it is and ends with the same result."""
    orders = _orders(films, tmp_path)

    def stop(share: float, what: str) -> None:
        if (orders[0].out / actor.ABOUT).is_file():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        capture_clips(orders, open_face(), stop)
    before = (orders[0].out / actor.FIT).stat().st_mtime_ns
    again, _ = capture_clips(orders, open_face(), nothing)

    assert (orders[0].out / actor.FIT).stat().st_mtime_ns == before
    for old, new in zip(captured, again, strict=True):
        assert np.allclose(old.fit.expression, new.fit.expression, atol=1e-4)


def test_clips_of_different_sizes_are_refused(films: list[Filmed], tmp_path: Path) -> None:
    """Videos of 256 and of 64 pixels cannot share a camera: both are named."""
    small = film(tmp_path / "small.mp4", np.full((N, 64, 64, 3), 90, np.uint8))
    points = np.load(films[0].tracks)["points"] / 4.0
    np.savez(tmp_path / "small.npz", points=points.astype(np.float32))
    orders = [*_orders(films[:1], tmp_path / "out"), Order(small, tmp_path / "out" / "small", tmp_path / "small.npz")]
    with pytest.raises(PortraitError, match="small.mp4 is 64 x 64 at 25 fps, .*clip_0.mp4 is 256 x 256"):
        capture_clips(orders, open_face(), nothing)


class _Marks:
    """Stands in for MediaPipe: knows where the made-up actor's landmarks are."""

    def __init__(self, tracks: list[np.ndarray]) -> None:
        self._tracks = tracks
        self._frame = 0

    def faces(self, picture: NDArray[np.uint8], time_ms: int) -> NDArray[np.float32]:
        """The one face of the next frame."""
        self._frame += 1
        return np.asarray(self._tracks[self._frame - 1], np.float32)


def test_a_list_of_videos_becomes_a_list_of_actors(
    films: list[Filmed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`portrait capture clips.csv` leaves folders by mood and a list that training reads as it is."""
    tracks = [np.load(clip.tracks)["points"] for clip in films]

    @contextmanager
    def marks(_: Path | None) -> Iterator[_Marks]:
        yield _Marks(list(tracks.pop(0)))

    monkeypatch.setattr("facetake.portrait.capture.clip_capture.detector", marks)
    for clip in films:
        (tmp_path / clip.video.name).write_bytes(clip.video.read_bytes())
    table = "clip,emotion,intensity\nclip_0.mp4,angry,0.5\nclip_1.mp4,neutral,1\n"
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")

    assert main(["portrait", "capture", str(tmp_path / "list.csv"), "-o", str(tmp_path / "anna")]) == 0

    clips, _ = read_clips(tmp_path / "anna" / "clips.csv")
    assert [(clip.emotion, clip.intensity) for clip in clips] == [("angry", 0.5), ("neutral", 1.0)]
    assert [actor.read_actor(clip.path).n_frames for clip in clips] == [N, N]
    assert "has no sound" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--take", "t.json"], ["--tracks", "t.npz"], ["--method", "regress"]])
def test_options_of_one_video_are_refused_for_several(
    option: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A take, tracks and the regression are for one video; nothing is begun."""
    (tmp_path / "list.csv").write_text("clip,emotion,intensity\na.mp4,angry,1\n", encoding="utf-8")
    assert main(["portrait", "capture", str(tmp_path / "list.csv"), "-o", str(tmp_path / "out"), *option]) == 2
    assert option[0] in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_of_meads_cameras_is_taken(tmp_path: Path) -> None:
    """Of the front and a side view only the front's clips count, and that is told."""
    for view in ("left_30", "front"):
        folder = tmp_path / "video" / view / "sad" / "level_2"
        folder.mkdir(parents=True)
        (folder / "001.mp4").write_bytes(b"")
    clips, told = read_clips(tmp_path)
    assert [clip.path.relative_to(tmp_path).parts[1] for clip in clips] == ["front"]
    assert told == ["of MEAD's cameras front is used; left_30 left out"]


def test_lists_stay_in_their_folder_and_names_apart(tmp_path: Path) -> None:
    """A clip outside the list's folder is refused with its line, and so are two clips for one folder."""
    (tmp_path / "list.csv").write_text("clip,emotion,intensity\n../other,angry,1\n", encoding="utf-8")
    with pytest.raises(PortraitError, match="line 2: ../other leaves the folder"):
        read_clips(tmp_path / "list.csv")
    twins = [ActorClip(Path("a/001.mp4"), "sad"), ActorClip(Path("b/001.mp4"), "sad")]
    with pytest.raises(PortraitError, match="two sad clips are called 001"):
        captured_in(twins, tmp_path)


def test_lists_survive_their_file(tmp_path: Path) -> None:
    """Written clips are read back the same."""
    clips = [ActorClip(tmp_path / "angry" / "50" / "a", "angry", 0.5), ActorClip(tmp_path / "b", "neutral", 1.0)]
    write_clips(tmp_path / "clips.csv", clips)
    assert read_clips(tmp_path / "clips.csv")[0] == clips
