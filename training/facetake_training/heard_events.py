"""Training what hears events that are not speech: a small network on what the ear tells of the line, and its bands.

`train(config)` reads as the story of a run, which takes minutes: the ear hears every recording, and again as others
would have made it; networks reconsider the labels of what they did not learn from; those that learnt without a part of
the recordings, or without a whole source of them, tell what is found there, and in noise; the last learns from all.
Knows nothing of what ships (`facetake_training.shipping`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
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
from facetake.audio.bands import N_BANDS, OUT_DB
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.inference.ear import Ear
from facetake.inference.event_listener import heard_in
from facetake.networks.event_detector import EventDetector
from facetake.networks.optimization import step
from facetake.timebase import n_frames
from facetake_training import checkpoint, rerecording
from facetake_training.augment import AugmentConfig, augment
from facetake_training.rerecording import Spectrum

UNSURE: Final = "unsure"
MOST_BYTES: Final = 1 << 24  # of labels: some hundred thousand
WINDOW: Final = 200  # frames learnt from at once: what lies before and after a breath, and the word beside it
BATCH: Final = 12  # windows a step
NEAR: Final = 8  # frames beside a label that are not learnt from: where exactly a breath begins is anybody's guess
DOUBTED: Final = 12  # likewise beside an unsure one
CENTRED: Final = 0.45  # share of windows about an event; the others are anywhere
SOUNDS: Final = (".flac", ".ogg", ".wav")  # names of recordings end so
NOISE: Final = 0.1  # added to features, in their own spread: another take of the same
ROOM: Final = AugmentConfig(
    0.85, snr_db=(12.0, 45.0), room=0.5, equaliser=0.6, band=0.3, codec=0.1, level_db=(-26.0, 0.0), clip=0.0, babble=0.0
)
"""Another room, microphone and codec, by choice: a breath is 20 to 50 dB below the voice, in most rooms' noise."""
REWORKED_NOISY: Final = 0.35  # share of reworked recordings that are noisy before, by choice: who cleans had noise
NOISES: Final = 1  # of the run's chances, those of other recordings
OPEN: Final = 0.25
"""Probability from which on a frame that nobody labelled is not learnt from as none.

Of 43 such stretches that networks were sure of, 6 were breaths and 17 in doubt.
"""
TAKEN_OUT: Final = 0.2
"""Share of events that are taken out of a recording as others would have made it, by choice: its pause is empty."""
SURE: Final = 0.93  # from which on such a stretch is learnt from as an event, by choice
SURE_OF_DOUBT: Final = 0.75  # likewise where somebody saw a doubtful one
STANDS_OUT: Final = (3.0, 5)
"""Decibels over the quietest nearby, and bands of the 40, in which an event must stand out of other noise to be learnt.

With less a network learns how long a pause with a breath lasts, and takes empty ones for some. By choice.
"""
THRESHOLDS: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993)  # that are told of beside the one chosen
RATE: Final = 3e-3  # of learning at its highest, a third of the way on
DECAY: Final = 1e-2  # of weights


@dataclass(frozen=True)
class EventSource:
    """Recordings with labels.

    Attributes:
        path: their folder; FLAC, Ogg or WAV.
        labels: a table of recording, start, end and kind, or "unsure"; tabs between, # before comments.
        licence: of the recordings, for models.toml.
        labelled_only: nobody has looked at recordings without a label; False where there is nothing in those.
        share: of what is learnt from, beside that of the other sources.
        noises: times that every recording is heard again, each in the noise of another room of this source.
        reworkings: likewise as tools leave it, with or without such noise.
        rooms: likewise, each in a room that is made up.
        left_out: networks that learnt from the other sources alone tell what is found in this one, too.
    """

    path: Path
    labels: Path
    licence: str
    labelled_only: bool = False
    share: float = 1.0
    noises: int = 0
    reworkings: int = 0
    rooms: int = 0
    left_out: bool = False


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
        steps: times that the network is changed a little.
        folds: parts of the recordings, each heard by a network that did not learn from it.
        reconsidered: times that labels are reconsidered so before they are learnt from; see `reconsidered`.
        seed: of all chance.
        threads: torch's and the ear's.
    """

    out: Path
    listened: tuple[EventSource, ...]
    unheard: EventSource | None = None
    kinds: tuple[str, ...] = ("breath_in",)
    threshold: float = 0.9
    ear: Path | None = None
    steps: int = 1300
    folds: int = 3
    reconsidered: int = 0
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Listened:
    """One recording.

    Attributes:
        features: (T, D) float16 what the ear heard, and the levels of bands behind.
        labels: (T, K) 1 in an event.
        known: (T,) 1 where that is known.
        energy_db: (T,) level.
        spans: first and last frame, and kind, of each label.
    """

    features: NDArray[np.float16]
    labels: F32
    known: F32
    energy_db: F32
    spans: tuple[tuple[int, int, str], ...]


Recording = tuple[Listened, ...]
"""A recording as it is, and behind it as others would have made it: in noise, reworked, in other rooms."""
Part = tuple[float, Sequence[Recording]]
"""A share of what is learnt from, and recordings."""
Span = tuple[float, float, str]
"""Start and end of a label in seconds, and its kind."""


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
    parts = [(source.share, listened(config, source, ear)) for source in config.listened]
    taught: Sequence[Part] = parts
    for _ in range(config.reconsidered):
        taught = reconsidered(config, parts, taught)
    told: list[Told] = []
    in_noise: list[Told] = []
    for fold in range(config.folds):
        network = fitted(config, [(share, _apart(known, fold, config.folds)) for share, known in taught])
        apart = [known[fold :: config.folds] for _, known in parts]
        told += [_told(network, one) for known in apart for one in known]
        noisy = [known for source, known in zip(config.listened, apart, strict=True) if source.noises]
        in_noise += [_told(network, one[1:]) for known in noisy for one in known]
    scores = curve(config, told, "left out")
    if in_noise:
        curve(config, in_noise, "left out, in noise")
    for number, source in enumerate(config.listened):
        if source.left_out:
            network = fitted(config, [*taught[:number], *taught[number + 1 :]])
            curve(config, [_told(network, one) for one in parts[number][1]], f"{source.path.name} left out")
    network = fitted(config, taught)
    if config.unheard is not None:
        unheard = [_told(network, one) for one in listened(config, config.unheard, ear)]
        scores |= {f"unheard_{name}": score for name, score in curve(config, unheard, "unheard").items()}
    about: dict[str, object] = {"step": config.steps, "scores": scores, "config": asdict(config)}
    about |= {"n_features": len(network.usual), "ear_sha256": ear.sha256}
    checkpoint.save(config.out, "best", network, None, about)
    return config.out / "best.safetensors"


def reconsidered(config: EventConfig, parts: Sequence[Part], taught: Sequence[Part]) -> Sequence[Part]:
    """What to learn from, after networks that learnt from the other folds heard each recording.

    Args:
        config: the run.
        parts: the recordings as people labelled them.
        taught: what those networks learn from.
    """
    found = [(share, list(recordings)) for share, recordings in parts]
    for fold in range(config.folds):
        network = fitted(config, [(share, _apart(known, fold, config.folds)) for share, known in taught])
        for _, recordings in found:
            for number in range(fold, len(recordings), config.folds):
                first = recordings[number][0]
                shares = probabilities(network, first)
                recordings[number] = tuple(believed(config.kinds, one, first, shares) for one in recordings[number])
    return found


def believed(kinds: Sequence[str], line: Listened, first: Listened, shares: F32) -> Listened:
    """A recording with labels that are reconsidered.

    What nobody labelled is left open where an event is likely, and believed where a network is sure of it; in a
    recording as others would have made it, what does not stand out of its pause is left open.

    Args:
        kinds: of events.
        line: `first` itself, or another making of it.
        first: the recording as it is.
        shares: (T, K) probabilities in `first`, by a network that did not learn from it.
    """
    labels, known, spans = line.labels.copy(), line.known.copy(), list(line.spans)
    shares = shares.copy()
    for a, b, what in first.spans:
        if what != UNSURE and not _beside(spans, a, b):  # it was taken out: there is nothing for certain
            shares[max(0, a - DOUBTED) : b + DOUBTED] = 0.0
    known[((shares > OPEN) & (labels == 0.0)).any(axis=1)] = 0.0
    for number, kind in enumerate(kinds):
        for one in heard_in(shares[:, number], first.energy_db, kind, SURE_OF_DOUBT):
            a, b = round(one.start_s * FRAME_RATE_HZ), round(one.end_s * FRAME_RATE_HZ)
            there = _beside(spans, a, b)
            if all(what == UNSURE for _, _, what in there) and (there or one.confidence > SURE):
                spans = [*(span for span in spans if span not in there), (a, b, kind)]
                labels[a:b, number], known[a:b] = 1.0, 1.0
    for a, b, what in [span for span in spans if line is not first and span[2] != UNSURE]:
        if not _stands_out(line, a, b):
            spans[spans.index((a, b, what))] = (a, b, UNSURE)
            labels[a:b], known[max(0, a - NEAR) : b + NEAR] = 0.0, 0.0
    return replace(line, labels=labels, known=known, spans=tuple(sorted(spans)))


def _beside(spans: Sequence[tuple[int, int, str]], first: int, last: int) -> list[tuple[int, int, str]]:
    return [(a, b, what) for a, b, what in spans if first < b and last > a]


def _stands_out(line: Listened, first: int, last: int) -> bool:
    """Whether an event is louder than the quietest nearby in some of the bands, of which features tell last."""
    over_db, bands = STANDS_OUT
    out_db = line.features[first:last, -N_BANDS:].astype(np.float32).mean(axis=0) * OUT_DB
    return bool(np.count_nonzero(out_db >= over_db) >= bands)


def _apart(recordings: Sequence[Recording], fold: int, folds: int) -> list[Recording]:
    return [one for number, one in enumerate(recordings) if number % folds != fold]


Told = tuple[Listened, F32]
"""A recording and the probabilities (T, K) that a network tells of it."""


def _told(network: EventDetector, recording: Recording) -> Told:
    return recording[0], probabilities(network, recording[0])


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


def fitted(config: EventConfig, parts: Sequence[Part]) -> EventDetector:
    """A network that learnt from some recordings."""
    torch.manual_seed(config.seed)
    random = np.random.default_rng(config.seed)
    lines = [[line for recording in recordings for line in recording] for _, recordings in parts]
    with_events = [[one for one in some if one.labels.any()] for some in lines]
    lengths = [np.array([len(one.features) for one in some], float) for some in lines]
    shares = np.array([share for share, _ in parts])
    heard = np.concatenate([one.features[::20] for some in lines for one in some]).astype(np.float32)
    network = EventDetector(heard.shape[1], len(config.kinds))
    network.usual.copy_(torch.from_numpy(heard.mean(axis=0)))
    network.spread.copy_(torch.from_numpy(heard.std(axis=0) + 1e-3))
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=config.steps)
    for _ in range(config.steps):
        windows = []
        for part in random.choice(len(lines), BATCH, p=shares / shares.sum()):
            is_centred = bool(with_events[part]) and random.random() < CENTRED
            if is_centred:
                line = with_events[part][random.integers(len(with_events[part]))]
            else:
                line = lines[part][random.choice(len(lines[part]), p=lengths[part] / lengths[part].sum())]
            windows.append(tuple(_window(line, is_centred, random)))
        features, labels, known = (torch.from_numpy(np.stack(part)) for part in zip(*windows, strict=True))
        features = features + NOISE * torch.randn_like(features) * network.spread
        loss = F.binary_cross_entropy_with_logits(network(features), labels, reduction="none")
        step((loss * known[..., None]).mean(), optimizer)
        rates.step()
    return network.eval()


def probabilities(network: EventDetector, line: Listened) -> F32:
    """(T, K) what a network tells of a recording."""
    features = torch.from_numpy(line.features.astype(np.float32))
    with torch.no_grad():
        return np.asarray(network(features[None]).sigmoid()[0].numpy(), np.float32)


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


def listened(config: EventConfig, source: EventSource, ear: Ear) -> list[Recording]:
    """Every recording, heard as it is and as others would have made it, with its labels. Raises ConfigError."""
    spans = read_labels(source.labels, (*config.kinds, UNSURE))
    paths = sorted(path for path in source.path.glob("*") if path.suffix in SOUNDS)
    if missing := set(spans) - {path.stem for path in paths}:
        raise ConfigError(f"{source.path} has no recording {min(missing)}, which is labelled; see `path`")
    if source.labelled_only:
        paths = [path for path in paths if path.stem in spans]
    sounds = [audio.read(path) for path in paths]
    floors = [rerecording.floor_of(sound) for sound in sounds] if source.noises or source.reworkings else []
    found = []
    for number, (path, sound) in enumerate(zip(paths, sounds, strict=True)):
        others = _others(config, source, number, sound, spans.get(path.stem, []), floors)
        found.append(tuple(_listened(config, ear, *one) for one in others))
    return found


def _others(
    config: EventConfig, source: EventSource, number: int, sound: F32, spans: list[Span], floors: list[Spectrum]
) -> Iterator[tuple[F32, list[Span]]]:
    """A recording and its labels as they are, and as others would have made it; noise is of its own fold's rooms."""
    yield sound, spans
    whole, all_spans = sound, spans
    for version in range(source.noises + source.reworkings):
        random = np.random.default_rng([config.seed, NOISES, version, number])
        sound, spans = _with_fewer(whole, all_spans, random) if config.reconsidered else (whole, all_spans)
        times = [(start_s, end_s) for start_s, end_s, kind in spans if kind != UNSURE]
        other = rerecording.relevelled(sound, times, random)
        is_noisy = version < source.noises or random.random() < REWORKED_NOISY
        noise = (
            rerecording.noise_for(other, floors[number % config.folds :: config.folds], random) if is_noisy else None
        )
        labels = spans if noise is None else _heard_still(other, noise, spans)
        other = other if noise is None else other + noise
        other = other if version < source.noises else rerecording.reworked(other, random)
        yield np.clip(other, -1.0, 1.0), labels
    for room in range(source.rooms):
        yield augment(whole, ROOM, np.random.default_rng([config.seed + room, number])), all_spans


def _with_fewer(sound: F32, spans: Sequence[Span], random: np.random.Generator) -> tuple[F32, list[Span]]:
    """A recording and its labels without some of the events: their pauses are empty."""
    kept = []
    for start_s, end_s, kind in spans:
        if kind != UNSURE and random.random() < TAKEN_OUT:
            sound = rerecording.without(sound, start_s, end_s, random)
        else:
            kept.append((start_s, end_s, kind))
    return sound, kept


def _heard_still(sound: F32, noise: F32, spans: Sequence[Span]) -> list[Span]:
    """The labels, unsure where noise covers the event."""
    return [(a, b, kind if rerecording.is_heard(sound, noise, a, b) else UNSURE) for a, b, kind in spans]


def read_labels(path: Path, kinds: Sequence[str]) -> dict[str, list[Span]]:
    """Start and end in seconds and kind of each label, by recording. Raises ConfigError."""
    try:
        text = files.read_bytes(path, MOST_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the labels in {path}; see `labels`") from error
    found: dict[str, list[Span]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != 4 or cells[3] not in kinds:
            raise ConfigError(f"{path}, line {number} is no label; write recording, start, end and one of {kinds}")
        start_s, end_s = (quantities.number(cell, f"{path}, line {number}: a time", 0.0) for cell in cells[1:3])
        found.setdefault(cells[0], []).append((start_s, end_s, cells[3]))
    return found


def _listened(config: EventConfig, ear: Ear, sound: F32, labels: Sequence[tuple[float, float, str]]) -> Listened:
    count = n_frames(Fraction(len(sound), audio.SAMPLE_RATE_HZ), Fraction(FRAME_RATE_HZ))
    rhythm, levels = audio.Rhythm(count), audio.BandLevels(count)
    passing = levels.listening(rhythm.listening([sound]))
    heard = ear.hear(passing, count).features
    deque(passing, maxlen=0)  # the last frame is measured where the sound has ended
    features = np.concatenate([heard, levels.tracks()], axis=1, dtype=np.float16)
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


def _window(line: Listened, is_centred: bool, random: np.random.Generator) -> Iterator[F32]:
    """Features, labels and what is known of some seconds, about an event or anywhere."""
    start = int(random.integers(0, max(1, len(line.features) - WINDOW + 1)))
    if is_centred:
        real = [one for one in line.spans if one[2] != UNSURE]
        first, last, _ = real[int(random.integers(len(real)))]
        start = (first + last) // 2 - int(random.integers(WINDOW // 8, WINDOW - WINDOW // 8))
        start = int(np.clip(start, 0, max(0, len(line.features) - WINDOW)))
    for track in (line.features, line.labels, line.known):
        part = track[start : start + WINDOW].astype(np.float32)
        yield np.pad(part, ((0, WINDOW - len(part)), *((0, 0),) * (part.ndim - 1)))
