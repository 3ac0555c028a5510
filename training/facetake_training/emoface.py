"""Training EmoFace: the paper's run, the shipped one, fine-tuning, and Table 4's rivals, by configuration alone.

`train(config)` reads as the story of a run. Knows nothing of how examples are made (`dataset`) or what ships
(`facetake.export`).
"""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, cast

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter

from facetake.networks.emoface import EmoFace, EmoFaceSize
from facetake.networks.optimization import moving_average, step
from facetake.networks.whisper import WhisperEncoder
from facetake.networks.whisper_weights import load_into
from facetake.phones import PHONES, viseme_of
from facetake.visemes import VISEMES
from facetake_training import checkpoint
from facetake_training.dataset import Crops, DataConfig
from facetake_training.evaluate import ValidationScores, score
from facetake_training.lips import LipsConfig, score_network
from facetake_training.losses import LossConfig, losses
from facetake_training.trainer import log_row, resume, steps


@dataclass(frozen=True)
class TrainConfig:
    """One training run.

    Attributes:
        out: folder for checkpoints and logs.
        data: what it reads.
        network: shape of the network.
        loss: weights of the loss terms.
        start: weights to start from where they fit, or None.
        weights_of: whose weights the run began with or learnt from, with their licences, for models.toml.
        steps: rounds of training, one batch each.
        batch: examples a round, a process.
        learning_rate: Adam's, at its highest.
        schedule: "step" is the paper's StepLR 100 / 0.995; "cosine" warms up over 200 rounds and falls to 1 %.
        weight_decay: decoupled (AdamW); 0 is the paper's Adam.
        masks: feature masks and vocal-tract warping in training (mel encoder only).
        precision: "bf16" uses mixed precision where the processor has it.
        encoder_rate: learning rate of the encoder relative to the rest; 0 freezes it.
        pretrained_rate: the same for the pretrained part of a `whisper` encoder.
        average: decay of the moving average of weights that is scored and kept; 0 keeps the raw weights.
        seed: of everything.
        workers: processes that make examples.
        readouts: of the lips, as lip-teacher fits them to the same encoder; the exported ear carries them.
        quantised: the exported ear multiplies matrices in 8 bits: half the time, a third of the size.
        threads: torch threads of the training process; 0 leaves the default.
        every: rounds between scores and checkpoints.
        lips: real tracked lips that choose the best checkpoint; without them the validation loss does.
    """

    out: Path
    data: DataConfig
    network: EmoFaceSize = field(default_factory=EmoFaceSize)
    loss: LossConfig = field(default_factory=LossConfig)
    start: Path | None = None
    weights_of: tuple[str, ...] = ()
    steps: int = 3000
    batch: int = 16
    learning_rate: float = 1e-4
    schedule: Literal["step", "cosine"] = "step"
    weight_decay: float = 0.0
    masks: bool = False
    precision: Literal["no", "bf16"] = "no"
    encoder_rate: float = 1.0
    pretrained_rate: float = 1.0
    average: float = 0.0
    readouts: tuple[Path, ...] = ()
    quantised: bool = False
    seed: int = 0
    workers: int = 1
    threads: int = 0
    every: int = 250
    lips: LipsConfig | None = None


PHONE_VISEMES = tuple(VISEMES.index(viseme_of(phone)) for phone in PHONES)


def build(config: TrainConfig) -> EmoFace:
    """The network of a run, with its starting weights; Whisper's own files, where named, stand before `start`."""
    torch.manual_seed(config.seed)
    network = EmoFace(config.network, PHONE_VISEMES)
    if config.start is not None:
        checkpoint.load_weights(config.start, network, partial=True)
        if isinstance(network.encoder, WhisperEncoder) and config.network.whisper.files:
            load_into(network.encoder.pretrained, config.network.whisper.files)
    return network


def rate_at(step: int, config: TrainConfig) -> float:
    """Learning rate of a round, relative to its highest."""
    if config.schedule == "step":
        return float(0.995 ** (step // 100))
    warm = min(1.0, (step + 1) / 200)
    return warm * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / config.steps))))


def train(config: TrainConfig) -> Path:
    """Runs or resumes a training run.

    Returns:
        The best checkpoint, `config.out`/best.safetensors.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)  # a stage may train the phone head alone
    accelerator = Accelerator(mixed_precision=config.precision, kwargs_handlers=[unused])
    network = build(config)
    optimizer = torch.optim.AdamW(_groups(network, config), lr=config.learning_rate, weight_decay=config.weight_decay)
    first, best = resume(config.out, "last", network, optimizer, worst=-math.inf, config=config)
    # built anew, because torch multiplies frozen weights in another order, and scores would differ in the last digits
    averaged = moving_average(build(config), config.average, first)
    if first:
        checkpoint.load_weights(config.out / "average.safetensors", averaged.module)
    loader = DataLoader(
        Crops(config.data, "train", config.seed + first),
        config.batch,
        num_workers=config.workers,
        persistent_workers=config.workers > 0,
    )
    network, optimizer, loader = accelerator.prepare(network, optimizer, loader)
    batches = iter(loader)
    log = _Log(config.out, accelerator.is_main_process)
    for number, is_due in steps(first, config.steps, config.every):
        # Not torch's LambdaLR, which would multiply the three in another order: other last digits than earlier runs'
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * rate_at(number, config) * group["relative"]
        loss, parts = _round(network, next(batches), config, accelerator)
        step(loss, optimizer, network, accelerator)
        plain = accelerator.unwrap_model(network)
        if config.average:
            averaged.update_parameters(plain)
        log.add(number, parts)
        if is_due:
            if accelerator.is_main_process:
                best = _keep(averaged, plain, optimizer, config, number + 1, best, log)
            accelerator.wait_for_everyone()
    log.close()
    return config.out / "best.safetensors"


def _groups(network: EmoFace, config: TrainConfig) -> list[dict[str, object]]:
    """Weights by how fast they learn; those that do not learn are frozen."""
    groups: dict[float, list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        relative = _relative_rate(name, config)
        if relative and weight.requires_grad:
            groups.setdefault(relative, []).append(weight)
        else:
            weight.requires_grad_(False)
    return [{"params": weights, "relative": relative} for relative, weights in groups.items()]


def _relative_rate(name: str, config: TrainConfig) -> float:
    if name.startswith("encoder.pretrained."):
        return config.pretrained_rate
    return config.encoder_rate if name.startswith(("encoder.", "phones.")) else 1.0


def _round(
    network: nn.Module, batch: dict[str, Tensor], config: TrainConfig, accelerator: Accelerator
) -> tuple[Tensor, dict[str, float]]:
    """Loss of one batch and its parts by name."""
    _set_training(network, config)
    with accelerator.autocast():
        prepare = mask_features if config.masks else None
        curves, phones = network(batch["audio"], batch["emotion"], prepare, bool(config.loss.curves))
    terms = losses(curves.float(), phones.float(), batch, config.loss)
    total = torch.stack(list(terms.values())).sum()
    return total, {name: float(value.detach()) for name, value in terms.items()} | {"loss": float(total.detach())}


def _set_training(network: nn.Module, config: TrainConfig) -> None:
    """Turns training on; a frozen encoder keeps the scales that it was given."""
    network.train()
    if config.encoder_rate == 0:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.eval()


def mask_features(features: Tensor) -> Tensor:
    """Warps the mel axis (vocal-tract length, +-15 %) and blanks two bands and two stretches of time of each clip.

    Args:
        features: (B, 2T, M) normalised log-mel.
    """
    clips, frames, bands = features.shape
    band = torch.arange(bands, device=features.device, dtype=torch.float32)
    warp = 1.0 + (torch.rand(clips, 1, device=features.device) - 0.5) * 0.3
    at = (band * warp).clamp(max=bands - 1.001)
    low = at.floor().long()
    share = (at - low)[:, None]
    index = low[:, None].expand(-1, frames, -1)
    warped = features.gather(2, index) * (1 - share) + features.gather(2, index + 1) * share
    for _ in range(2):
        warped = warped.masked_fill(_stretch(clips, bands, 10, features)[:, None], 0.0)
        warped = warped.masked_fill(_stretch(clips, frames, 16, features)[:, :, None], 0.0)
    return warped


def _stretch(clips: int, size: int, longest: int, like: Tensor) -> Tensor:
    start = torch.rand(clips, 1, device=like.device) * size
    end = start + torch.rand(clips, 1, device=like.device) * longest
    place = torch.arange(size, device=like.device)
    return (place >= start) & (place < end)


def _keep(
    averaged: AveragedModel,
    network: EmoFace,
    optimizer: torch.optim.Optimizer,
    config: TrainConfig,
    done: int,
    best: float,
    log: _Log,
) -> float:
    """Scores the averaged weights, keeps them if they are the best so far, and writes the checkpoint to resume from."""
    if not config.average:
        averaged.update_parameters(network)
    average = cast(EmoFace, averaged.module).eval()
    scores: ValidationScores = score(average, config.data, seed=config.seed)
    values = asdict(scores)
    goal = -scores.loss(config.loss.curves, config.loss.phones)
    if config.lips is not None and config.loss.curves:
        lips = score_network(average, config.lips)
        values |= {f"lips_{name}": value for name, value in asdict(lips).items()}
        goal = lips.goal
    log.scores(done, values)
    about: dict[str, object] = {"step": done, "best": max(best, goal), "scores": values, "config": asdict(config)}
    if goal > best:
        checkpoint.save(config.out, "best", average, None, about)
    checkpoint.save(config.out, "average", average, None, about)
    checkpoint.save(config.out, "last", network, optimizer, about)
    return max(best, goal)


class _Log:
    """Progress on the terminal, a CSV and TensorBoard."""

    def __init__(self, folder: Path, is_main: bool) -> None:
        self.is_main = is_main
        self.began = time.monotonic()
        self.rounds = 0
        if is_main:
            folder.mkdir(parents=True, exist_ok=True)
            self.path = folder / "log.csv"
            self.board = SummaryWriter(str(folder / "tensorboard"))

    def add(self, step: int, parts: dict[str, float]) -> None:
        self.rounds += 1
        if not self.is_main or (step + 1) % 25:
            return
        for name, value in parts.items():
            self.board.add_scalar(f"train/{name}", value, step)
        pace = (time.monotonic() - self.began) / self.rounds
        print(
            f"round {step + 1}  {pace:.2f} s each  " + "  ".join(f"{k} {v:.4f}" for k, v in parts.items()), flush=True
        )

    def scores(self, step: int, values: dict[str, float]) -> None:
        log_row(self.path, {"step": step, **{name: f"{value:.5f}" for name, value in values.items()}})
        for name, value in values.items():
            self.board.add_scalar(f"valid/{name}", value, step)
        print(f"scores at {step}: " + "  ".join(f"{k} {v:.4f}" for k, v in values.items()), flush=True)

    def close(self) -> None:
        if self.is_main:
            self.board.close()
