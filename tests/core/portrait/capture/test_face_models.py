"""An actor is captured with the user's own face model, and drawn with the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_up import filmed
from others import bfm_front, flame_npz, ict_folder

from facetake.errors import ConfigError, ModelError, PortraitError
from facetake.portrait.audiodvp.proxy import open_performer
from facetake.portrait.capture.clip_capture import Order, capture
from facetake.portrait.capture.fitting import FitSettings
from facetake.portrait.capture.performance import take_of
from facetake.portrait.capture.posed_face import open_face, reopen
from facetake.render.camera import rotation_matrices, rotation_vectors

FILES: dict[str, Callable[[Path], Path]] = {
    "flame": flame_npz,
    "bfm": lambda folder: bfm_front(folder / "BFM_model_front.mat"),
    "ict": ict_folder,
}


@pytest.mark.parametrize("kind", FILES)
def test_an_actor_is_captured_with_a_users_model(kind: str, tmp_path: Path) -> None:
    """Four frames and some fifty landmarks give its pose within three degrees, a drawing, a mask and a take."""
    (tmp_path / "model").mkdir()
    face = open_face(f"{kind}:{FILES[kind](tmp_path / 'model')}")
    film = filmed(tmp_path, face.model, 4, noise_px=0.2, size=128)
    order = Order(film.video, tmp_path / "actor", film.tracks, size=128, settings=FitSettings(n_shared=4))
    actor, _ = capture(order, face, lambda share, what: None)
    between = rotation_matrices(actor.fit.rotation) @ film.motion.rotation.transpose(0, 2, 1)
    assert np.degrees(np.linalg.norm(rotation_vectors(between), axis=1)).max() < 3.0
    performer = open_performer(actor.folder)
    drawing = performer.draw(performer.expression[0], 0)
    mask = performer.mask(0)
    picture = performer.frames(0, 1)[0]
    inside = drawing.any(axis=2)
    assert 0.1 < inside.mean() < 0.9
    assert np.abs(drawing[inside].astype(float) - picture[inside]).mean() < 15.0
    assert 0.02 < mask.mean() < 0.5 * inside.mean() + 0.2
    assert take_of(actor, face.model).n_frames == 4


def test_another_version_of_a_model_is_refused(tmp_path: Path) -> None:
    """A file that changed since the capture, and one that is gone, are told."""
    path = flame_npz(tmp_path)
    face = open_face(f"flame:{path}")
    assert reopen(face.name, face.sha256, "an actor").sha256 == face.sha256
    with np.load(path) as file:
        np.savez(path, **{**file, "posedirs": 2.0 * file["posedirs"]})
    with pytest.raises(PortraitError, match="another version of the face model"):
        reopen(face.name, face.sha256, "an actor")
    path.unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        reopen(face.name, face.sha256, "an actor")


@pytest.mark.parametrize("name", ["flame", "smirk:a.pkl", "bfm:"])
def test_unknown_models_are_refused(name: str) -> None:
    """A kind without a file and a kind that is none say what there is."""
    with pytest.raises(ConfigError, match="use anny, flame:FILE"):
        open_face(name)
