"""Training the audio emotion encoder of landmark translation 3.2, a network that hears sound by itself.

What ships reads the ear of the line instead (`audio_emotion`) and tells far more; this one is there to compare with.
`train(config)` reads as the story of a run. Calibration is fitted on the validation speakers at every score, and kept
with the weights. Knows nothing of how examples are made (`voices`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from facetake.emotion import EMOTIONS
from facetake.networks.audio_emotion import AudioEmotionNetwork, VoiceSize
from facetake.networks.optimization import moving_average, schedule, step
from facetake_training import calibration, checkpoint, emotion_datasets
from facetake_training.trainer import log_row, resume, steps
from facetake_training.voices import Held, VoiceData, VoiceDataset, held


@dataclass(frozen=True)
class PaperConfig:
    """One run of the audio emotion encoder.

    Attributes:
        out: folder for checkpoints and the log.
        data: what it reads.
        network: shape of the network.
        steps: rounds of training, one batch each.
        batch: examples a round.
        learning_rate: Adam's (the paper's 1e-4), at its highest.
        schedule: "flat" is the paper's; "cosine" warms up over 200 rounds and falls to nothing.
        weight_decay: decoupled (AdamW); 0 is the paper's Adam.
        masks: stretches of time and bands are blanked in training.
        average: decay of the moving average of weights that is scored and kept; 0 keeps the raw weights.
        sure: share of the emotions shown that has to be right on validation speakers; sets the threshold.
        seed: of everything.
        workers: processes that make examples.
        threads: torch threads; 0 leaves the default.
        every: rounds between scores and checkpoints.
        reuse: how often an example is used, cropped anew, before it is forgotten.
    """

    out: Path
    data: VoiceData
    network: VoiceSize = field(default_factory=VoiceSize)
    steps: int = 10_000
    batch: int = 16
    learning_rate: float = 1e-4
    schedule: Literal["flat", "cosine"] = "flat"
    weight_decay: float = 0.0
    masks: bool = False
    average: float = 0.0
    sure: float = 0.7
    seed: int = 0
    workers: int = 1
    threads: int = 0
    every: int = 500
    reuse: int = 1


@dataclass(frozen=True)
class VoiceScores:
    """Scores on validation speakers.

    Attributes:
        balanced_accuracy: mean over the emotions of the share that is heard rightly, 0..1.
        surprise: mean negative logarithm of the right emotion's share, after calibration; chooses the checkpoint.
        calibration_error: expected, 0..1, after calibration.
        temperature: that was fitted.
        threshold: confidence from which on an emotion is shown.
    """

    balanced_accuracy: float
    surprise: float
    calibration_error: float
    temperature: float
    threshold: float


def train(config: PaperConfig) -> Path:
    """Runs or resumes a run.

    Returns:
        The best checkpoint, `config.out`/best.safetensors.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    network = build(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    first, best = resume(config.out, "last", network, optimizer, config=config)
    averaged = moving_average(network, config.average, first)
    if first:
        checkpoint.load_weights(config.out / "average.safetensors", averaged.module)
    for source in config.data.sources:
        if left_out := emotion_datasets.read(source).left_out:
            print(f"{source.path}: left out, as Facetake has no such emotion: {left_out}", flush=True)
    aside = held(config.data, "valid", config.seed)
    voices = VoiceDataset(config.data, config.batch, config.seed + first, config.reuse)
    batches: Iterator[tuple[Tensor, Tensor]] = iter(DataLoader(voices, None, num_workers=config.workers))
    rate = schedule(optimizer, lambda number: rate_at(number, config), first)
    for number, is_due in steps(first, config.steps, config.every):
        loss = _round(network, next(batches), config, optimizer)
        rate.step()
        averaged.update_parameters(network)
        if is_due:
            best = _keep(averaged, network, optimizer, config, aside, (number + 1, loss, best))
    return config.out / "best.safetensors"


def build(config: PaperConfig) -> AudioEmotionNetwork:
    """The network of a run, untrained."""
    torch.manual_seed(config.seed)
    return AudioEmotionNetwork(config.network)


def rate_at(step: int, config: PaperConfig) -> float:
    """Learning rate of a round, relative to its highest."""
    if config.schedule == "flat":
        return 1.0
    return min(1.0, (step + 1) / 200) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, step / config.steps)))


def _round(
    network: AudioEmotionNetwork, batch: tuple[Tensor, Tensor], config: PaperConfig, optimizer: torch.optim.Optimizer
) -> float:
    """One step down the paper's loss: binary cross entropy of every emotion (equation 2)."""
    network.train()
    scores = network.scores(blank(batch[0]) if config.masks else batch[0])
    loss: Tensor = nn.functional.binary_cross_entropy_with_logits(scores, batch[1])
    return step(loss, optimizer, network)


def blank(features: Tensor) -> Tensor:
    """Sets two stretches of time and two of bands of each clip to its mean; features (B, 128, F)."""
    clips, bands, frames = features.shape
    mean = features.mean(dim=(1, 2), keepdim=True)
    for _ in range(2):
        features = torch.where(_stretch(clips, bands, 16)[:, :, None], mean, features)
        features = torch.where(_stretch(clips, frames, max(1, frames // 6))[:, None], mean, features)
    return features


def _stretch(clips: int, size: int, longest: int) -> Tensor:
    start = torch.rand(clips, 1) * size
    place = torch.arange(size)
    return (place >= start) & (place < start + torch.rand(clips, 1) * longest)


def score_lines(network: AudioEmotionNetwork, lines: Held) -> NDArray[np.float64]:
    """(N, 7) scores of whole lines, before the sigmoid."""
    network.eval()
    with torch.inference_mode():
        rows = [network(torch.from_numpy(np.ascontiguousarray(sound))[None])[0] for sound in lines.sounds]
    return torch.stack(rows).double().numpy()


def score(network: AudioEmotionNetwork, lines: Held, sure: float) -> VoiceScores:
    """Calibrates on lines and scores them."""
    scores = score_lines(network, lines)
    temperature = calibration.fit_temperature(scores, lines.labels)
    share = calibration.sigmoid_shares(scores / temperature)
    table = calibration.confusion(share.argmax(axis=1), lines.labels, len(EMOTIONS))
    return VoiceScores(
        calibration.balanced_accuracy(table),
        calibration.surprise_of(share, lines.labels),
        calibration.reliability(share, lines.labels).error,
        temperature,
        calibration.choose_threshold(share, lines.labels, sure),
    )


def _keep(
    averaged: AveragedModel,
    network: AudioEmotionNetwork,
    optimizer: torch.optim.Optimizer,
    config: PaperConfig,
    aside: Held,
    at: tuple[int, float, float],
) -> float:
    """Scores, logs and writes checkpoints; returns the best score so far."""
    done, loss, best = at
    average = cast(AudioEmotionNetwork, averaged.module)
    scores = score(average, aside, config.sure)
    print(f"round {done}  loss {loss:.4f}  {scores}", flush=True)
    row = {"step": done, "loss": loss, **asdict(scores)}
    log_row(config.out / "log.csv", {name: round(value, 5) for name, value in row.items()})
    about: dict[str, object] = {"step": done, "scores": asdict(scores), "config": asdict(config)}
    if scores.surprise < best:
        best = scores.surprise
        checkpoint.save(config.out, "best", average, None, about)
    checkpoint.save(config.out, "average", average, None, about)
    checkpoint.save(config.out, "last", network, optimizer, {**about, "best": best})
    return best
