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
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from facetake.arrays import U8
from facetake.networks.mouth_painter import MouthPainter
from facetake.networks.patchgan import PatchGAN, PatchSize
from facetake.networks.unet import UNetSize
from facetake.portrait.capture.posed_face import open_face
from facetake.portrait.landmark_translation.still.mesh import face_mesh
from facetake_training import checkpoint
from facetake_training.mouth_painting.lessons import Lesson, Lessons, read_clips
from facetake_training.trainer import log_row, resume, steps

INSIDE = 3.0  # how much more a pixel between the lips counts than one of the lips: teeth are what is looked at
SLOPES = 1.0  # weight of differences between neighbouring pixels, which L1 alone leaves soft
KEPT = 0.04  # weight of how much is painted over lips: their own pixels are sharper than anything painted
AVERAGED = 0.998  # decay of the moving average that is kept


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
    everything = _networks(config)
    both, kept = everything["both"], everything["kept"]
    painter, judge = both["painter"], both["judge"]
    ours = torch.optim.Adam(both.parameters(), config.rate, betas=(0.5, 0.99))
    first, best = resume(config.out, "last", everything, ours)
    lessons = Lessons(learnt, mesh, config.seed + first)
    examined = Lessons(aside or learnt, mesh, 0)
    exam = [examined.draw() for _ in range(EXAM)]
    sums = np.zeros(3)
    for step, is_due in steps(first, config.steps, config.save_every):
        _set_rate(ours, config, step)
        sums += _step(painter, judge, ours, [lessons.draw() for _ in range(config.batch)], config, step)
        kept.update_parameters(painter)
        if not is_due:
            continue
        loss, score = sums / config.save_every, _score(kept.module, exam)
        sums[:] = 0.0
        best = min(best, score)
        about = {"step": step + 1, "best": best, "scores": {"aside": score}, "config": asdict(config)}
        checkpoint.save(config.out, "last", everything, ours, about)
        row = {"step": step + 1, "painted": loss[0], "fooled": loss[1], "judged": loss[2], "aside": score}
        log_row(config.out / "log.csv", row)
        Image.fromarray(sheet(kept.module, exam[:SHOWN])).save(config.out / "exam.png")
    return config.out / "last.safetensors"


def _networks(config: PainterConfig) -> Any:
    """Painter and judge, and the painter's moving average."""
    painter = MouthPainter(config.size).to(memory_format=torch.channels_last)
    judge = PatchGAN(6, config.critic).to(memory_format=torch.channels_last)
    kept = AveragedModel(painter, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED))
    return nn.ModuleDict({"both": nn.ModuleDict({"painter": painter, "judge": judge}), "kept": kept})


def trained(config: PainterConfig) -> MouthPainter:
    """The painter of a run, its moving average. ModelError where there is none."""
    everything = _networks(config)
    checkpoint.load_weights(config.out / "last.safetensors", everything)
    found: MouthPainter = everything["kept"].module
    return found.to(memory_format=torch.contiguous_format)


EXAM = 96  # lessons of people kept aside
SHOWN = 24  # of them in the picture


def _set_rate(optimizer: torch.optim.Optimizer, config: PainterConfig, step: int) -> None:
    left = (config.steps - step) / max(1.0, config.falling * config.steps)
    for group in optimizer.param_groups:
        group["lr"] = config.rate * min(1.0, left)


def _batch(lessons: list[Lesson]) -> dict[str, Tensor]:
    names = ("told", "given", "wanted", "reach", "inside")
    found = {name: torch.from_numpy(np.stack([getattr(lesson, name) for lesson in lessons])) for name in names}
    return {name: some.contiguous(memory_format=torch.channels_last) for name, some in found.items()}


def _step(
    painter: nn.Module,
    judge: nn.Module,
    optimizer: torch.optim.Optimizer,
    lessons: list[Lesson],
    config: PainterConfig,
    step: int,
) -> np.ndarray:
    """One step of both; what the painting cost, and the judge's verdict over it and of itself."""
    batch = _batch(lessons)
    with torch.autocast("cpu", torch.bfloat16):
        said = painter.said(batch["told"])
    made = painter.put(batch["given"], said.float(), batch["reach"])
    painted = painting_loss(made, batch["wanted"], batch["reach"], batch["inside"])
    over = batch["reach"] * (1.0 - batch["inside"])
    loss = painted + KEPT * (over * (1.0 + said[:, 3:].float())).sum() / (over.sum() + 1e-3)
    fooled = judged = torch.zeros(())
    optimizer.zero_grad(set_to_none=True)
    if step >= config.gan_from:
        truth = batch["given"] + batch["reach"] * (batch["wanted"] - batch["given"])
        with torch.autocast("cpu", torch.bfloat16):
            real, false, fake = _verdicts(judge, batch["told"][:, 3:6], truth, made)
        judged = F.relu(1.0 - real.float()).mean() + F.relu(1.0 + false.float()).mean()
        fooled = -fake.float().mean()
        judge_parameters = list(judge.parameters())
        (loss + config.gan * fooled).backward()
        for parameter in judge_parameters:
            parameter.grad = None
        judged.backward()
    else:
        loss.backward()
    optimizer.step()
    return np.array([some.item() for some in (painted, fooled, judged)])


def _verdicts(judge: nn.Module, photograph: Tensor, truth: Tensor, made: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    both = torch.cat([torch.cat([photograph, truth], 1), torch.cat([photograph, made.detach()], 1)])
    real, false = judge(both).chunk(2)
    return real, false, judge(torch.cat([photograph, made], 1))


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
