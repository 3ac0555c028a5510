"""Training what hears the emotion in a voice: a linear readout of what the ear of the line tells of it.

`train(config)` reads as the story of a run, which takes minutes: the ear hears every recording once, and a readout is
fitted for each strength of shrinkage, of which validation speakers choose one. What differs between recordings of one
line, or between neutral voices, tells nothing of an emotion; a readout that leans on it is held back. Knows nothing of
how recordings are made (`voices`) or what ships (`facetake.export`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facetake import inference
from facetake.arrays import F64
from facetake.emotion import EMOTIONS
from facetake.networks.optimization import minimize
from facetake.networks.voice_emotion import VoiceEmotion
from facetake_training import calibration, checkpoint, emotion_datasets
from facetake_training.voice_statistics import Statistics, heard
from facetake_training.voices import VoiceData

NAME = "audio_emotion"
NEVER = -1000.0  # score of an emotion that nothing teaches
STEPS = 60  # of the quasi-Newton descent, which is flat long before
FLOOR = 0.1  # spread that every direction has at least, as a share of what it has over all recordings


@dataclass(frozen=True)
class EmotionConfig:
    """One run.

    Attributes:
        out: folder for the checkpoint and what was heard.
        data: what it learns from.
        ear: model folder whose ear hears; None is the shipped one.
        shrinkage: strengths to try, of which validation speakers choose.
        recording: how much more a direction shrinks for differing between recordings of one line.
        speaking: how much more a direction shrinks for differing between neutral recordings of a source.
        sure: share of the emotions shown that has to be right on validation speakers; sets the threshold.
        seed: of all chance.
        threads: torch's and the ear's.
    """

    out: Path
    data: VoiceData
    ear: Path | None = None
    shrinkage: tuple[float, ...] = (3e-3, 1e-2, 3e-2, 1e-1)
    recording: float = 1.0
    speaking: float = 1.0
    sure: float = 0.7
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class EmotionScores:
    """Scores on validation speakers.

    Attributes:
        balanced_accuracy: mean over the emotions of the share that is heard rightly, 0..1.
        surprise: mean negative logarithm of the right emotion's share, after calibration; chooses the shrinkage.
        calibration_error: expected, 0..1, after calibration.
        temperature: that was fitted.
        threshold: confidence from which on an emotion is shown.
        shrinkage: of the readout.
    """

    balanced_accuracy: float
    surprise: float
    calibration_error: float
    temperature: float
    threshold: float
    shrinkage: float


def train(config: EmotionConfig) -> Path:
    """Runs a run; what was heard before is not heard again.

    Returns:
        The checkpoint, `config.out`/best.safetensors.

    Raises:
        ConfigError: a source is not there, or no speakers are kept for validation.
        ModelError: the ear is missing, or does not tell how a voice sounds.
    """
    torch.set_num_threads(config.threads)
    ear = inference.load_ear(config.ear or inference.SHIPPED, config.threads)
    for source in config.data.sources:
        if left_out := emotion_datasets.read(source).left_out:
            print(f"{source.path}: left out, as Facetake has no such emotion: {left_out}", flush=True)
    learnt, aside = (
        heard(config.data, split, config.seed, ear, config.out / f"{split}.npz") for split in ("train", "valid")
    )
    tried = [(network, score(network, aside, strength, config.sure)) for strength, network in readouts(config, learnt)]
    for _, scores in tried:
        print(scores, flush=True)
    network, scores = min(tried, key=lambda pair: pair[1].surprise)
    about: dict[str, object] = {"step": STEPS, "scores": asdict(scores), "config": asdict(config)}
    about |= {"n_voice": ear.n_voice, "ear_sha256": ear.sha256}
    checkpoint.save(config.out, "best", network, None, about)
    return config.out / "best.safetensors"


def readouts(config: EmotionConfig, learnt: Statistics) -> Iterator[tuple[float, VoiceEmotion]]:
    """A fitted readout for each strength of shrinkage."""
    x = learnt.voices.astype(np.float64)
    weight = weights(config.data, learnt)
    usual = np.average(x, axis=0, weights=weight)
    scale = np.sqrt(np.average((x - usual) ** 2, axis=0, weights=weight)) + 1e-6
    basis = _basis((x - usual) / scale, config, learnt) / scale[:, None]
    inputs, labels, balance = (torch.from_numpy(a) for a in ((x - usual) @ basis, learnt.labels, weight))
    for strength in config.shrinkage:
        matrix, bias = _fitted(inputs.float(), labels, balance.float(), strength)
        network = VoiceEmotion(x.shape[1] // 2)
        with torch.no_grad():
            network.usual.copy_(torch.from_numpy(usual))
            network.out.weight.copy_(torch.from_numpy((basis @ matrix.double().numpy()).T))
            network.out.bias.copy_(bias)
            network.out.bias[np.setdiff1d(np.arange(len(EMOTIONS)), learnt.labels)] = NEVER
        yield strength, network


def weights(data: VoiceData, learnt: Statistics) -> F64:
    """(N,) that add up to 1: emotions weigh the same, in each the sources as asked, in these recordings the same."""
    share = np.array([source.weight for source in data.sources])
    weight = np.zeros(len(learnt.labels))
    for label in np.unique(learnt.labels):
        mine = learnt.labels == label
        count = np.bincount(learnt.sources[mine], minlength=len(share))
        own = learnt.sources[mine]
        weight[mine] = share[own] / count[own] / share[count > 0].sum()
    return np.asarray(weight / weight.sum())


def _basis(x: F64, config: EmotionConfig, learnt: Statistics) -> F64:
    """(D, D) directions of standardised statistics, each the smaller the more it differs where no emotion does."""
    calm = learnt.labels == 0
    spread = config.recording * _within(x, learnt.lines) + config.speaking * _within(x[calm], learnt.sources[calm])
    size, directions = np.linalg.eigh(spread + FLOOR * np.eye(len(spread)))
    return np.asarray(directions / np.sqrt(size))


def _within(x: F64, groups: NDArray[np.int64]) -> F64:
    """(D, D) covariance of rows about the mean of their group."""
    _, place, count = np.unique(groups, return_inverse=True, return_counts=True)
    mean = np.zeros((len(count), x.shape[1]))
    np.add.at(mean, place, x)
    apart = x - (mean / count[:, None])[place]
    return np.asarray(apart.T @ apart / len(x))


def _fitted(x: Tensor, labels: Tensor, weight: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Matrix (D, 7) and bias (7,) of multinomial logistic regression with shrinkage."""
    matrix = torch.zeros(x.shape[1], len(EMOTIONS), requires_grad=True)
    bias = torch.zeros(len(EMOTIONS), requires_grad=True)

    def loss() -> Tensor:
        each = nn.functional.cross_entropy(x @ matrix + bias, labels, reduction="none")
        return (weight * each).sum() + strength * matrix.square().sum()

    minimize([matrix, bias], loss, STEPS, searching=True)
    return matrix.detach(), bias.detach()


def score(network: VoiceEmotion, aside: Statistics, shrinkage: float, sure: float) -> EmotionScores:
    """Calibrates on recordings kept aside and scores them."""
    with torch.inference_mode():
        scores = network(torch.from_numpy(aside.voices)).double().numpy()
    temperature = calibration.fit_temperature(scores, aside.labels, calibration.softmax)
    share = calibration.softmax(scores / temperature)
    table = calibration.confusion(share.argmax(axis=1), aside.labels, len(EMOTIONS))
    return EmotionScores(
        calibration.balanced_accuracy(table),
        calibration.surprise_of(share, aside.labels),
        calibration.reliability(share, aside.labels).error,
        temperature,
        calibration.choose_threshold(share, aside.labels, sure),
        shrinkage,
    )
