"""Trains the regression on an actor's pictures and landmarks, resumed where it stopped, and reads off every frame.

Reads like the story of it; how each part is done is in the module it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facetake.arrays import F32
from facetake.errors import PortraitError
from facetake.face.model import FaceModel
from facetake.files import json_text
from facetake.formats import beside
from facetake.networks.optimization import BETAS, step
from facetake.portrait.capture.actor import CapturedActor, Fit
from facetake.portrait.regress.losses import FaceFittingLoss
from facetake.portrait.regress.network import FaceEstimate, Regressor
from facetake.portrait.regress.settings import RegressionSettings
from facetake.portrait.storage import read_json
from facetake.portrait.training.trainer import Trainer, batches, ignore, slow_down
from facetake.portrait.training.training_dir import Kept

NETWORK = "regressor"
PLAN = "regress.json"
TOGETHER = 16  # frames read off at once


@dataclass(frozen=True)
class Epoch:
    """Means over one pass: the loss, its parts before their weights, and the landmarks' distance in pixels."""

    loss: float
    photo: float
    landmarks: float
    distance_px: float


class Regression:
    """One actor, one face model, one network."""

    def __init__(
        self, actor: CapturedActor, model: FaceModel, settings: RegressionSettings, weights: Path | None = None
    ) -> None:
        """Builds the network; weights: a folder with VGGFace2's file.

        Raises:
            WeightsMissingError: the settings start from that file and it is not there.
            PortraitError: the actor's landmarks do not have the points that the model needs.
        """
        self._actor = actor
        self._model = model
        self._settings = settings
        self._comparison = FaceFittingLoss(model, actor.camera, settings.losses)
        if actor.fit.landmarks.shape[1] <= int(self._comparison.points.max()):
            raise PortraitError(
                f"{actor.folder} has {actor.fit.landmarks.shape[1]} landmarks a frame, "
                f"{model.name} needs number {self._comparison.points.max()}"
            )
        self._seen = torch.from_numpy(actor.fit.landmarks[:, self._comparison.points])
        self._pictures = actor.frames()
        with torch.random.fork_rng():
            torch.manual_seed(settings.seed)
            sizes = model.identity_size, model.expression_size, model.albedo_size
            self.network = Regressor(settings, *sizes, *standing(model, actor))
        self.started = self.network.begin(settings.start, weights)
        self._adam = torch.optim.Adam(
            [
                {"params": [*self.network.trunk.parameters(), *self.network.fc.parameters()], "lr": settings.rate},
                {"params": [self.network.identity, self.network.albedo], "lr": settings.shared_rate},
            ],
            betas=BETAS,
        )

    def train(
        self, folder: Path, progress: Callable[[float], None] = ignore, log: Callable[[int, Epoch], None] = ignore
    ) -> None:
        """Trains to the end; called again on the same folder it goes on where it was stopped.

        Args:
            folder: for checkpoints.
            progress: told the share that is done.
            log: told each epoch's number, from 1, and its losses.

        Raises:
            PortraitError: the folder is of another regression.
        """
        self._begin(folder)
        how = self._settings
        kept = (Kept(NETWORK, self.network, self._adam),)
        Trainer.of(folder, kept, how, how.seed, shows=False).run(
            self._epoch,
            begin=lambda: self.network.settle(self._batches(np.arange(len(self._pictures)))),
            log=log,
            progress=progress,
        )

    def fit(self) -> Fit:
        """What the network sees in every frame; coefficients are held within what they can be."""
        every = np.arange(len(self._pictures))
        if self._settings.norms == "batch":
            self.network.settle(self._batches(every))
        self.network.eval()
        with torch.inference_mode():
            rows = [self.network(pictures) for pictures in self._batches(every)]
        held = _joined(rows, "expression").clip(self._comparison.low.numpy(), self._comparison.high.numpy())
        with torch.inference_mode():
            colour = self._model.albedo(self.network.albedo)[0].numpy()
        return Fit(
            landmarks=self._actor.fit.landmarks,
            identity=self.network.identity[0].detach().numpy().copy(),
            albedo=self.network.albedo[0].detach().numpy().copy(),
            colour=colour,
            light=_joined(rows, "light"),
            expression=held,
            rotation=_joined(rows, "rotation"),
            translation=_joined(rows, "translation"),
        )

    def distance_px(self, fit: Fit) -> float:
        """The mean distance between a fit's landmarks and the seen ones, in pixels of the crop."""
        away = []
        for rows in np.array_split(np.arange(len(self._seen)), -(-len(self._seen) // TOGETHER)):
            found = FaceEstimate(
                *(
                    torch.from_numpy(values)
                    for values in (
                        fit.expression[rows],
                        fit.light[rows if len(fit.light) > 1 else [0]],
                        fit.rotation[rows],
                        fit.translation[rows],
                        fit.identity[None],
                        fit.albedo[None],
                    )
                )
            )
            with torch.inference_mode():
                away.append(self._comparison.distances(self._comparison.placed(found), self._seen[rows]))
        return float(torch.cat(away).mean())

    def _epoch(self, number: int) -> Epoch:
        """One pass, in an order that depends on the seed and the number alone."""
        how = self._settings
        self.network.train(how.norms == "batch")
        heat = min(1.0, 2.0 * (1.0 - number / how.epochs)) if how.cools else 1.0
        slow_down(heat, self._adam)
        told = []
        for rows in batches(len(self._pictures), how.batch, np.random.default_rng([how.seed, number])):
            pictures = torch.from_numpy(self._pictures[rows])
            terms = self._comparison.terms(self.network(pictures), pictures, self._seen[rows])
            told.append((step(terms.total, self._adam), terms.photo, terms.landmarks, terms.distance_px))
        return Epoch(*(float(mean) for mean in np.mean(told, axis=0)))

    def _batches(self, frames: NDArray[np.int64]) -> Iterator[Tensor]:
        for rows in np.array_split(frames, -(-len(frames) // TOGETHER)):
            yield torch.from_numpy(self._pictures[rows])

    def _begin(self, folder: Path) -> None:
        """Writes what the folder is for, or checks that it is for the same."""
        plan = {"model": self._model.name, "n_frames": len(self._pictures), "settings": asdict(self._settings)}
        path = folder / PLAN
        wanted = json_text.load(json_text.dump(plan))
        if path.is_file():
            if read_json(path) != wanted:
                raise PortraitError(
                    f"{folder} holds a regression with another face model or other settings; "
                    "remove that folder to begin anew"
                )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            with beside(path) as part:
                part.write_text(json_text.dump(plan, indent=1) + "\n", encoding="utf-8", newline="\n")


def _joined(rows: list[FaceEstimate], name: str) -> F32:
    return np.asarray(torch.cat([getattr(row, name) for row in rows]).numpy(), np.float32)


def standing(model: FaceModel, actor: CapturedActor) -> tuple[Tensor, Tensor]:
    """Where the head's origin stands, by the size and middle of the clip's landmarks, and the face's middle from there.

    Both (3,) in metres, for a head seen from the front.
    """
    marks = model.topology.landmarks
    camera = actor.camera
    use = marks.mediapipe_index < actor.fit.landmarks.shape[1]
    seen = actor.fit.landmarks[:, marks.mediapipe_index[use]]
    zero = torch.zeros(1, model.identity_size)
    with torch.inference_mode():
        points = model.landmarks(model.vertices(zero, model.neutral_expression[None]))[0].numpy()[use]
    middle = points.mean(axis=0)
    spread = points[:, :2].std(axis=0).max()
    depth = camera.focal * spread / max(float(np.median(seen.std(axis=1).max(axis=1))), 1e-3)
    x, y = (np.median(seen.mean(axis=1), axis=0) - np.asarray(camera.centre)) * depth / camera.focal
    return torch.tensor(np.array([x, y, depth]) - middle, dtype=torch.float32), torch.from_numpy(middle)
