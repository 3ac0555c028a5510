"""Footage as people have it, of the made-up actor: cuts, hands, people beside, heads that turn, a second of film."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films import film
from made_up import Filmed, filmed, motion

from facetake import formats
from facetake.cli import main
from facetake.errors import PortraitError
from facetake.face.model import FaceModel
from facetake.portrait.audiodvp import training
from facetake.portrait.capture.actor import CapturedActor, read_actor
from facetake.portrait.capture.clip_capture import Order, capture, capture_shots
from facetake.portrait.capture.clip_list import read_clips
from facetake.portrait.capture.fitting import FaceMotion, FitSettings
from facetake.portrait.capture.linearized_model import Linearised
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.storage import read_pictures
from facetake.render.camera import rotation_matrices, rotation_vectors

SETTINGS = FitSettings(chunk=13, n_shared=6, colour_rounds=1)
N = 26
SIZE = 64
HAND = slice(8, 14)


def nothing(share: float, what: str) -> None:
    """Takes progress and says nothing."""


@dataclass(frozen=True)
class Shot:
    """A film of the made-up actor as arrays: pictures (T, H, W, 3) and tracks (T, 1, 478, 2)."""

    pictures: np.ndarray
    points: np.ndarray

    def written(self, folder: Path, sound: np.ndarray | None = None) -> Order:
        """The film and its tracks as files, and the order to capture them."""
        folder.mkdir(exist_ok=True)
        np.savez(folder / "tracks.npz", points=self.points)
        video = film(folder / "video.mp4", self.pictures, sound=sound)
        return Order(video, folder / "actor", folder / "tracks.npz", size=SIZE, settings=SETTINGS)


def shot(made: Filmed) -> Shot:
    """A film that was made, read back."""
    return Shot(np.stack(list(read_pictures(made.video, Fraction(25), 0, N))), np.load(made.tracks)["points"])


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Shot:
    """A second of the actor from the front."""
    return shot(filmed(tmp_path_factory.mktemp("plain"), open_face().model, N, size=SIZE))


def captured(order: Order) -> tuple[list[CapturedActor], list[str]]:
    """The shots of a film, captured, and what is told of them."""
    return capture_shots(order, open_face(), nothing)


def test_a_second_is_enough_to_capture(plain: Shot, tmp_path: Path) -> None:
    """A clip of one second is captured whole, and of that all is learnt from."""
    (actor,), told = captured(plain.written(tmp_path))
    assert actor.n_frames == N and actor.learnable.all() and actor.folder == tmp_path / "actor"
    assert all("no sound" in line for line in told)


def two_shots(plain: Shot) -> Shot:
    """The actor, and again to the left of a bright picture."""
    moved = np.roll(255 - plain.pictures // 2, -6, axis=2)
    return Shot(np.concatenate([plain.pictures, moved]), np.concatenate([plain.points, plain.points - [6.0, 0.0]]))


def test_a_cut_makes_two_clips(plain: Shot, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is an actor with the same identity in a folder of its own, a take and a row of a list; it is told where."""
    order = two_shots(plain).written(tmp_path)
    asked = ["portrait", "capture", str(order.video), "-o", str(order.out), "--tracks", str(order.tracks)]
    assert main([*asked, "--size", str(SIZE), "--take", str(tmp_path / "a.json")]) == 0
    assert "video.mp4 is cut into 2 clips, taken to show one person: 0.00 to 1.04 s and 1.04 to 2.08 s" in (
        " ".join(capsys.readouterr().err.split())
    )
    assert read_clips(order.out) == read_clips(order.out / "clips.csv")
    one, two = (read_actor(clip.path) for clip in read_clips(order.out)[0])
    assert (one.n_frames, two.n_frames) == (N, N) and two.about.start_s == Fraction(26, 25)
    assert np.array_equal(one.fit.identity, two.fit.identity) and one.about.origin != two.about.origin
    assert [formats.read(tmp_path / f"a-{number}.json").n_frames for number in (1, 2)] == [N, N]
    with pytest.raises(PortraitError, match="holds a finished actor already"):
        captured(order)
    with pytest.raises(PortraitError, match="holds several clips; name one of the folders that its clips.csv lists"):
        read_actor(order.out)


def test_one_shot_alone_is_asked_for(plain: Shot, tmp_path: Path) -> None:
    """Whoever can use one shot only is told of the cut and of --range."""
    with pytest.raises(PortraitError, match="is cut into 2 clips, .*; capture one shot of it, with --range"):
        capture(two_shots(plain).written(tmp_path), open_face(), nothing)


def covered(plain: Shot, colour: tuple[int, int, int]) -> Shot:
    """Something before the lower face for a moment, which landmarks do not tell."""
    pictures = plain.pictures.copy()
    for picture, (face,) in zip(pictures[HAND], plain.points[HAND], strict=True):
        x, y = face[[61, 291, 0, 17]].mean(axis=0)
        size = np.ptp(face, axis=0).max()
        rows, columns = (slice(int(c - h * size), int(c + h * size)) for c, h in ((y, 0.24), (x, 0.36)))
        picture[rows, columns] = colour
    return Shot(pictures, plain.points)


def test_a_hand_before_the_mouth_is_not_learnt_from(
    plain: Shot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its frames are told and kept in the actor's folder; neither its shared looks nor AudioDVP's training see them."""
    (actor,), told = captured(covered(plain, (20, 160, 40)).written(tmp_path))
    hidden = np.flatnonzero(~actor.learnable)
    assert set(range(8, 14)) <= set(hidden.tolist()) <= set(range(5, 17))
    begin, end = (hidden[0] / 25, (hidden[-1] + 1) / 25)
    assert any(
        f"the mouth is covered from {begin:.2f} to {end:.2f} s; these frames are left out" in line for line in told
    )
    (other,), _ = captured(plain.written(tmp_path / "plain"))
    assert np.abs(actor.fit.colour - other.fit.colour).mean() < 0.05

    seen: list[np.ndarray] = []
    monkeypatch.setattr(training, "_learn_expression", lambda *given: seen.append(np.flatnonzero(given[4])))
    monkeypatch.setattr(training, "_learn_renderer", lambda *given: seen.append(given[4]))
    monkeypatch.setattr(training, "read_trained", lambda folder: folder)
    from facetake.portrait.audiodvp.proxy import open_performer
    from facetake.portrait.audiodvp.settings import read_settings

    performer = open_performer(actor.folder)
    features = np.zeros((N, 4), np.float32)
    settings = read_settings("tiny")
    training.train(performer, features, "a", settings, tmp_path / "run", learnable=actor.learnable)
    assert [rows.tolist() for rows in seen] == [np.flatnonzero(actor.learnable).tolist()] * 2


def test_a_beard_and_a_light_that_changes_are_no_hand(plain: Shot, tmp_path: Path) -> None:
    """What is there throughout, or changes the whole face, leaves nothing out."""
    pictures = plain.pictures.copy()
    for picture, (face,) in zip(pictures, plain.points, strict=True):
        x, y = face[[17, 152]].mean(axis=0).astype(int)
        picture[y - 4 : y + 5, x - 9 : x + 10] //= 3
    light = 0.8 + 0.2 * np.cos(np.linspace(0.0, 2.0 * np.pi, N))
    pictures = (light[:, None, None, None] * pictures).astype(np.uint8)
    (actor,), told = captured(Shot(pictures, plain.points).written(tmp_path))
    assert actor.learnable.all() and not any("covered" in line for line in told)


def test_a_face_that_is_gone_for_a_moment(plain: Shot, tmp_path: Path) -> None:
    """Longer than a blink of the tracker: one actor, told, and its frames left out."""
    points = plain.points.copy()
    points[HAND] = np.nan
    (actor,), told = captured(Shot(plain.pictures, points).written(tmp_path))
    assert actor.about.left_out == ((8, 14),)
    assert any("no face is seen from 0.32 to 0.56 s; these frames are left out of training" in line for line in told)


def test_one_of_two_people_is_followed(plain: Shot, tmp_path: Path) -> None:
    """The larger one by default, which is told, the other where asked; both from the same tracks."""
    small = 0.3 * (plain.points - plain.points.mean(axis=(0, 2), keepdims=True)) + [10.0, 12.0]
    both = Shot(plain.pictures, np.concatenate([small.astype(np.float32), plain.points], axis=1))
    order = both.written(tmp_path)
    (actor,), told = captured(order)
    (alone,), _ = captured(plain.written(tmp_path / "alone"))
    assert np.array_equal(actor.fit.landmarks, alone.fit.landmarks)
    assert any("shows 2 faces; the largest and most central is followed, number 2 from the left" in t for t in told)
    (other,), told = captured(replace(order, out=tmp_path / "other", person=1))
    assert other.about.box[2] < actor.about.box[2] and not any("faces" in line for line in told)


def turned(folder: Path, degrees: float, monkeypatch: pytest.MonkeyPatch, middle: float = 0.0) -> Filmed:
    """The actor, whose head turns by so much to either side of the middle."""

    def turning(face: Linearised, number: int) -> FaceMotion:
        t = np.linspace(0.0, 2.0 * np.pi, number, endpoint=False)
        turn = np.stack([0.1 * np.sin(2 * t), np.radians(middle + degrees * np.sin(t)), 0.05 * np.cos(t)], axis=1)
        return replace(motion(face, number), rotation=rotation_matrices(turn.astype(np.float32)))

    monkeypatch.setattr("made_up.motion", turning)
    model: FaceModel = open_face().model
    return filmed(folder, model, N, size=SIZE)


def test_a_head_that_turns_by_40_degrees_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pose is within two degrees in every frame, and all frames are learnt from."""
    made = turned(tmp_path, 40.0, monkeypatch)
    (actor,), _ = captured(shot(made).written(tmp_path / "a"))
    between = rotation_matrices(actor.fit.rotation) @ made.motion.rotation.transpose(0, 2, 1)
    assert np.degrees(np.linalg.norm(rotation_vectors(between), axis=1)).max() < 2.0
    assert actor.learnable.all()


def test_a_head_from_the_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile for a moment is left out of training and told; a film of nothing else is refused in a sentence."""
    made = turned(tmp_path, 78.0, monkeypatch)
    (actor,), told = captured(shot(made).written(tmp_path / "a"))
    assert 2 <= (~actor.learnable).sum() < N
    assert any("the head is turned by more than 65 degrees from" in line for line in told)
    made = turned(tmp_path, 2.0, monkeypatch, 80.0)
    with pytest.raises(PortraitError, match=r"the head is seen from the side, turned by \d\d degrees; give a video"):
        captured(shot(made).written(tmp_path / "b"))
