"""Tests of facetake.face.bfm on small files in the published layouts, which the tests write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from others import FLIP, bfm_front, column, matrix  # noqa: E402
from plaster import MOVES, cast  # noqa: E402
from scipy.io import savemat  # noqa: E402

from facetake.errors import ModelError  # noqa: E402
from facetake.face import bfm  # noqa: E402
from facetake.face.ibug import IBUG_68  # noqa: E402
from facetake.face.linear import LinearFace  # noqa: E402
from facetake.rig import ARKIT_NAMES  # noqa: E402


def folder_of_2009(folder: Path) -> Path:
    """The 2009 files before they are cut: the cast's vertices among others, in micrometres, with Guo's expressions."""
    face = cast()
    n = len(face.vertices)
    whole = np.zeros((n + 50, 3))
    kept = np.arange(n + 20) + 10  # vertices of the scan model that the expression files have
    front = np.arange(n) + 5  # of which the face is made
    whole[kept[front]] = face.vertices * FLIP * 1e6
    people = np.zeros((n + 50, 3, 3))
    people[kept[front]] = (face.people * FLIP * 1e6 / 2.0).transpose(1, 2, 0)
    moves = np.zeros((len(MOVES), n + 20, 3), np.float32)
    moves[:, front] = face.moves * FLIP * 1e6 / 4.0
    savemat(
        folder / "01_MorphableModel.mat",
        {
            "shapeMU": whole.reshape(-1, 1),
            "shapePC": people.reshape(-1, 3),
            "shapeEV": np.full((3, 1), 2.0),
            "texMU": np.full((whole.size, 1), 90.0),
            "texPC": np.zeros((whole.size, 2)),
            "texEV": np.ones((2, 1)),
        },
    )
    savemat(folder / "BFM_exp_idx.mat", {"trimIndex": kept[:, None] + 1})
    savemat(folder / "BFM_front_idx.mat", {"idx": front[:, None]})
    savemat(folder / "facemodel_info.mat", {"tri": face.faces + 1, "keypoints": face.ibug[None] + 1})
    mean = np.zeros(moves[0].size, "<f4")
    data = np.array([len(MOVES)], "<i4").tobytes() + mean.tobytes() + moves.astype("<f4").tobytes()
    (folder / "Exp_Pca.bin").write_bytes(data)
    (folder / "std_exp.txt").write_text(" ".join(["4.0"] * len(MOVES)))
    return folder


def h5_file(path: Path) -> Path:
    """A 2019 file: millimetres, named landmarks."""
    h5py = pytest.importorskip("h5py", reason="h5py reads the 2017 and 2019 models and is not needed otherwise")
    face = cast()
    names = {
        name: face.ibug[np.flatnonzero(index == IBUG_68)[0]]
        for name, index in bfm._H5_LANDMARKS.items()
        if index in IBUG_68
    }
    marks = [{"id": name, "coordinates": (face.vertices[v] * FLIP * 1000.0).tolist()} for name, v in names.items()]
    with h5py.File(path, "w") as file:
        for part, mean, basis in (
            ("shape", face.vertices, face.people),
            ("expression", 0 * face.vertices, face.moves),
            ("color", None, None),
        ):
            group = file.create_group(f"{part}/model")
            group["mean"] = np.full(face.vertices.size, 0.5) if mean is None else column(mean, 1000.0)[:, 0]
            values = np.zeros((face.vertices.size, 2)) if basis is None else matrix(basis, 1000.0) / 3.0
            group["pcaBasis"], group["pcaVariance"] = values, np.full(values.shape[1], 9.0)
        file["shape/representer/cells"] = face.faces.T
        file["shape/representer/points"] = (face.vertices * FLIP * 1000.0).T
        file["metadata/landmarks/json"] = [json.dumps(marks)]
    return path


WRITERS: dict[str, Callable[[Path], Path]] = {
    "front": lambda folder: bfm_front(folder / "BFM_model_front.mat"),
    "folder of front": lambda folder: bfm_front(folder / "BFM_model_front.mat").parent,
    "2009": folder_of_2009,
    "2019": lambda folder: h5_file(folder / "model2019_face12.h5"),
}


@pytest.mark.parametrize("layout", WRITERS)
def test_every_layout_gives_the_face_that_was_written(layout: str, tmp_path: Path) -> None:
    """Metres, our axes, the same mean, identities, expressions and landmarks, whatever the file's units and names."""
    face = cast()
    model = bfm.load(WRITERS[layout](tmp_path))
    middle = face.vertices.mean(axis=0)
    identity = torch.zeros(1, model.identity_size)
    expression = torch.zeros(1, model.expression_size)
    identity[0, 1], expression[0, 0] = 1.5, 0.7
    found = model.vertices(identity, expression)[0].numpy()
    expected = face.vertices - middle + 1.5 * face.people[1] + 0.7 * face.moves[0]
    np.testing.assert_allclose(found, expected, atol=2e-6)
    marks = model.topology.landmarks
    rows = [np.flatnonzero(index == IBUG_68)[0] for index in marks.mediapipe_index]
    points = model.landmarks(model.vertices(0 * identity, 0 * expression))[0].numpy()
    np.testing.assert_allclose(points, (face.vertices - middle)[face.ibug[rows]], atol=2e-6)


def test_normals_look_at_the_viewer_even_if_triangles_did_not(tmp_path: Path) -> None:
    """Triangles that the file turns the other way are turned round."""
    model = bfm.load(bfm_front(tmp_path / "BFM_model_front.mat"))
    still = model.vertices(torch.zeros(1, model.identity_size), torch.zeros(1, model.expression_size))
    assert (model.normals(still)[0, :, 2] < 0).float().mean() > 0.95


def test_colours_are_linear_and_differ_with_coefficients(tmp_path: Path) -> None:
    """180 of 255 is 0.456 in linear light."""
    model = bfm.load(bfm_front(tmp_path / "BFM_model_front.mat"))
    plain = model.albedo(torch.zeros(1, 4))
    assert plain.mean().item() == pytest.approx(0.4564, abs=1e-3)
    assert (model.albedo(torch.ones(1, 4)) - plain).abs().max() > 0.01


def test_arkit_weights_come_back_through_landmarks(tmp_path: Path) -> None:
    """A jaw, a smile and brows sent to the model and back keep their size, and what was still stays small."""
    model: LinearFace = bfm.load(bfm_front(tmp_path / "BFM_model_front.mat"))
    sent = torch.zeros(1, 52)
    for name, weight in (("jawOpen", 0.6), ("mouthSmileLeft", 0.5), ("mouthSmileRight", 0.5), ("browInnerUp", 0.7)):
        sent[0, ARKIT_NAMES.index(name)] = weight
    expression = model.from_arkit(sent)
    for name, weight in (("jawOpen", 0.6), ("mouthSmileLeft", 0.5), ("browInnerUp", 0.7)):
        assert expression[0, MOVES.index(name)].item() == pytest.approx(weight, abs=0.15)
    back = model.to_arkit(expression)
    assert back.min() >= 0.0 and back.max() <= 1.0
    assert back[0, ARKIT_NAMES.index("jawOpen")].item() == pytest.approx(0.6, abs=0.15)
    assert back[0, ARKIT_NAMES.index("browOuterUpLeft")] < 0.35


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda p: p.unlink(), "is not there"),
        (lambda p: p.write_bytes(b"no matlab"), "cannot be read as a MATLAB file"),
        (lambda p: savemat(p, {"meanshape": np.zeros(3)}), "has no idBase, exBase"),
    ],
)
def test_other_files_are_told_in_one_sentence(spoil: Any, message: str, tmp_path: Path) -> None:
    """Missing, foreign and incomplete files name the file and what is wrong."""
    path = bfm_front(tmp_path / "BFM_model_front.mat")
    spoil(path)
    with pytest.raises(ModelError, match=message):
        bfm.load(path)


def test_a_cut_expression_file_is_told(tmp_path: Path) -> None:
    """A file shorter than its own header says is refused."""
    folder = folder_of_2009(tmp_path)
    path = folder / "Exp_Pca.bin"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ModelError, match="Exp_Pca.bin has .* bytes where"):
        bfm.load(folder)


def test_an_unknown_suffix_is_told(tmp_path: Path) -> None:
    """Something that is none of the layouts says which there are."""
    with pytest.raises(ModelError, match="give a BFM_model_front.mat"):
        bfm.load(tmp_path / "face.obj")
