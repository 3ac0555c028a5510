"""Every file that portraits read, damaged: taken for what it still is, or refused in one sentence, and nothing else.

`FACETAKE_FUZZ_CASES` raises the number of cases that a file gets (120 by default).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from damage import damaged, refused_in_words, respelt
from films import brightening, film
from noise_actor import noise_actor

from facetake.errors import PortraitError
from facetake.networks import checkpoint
from facetake.portrait.audiodvp import checkpoint as audiodvp
from facetake.portrait.audiodvp.settings import read_settings as audiodvp_settings
from facetake.portrait.capture import actor, clip_capture, identity
from facetake.portrait.capture.clip_list import read_clips
from facetake.portrait.capture.posed_face import OpenedFaceModel
from facetake.portrait.landmark_translation import checkpoint as landmark
from facetake.portrait.landmark_translation.photograph import open_picture
from facetake.portrait.landmark_translation.settings import read_settings as landmark_settings
from facetake.portrait.read_avatars import checkpoint as read
from facetake.portrait.read_avatars.settings import read_settings
from facetake.portrait.storage import write_png
from facetake.portrait.training import training_dir
from facetake.portrait.video.compositing import Region
from facetake.portrait.video.footage import open_footage
from facetake.portrait.video.landmarks import read_tracks, write_tracks
from facetake.pretrained import load_tensors

CASES = int(os.environ.get("FACETAKE_FUZZ_CASES", "120"))
T = 4
SIZE = 16


@dataclass(frozen=True)
class Door:
    """A kind of file: how a whole one is made, and what opens it."""

    make: Callable[[Path], Path]
    open: Callable[[Path], object]


def in_actor(name: str) -> Callable[[Path], Path]:
    """Makes an actor, of which one file is damaged."""

    def make(folder: Path) -> Path:
        noise_actor(folder / "anna", T, SIZE)
        return folder / "anna" / name

    return make


def tracks(folder: Path) -> Path:
    """A file of tracks."""
    write_tracks(folder / "tracks.npz", np.ones((T, 1, 468, 2), np.float32), [])
    return folder / "tracks.npz"


def clips(folder: Path) -> Path:
    """A list of clips."""
    (folder / "clips.csv").write_text('clip,emotion,intensity\n"anna, 1",angry,0.5\nanna_2,neutral,1\n', "utf-8")
    return folder / "clips.csv"


def one_film(suffix: str) -> Callable[[Path], Path]:
    """Makes a film of a second, with sound."""

    def make(folder: Path) -> Path:
        sound = np.sin(np.arange(48_000) / 20.0).astype(np.float32)
        return film(folder / f"film{suffix}", brightening(25), sound=sound)

    return make


def photograph(folder: Path) -> Path:
    """A photograph."""
    write_png(folder / "photograph.png", np.random.default_rng(3).integers(0, 255, (128, 128, 3), dtype=np.uint8))
    return folder / "photograph.png"


def network() -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """A network and its optimiser."""
    torch.manual_seed(0)
    made = torch.nn.Linear(3, 2)
    return made, torch.optim.Adam(made.parameters())


def kept(name: str) -> Callable[[Path], Path]:
    """Makes the folder of a training that can go on, of which one file is damaged."""

    def make(folder: Path) -> Path:
        made, adam = network()
        made(torch.ones(1, 3)).sum().backward()
        adam.step()
        training_dir.keep(folder, [training_dir.Kept("net", made, adam)], {"epoch": 3})
        return folder / "kept-net-000003" / name

    return make


def going_on(path: Path) -> object:
    """Goes on with a training."""
    made, adam = network()
    done = training_dir.resume(path.parent.parent, [training_dir.Kept("net", made, adam)])
    made(torch.ones(1, 3)).sum().backward()
    adam.step()
    return done


def found_before(folder: Path) -> Path:
    """What the clips of an actor share."""
    arrays = {"identity": (4,), "albedo": (3,), "light": (9, 3), "colour": (9, 3)}
    actor.write_arrays(folder / identity.FILE, {name: np.ones(shape, np.float32) for name, shape in arrays.items()})
    return folder / identity.FILE


def weights(suffix: str) -> Callable[[Path], Path]:
    """Makes a file of weights."""

    def make(folder: Path) -> Path:
        made = torch.nn.Linear(3, 2)
        path = folder / f"net{suffix}"
        if suffix == ".safetensors":
            checkpoint.save(folder, "net", made, None, {})
        else:
            torch.save(made.state_dict(), path)
        return path

    return make


def filmed(path: Path) -> object:
    """Every picture of a film."""
    return list(open_footage(path).pictures())


def acted(path: Path) -> object:
    """An actor with its pictures."""
    return actor.read_actor(path.parent).frames()


DOORS = {
    "actor": Door(in_actor(actor.ABOUT), acted),
    "fit": Door(in_actor(actor.FIT), acted),
    "pictures": Door(in_actor(actor.PICTURES), acted),
    "tracks": Door(tracks, lambda path: read_tracks(path, T)),
    "clips": Door(clips, read_clips),
    "mp4": Door(one_film(".mp4"), filmed),
    "mkv": Door(one_film(".mkv"), filmed),
    "photograph": Door(photograph, open_picture),
    "shared": Door(found_before, lambda p: identity.read_shared(p.parent)),
    "optimiser": Door(kept("net.optimizer.safetensors"), going_on),
    "network": Door(kept("net.safetensors"), going_on),
    "safetensors": Door(weights(".safetensors"), load_tensors),
    "torch": Door(weights(".pth"), load_tensors),
}


@pytest.mark.parametrize("name", DOORS)
def test_a_damaged_file_is_refused_in_words(name: str, tmp_path: Path) -> None:
    """Cut, flipped, spoilt and repeated files of every kind are read or refused in one sentence that names them."""
    path = DOORS[name].make(tmp_path)
    assert not refused_in_words(lambda: DOORS[name].open(path), path), "a whole one is read"
    whole = path.read_bytes()
    refused = []
    for content in damaged(whole, CASES):
        path.write_bytes(content)
        refused.append(refused_in_words(lambda: DOORS[name].open(path), path))
    assert any(refused)


def begun(folder: Path) -> Path:
    """A folder that holds an unfinished capture."""
    video = film(folder / "a.mp4", brightening(4))
    clip_capture._begin(order_of(video), FACE, [video])
    return folder / "anna" / clip_capture.PLAN


def order_of(video: Path) -> clip_capture.Order:
    """What is captured of a film."""
    return clip_capture.Order(video, video.parent / "anna")


def going_on_capturing(path: Path) -> object:
    """Looks whether the folder holds the same capture."""
    video = path.parent.parent / "a.mp4"
    return clip_capture._begin(order_of(video), FACE, [video])


def training_of(system: str) -> Callable[[Path], Path]:
    """Makes the folder of a training that has only begun."""
    region = Region(0, 0, 64, 32)
    learnt = (read.Learnt("anna", "happy", 1.0, 8),)
    about = {
        "audiodvp": audiodvp.AudioDvpMetadata("anna", 8, 24, 12, region, audiodvp_settings("tiny")),
        "read": read.ReadAvatarsMetadata(learnt, 24, 16, 12, region, read_settings("tiny")),
        "landmark": landmark.LandmarkTranslationMetadata(("anna",), (8,), Fraction(25), 24, landmark_settings("tiny")),
    }[system]

    def make(folder: Path) -> Path:
        training_dir.write_about(folder / f"{system}.json", about)
        return folder / f"{system}.json"

    return make


def sharpened(folder: Path) -> Path:
    """Makes the file that says by how much pictures are sharpened."""
    read.write_sharpening(folder, 0.7)
    return folder / read.SHARPENING


def left_out(folder: Path) -> Path:
    """Makes the file that says which triangles are not drawn."""
    read.write_left_out(folder, (3, 5))
    return folder / read.LEFT_OUT


FACE = OpenedFaceModel("noise", "1" * 64, None)  # type: ignore[arg-type]  # whose model is not asked for
TABLES = {
    "actor": Door(in_actor(actor.ABOUT), acted),
    "capture": Door(begun, going_on_capturing),
    "kept": Door(kept("net.json"), going_on),
    "audiodvp": Door(training_of("audiodvp"), lambda path: audiodvp.read_trained(path.parent)),
    "read": Door(training_of("read"), lambda path: read.read_trained(path.parent)),
    "landmark": Door(training_of("landmark"), lambda path: landmark.read_motion(path.parent)),
    "sharpening": Door(sharpened, lambda path: read.read_sharpening(path.parent)),
    "left out": Door(left_out, lambda path: read.read_left_out(path.parent)),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_wrong_types_are_refused_in_words(name: str, tmp_path: Path) -> None:
    """Whatever stands in place of a value in a table, or of the table."""
    path = TABLES[name].make(tmp_path)
    table = json.loads(path.read_text(encoding="utf-8"))
    refused = []
    for other in respelt(table):
        path.write_text(json.dumps(other), encoding="utf-8")
        refused.append(refused_in_words(lambda: TABLES[name].open(path), path))
    assert any(refused)


@pytest.mark.parametrize(
    "row",
    [
        "\0,angry,1",
        "a\0b,angry,1",
        "a,\0,1",
        "a,angry,\0",
        '"a\nb,angry,1',
        "a,angry,nan",
        "a" * 5000 + ",angry,1",
        "a" * 200_000 + ",angry,1",
    ],
)
def test_a_line_of_a_list_that_can_be_none_is_refused(row: str, tmp_path: Path) -> None:
    """NUL, open quotes and endless names end in a sentence with the list's name."""
    (tmp_path / "clips.csv").write_text(f"clip,emotion,intensity\n{row}\n", encoding="utf-8")
    with pytest.raises(PortraitError, match=r"clips.csv") as caught:
        for clip in read_clips(tmp_path / "clips.csv")[0]:
            open_footage(clip.path)
    assert len(str(caught.value)) < 6000
