"""What READ Avatars' commands say of clips that do not go together or miss something: one sentence, exit code 2."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

for package in ("torch", "safetensors", "librosa", "skimage", "numba", "av"):
    pytest.importorskip(package, reason="READ Avatars needs the portrait extra")

sys.path.insert(0, str(Path(__file__).parents[1] / "portrait" / "filming"))

from moody import moody  # noqa: E402  after the skips

from facetake.cli import main  # noqa: E402
from facetake.portrait.capture import actor  # noqa: E402
from facetake.pretrained import VARIABLE  # noqa: E402

HEAD = "clip,emotion,intensity\n"


@pytest.fixture(autouse=True)
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of whoever runs the tests do not count."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two clips of an actor and one of somebody else."""
    folder = tmp_path_factory.mktemp("actors")
    moody(folder / "calm", "neutral", 1.0)
    moody(folder / "cross", "angry", 1.0)
    moody(folder / "other", "angry", 0.5, stretch=1.0)
    return folder


@pytest.fixture
def said(
    clips: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, str], list[str]]:
    """Trains on a list of clips, which must fail, and gives what is said on standard error, line by line."""

    def train(rows: str, *more: str) -> list[str]:
        for folder in clips.iterdir():
            if folder.is_dir() and not (tmp_path / folder.name).exists():
                shutil.copytree(folder, tmp_path / folder.name)
        (tmp_path / "clips.csv").write_text(rows, encoding="utf-8")
        order = ["train", "read", str(tmp_path / "clips.csv"), "-o", str(tmp_path / "run"), "--settings", "tiny"]
        assert main(["portrait", *order, "--model", str(tiny_model), *more]) == 2
        return capsys.readouterr().err.splitlines()

    return train


def changed(clips: Path, tmp_path: Path, name: str, **values: object) -> None:
    """Copies a clip, saying something else about it."""
    shutil.copytree(clips / name, tmp_path / name)
    table = json.loads((tmp_path / name / actor.ABOUT).read_text("utf-8"))
    (tmp_path / name / actor.ABOUT).write_text(json.dumps({**table, **values}), encoding="utf-8")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("calm,neutral,1\nother,angry,1\n", "other shows another face than"),
        ("calm,neutral,1\ncross,wrath,1\n", 'line 3: there is no emotion "wrath"; use one of neutral'),
        ("calm,neutral,1\ncross,,1\n", "line 3: a clip, its emotion and its intensity are needed"),
        ("calm,neutral,1\ncross,angry\n", "line 3: a clip, its emotion and its intensity are needed"),
        ("calm,neutral,1\ncross,angry,11\n", "line 3: intensity is '11', not a number from 0 to 1"),
        ("calm,neutral,1\nnobody,angry,1\n", "there is no actor's folder"),
        ("", "names no clip"),
    ],
)
def test_lists_that_are_wrong(said: Callable[[str], list[str]], rows: str, told: str) -> None:
    """Clips of different people, unknown emotions, missing labels and missing clips each have their sentence."""
    lines = said(HEAD + rows)
    assert len([line for line in lines if "error" in line]) == 1 and told in lines[-1]


def test_a_list_without_its_head(said: Callable[[str], list[str]]) -> None:
    """Labels that are not named cannot be told apart."""
    assert "must begin with the line clip,emotion,intensity" in said("calm,neutral,1\n")[-1]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"rate": "30"}, "cross differs in size or frame rate from"),
        ({"size": 48}, "cross differs in size or frame rate from"),
        ({"face_sha256": "0" * 64}, "was captured with another version of the face model anny; capture it again"),
        ({"face": "flame:/nowhere/flame2023.pkl"}, "flame2023.pkl"),
    ],
)
def test_captures_that_do_not_go_together(
    clips: Path, tmp_path: Path, said: Callable[[str], list[str]], values: dict[str, object], told: str
) -> None:
    """Another rate, another size, another face model and a face model that is gone are told before anything is made."""
    changed(clips, tmp_path, "cross", **values)
    lines = said(HEAD + "calm,neutral,1\ncross,angry,1\n")
    assert told in lines[-1] and not (tmp_path / "run" / "read.json").exists()


def test_a_clip_without_sound(clips: Path, tmp_path: Path, said: Callable[[str], list[str]]) -> None:
    """There is nothing to learn from."""
    shutil.copytree(clips / "cross", tmp_path / "cross")
    (tmp_path / "cross" / actor.SOUND).unlink()
    assert "cross has no sound, so there is nothing to learn from" in said(HEAD + "cross,angry,1\n")[-1]


def test_extreme_poses_are_warned_of_with_their_frames(
    clips: Path, tmp_path: Path, said: Callable[[str, str, str], list[str]]
) -> None:
    """Frames in which half of the face is not seen are named, the first five of them, before learning begins."""
    shutil.copytree(clips / "cross", tmp_path / "cross")
    names = [field.name for field in fields(actor.Fit)]
    arrays = actor.read_arrays(tmp_path / "cross" / actor.FIT, *names)
    arrays["rotation"][[3, 4, 6, 7, 9, 12], 1] = np.radians(60.0)
    actor.write_arrays(tmp_path / "cross" / actor.FIT, arrays)
    lines = said(HEAD + "calm,neutral,1\ncross,angry,1\n", "--seconds", "0.1")  # too little, so that it ends there
    warned = [line for line in lines if "warning" in line]
    assert len(warned) == 1
    assert "cross: the head is turned by more than 45 degrees in frame 3, 4, 6, 7, 9 and more" in warned[0]
    assert "2 frames with sound to learn from, 8 are needed" in lines[-1]


def test_a_vgg_that_must_be_there(tmp_path: Path, said: Callable[[str, str, str], list[str]]) -> None:
    """Settings that ask for VGG's style loss say which file is missing, and where it goes."""
    tiny = Path(actor.__file__).parents[1] / "read_avatars" / "read_avatars_tiny.toml"
    own = tiny.read_text("utf-8").replace("[renderer]\n", '[renderer]\nstyle_by = "vgg"\n')
    (tmp_path / "own.toml").write_text(own, encoding="utf-8")
    last = said(HEAD + "calm,neutral,1\n", "--settings", str(tmp_path / "own.toml"))[-1]
    assert "VGG's style loss needs the network vgg: fetch vgg16-397923af.pth" in last and "--weights" in last
