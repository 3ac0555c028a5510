"""Fine-tuning in one command: a folder of sound and curves in, a model folder out that has learnt them.

Starts from an exported model, the shipped one by default. Says the error on the folder's own lines before and after,
and keeps the best weights. Knows nothing of how takes are read (`import_takes`) or exported (`shipping`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from facetake import inference
from facetake.audio import FRAME_RATE_HZ
from facetake.errors import ConfigError
from facetake.networks.emoface import EmoFace
from facetake_training import begun_with, checkpoint, shipping
from facetake_training.augment import AugmentConfig
from facetake_training.dataset import DataConfig, SourceConfig, own_curves, read_span, to_tensors, whole
from facetake_training.emoface import TrainConfig, build, train
from facetake_training.import_takes import import_folder, pairs
from facetake_training.losses import LossConfig

GENTLE = AugmentConfig(noise=0.5, snr_db=(15.0, 45.0), room=0.2, band=0.05, codec=0.03, level_db=(-15.0, 3.0), clip=0.0)
"""By choice, milder than the shipped ear's: a studio's recordings are cleaner than the world's."""
MIN_CROP_S = 1.0  # by choice: less holds no phrase
MAX_CROP_S = 5.0  # what networks hear at once in use: `inference.windows`


@dataclass(frozen=True)
class Result:
    """What fine-tuning did.

    Attributes:
        lines: how many it learnt from.
        before, after: mean absolute error of the curves on those lines.
        model: the model folder.
    """

    lines: int
    before: float
    after: float
    model: Path


def finetune(
    folder: Path,
    out: Path,
    start: Path | None = None,
    steps: int = 300,
    emotion: str = "neutral",
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Result:
    """Learns a folder of takes.

    Args:
        folder: sound files with curves of the same name, or EmoFace's layout.
        out: the model folder to write; also holds the imported corpus and the run, which resumes.
        start: the model folder to start from; the shipped one by default.
        steps: rounds of training.
        emotion: of lines whose name does not say it.
        seed: of everything.
        tell: takes sentences about what was guessed and what was left out.

    Raises:
        ConfigError, AudioError, TakeError: the folder cannot be imported, or the run in `out` began with another one.
        ModelError: there is nothing to start from.
    """
    if steps < 1:
        raise ConfigError(f"cannot fine-tune for {steps} rounds; give 1 or more")
    began = {
        "set of takes": begun_with.hash_of(folder, [one for pair in pairs(folder) for one in pair]),
        "model to start from": _hash_of_start(start),
        "emotion of takes whose name does not say it": emotion,
        "seed": str(seed),
    }
    begun_with.check(out, "last", steps, began)
    count = import_folder(folder, out / "corpus", emotion, tell=tell)
    size, weights = shipping.starting_point(start, out / "run")
    size = replace(size, whisper=replace(size.whisper, lips=0))  # lips follow the studio's takes, not other faces
    data = DataConfig((SourceConfig(out / "corpus"),), _crop_s(out / "corpus"), silence=0.0, augment=GENTLE)
    config = TrainConfig(
        out / "run",
        data,
        size,
        LossConfig(curves=20.0, mouth=1.0, velocity=1.0),
        weights,
        steps=steps,
        batch=8,
        learning_rate=3e-4,
        schedule="cosine",
        masks=size.encoder != "wav2vec2",
        encoder_rate=0.0,
        pretrained_rate=0.0,
        average=0.99,
        quantised=size.encoder == "whisper",
        every=max(1, steps // 3),
        seed=seed,
        workers=0,
    )
    network = build(config)
    before = error(network, out / "corpus")
    train(config)
    checkpoint.load_weights(out / "run" / "best.safetensors", network)
    after = error(network, out / "corpus")
    shipping.export_run(config, "finetune", out)
    return Result(count, before, after, out)


def _hash_of_start(start: Path | None) -> str:
    """Tells the model a run starts from; ConfigError where its weights cannot be read, empty where it has none."""
    weights = (start or inference.SHIPPED) / shipping.WEIGHTS
    return begun_with.hash_of(weights.parent, [weights]) if weights.is_file() else ""


def _crop_s(corpus: Path) -> float:
    """Length of an example: as long as the shortest line allows, within reason."""
    return float(np.clip(min(line.duration_s for line in whole(corpus)), MIN_CROP_S, MAX_CROP_S))


def error(network: EmoFace, corpus: Path) -> float:
    """Mean absolute error of a network's curves over the whole lines of an imported corpus."""
    network.eval()
    errors = []
    for line in whole(corpus):
        times_s = np.arange(max(1, round(line.duration_s * FRAME_RATE_HZ))) / FRAME_RATE_HZ
        example = to_tensors(own_curves(line, read_span(line.audio, 0.0, line.duration_s), times_s))
        with torch.inference_mode():
            curves, _ = network(example["audio"][None], example["emotion"][None])
        errors.append(float((curves[0] - example["curves"]).abs().mean()))
    return float(np.mean(errors))
