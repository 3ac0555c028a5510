"""Tests of facetake.face.ict on a small folder in ICT-FaceKit's layout, which the tests write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from others import ICT_NAMES, ict_folder  # noqa: E402
from plaster import MOVES, cast  # noqa: E402

from facetake.errors import ModelError  # noqa: E402
from facetake.face import ict  # noqa: E402
from facetake.face.model import MATERIALS  # noqa: E402
from facetake.rig import ARKIT_NAMES  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A `FaceXModel` folder of the cast."""
    return ict_folder(tmp_path)


def test_the_folder_gives_the_face_that_was_written(folder: Path) -> None:
    """Mean, identities and expressions come back in metres and our axes."""
    face = cast()
    model = ict.load(folder)
    identity = torch.zeros(1, 3)
    expression = torch.zeros(1, len(ICT_NAMES))
    identity[0, 0], expression[0, 3] = -1.0, 0.8
    expected = face.vertices - face.vertices.mean(0) - face.people[0] + 0.8 * face.moves[3]
    np.testing.assert_allclose(model.vertices(identity, expression)[0].numpy(), expected, atol=1e-6)


def test_arkit_goes_there_by_name_and_comes_back(folder: Path) -> None:
    """Left and right, split brows and plain names find their shapes, and the way back finds the weights."""
    model = ict.load(folder)
    sent = torch.zeros(1, 52)
    for name, weight in zip(MOVES, (0.6, 0.4, 0.3, 0.2, 0.9, 1.0, 0.5), strict=True):
        sent[0, ARKIT_NAMES.index(name)] = weight
    expression = model.from_arkit(sent)
    np.testing.assert_allclose(expression[0].numpy(), [0.6, 0.4, 0.3, 0.2, 0.9, 1.0, 0.5], atol=1e-6)
    np.testing.assert_allclose(model.to_arkit(expression).numpy(), sent.numpy(), atol=0.02)


def test_materials_are_kept_and_clear_layers_left_out(folder: Path) -> None:
    """Teeth are teeth, and what stands transparent before the eyes is not drawn."""
    topology = ict.load(folder).topology
    assert len(topology.faces) == 1100
    assert (topology.material[1000:] == MATERIALS.index("teeth")).all()
    assert set(topology.material[:1000]) <= {MATERIALS.index("skin"), MATERIALS.index("lips")}
    assert topology.uv[0].tolist() == pytest.approx([0.0, 0.75])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("vertex_indices.json", "{", "cannot be read"),
        ("vertex_indices.json", "{}", "has no expressions"),
        ("jawOpen.obj", "v 1 2 3\n", "has 1 vertices, the neutral mesh"),
        ("generic_neutral_mesh.obj", "hello", "no whole .obj mesh"),
        ("mouthPucker.obj", "v 1 2 x\n", "a line of other than numbers"),
    ],
)
def test_damaged_folders_are_told(folder: Path, name: str, text: str, message: str) -> None:
    """Each file that is wrong is named with what is wrong."""
    (folder / name).write_text(text)
    with pytest.raises(ModelError, match=message):
        ict.load(folder)


def test_another_folder_is_told(tmp_path: Path) -> None:
    """A folder without the neutral mesh names it."""
    with pytest.raises(ModelError, match=r"generic_neutral_mesh.obj cannot be read"):
        ict.load(tmp_path)
