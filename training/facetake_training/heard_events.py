"""Training what hears events that are not speech: a small network on the features of the ear of the line.

`train(config)` reads as the story of a run, which takes minutes: the ear hears every recording once; networks that
learnt without a part of the recordings tell what is found in that part; the last learns from all. Knows nothing of
what ships (`facetake_training.shipping`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from facetake import audio, files, inference
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.inference.ear import Ear
from facetake.inference.event_listener import heard_in
from facetake.networks.event_detector import EventDetector
from facetake.networks.optimization import step
from facetake.timebase import n_frames
from facetake_training import checkpoint

UNSURE: Final = "unsure"
MOST_BYTES: Final = 1 << 24  # of labels: some hundred thousand
WINDOW: Final = 300  # frames learnt from at once: five seconds
BATCH: Final = 8  # windows a step
NEAR: Final = 8  # frames beside a label that are not learnt from: where exactly a breath begins is anybody's guess
DOUBTED: Final = 12  # likewise beside an unsure one
CENTRED: Final = 0.7  # share of windows about an event, of a recording that has some
NOISE: Final = 0.1  # added to features, in their own spread: another room
THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.993, 0.995)  # that are told of beside the one chosen
RATE: Final = 2e-3  # of learning
DECAY: Final = 1e-2  # of weights


@dataclass(frozen=True)
class EventSource:
    """Recordings with labels.

    Attributes:
        path: their folder, FLAC.
        labels: a table of recording, start, end and kind, or "unsure"; tabs between, # before comments.
        licence: of the recordings, for models.toml.
    """

    path: Path
    labels: Path
    licence: str


@dataclass(frozen=True)
class EventConfig:
    """One run.

    Attributes:
        out: folder for the checkpoint.
        listened: what it learns from.
        unheard: recordings that nothing has learnt from, not even the ear; None leaves that out.
        kinds: of events.
        threshold: probability from which on an event is believed.
        ear: model folder whose ear hears; None is the shipped one.
        rounds: times that every recording is learnt from.
        folds: parts of the recordings, each heard by a network that did not learn from it.
        seed: of all chance.
        threads: torch's and the ear's.
    """

    out: Path
    listened: EventSource
    unheard: EventSource | None = None
    kinds: tuple[str, ...] = ("breath_in",)
    threshold: float = 0.9
    ear: Path | None = None
    rounds: int = 20
    folds: int = 3
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Listened:
    """One recording.

    Attributes:
        features: (T, D) what the ear heard.
        labels: (T, K) 1 in an event.
        known: (T,) 1 where that is known.
        energy_db: (T,) level.
        spans: first and last frame, and kind, of each label.
    """

    features: F32
    labels: F32
    known: F32
    energy_db: F32
    spans: tuple[tuple[int, int, str], ...]


def train(config: EventConfig) -> Path:
    """Runs a run.

    Returns:
        The checkpoint, `config.out`/best.safetensors.

    Raises:
        ConfigError: recordings or labels are missing or wrong.
        ModelError: the ear is missing.
    """
    torch.set_num_threads(config.threads)
    ear = inference.load_ear(config.ear or inference.SHIPPED, config.threads)
    lines = listened(config, config.listened, ear)
    left_out = []
    for fold in range(config.folds):
        network = fitted(config, [one for n, one in enumerate(lines) if n % config.folds != fold], ear.n_features)
        left_out += [(one, probabilities(network, one)) for one in lines[fold :: config.folds]]
    scores = curve(config, left_out, "left out")
    network = fitted(config, lines, ear.n_features)
    if config.unheard is not None:
        unheard = [(one, probabilities(network, one)) for one in listened(config, config.unheard, ear)]
        scores |= {f"unheard_{name}": score for name, score in curve(config, unheard, "unheard").items()}
    about: dict[str, object] = {"step": config.rounds, "scores": scores, "config": asdict(config)}
    about |= {"n_features": ear.n_features, "ear_sha256": ear.sha256}
    checkpoint.save(config.out, "best", network, None, about)
    return config.out / "best.safetensors"


Told = tuple[Listened, F32]
"""A recording and the probabilities (T, K) that a network tells of it."""


def curve(config: EventConfig, told: Sequence[Told], name: str) -> dict[str, float]:
    """Prints recall and false alarms at several thresholds; gives those at the one of the run."""
    minutes = sum(len(one.features) for one, _ in told) / FRAME_RATE_HZ / 60.0
    scores: dict[str, float] = {}
    for threshold in sorted({*THRESHOLDS, config.threshold}):
        found = sum((counted(config.kinds, one, shares, threshold) for one, shares in told), np.zeros(3))
        recall, alarms = found[0] / max(found[1], 1.0), 10.0 * found[2] / minutes
        print(
            f"{name}, above {threshold:g}: recall {recall:.3f} of {found[1]:.0f}, {alarms:.2f} false alarms in ten "
            f"minutes of {minutes:.1f}",
            flush=True,
        )
        if threshold == config.threshold:
            scores = {"recall": recall, "false_alarms_in_ten_minutes": alarms}
    return scores


def fitted(config: EventConfig, lines: Sequence[Listened], n_features: int) -> EventDetector:
    """A network that learnt from some recordings."""
    torch.manual_seed(config.seed)
    random = np.random.default_rng(config.seed)
    network = EventDetector(n_features, len(config.kinds))
    heard = np.concatenate([one.features[::5] for one in lines])
    network.usual.copy_(torch.from_numpy(heard.mean(axis=0)))
    network.spread.copy_(torch.from_numpy(heard.std(axis=0) + 1e-3))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    with_events = [number for number, one in enumerate(lines) if one.labels.any()]
    for _ in range(config.rounds):
        order = [*random.permutation(len(lines)), *random.permutation(with_events)]
        for first in range(0, len(order), BATCH):
            windows = [_window(lines[number], random) for number in order[first : first + BATCH]]
            features, labels, known = (torch.from_numpy(np.stack(part)) for part in zip(*windows, strict=True))
            features = features + NOISE * torch.randn_like(features) * network.spread
            loss = F.binary_cross_entropy_with_logits(network(features), labels, reduction="none")
            step((loss * known[..., None]).mean(), optimizer)
    return network.eval()


def probabilities(network: EventDetector, line: Listened) -> F32:
    """(T, K) what a network tells of a recording."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(line.features)[None]).sigmoid()[0].numpy(), np.float32)


def counted(kinds: Sequence[str], line: Listened, shares: F32, threshold: float) -> NDArray[np.float64]:
    """(3,) events found, events there, and false alarms in a recording; what is unsure counts for nothing."""
    total = np.zeros(3)
    for number, kind in enumerate(kinds):
        heard = [
            (one.start_s * FRAME_RATE_HZ, one.end_s * FRAME_RATE_HZ)
            for one in heard_in(shares[:, number], line.energy_db, kind, threshold)
        ]
        real = [one for one in line.spans if one[2] == kind]
        doubted = [(a - DOUBTED, b + DOUBTED, kind) for a, b, what in line.spans if what == UNSURE]
        total[0] += sum(any(a < last and b > first for a, b in heard) for first, last, _ in real)
        total[1] += len(real)
        total[2] += sum(not any(a < last and b > first for first, last, _ in [*real, *doubted]) for a, b in heard)
    return total


def listened(config: EventConfig, source: EventSource, ear: Ear) -> list[Listened]:
    """Every recording, heard, with its labels. Raises ConfigError."""
    spans = read_labels(source.labels, (*config.kinds, UNSURE))
    paths = sorted(source.path.glob("*.flac"))
    if missing := set(spans) - {path.stem for path in paths}:
        raise ConfigError(f"{source.path} has no recording {min(missing)}.flac, which is labelled; see `path`")
    return [_listened(config, ear, path, spans.get(path.stem, [])) for path in paths]


def read_labels(path: Path, kinds: Sequence[str]) -> dict[str, list[tuple[float, float, str]]]:
    """Start and end in seconds and kind of each label, by recording. Raises ConfigError."""
    try:
        text = files.read_bytes(path, MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the labels in {path}; see `labels`") from error
    found: dict[str, list[tuple[float, float, str]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or cells[3] not in kinds:
            raise ConfigError(f"{path}, line {number} is no label; write recording, start, end and one of {kinds}")
        start_s, end_s = (quantities.number(cell, f"{path}, line {number}: a time", 0.0) for cell in cells[1:3])
        found.setdefault(cells[0], []).append((start_s, end_s, cells[3]))
    return found


def _listened(config: EventConfig, ear: Ear, path: Path, labels: Sequence[tuple[float, float, str]]) -> Listened:
    with audio.stream(path) as sound:
        count = n_frames(sound.duration_s, Fraction(FRAME_RATE_HZ))
        rhythm = audio.Rhythm(count)
        features = ear.hear(rhythm.listening(sound), count).features.astype(np.float32)
    energy_db, _ = rhythm.tracks()
    spans = tuple((round(a * FRAME_RATE_HZ), round(b * FRAME_RATE_HZ), kind) for a, b, kind in labels)
    there = np.zeros((len(features), len(config.kinds)), np.float32)
    known = np.ones(len(features), np.float32)
    for first, last, kind in spans:
        beside = DOUBTED if kind == UNSURE else NEAR
        known[max(0, first - beside) : last + beside] = 0.0
    for first, last, kind in spans:
        if kind != UNSURE:
            known[first:last] = 1.0
            there[first:last, config.kinds.index(kind)] = 1.0
    return Listened(features, there, known, energy_db, spans)


def _window(line: Listened, random: np.random.Generator) -> Iterator[F32]:
    """Features, labels and what is known of five seconds, often about an event."""
    real = [one for one in line.spans if one[2] != UNSURE]
    start = int(random.integers(0, max(1, len(line.features) - WINDOW + 1)))
    if real and random.random() < CENTRED:
        first, last, _ = real[int(random.integers(len(real)))]
        start = (first + last) // 2 - int(random.integers(WINDOW // 8, WINDOW - WINDOW // 8))
        start = int(np.clip(start, 0, max(0, len(line.features) - WINDOW)))
    for track in (line.features, line.labels, line.known):
        part = track[start : start + WINDOW]
        yield np.pad(part, ((0, WINDOW - len(part)), *((0, 0),) * (part.ndim - 1)))
