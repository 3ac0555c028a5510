"""Training the viseme classifier: curves to visemes, whoever speaks in whatever mood (FACTS 3.2.4).

Its second head tells emotion and actor; the restyler's report and checks read it. Knows nothing of the restyler.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from facetake.config import from_table
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.networks.facts import SequenceNetSize, VisemeClassifierNetwork
from facetake.networks.optimization import schedule, step
from facetake_training import checkpoint
from facetake_training.styles import UNKNOWN, StyleConfig, Styles, flat
from facetake_training.trainer import resume, steps

NAME = "viseme_classifier"


@dataclass(frozen=True)
class VisemeConfig:
    """One run of the classifier.

    Attributes:
        out: folder for checkpoints.
        data: takes to learn from.
        network: shape of the network.
        start: weights to go on from where they fit, or None.
        steps: rounds of training.
        lines: lines a round; each gives `data.windows` windows.
        learning_rate: Adam's, at its start; it falls to nothing along a cosine.
        style: weight of telling emotion and actor, beside visemes.
        seed: of everything.
        workers: processes that make examples.
        threads: torch threads; 0 leaves the default.
        every: rounds between scores and checkpoints.
    """

    out: Path
    data: StyleConfig
    network: SequenceNetSize = field(default_factory=SequenceNetSize)
    start: Path | None = None
    steps: int = 2000
    lines: int = 8
    learning_rate: float = 1e-3
    style: float = 0.3
    seed: int = 0
    workers: int = 1
    threads: int = 0
    every: int = 200


@dataclass(frozen=True)
class Agreement:
    """Shares of right answers of a classifier, 0..1: visemes by frame, emotion and actor by window."""

    visemes: float
    emotion: float
    actor: float


def train(config: VisemeConfig) -> Path:
    """Runs or resumes a run.

    Returns:
        The last checkpoint, `config.out`/last.safetensors.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    network = VisemeClassifierNetwork(config.data.groups, config.network)
    if config.start is not None:
        checkpoint.load_weights(config.start, network, partial=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    first, _ = resume(config.out, "last", network, optimizer, config=config)
    batches = stream(config.data, config.lines, config.seed + first, config.workers)
    rate = schedule(optimizer, lambda number: cosine(number / config.steps), first)
    for number, is_due in steps(first, config.steps, config.every):
        network.train()
        loss = step(losses(network, next(batches), config.style), optimizer, network)
        rate.step()
        if is_due:
            scores = agreement(network, config.data)
            print(f"round {number + 1}  loss {loss:.3f}  {scores}", flush=True)
            about: dict[str, object] = {"step": number + 1, "scores": asdict(scores), "config": asdict(config)}
            checkpoint.save(config.out, "last", network, optimizer, about)
    return config.out / "last.safetensors"


def cosine(share: float) -> float:
    """Falls from 1 to 0 while `share` rises from 0 to 1."""
    return 0.5 + 0.5 * float(torch.cos(torch.tensor(share * torch.pi)))


def stream(data: StyleConfig, lines: int, seed: int, workers: int, split: str = "train") -> Iterator[dict[str, Tensor]]:
    """Batches of windows, without end."""
    return iter(DataLoader(Styles(data, split, seed), lines, num_workers=workers, collate_fn=flat))


def losses(network: VisemeClassifierNetwork, batch: dict[str, Tensor], style: float) -> Tensor:
    """Cross entropy of visemes and, weighted, of styles, on sources and on targets performed for them."""
    paired = batch["paired"] > 0
    curves = torch.cat([batch["curves"], batch["target"][paired]])
    truth = torch.cat([batch["visemes"], batch["visemes"][paired]])
    code = torch.cat([batch["own"], batch["wanted"][paired]])
    visemes, styles = network(curves)
    entropy = nn.functional.nll_loss(visemes.transpose(1, 2), truth, ignore_index=UNKNOWN)
    total: Tensor = torch.nan_to_num(entropy) - style * (code[:, None] * styles).sum(dim=-1).mean()
    return total


def agreement(network: VisemeClassifierNetwork, data: StyleConfig, split: str = "valid", lines: int = 48) -> Agreement:
    """Scores a classifier on windows of a split."""
    network.eval()
    batches = stream(data, lines, 0, 0, split)
    batch = next(batches)
    with torch.inference_mode():
        visemes, styles = network(batch["curves"])
    known = batch["visemes"] != UNKNOWN
    right = [float((visemes.argmax(dim=-1) == batch["visemes"])[known].float().mean())]
    for guess, truth in zip(*(part.split(data.groups, dim=-1) for part in (styles, batch["own"])), strict=True):
        right.append(float((guess.mean(dim=1).argmax(dim=-1) == truth.argmax(dim=-1)).float().mean()))
    return Agreement(*right)


def load(folder: Path) -> VisemeClassifierNetwork:
    """A trained classifier, ready to judge: of a run's folder, or of a model folder as `export` writes it.

    Raises:
        ModelError: the folder holds neither.
    """
    name = NAME if (folder / f"{NAME}.json").is_file() else "last"
    about = folder / f"{name}.json"
    if not about.is_file():
        raise ModelError(f"no viseme classifier in {folder}; train one with 'facetake-train viseme CONFIG.toml'")
    told = json.loads(about.read_text(encoding="utf-8"))
    config = told.get("config", told)  # a run keeps its whole configuration, a model its shape and actors
    n_actors = len(config["data"]["actors"] if "data" in config else config["actors"])
    size = from_table(SequenceNetSize, config["network"], str(about))
    network = VisemeClassifierNetwork((len(EMOTIONS), n_actors), size)
    checkpoint.load_weights(folder / f"{name}.safetensors", network)
    return network.eval().requires_grad_(False)
