"""Compares the rasterizers on one head: the same triangles, the same gradients, milliseconds a frame.

Run `python tests/bench/bench_rasterizers.py [--size 256] [--device cpu] [--rounds 5]`. It prints a table in
Markdown; PyTorch3D's row is there where it is installed. Times are medians of interleaved runs, and a ratio to numba's.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from facetake.errors import RenderError
from facetake.face.anny import load
from facetake.render.camera import portrait
from facetake.render.perspective import place, project
from facetake.render.picture import draw
from facetake.render.rasterizer import ENGINES, Engine, face_ids

FOV_DEG = 16.0  # of the camera; a head at 1.1 m fills the picture


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=256, help="side of the picture in pixels")
    parser.add_argument("--device", default="cpu", help="where torch and PyTorch3D draw")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed; PyTorch3D is slow on a CPU")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    where = f"{device}, {torch.get_num_threads()} threads"
    print(f"{arguments.size} x {arguments.size} pixels, {where}, median of {arguments.rounds}")
    print("| rasterizer | pixels that show numba's triangle | gradient against numba's | ms a frame | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for row in table(arguments.size, device, arguments.rounds):
        print(row)


def table(size: int, device: torch.device, rounds: int) -> list[str]:
    """A row for each rasterizer that is installed."""
    model = load()
    camera = portrait((size, size), FOV_DEG)
    rest = model.vertices(torch.zeros(1, model.identity_size), torch.zeros(1, model.expression_size))
    space = place(rest, torch.tensor([[0.1, -0.5, 0.1]]), torch.tensor([[0.0, 0.0, 1.1]])).to(device)
    faces = model.faces.to(device)
    screen = project(space, camera)
    engines = [engine for engine in ENGINES if _is_there(engine, screen, faces, size)]
    ids = {engine: face_ids(screen, faces, (size, size), engine) for engine in engines}
    slopes = {engine: _slope(space, faces, camera_size=size, engine=engine) for engine in engines}
    times: dict[Engine, list[float]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            begun = time.perf_counter()
            face_ids(screen, faces, (size, size), engine)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times[engine].append(time.perf_counter() - begun)
    medians = {engine: 1000.0 * statistics.median(times[engine]) for engine in engines}
    return [
        f"| {engine} | {100.0 * (ids[engine] == ids['numba']).float().mean():.3f} % | "
        f"{float((slopes[engine] - slopes['numba']).norm() / slopes['numba'].norm()):.1e} away | "
        f"{medians[engine]:.2f} | {medians[engine] / medians['numba']:.1f} |"
        for engine in engines
    ]


def _is_there(engine: Engine, screen: Tensor, faces: Tensor, size: int) -> bool:
    try:
        face_ids(screen, faces, (size, size), engine)  # also compiles what is compiled at first use
    except RenderError:
        return False
    return True


def _slope(space: Tensor, faces: Tensor, camera_size: int, engine: Engine) -> Tensor:
    """What a picture's brightness says to its vertices (V, 3)."""
    vertices = space.clone().requires_grad_()
    albedo = torch.linspace(0.1, 0.9, space.shape[1] * 3, device=space.device).view(1, -1, 3)
    light = torch.zeros(1, 9, 3, device=space.device)
    light[:, 0] = 1.0
    light[:, 2] = 0.3
    picture = draw(vertices, faces, albedo, light, portrait((camera_size, camera_size), FOV_DEG), engine=engine)
    torch.autograd.backward(picture.image().square().sum())
    assert vertices.grad is not None
    return vertices.grad[0]


if __name__ == "__main__":
    main()
