"""Which triangle is in front at each pixel, from any of three engines that give the same answer.

Knows projected points; does not know colours. `numba` is the z-buffer on the CPU, `torch` the same in plain tensors
on any device, `pytorch3d` PyTorch3D's rasteriser (for NVIDIA cards, or to check the others). All return face ids only
and pass no gradient: `facetake.render.picture` makes the rest from the ids, so that gradients are the same for all.

One engine serves a whole process: `choose` names it, and everything that draws meshes follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from facetake.errors import RenderError
from facetake.render.camera import pytorch3d_ndc
from facetake.render.zbuffer import NOTHING
from facetake.render.zbuffer import face_ids as numba_face_ids

Engine = Literal["numba", "torch", "pytorch3d"]
ENGINES: Final[tuple[Engine, ...]] = get_args(Engine)
AUTO: Final = "auto"

_CHUNK = 1 << 20
"""Candidate pixels that the torch engine looks at in one go."""


@dataclass
class _Choice:
    """What `choose` named, for the whole process."""

    engine: Engine = "numba"
    device: torch.device | None = None  # None: where the points are


_choice = _Choice()


def choose(name: str, device: torch.device) -> Engine:
    """Names the engine that draws from now on in this process, and the device that it draws on.

    Args:
        name: an engine, or "auto": PyTorch3D on a CUDA card where it is installed, else numba on the CPU.
        device: where networks run; torch and PyTorch3D draw there, too.

    Returns:
        The engine.

    Raises:
        RenderError: there is no such engine, or PyTorch3D is asked for and not installed.
    """
    if name == AUTO:
        on_card = device.type == "cuda" and find_spec("pytorch3d") is not None
        engine: Engine = "pytorch3d" if on_card else "numba"
    else:
        found = [one for one in ENGINES if one == name]
        if not found:
            raise RenderError(f"there is no rasterizer {name!r}; choose {AUTO}, {', '.join(ENGINES)}")
        engine = found[0]
    if engine == "pytorch3d":
        _import_pytorch3d()
    _choice.engine = engine
    _choice.device = None if engine == "numba" else device
    return engine


@torch.no_grad()
def face_ids(
    screen: Tensor, faces: Tensor, size: tuple[int, int], engine: Engine | None = None, *, one_sided: bool = False
) -> Tensor:
    """Ids (B, H, W) int32 of the nearest triangles, -1 where there is none, on the device of `screen`.

    Args:
        screen: (B, V, 3) x, y in pixels (pixel centres at +0.5) and depth in metres; triangles with a corner at
            depth <= 0 are left out.
        faces: (F, 3); of equal depths the lower id wins (not promised by `pytorch3d`).
        size: width and height in pixels.
        engine: which engine, on the device of `screen`; None: the one that was chosen, where it was.
        one_sided: leave out triangles seen from behind (counter-clockwise on a screen whose y points down), which on a
            closed mesh are hidden anyway.

    Raises:
        RenderError: PyTorch3D is asked for and not installed.
    """
    if screen.ndim != 3 or screen.shape[-1] != 3:
        raise ValueError(f"screen has shape {tuple(screen.shape)}, expected (B, V, 3)")
    engines = {"numba": _numba_ids, "torch": _torch_ids, "pytorch3d": _pytorch3d_ids}
    home = screen.device
    place = home
    if engine is None:
        engine = _choice.engine
        place = _choice.device or home
    if engine not in engines:
        raise ValueError(f"engine {engine!r} is none of {', '.join(engines)}")
    ids = engines[engine](screen.detach().float().to(place), faces.to(place), size, one_sided)
    return ids.to(home)


def _numba_ids(screen: Tensor, faces: Tensor, size: tuple[int, int], one_sided: bool) -> Tensor:
    width, height = size
    triangles = faces.cpu().numpy().astype(np.int32)
    ids = [numba_face_ids(points, triangles, height, width, one_sided=one_sided) for points in screen.cpu().numpy()]
    return torch.from_numpy(np.stack(ids)).to(screen.device)


def _torch_ids(screen: Tensor, faces: Tensor, size: tuple[int, int], one_sided: bool) -> Tensor:
    return torch.stack([_one_picture(points, faces, size, one_sided) for points in screen])


def _one_picture(screen: Tensor, faces: Tensor, size: tuple[int, int], one_sided: bool) -> Tensor:
    """Every pixel in every triangle's box is a candidate; the closest wins, then the lowest id."""
    width, height = size
    corners = screen[faces]
    is_drawn = (corners[..., 2] > 0).all(dim=1)
    if one_sided:
        is_drawn &= _area(corners) <= 0.0
    low = (corners[..., :2].amin(dim=1) - 0.5).floor()
    high = (corners[..., :2].amax(dim=1) - 0.5).ceil()
    limit = screen.new_tensor([width - 1, height - 1])
    low = torch.minimum(low.clamp(min=0), limit + 1).long()
    high = torch.minimum(high, limit).long()
    span = (high - low + 1).clamp(min=0)
    n_pixels = torch.where(is_drawn, span.prod(dim=1), 0)
    closest = screen.new_zeros(height * width)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for first, last in _chunks(n_pixels):
        face = torch.repeat_interleave(torch.arange(first, last, device=faces.device), n_pixels[first:last])
        start = n_pixels[first:last].cumsum(0) - n_pixels[first:last]
        step = torch.arange(len(face), device=faces.device) - start[face - first]
        column = low[face, 0] + step % span[face, 0]
        row = low[face, 1] + step // span[face, 0]
        closeness, inside = _closeness(corners[face], column, row)
        pixel = (row * width + column)[inside]
        closest.scatter_reduce_(0, pixel, closeness[inside], "amax")
        found.append((pixel, closeness[inside], face[inside]))
    ids = torch.full_like(closest, len(faces), dtype=torch.long)
    for pixel, closeness, face in found:
        front = (closeness == closest[pixel]) & (closeness > 0)
        ids.scatter_reduce_(0, pixel[front], face[front], "amin")
    return torch.where(ids == len(faces), NOTHING, ids).int().view(height, width)


def _chunks(n_pixels: Tensor) -> list[tuple[int, int]]:
    """Ranges of faces with about `_CHUNK` candidates each."""
    total = n_pixels.cumsum(0)
    n_chunks = int(total[-1]) // _CHUNK + 1 if len(total) else 0
    marks = torch.searchsorted(total, torch.arange(1, n_chunks, device=total.device) * _CHUNK)
    edges = sorted({0, *(int(mark) + 1 for mark in marks), len(n_pixels)})
    return list(zip(edges[:-1], edges[1:], strict=True))


def _closeness(corners: Tensor, column: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
    """1/depth of triangles (N, 3, 3) at pixels, and whether they cover them: the z-buffer's own arithmetic."""
    px = column + 0.5
    py = row + 0.5
    (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (corners[:, k].unbind(dim=1) for k in range(3))
    area = _area(corners)
    inverse = 1.0 / area
    wa = ((bx - px) * (cy - py) - (by - py) * (cx - px)) * inverse
    wb = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) * inverse
    wc = 1.0 - wa - wb
    closeness = wa.double() / az.double() + wb.double() / bz.double() + wc.double() / cz.double()
    return closeness.float(), (area != 0) & (wa >= 0) & (wb >= 0) & (wc >= 0)


def _area(corners: Tensor) -> Tensor:
    """Twice the signed area (N,) in pixels of triangles (N, 3, 3): above 0 where they are seen from behind."""
    a, b, c = corners[..., :2].unbind(dim=1)
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def _import_pytorch3d() -> tuple[ModuleType, ModuleType]:
    """PyTorch3D's modules of rasterising and of meshes. RenderError where they are not to be had."""
    try:
        return import_module("pytorch3d.renderer.mesh.rasterize_meshes"), import_module("pytorch3d.structures")
    except ImportError as error:
        message = "PyTorch3D is not installed; build it for this torch, or choose the numba or torch rasterizer"
        raise RenderError(message) from error


def _pytorch3d_ids(screen: Tensor, faces: Tensor, size: tuple[int, int], one_sided: bool) -> Tensor:
    """PyTorch3D's ids, which it numbers through all meshes of a batch."""
    rasterize, structures = _import_pytorch3d()
    scale, x0, y0 = pytorch3d_ndc(size)
    ndc = torch.stack([x0 - scale * screen[..., 0], y0 - scale * screen[..., 1], screen[..., 2]], dim=-1)
    meshes = structures.Meshes(ndc, faces[None].expand(len(screen), -1, -1))
    found = rasterize.rasterize_meshes(
        meshes, (size[1], size[0]), 0.0, 1, perspective_correct=True, cull_backfaces=one_sided
    )
    ids = found[0][..., 0]
    first = torch.arange(len(screen), device=ids.device).view(-1, 1, 1) * len(faces)
    return torch.where(ids < 0, NOTHING, ids - first).int()
