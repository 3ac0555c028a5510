"""How the painter of mouths learns: lessons of many people, with a discriminator that joins in late.

Knows lessons and networks; does not know where clips come from.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from facetake.arrays import U8
from facetake.networks.mouth_painter import MouthPainterNetwork
from facetake.networks.optimization import gan_step, moving_average, schedule
from facetake.networks.patchgan import PatchGAN, PatchSize
from facetake.networks.unet import UNetSize
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.landmark_translation.still.mesh import face_mesh
from facetake_training import checkpoint
from facetake_training.mouth_painting.lessons import Lesson, MouthLessons, read_clips
from facetake_training.trainer import log_row, resume, steps

INSIDE = 3.0  # how much more a pixel between the lips counts than one of the lips: teeth are what is looked at
SLOPES = 1.0  # weight of differences between neighbouring pixels, which L1 alone leaves soft
KEPT = 0.04  # weight of how much is painted over lips: their own pixels are sharper than anything painted
AVERAGED = 0.998  # decay of the moving average that is kept
BETAS = (0.5, 0.99)  # of both Adams: beside a discriminator the usual 0.9 swings
KEPT_FILE = "kept.safetensors"


@dataclass(frozen=True)
class PainterConfig:
    """One training.

    Attributes:
        clips: folder that `facetake-train mouth-clips` made.
        out: folder of the run.
        kept_aside: names of clips that are scored and not learnt from.
        sources: what was learnt from, and by which licence, for models.toml.
        size: of the painter.
        critic: of the discriminator.
        steps: of the painter; gan_from: the step at which the discriminator joins in.
        gan: weight of its verdict.
        batch: lessons a step.
        rate: of both Adams; it falls to nothing over the last `falling` of the steps.
        save_every: steps between checkpoints.
        seed: of weights and lessons.
    """

    clips: Path
    out: Path
    kept_aside: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    size: UNetSize = field(default_factory=lambda: UNetSize(downs=4, width=24, dropout=0.0, norm="group"))
    critic: PatchSize = field(default_factory=lambda: PatchSize(width=24, layers=2, norm="group"))
    steps: int = 4000
    gan_from: int = 2200
    gan: float = 0.02
    batch: int = 8
    rate: float = 5e-4
    falling: float = 0.35
    save_every: int = 100
    seed: int = 0


def train(config: PainterConfig) -> Path:
    """Trains, or goes on from the last checkpoint; scores clips kept aside at each.

    Returns:
        The last checkpoint's weights.

    Raises:
        ConfigError: there are no clips.
        ModelError: a checkpoint is damaged.
    """
    torch.manual_seed(config.seed)
    mesh = face_mesh(open_face().model)
    every = read_clips(config.clips, mesh)
    aside = {name: clip for name, clip in every.items() if name in config.kept_aside}
    learnt = {name: clip for name, clip in every.items() if name not in aside}
    painter = MouthPainterNetwork(config.size)
    judge = PatchGAN(6, config.critic)
    for network in (painter, judge):  # so that convolutions need not turn their weights at each step
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub
    ours, theirs = (torch.optim.Adam(some.parameters(), config.rate, betas=BETAS) for some in (painter, judge))
    first, _ = resume(config.out, "last", painter, ours, config=config)
    resume(config.out, "judge", judge, theirs)
    kept = moving_average(painter, AVERAGED, first)
    if first:
        checkpoint.load_weights(config.out / KEPT_FILE, kept.module)
    rate = schedule(ours, lambda step: _share(config, step), first)
    lessons = MouthLessons(learnt, mesh, config.seed + first)
    examined = MouthLessons(aside or learnt, mesh, 0)
    exam = [examined.draw() for _ in range(EXAM)]
    sums = np.zeros(2)
    for step, is_due in steps(first, config.steps, config.save_every):
        batch = _batch([lessons.draw() for _ in range(config.batch)])
        sums += _step((painter, ours), (judge, theirs), batch, config.gan if step >= config.gan_from else 0.0)
        rate.step()
        for group in theirs.param_groups:  # it falls alike; a schedule of its own would want a judge that steps
            group["lr"] = rate.get_last_lr()[0]
        kept.update_parameters(painter)
        if not is_due:
            continue
        loss, score = sums / config.save_every, _score(kept.module, exam)
        sums[:] = 0.0
        about = {"step": step + 1, "scores": {"aside": score}, "config": asdict(config)}
        checkpoint.save(config.out, "judge", judge, theirs, about)
        checkpoint.save(config.out, Path(KEPT_FILE).stem, kept.module, None, about)
        checkpoint.save(config.out, "last", painter, ours, about)
        log_row(config.out / "log.csv", {"step": step + 1, "painter": loss[0], "judge": loss[1], "aside": score})
        Image.fromarray(sheet(kept.module, exam[:SHOWN])).save(config.out / "exam.png")
    return config.out / KEPT_FILE


def trained(config: PainterConfig) -> MouthPainterNetwork:
    """The painter of a run, its moving average. ModelError where there is none."""
    painter = MouthPainterNetwork(config.size)
    checkpoint.load_weights(config.out / KEPT_FILE, painter)
    return painter


EXAM = 96  # lessons of people kept aside
SHOWN = 24  # of them in the picture


def _share(config: PainterConfig, step: int) -> float:
    """Of the rate in a step: all of it, and over the last steps less and less."""
    return min(1.0, (config.steps - step) / max(1.0, config.falling * config.steps))


def _batch(lessons: list[Lesson]) -> dict[str, Tensor]:
    names = ("told", "given", "wanted", "reach", "inside")
    found = {name: torch.from_numpy(np.stack([getattr(lesson, name) for lesson in lessons])) for name in names}
    return {name: some.contiguous(memory_format=torch.channels_last) for name, some in found.items()}


Learner = tuple[Any, torch.optim.Optimizer]
"""A network, and what moves its weights."""


def _step(painter: Learner, judge: Learner, batch: dict[str, Tensor], gan: float) -> np.ndarray:
    """One step of the judge, where its verdict counts, and of the painter; their losses, the painter's first."""
    with torch.autocast("cpu", torch.bfloat16):
        said = painter[0].said(batch["told"])
    made = painter[0].put(batch["given"], said.float(), batch["reach"])
    over = batch["reach"] * (1.0 - batch["inside"])
    loss: Tensor = painting_loss(made, batch["wanted"], batch["reach"], batch["inside"])
    loss = loss + KEPT * (over * (1.0 + said[:, 3:].float())).sum() / (over.sum() + 1e-3)
    truth = batch["given"] + batch["reach"] * (batch["wanted"] - batch["given"])

    def verdict(picture: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            found: Tensor = judge[0](torch.cat([batch["told"][:, 3:6], picture], 1))
        return found.float()

    def judged() -> Tensor:  # hinge (Lim and Ye 2017): who is sure enough learns nothing more
        return F.relu(1.0 - verdict(truth)).mean() + F.relu(1.0 + verdict(made.detach())).mean()

    def painted() -> Tensor:
        return loss - gan * verdict(made).mean() if gan else loss

    costs = gan_step(judged if gan else None, judge[1], painted, painter[1])
    return np.array(costs[::-1])


def painting_loss(made: Tensor, wanted: Tensor, reach: Tensor, inside: Tensor) -> Tensor:
    """Mean difference, and difference of slopes, of pictures (B, 3, H, W) in -1..1 within the painter's reach."""
    weight = reach * (1.0 + INSIDE * inside)
    whole = weight.sum() * 3.0 + 1e-3
    loss = (weight * (made - wanted).abs()).sum() / whole
    for axis in (2, 3):
        change = torch.diff(made - wanted, dim=axis).abs()
        some = weight.narrow(axis, 1, weight.shape[axis] - 1)
        loss = loss + SLOPES * (some * change).sum() / whole
    return loss


@torch.inference_mode()
def _score(painter: Any, exam: list[Lesson]) -> float:
    found = []
    for first in range(0, len(exam), 16):
        batch = _batch(exam[first : first + 16])
        made = painter(batch["told"], batch["reach"])
        found.append(float(painting_loss(made, batch["wanted"], batch["reach"], batch["inside"])))
    return float(np.mean(found))


@torch.inference_mode()
def sheet(painter: Any, lessons: list[Lesson]) -> U8:
    """Lessons side by side: moved and hollow, the photograph, painted, and what was wanted."""
    batch = _batch(lessons)
    made = painter(batch["told"], batch["reach"])
    pictures = [batch["given"], batch["told"][:, 3:6], made, batch["wanted"]]
    rows = torch.cat(pictures, dim=3).permute(0, 2, 3, 1)
    tall = (len(rows) + 2) // 3
    columns = [torch.cat(list(rows[first : first + tall])) for first in range(0, len(rows), tall)]
    high = max(len(column) for column in columns)
    padded = [F.pad(column, (0, 0, 0, 0, 0, high - len(column))) for column in columns]
    return np.asarray(((torch.cat(padded, dim=1) + 1.0) * 127.5).clamp(0, 255).byte().numpy())
