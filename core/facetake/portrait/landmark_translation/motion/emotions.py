"""Learns what a mood does to the edges of a talking face, and does it (Landmark translation 3.2, equations 3 to 6).

What networks see of an edge is how it differs from the same person at rest, over its usual spread: people differ more
than moods do, and must not be taken for moods. Edges that belong to no face would satisfy a classifier and vanish on
the way back to points; so of what the generator would change, that much is done which moving points of a face at rest
can do. Knows points as arrays, in distances between the eyes; does not know sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from facetake.arrays import F32
from facetake.emotion import EMOTIONS
from facetake.networks.optimization import BETAS, cross_entropy, step
from facetake.portrait.landmark_translation.motion.dataset import LandmarkMotionExample
from facetake.portrait.landmark_translation.motion.edge_solver import feasible, settle
from facetake.portrait.landmark_translation.motion.edges import edges_of, joints, wrapped
from facetake.portrait.landmark_translation.settings import MoodSize, MoodTraining

LEAST_SPREAD = (0.01, 0.05)  # of a length, and of an angle: edges that hardly change do not count for more than that


class _Trunk(nn.Module):
    """Layers over the graph of edges: each edge hears its neighbours. The paper has the networks in a supplement."""

    around: Tensor

    def __init__(self, n_in: int, around: Tensor, size: MoodSize) -> None:
        super().__init__()
        self.register_buffer("around", around, persistent=False)
        self.place = nn.Parameter(0.3 * torch.randn(len(around), size.place))
        self.enter = nn.Linear(n_in + size.place, size.width)
        self.own = nn.ModuleList(nn.Linear(size.width, size.width) for _ in range(size.layers))
        self.heard = nn.ModuleList(nn.Linear(size.width, size.width, bias=False) for _ in range(size.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(size.width) for _ in range(size.layers))

    def forward(self, edges: Tensor) -> Tensor:
        """Maps (B, E, n_in) to (B, E, width)."""
        hidden: Tensor = self.enter(torch.cat([edges, self.place.expand(len(edges), -1, -1)], dim=2))
        for own, heard, norm in zip(self.own, self.heard, self.norms, strict=True):
            near = heard(hidden)[:, self.around].mean(dim=2)
            hidden = hidden + torch.relu(norm(own(hidden) + near))
        return hidden


class MoodGenerator(nn.Module):
    """G: edges and a mood to what the mood changes about them."""

    def __init__(self, n_moods: int, around: Tensor, size: MoodSize) -> None:
        """Builds a generator that changes nothing yet. around (E, 4): each edge's neighbours."""
        super().__init__()
        self.trunk = _Trunk(2 + n_moods, around, size)
        self.leave = nn.Linear(size.width, 2)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, edges: Tensor, mood: Tensor) -> Tensor:
        """Maps edges (B, E, 2) and moods (B, n_moods) to changes (B, E, 2)."""
        asked = mood[:, None].expand(-1, edges.shape[1], -1)
        changed: Tensor = self.leave(self.trunk(torch.cat([edges, asked], dim=2)))
        return changed


class MoodCritic(nn.Module):
    """D_src and D_cls over one trunk, as in StarGAN: whether edges are a real face's, and in which mood it is."""

    def __init__(self, n_moods: int, around: Tensor, size: MoodSize) -> None:
        """Builds both."""
        super().__init__()
        self.trunk = _Trunk(2, around, size)
        self.source = nn.Linear(size.width, 1)
        self.mood = nn.Linear(size.width, n_moods)

    def forward(self, edges: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (B,), above 0 for real, and moods (B, n_moods) that sum to 1, of edges (B, E, 2)."""
        seen = self.trunk(edges).mean(dim=1)
        return self.source(seen)[:, 0], self.mood(seen).softmax(dim=1)


class EmotionEdgeModel(nn.Module):
    """The generator with the spread of edges, so that a file of weights is all that use needs."""

    spread: Tensor
    possible: Tensor

    def __init__(self, size: MoodSize) -> None:
        """Builds one that changes nothing."""
        super().__init__()
        numbers = 2 * joints().n_edges
        self.net = MoodGenerator(len(EMOTIONS), torch.from_numpy(joints().around), size)
        self.register_buffer("spread", torch.ones(joints().n_edges, 2))
        self.register_buffer("possible", torch.eye(numbers))

    def measure(self, points: Tensor, still: Tensor) -> None:
        """Takes the spread of edges, and what points can do, of what is learnt from (N, 68, 3)."""
        away = self.seen(points, still)
        self.spread.copy_(torch.maximum(away.square().mean(dim=0).sqrt(), torch.tensor(LEAST_SPREAD)))
        self.possible.copy_(feasible(still.mean(dim=0), self.spread))

    def forward(self, seen: Tensor, mood: Tensor) -> Tensor:
        """Edges in moods (B, 7), as networks see them (B, E, 2), of edges as networks see them."""
        changed: Tensor = self.net(seen, mood).flatten(1) @ self.possible.T
        return seen + changed.view_as(seen)

    def seen(self, points: Tensor, still: Tensor) -> Tensor:
        """Edges (B, E, 2) as networks see them, of points (B, 68, 3) and faces at rest (B, 68, 3)."""
        away = edges_of(points) - edges_of(still)
        return torch.stack([away[..., 0], wrapped(away[..., 1])], dim=-1) / self.spread

    def edges(self, seen: Tensor, still: Tensor) -> Tensor:
        """The inverse of `seen`: lengths, not negative, and angles (B, E, 2)."""
        edges = edges_of(still) + seen * self.spread
        return torch.stack([edges[..., 0].clamp(min=0.0), wrapped(edges[..., 1])], dim=-1)


def put_in(moods: EmotionEdgeModel, points: F32, still: F32, mood: F32) -> F32:
    """Points (T, 68, 3) in moods (T, 7), of a face's points (T, 68, 3) and at rest (68, 3)."""
    if not len(points):
        return points
    talking = torch.from_numpy(points)
    rest = torch.from_numpy(still)[None]
    with torch.inference_mode():
        edges = moods.edges(moods(moods.seen(talking, rest), torch.from_numpy(mood)), rest)
        return np.asarray(settle(edges, talking, apart=()).numpy(), np.float32)


@dataclass(frozen=True)
class MoodLosses:
    """Means since the last report: equations 3 (of G, and of D_src), 4 and 5, and the difference from pairs."""

    adversarial: float
    critic: float
    classified: float
    cycle: float
    paired: float


class MoodTrainer:
    """Generator, discriminators, their optimizers, and the moments of the lessons."""

    def __init__(self, lessons: list[LandmarkMotionExample], how: MoodTraining, seed: int) -> None:
        """Builds what is to be trained."""
        self.how = how
        self.seed = seed
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.moods = EmotionEdgeModel(how.size)
            self.critic = MoodCritic(len(EMOTIONS), torch.from_numpy(joints().around), how.size)
        points, still = (
            torch.from_numpy(np.concatenate(rows))
            for rows in zip(
                *((lesson.moody, np.repeat(lesson.still[None], len(lesson.moody), axis=0)) for lesson in lessons),
                strict=True,
            )
        )
        self.moods.measure(points, still)
        self._edges = self.moods.seen(points, still)
        self._labels = torch.from_numpy(np.concatenate([lesson.moods for lesson in lessons]))
        self._others = torch.from_numpy(others_of(lessons))
        self.adam = torch.optim.Adam(self.moods.parameters(), how.rate, BETAS)
        self.critic_adam = torch.optim.Adam(self.critic.parameters(), how.rate, BETAS)

    def steps(self, first: int, last: int) -> MoodLosses:
        """Generator steps `first` to `last` - 1; every step draws its frames by its own number."""
        rows = [self._step(number) for number in range(first, last)]
        return MoodLosses(*(float(np.mean(column)) for column in zip(*rows, strict=True)))

    def _step(self, number: int) -> tuple[float, ...]:
        rng = np.random.default_rng([self.seed, number])
        how = self.how
        judged = [self._critic_step(rng) for _ in range(how.critic_steps)]
        rows, others = self._batch(rng)
        real = self._edges[rows]
        label = self._labels[rows]
        wanted = self._labels[others]
        made = self.moods(real, wanted)
        verdict, told = self._judged(made, rng)
        losses = (
            cross_entropy(verdict, real=True),
            _apart(told, wanted),
            F.mse_loss(self.moods(made, label), real),
            F.mse_loss(made, self._edges[others]),
        )
        weights = how.adversarial, how.classified, how.cycle, how.paired
        step(torch.stack(losses) @ torch.tensor(weights), self.adam)
        found = [loss.item() for loss in losses]
        return found[0], float(np.mean(judged or [0.0])), *found[1:]

    def _batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Moments, and the same ones in the moods that are wanted of them."""
        rows = rng.integers(0, len(self._edges), self.how.batch)
        moods = rng.integers(0, self._others.shape[1], self.how.batch)
        return torch.from_numpy(rows), self._others[rows, moods]

    def _judged(self, edges: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """What the discriminators say of edges, under noise."""
        noise = rng.normal(scale=self.how.noise, size=edges.shape) if self.how.noise else np.zeros(1)
        verdict, told = self.critic(edges + torch.from_numpy(noise.astype(np.float32)))
        return verdict, told

    def _critic_step(self, rng: np.random.Generator) -> float:
        """Moves the discriminators; what they lose by telling real from made, before its weight."""
        rows, others = self._batch(rng)
        real = self._edges[rows]
        label = self._labels[rows]
        with torch.no_grad():
            made = self.moods(real, self._labels[others])
        (verdict, told), (doubt, _) = self._judged(real, rng), self._judged(made, rng)
        loss = cross_entropy(verdict, real=True) + cross_entropy(doubt, real=False)
        step(self.how.adversarial * loss + self.how.classified * _apart(told, label), self.critic_adam)
        return loss.item()


def others_of(lessons: list[LandmarkMotionExample]) -> NDArray[np.int64]:
    """Rows (N, 7) of the same moment in each mood, for every moment of the lessons; itself where there is none."""
    parts = []
    first = 0
    for lesson in lessons:
        mood = lesson.moods.argmax(axis=1)
        rows = [np.flatnonzero(mood == k) for k in range(len(EMOTIONS))]
        own = np.repeat(np.arange(len(mood))[:, None], len(EMOTIONS), axis=1)
        for here, there in np.ndindex(len(rows), len(rows)):
            count = min(len(rows[here]), len(rows[there]))
            own[rows[here][:count], there] = rows[there][:count]
        parts.append(own + first)
        first += len(mood)
    return np.concatenate(parts)


def _apart(told: Tensor, wanted: Tensor) -> Tensor:
    """Mean squared distance of moods (B, 7) (equation 4)."""
    return (told - wanted).square().sum(dim=1).mean()
