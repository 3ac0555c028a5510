"""Tests of facetake.render.rasterizer: all engines see the same triangles, and the same gradients follow."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch comes with the train and portrait extras")

from facetake.errors import RenderError  # noqa: E402
from facetake.face.head import load  # noqa: E402
from facetake.render import rasterizer  # noqa: E402
from facetake.render.camera import portrait  # noqa: E402
from facetake.render.perspective import place, project  # noqa: E402
from facetake.render.picture import fragments  # noqa: E402
from facetake.render.rasterizer import face_ids  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


def soup(seed: int) -> tuple[Tensor, Tensor]:
    """Random triangles, some partly outside the picture or behind the camera: screen (1, V, 3) and faces."""
    rng = np.random.default_rng(seed)
    corners = np.concatenate([rng.uniform(-8, 48, (240, 2)), rng.uniform(-0.2, 4.0, (240, 1))], axis=1)
    return torch.from_numpy(corners.astype(np.float32))[None], torch.arange(240).reshape(80, 3)


def head(size: int, *, turns: int = 2) -> tuple[Tensor, Tensor]:
    """The preview head turned a few ways: screen (turns, V, 3) and faces."""
    mesh = load()
    rotation = torch.tensor([[0.0, 0.1, 0.0], [0.3, -0.7, 0.2]])[:turns]
    placed = place(torch.from_numpy(mesh.rest)[None], rotation, torch.tensor([[0.0, 0.0, 1.1]]))
    return project(placed, portrait((size, size), 16.0)), torch.from_numpy(mesh.faces).long()


@pytest.fixture(autouse=True)
def _choice() -> Iterator[None]:
    """The choice of other tests is kept out, and this one's is taken back."""
    rasterizer.choose("numba", torch.device("cpu"))
    yield
    rasterizer.choose("numba", torch.device("cpu"))


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_torch_and_numba_agree_on_random_triangles(seed: int, one_sided: bool) -> None:
    """Every pixel has the same id from both engines, with triangles seen from behind and without."""
    screen, faces = soup(seed)
    numba, plain = (face_ids(screen, faces, (40, 36), engine, one_sided=one_sided) for engine in ("numba", "torch"))
    assert len(torch.unique(numba)) > 20 - 10 * one_sided
    assert torch.equal(numba, plain)
    assert torch.equal(numba, face_ids(screen, faces, (40, 36))) is not one_sided


def test_what_is_chosen_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an engine of its own a call is drawn by the one that was chosen."""
    screen, faces = head(64, turns=1)
    expected = face_ids(screen, faces, (64, 64))
    monkeypatch.setattr(rasterizer, "numba_face_ids", None)
    assert rasterizer.choose("torch", torch.device("cpu")) == "torch"
    assert torch.equal(face_ids(screen, faces, (64, 64)), expected)


def test_auto_is_numba_without_a_card_or_without_pytorch3d(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch3D is taken on a card where it is installed, and numba in all other cases."""
    monkeypatch.setattr(rasterizer, "find_spec", lambda name: None)
    assert rasterizer.choose("auto", torch.device("cuda")) == "numba"
    monkeypatch.setattr(rasterizer, "find_spec", lambda name: object())
    monkeypatch.setattr(rasterizer, "_import_pytorch3d", lambda: None)
    assert rasterizer.choose("auto", torch.device("cpu")) == "numba"
    assert rasterizer.choose("auto", torch.device("cuda")) == "pytorch3d"


def test_a_choice_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown engine, and PyTorch3D where it is not installed, are told before anything is drawn."""
    with pytest.raises(RenderError, match="no rasterizer 'vulkan'; choose auto, numba, torch, pytorch3d"):
        rasterizer.choose("vulkan", torch.device("cpu"))
    monkeypatch.setitem(sys.modules, "pytorch3d.renderer.mesh.rasterize_meshes", None)
    with pytest.raises(RenderError, match="PyTorch3D is not installed"):
        rasterizer.choose("pytorch3d", torch.device("cpu"))


def test_torch_and_numba_agree_on_a_head() -> None:
    """Every pixel of two views of a head has the same id from both engines, and views differ."""
    screen, faces = head(160)
    numba, plain = (face_ids(screen, faces, (160, 160), engine) for engine in ("numba", "torch"))
    assert 0.2 < (numba[0] >= 0).float().mean() < 0.9
    assert not torch.equal(numba[0], numba[1])
    assert torch.equal(numba, plain)


def test_the_torch_engine_in_many_small_goes_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Working through the triangles piece by piece changes nothing."""
    screen, faces = head(64, turns=1)
    whole = face_ids(screen, faces, (64, 64), "torch")
    monkeypatch.setattr(rasterizer, "_CHUNK", 500)
    assert torch.equal(face_ids(screen, faces, (64, 64), "torch"), whole)


def test_of_two_equal_triangles_the_lower_id_wins() -> None:
    """The same triangle twice shows the first, from either engine."""
    screen = torch.tensor([[[0.0, 0.0, 1.7], [0.0, 9.0, 1.3], [9.0, 0.0, 2.1]]])
    faces = torch.tensor([[0, 1, 2], [0, 1, 2]])
    for engine in ("numba", "torch"):
        assert set(torch.unique(face_ids(screen, faces, (8, 8), engine)).tolist()) == {-1, 0}


def test_unknown_engines_and_shapes_are_refused() -> None:
    """A misspelt engine and a missing batch axis are programming mistakes."""
    screen, faces = soup(0)
    with pytest.raises(ValueError, match="none of numba, torch, pytorch3d"):
        face_ids(screen, faces, (4, 4), "vulkan")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected"):
        face_ids(screen[0], faces, (4, 4))


def test_asking_for_pytorch3d_without_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence tells what is missing."""
    monkeypatch.setitem(sys.modules, "pytorch3d.structures", None)
    monkeypatch.setitem(sys.modules, "pytorch3d.renderer.mesh.rasterize_meshes", None)
    screen, faces = soup(0)
    with pytest.raises(RenderError, match="PyTorch3D is not installed"):
        face_ids(screen, faces, (4, 4), "pytorch3d")


@pytest.mark.pytorch3d
def test_pytorch3d_sees_the_same_and_passes_the_same_gradients() -> None:
    """PyTorch3D's ids are ours, and its barycentric weights carry the gradients that ours do, within a thousandth."""
    rasterize = pytest.importorskip("pytorch3d.renderer.mesh.rasterize_meshes", reason="PyTorch3D is built by the user")
    from pytorch3d.structures import Meshes

    from facetake.render.camera import pytorch3d_ndc

    size = 64
    screen, faces = head(size, turns=1)
    ids = face_ids(screen, faces, (size, size))
    theirs = face_ids(screen, faces, (size, size), "pytorch3d")
    assert (ids == theirs).float().mean() == 1.0
    front = [face_ids(screen, faces, (size, size), engine, one_sided=True) for engine in ("numba", "pytorch3d")]
    assert (front[0] == front[1]).float().mean() == 1.0
    colour = torch.rand(screen.shape[1], 3, generator=torch.Generator().manual_seed(1))
    target = torch.rand(size, size, 3, generator=torch.Generator().manual_seed(2))

    ours = screen.clone().requires_grad_()
    points = fragments(ours, faces, ids)
    ((points.image(points.interpolate(colour[None]))[0] - target) ** 2 * (ids[0] >= 0)[..., None]).sum().backward()

    other = screen.clone().requires_grad_()
    scale, x0, y0 = pytorch3d_ndc((size, size))
    ndc = torch.stack([x0 - scale * other[..., 0], y0 - scale * other[..., 1], other[..., 2]], dim=-1)
    found = rasterize.rasterize_meshes(Meshes(ndc, faces[None]), size, 0.0, 1, perspective_correct=True)
    corner = colour[faces[found[0][0, ..., 0].clamp(min=0)]]
    picture = (corner * found[2][0, ..., 0, :, None]).sum(dim=-2)
    ((picture - target) ** 2 * (ids[0] >= 0)[..., None]).sum().backward()

    assert ours.grad is not None and other.grad is not None
    a = ours.grad[..., :2].flatten()
    b = other.grad[..., :2].flatten()
    assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 1 - 1e-6
    assert (a - b).norm() / a.norm() < 1e-3
