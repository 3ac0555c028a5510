"""The course of a training, the same for all portrait systems: resumed, epoch by epoch, kept, shown and told of.

A system brings its networks, their losses and their data; what moves their weights is `facetake.networks.optimization`.
Towards the end networks may learn ever slower: the last steps of one that learns against a discriminator go to and fro,
and ever smaller ones come to rest in the middle (Isola et al. 2017 let the rate fall over the second half of the
epochs). Knows the training's folder; does not know what is learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.optim import Optimizer

from facetake.arrays import U8
from facetake.portrait.storage import write_png
from facetake.portrait.training import card_memory, training_dir
from facetake.portrait.training.training_dir import Kept

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Losses = TypeVar("Losses", bound="DataclassInstance | None")
"""What an epoch tells of its losses: a dataclass of numbers, kept beside the networks, or None."""
PREVIEWS = "previews"
PREVIEWED = 4  # frames of a preview: a row that fits a screen at 256 pixels a frame
FEWEST_FRAMES = 8  # of a lesson: fewer fill no batch, and nothing can be held out


def ignore(*_: object) -> None:
    """Takes news that nobody asked for."""


class TrainingPace(Protocol):
    """Of a network's settings what the course of its training goes by; they may have `preview_every`, too."""

    @property
    def epochs(self) -> int:
        """Of the whole training."""

    @property
    def save_every(self) -> int:
        """Epochs between checkpoints."""


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Runs the epochs of one training, from where it stopped to its end.

    Attributes:
        folder: of the training; None: nothing is kept, and the training begins anew.
        kept: what is learnt, first, then what judges it, each with its optimizer.
        epochs: of the whole training.
        seed: of what networks draw in training, such as dropout.
        save_every: epochs between checkpoints; there is one after the last epoch too.
        preview_every: epochs between previews; there is one after the last epoch too.
        shows: whether each checkpoint puts what is learnt where those who perform look for it.
        unit: what is counted, as checkpoints call it.
        stride: how many are trained at a time, where what is counted is short.
    """

    folder: Path | None
    kept: Sequence[Kept]
    epochs: int
    seed: int
    save_every: int = 1
    preview_every: int = 1
    shows: bool = True
    unit: Literal["epoch", "step"] = "epoch"
    stride: int = 1

    @classmethod
    def of(
        cls, folder: Path | None, kept: Sequence[Kept], how: TrainingPace, seed: int, *, shows: bool = True
    ) -> Trainer:
        """A training that goes as a network's settings say; the rest as for the class."""
        return cls(
            folder=folder,
            kept=kept,
            epochs=how.epochs,
            seed=seed,
            save_every=how.save_every,
            preview_every=getattr(how, "preview_every", 1),
            shows=shows,
        )

    def run(
        self,
        learn: Callable[[int], Losses],
        *,
        begin: Callable[[], None] = ignore,
        preview: Callable[[], U8] | None = None,
        name: str = "epoch",
        log: Callable[[int, Losses], None] = ignore,
        progress: Callable[[float], None] = ignore,
    ) -> None:
        """Trains to the end; called again on the same folder it goes on, and ends at the same weights.

        Args:
            learn: trains one epoch, given its number from 0, on which alone its order and augmentation depend.
            begin: called before the first epoch of all.
            preview: draws the progress (H, W, 3), for FOLDER/previews/NAME_0001.png and so on; None: no previews.
            name: of the previews.
            log: told the number of epochs done and the losses of the last.
            progress: told the share of the training that is done, 0..1.

        Raises:
            PortraitError: the folder's networks are of two moments, or there is nothing to go on from.
            ModelError: a file of weights is damaged.
        """
        first = self._resume()
        if not first:
            begin()
        with card_memory.limited():
            for number in range(first, self.epochs, self.stride):
                done = min(number + self.stride, self.epochs)
                losses = card_memory.within(lambda number=number: self._learnt(learn, number), self.kept)  # type: ignore[misc]
                if self._is_due(done, self.save_every):
                    self._keep(done, losses)
                if preview and self.folder and self._is_due(done, self.preview_every):
                    _write(self.folder / PREVIEWS / f"{name}_{done:04d}.png", preview())
                log(done, losses)
                progress(done / self.epochs)

    def _learnt(self, learn: Callable[[int], Losses], number: int) -> Losses:
        """What an epoch gives; torch's own draws depend on the epoch alone too, however it was reached."""
        with torch.random.fork_rng():
            torch.manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
            return learn(number)

    def _resume(self) -> int:
        """The number of epochs done, after filling networks and optimizers."""
        if self.folder is None:
            return 0
        return (training_dir.resume_shown if self.shows else training_dir.resume)(self.folder, self.kept)

    def _is_due(self, done: int, every: int) -> bool:
        return done == self.epochs or done % every == 0

    def _keep(self, done: int, losses: Losses) -> None:
        if self.folder is None:
            return
        about = {self.unit: done, **(asdict(losses) if losses is not None else {})}
        training_dir.keep(self.folder, self.kept, about)
        if self.shows:
            training_dir.show(self.folder, self.kept[0].name)


def batches(count: int, batch: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Places 0 to `count` - 1 in random order, in parts of about `batch`, of which no two differ by more than one.

    They are smaller where a card has turned out not to hold as many (`facetake.portrait.training.card_memory`).
    """
    return np.array_split(rng.permutation(count), max(1, round(count / card_memory.fitting(batch))))


def _write(path: Path, picture: U8) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, picture)


def share_of_rate(epoch: int, epochs: int, falling: float) -> float:
    """What the rate is in an epoch, as a share of the full one, above 0 to 1.

    Args:
        epoch: from 0.
        epochs: of the whole training.
        falling: the share of the epochs, the last ones, over which it falls evenly to nothing, 0..1.
    """
    last = falling * epochs
    return 1.0 if last <= 0.0 else min(1.0, (epochs - epoch) / (last + 1.0))


def slow_down(share: float, *optimizers: Optimizer) -> None:
    """Gives optimizers a share of their full rates, those that they were made with."""
    # Not torch's LambdaLR, which counts its own steps: any epoch can be trained by its number alone, with the same bits
    # whether a training came there in one go or was resumed.
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * share
