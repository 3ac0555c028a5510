"""Tests of facetake.face.flame on small files in the published layouts, which the tests write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from others import FLIP, N_EXPRESSION, flame_arrays, flame_embedding, flame_npz  # noqa: E402
from plaster import cast  # noqa: E402
from scipy.spatial.transform import Rotation  # noqa: E402

from facetake.errors import ModelError  # noqa: E402
from facetake.face import flame  # noqa: E402
from facetake.face.ibug import IBUG_68  # noqa: E402
from facetake.rig import ARKIT_NAMES  # noqa: E402

pickle: Any = __import__("pickle")  # the house forbids it in the engine; FLAME's own files are made with it


def write(folder: Path, layout: str) -> Path:
    """FLAME's file in one of its published forms, with a landmark embedding beside it."""
    if layout == "npz":
        return flame_npz(folder)
    data = flame_arrays()
    path = folder / "generic_model.pkl"
    if layout == "chumpy":
        with pytest.MonkeyPatch.context() as patch:
            kind = type("Ch", (), {"__module__": "chumpy.ch", "__qualname__": "Ch"})
            module: Any = type(sys)("chumpy.ch")
            module.Ch = kind
            patch.setitem(sys.modules, "chumpy", type(sys)("chumpy"))
            patch.setitem(sys.modules, "chumpy.ch", module)
            for name in ("v_template", "shapedirs", "posedirs", "weights"):
                thing: Any = kind()
                thing.x = data[name]
                data[name] = thing
            path.write_bytes(pickle.dumps(data, 2))
    else:
        path.write_bytes(pickle.dumps(data, 4))
    flame_embedding(folder)
    return path


@pytest.mark.parametrize("layout", ["pickle", "chumpy", "npz"])
def test_every_form_of_the_file_gives_the_same_face(layout: str, tmp_path: Path) -> None:
    """Plain and chumpy pickles and an .npz give mean, shape and expression of the arrays, in our axes."""
    face = cast()
    model = flame.load(write(tmp_path, layout))
    assert (model.identity_size, model.expression_size) == (300, N_EXPRESSION + 9)
    identity = torch.zeros(1, 300)
    expression = torch.zeros(1, model.expression_size)
    still = model.vertices(identity, expression)[0].numpy()
    np.testing.assert_allclose(still - still.mean(0), face.vertices - face.vertices.mean(0), atol=1e-6)
    identity[0, 2], expression[0, 1] = 2.0, 0.5
    moved = model.vertices(identity, expression)[0].numpy()
    # the joints that nothing turns carry the whole change of shape
    np.testing.assert_allclose(moved - still, 2.0 * face.people[2] + 0.5 * face.moves[1], atol=2e-6)


def test_the_jaw_turns_about_its_joint(tmp_path: Path) -> None:
    """Skinning by an independent formula: each vertex is the weighted mean of where its joints would carry it."""
    model = flame.load(write(tmp_path, "npz"))
    data = flame_arrays()
    expression = torch.zeros(1, model.expression_size)
    expression[0, N_EXPRESSION : N_EXPRESSION + 3] = torch.tensor([0.3, 0.05, -0.1])
    turn = Rotation.from_rotvec([0.3, 0.05, -0.1]).as_matrix()
    pose = np.concatenate([np.zeros(9), (turn - np.eye(3)).ravel(), np.zeros(18)])
    points = data["v_template"] + data["posedirs"] @ pose
    joint = data["J"][2]
    carried = (points - joint) @ turn.T + joint
    expected = points + data["weights"][:, 2:3] * (carried - points)
    still = model.vertices(torch.zeros(1, 300), torch.zeros(1, model.expression_size))[0].numpy()
    found = model.vertices(torch.zeros(1, 300), expression)[0].numpy()
    np.testing.assert_allclose(found - still, (expected - data["v_template"]) * FLIP, atol=2e-6)


def test_gradients_reach_shape_expression_and_jaw(tmp_path: Path) -> None:
    """Slopes along a random direction agree with finite differences."""
    model = flame.load(write(tmp_path, "npz")).double()
    generator = torch.Generator().manual_seed(0)
    at = [0.3 * torch.randn(1, size, generator=generator).double() for size in (300, model.expression_size)]
    ways = [torch.randn(1, size, generator=generator).double() for size in (300, model.expression_size)]
    pick = torch.randn(1, len(model.template), 3, generator=generator).double()
    slope = torch.autograd.functional.jvp(lambda i, e: (model.vertices(i, e) * pick).sum(), tuple(at), tuple(ways))[1]
    ends = [(model.vertices(*(a + s * w for a, w in zip(at, ways, strict=True))) * pick).sum() for s in (1e-6, -1e-6)]
    assert slope.item() == pytest.approx(((ends[0] - ends[1]) / 2e-6).item(), rel=1e-5)


def test_an_open_jaw_survives_the_way_from_arkit_and_back(tmp_path: Path) -> None:
    """JawOpen opens the mouth about as far as on the default model, and comes back as jawOpen."""
    model = flame.load(write(tmp_path, "npz"))
    sent = torch.zeros(1, 52)
    sent[0, ARKIT_NAMES.index("jawOpen")] = 0.6
    expression = model.from_arkit(sent)
    rows = model.topology.landmarks.rows(np.array([0, 17]))
    apart = [
        float(np.diff(model.landmarks(model.vertices(torch.zeros(1, 300), e))[0, rows, 1].numpy())[0])
        for e in (torch.zeros_like(expression), expression)
    ]
    assert apart[1] - apart[0] > 0.008
    assert model.to_arkit(expression)[0, ARKIT_NAMES.index("jawOpen")].item() == pytest.approx(0.6, abs=0.2)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """A model without landmarks, another pickle and other shapes each get one sentence."""
    path = write(tmp_path, "pickle")
    (tmp_path / "mediapipe_landmark_embedding.npz").unlink()
    with pytest.raises(ModelError, match=r"mediapipe_landmark_embedding.npz is not there"):
        flame.load(path)
    path.write_bytes(pickle.dumps({"v_template": np.zeros((4, 3))}))
    with pytest.raises(ModelError, match="has no f, shapedirs, posedirs"):
        flame.load(path)
    path.write_bytes(pickle.dumps({**flame_arrays(), "weights": np.zeros((4, 24))}))
    with pytest.raises(ModelError, match="other shapes than FLAME's"):
        flame.load(path)
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(ModelError, match="holds no named arrays"):
        flame.load(path)


def test_the_static_embedding_is_read(tmp_path: Path) -> None:
    """The older pickle of 51 points inside the face serves as well."""
    path = write(tmp_path, "pickle")
    with np.load(tmp_path / "mediapipe_landmark_embedding.npz") as file:
        old = {"lmk_face_idx": file["lmk_face_idx"].astype(np.uint32), "lmk_b_coords": file["lmk_b_coords"]}
    (tmp_path / "mediapipe_landmark_embedding.npz").unlink()
    (tmp_path / "flame_static_embedding.pkl").write_bytes(pickle.dumps(old, 2))
    np.testing.assert_array_equal(flame.load(path).topology.landmarks.mediapipe_index, IBUG_68[17:])
