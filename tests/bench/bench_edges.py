"""How well faces come back from lengths and angles of their edges, and how fast (Landmark translation 3.2).

    python tests/bench/bench_edges.py [--faces 10000] [--seed 0]

Draws people and expressions of the default face model: half with every action at random, half with a few. Each is taken
apart into edges and put together again from the person's face at rest. Prints the worst point of all faces, in parts of
the distance between the eyes, laid over the original as a whole (edges do not say where a face is), and the time.
"""

from __future__ import annotations

import argparse
import time

import torch

from facetake.face import anny
from facetake.face.marks import Marks
from facetake.portrait.landmark_translation.motion.edge_solver import laid, settle
from facetake.portrait.landmark_translation.motion.edges import edges_of, eye_distance, joints

PEOPLE = 0.8  # of a standard deviation
BATCH = 250


def drawn(marks: Marks, count: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Faces (count, 68, 3) of one drawn person, and that person at rest (1, 68, 3), in float64 and its own unit."""
    identity = PEOPLE * torch.randn(marks.model.identity_size, generator=random)
    actions = torch.rand(count, marks.model.expression_size, generator=random)
    few = torch.rand(actions.shape, generator=random) < 0.2
    actions = torch.where((torch.arange(count) % 2 == 0)[:, None] | few, actions, 0.0)
    still = marks.of(identity, torch.zeros(1, marks.model.expression_size)).double()
    unit = eye_distance(still)
    return marks.of(identity, actions).double() / unit, still / unit


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--faces", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    marks = Marks(anny.load())
    random = torch.Generator().manual_seed(arguments.seed)
    errors = []
    began_at = []
    spent = 0.0
    every = list(range(68))
    for first in range(0, arguments.faces, BATCH):
        faces, still = drawn(marks, min(BATCH, arguments.faces - first), random)
        start = still.expand(len(faces), -1, -1)
        told = edges_of(faces)
        began = time.perf_counter()
        found = settle(told, start)
        spent += time.perf_counter() - began
        errors.append((laid(found, faces, every) - faces).norm(dim=2).amax(dim=1))
        began_at.append((start - faces).norm(dim=2).amax(dim=1))
    error = torch.cat(errors)
    before = torch.cat(began_at)
    print(f"{len(error)} faces, {joints().n_edges} edges, {len(joints().wings)} of them between two triangles")
    print(f"furthest point before: median {before.median():.3f}, worst {before.max():.3f} of the eyes' distance")
    print(
        f"furthest point after: median {error.median():.1e}, 99.9 % {error.quantile(0.999):.1e}, "
        f"worst {error.max():.1e}; {int((error > 1e-3).sum())} faces above 1e-3"
    )
    print(f"{1000 * spent / len(error):.1f} ms a face on one thread")


if __name__ == "__main__":
    main()
