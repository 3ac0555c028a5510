"""A teacher of lips: small readouts of frozen Whisper encoders, taught by tracked faces, over speech without a face.

Tracked faces are few; speech is not. `train` fits several readouts to the faces, `label` writes what they hear in the
lines of a corpus to CORPUS/lips.npz, which `dataset` reads: there the performer's lips give way to the teacher's. Knows
nothing of curves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from facetake import files
from facetake.arrays import F32
from facetake.audio import SAMPLE_RATE_HZ, read
from facetake.errors import ConfigError
from facetake.networks.lip_readout import LipReadout
from facetake.networks.optimization import step
from facetake.networks.whisper import (
    HOP_SAMPLES,
    ROWS_PER_STATE,
    STATE_RATE_HZ,
    WhisperLayers,
    WhisperLogMel,
    WhisperSize,
)
from facetake.networks.whisper_weights import load_into
from facetake_training import checkpoint
from facetake_training.dataset import read_lines
from facetake_training.lips import (
    HEARD_DELAY_S,
    HEARD_LIPS,
    LipsConfig,
    clips,
    mean,
    score_tracks,
    sound_path,
    tracked,
)
from facetake_training.losses import apart

WINDOW_S = 10.0  # of sound that an encoder hears at once
LONGEST_S = 20  # of a clip counts in how often it is drawn, so that one speaker is not most of a folder
OVERLAP_S = 1.0  # and what it hears beside it: Whisper's edges lack context


@dataclass(frozen=True)
class LabelConfig:
    """Lines of a corpus that the teacher labels.

    Attributes:
        folder: a corpus folder.
        only: prefixes of speakers; empty for all.
        most: lines of each prefix at most, spread over the corpus; 0 for all.
    """

    folder: Path
    only: tuple[str, ...] = ()
    most: int = 0


@dataclass(frozen=True)
class TeacherConfig:
    """One teacher.

    Attributes:
        out: folder of its readouts.
        encoders: frozen encoders; each gets readouts of its own.
        tracked: folders of tracked lips.
        corpora: what it labels.
        lips: tracked lips of speakers left out, to score it by, or None.
        seeds: readouts of each encoder.
        steps: rounds for each readout.
        batch: crops a round.
        crop_s: length of a crop.
        hidden: channels of a readout.
        dropout: in a readout.
        learning_rate, weight_decay: of AdamW.
        rounding: weight of the rounding; the opening's is 1.
        faint: standard deviation of tracked rounding at which it counts half.
        threads: of torch; 0 leaves the default.
    """

    out: Path
    encoders: tuple[WhisperSize, ...]
    tracked: tuple[LipsConfig, ...]
    corpora: tuple[LabelConfig, ...] = ()
    lips: LipsConfig | None = None
    seeds: int = 3
    steps: int = 250
    batch: int = 12
    crop_s: float = 4.0
    hidden: int = 96
    dropout: float = 0.4
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    rounding: float = 1.0
    faint: float = 0.05
    threads: int = 1


@dataclass(frozen=True)
class TeacherClip:
    """One tracked clip.

    Attributes:
        states: (L, N, D) of one encoder.
        opening, rounding: (N,) at the states' instants.
        seen: (N,) 1 where the lips were tracked.
        weight: how often it is drawn: its folder's, shared among the folder's clips by their length.
    """

    states: Tensor
    opening: Tensor
    rounding: Tensor
    seen: Tensor
    weight: float


def train(config: TeacherConfig) -> list[str]:
    """Fits the readouts and labels the corpora; what is there already is kept.

    Returns:
        One line a corpus, how many lines were labelled, and one of scores where lips to score by are given.

    Raises:
        ConfigError, AudioError, ModelError: faces, corpora or weights are missing or damaged.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    heard: dict[Path, list[F32]] = {}
    encoders = [_encoder(size) for size in config.encoders]  # all that is missing is told before hours of work
    wanted = {corpus.folder: _chosen(corpus) for corpus in config.corpora}
    judged = {clip: sound_path(config.lips, clip) for clip in clips(config.lips)} if config.lips else {}
    _check_sounds(config, [*judged.values(), *(line for lines in wanted.values() for line in lines)])
    for number, (size, encoder) in enumerate(zip(config.encoders, encoders, strict=True)):
        readouts = _readouts(encoder, size, number, config)
        for lines in (*wanted.values(), judged.values()):
            for line in lines:
                heard.setdefault(line, []).append(_heard(encoder, readouts, read(line)))
    report = [_write(folder, lines, heard) for folder, lines in wanted.items()]
    return report + ([_score(config.lips, judged, heard)] if config.lips else [])


def _check_sounds(config: TeacherConfig, others: Sequence[Path]) -> None:
    """Makes sure that every sound is there that will be heard (ConfigError)."""
    faces = [sound_path(folder, clip) for folder in config.tracked for clip in clips(folder)]
    if missing := [path for path in (*faces, *others) if not path.is_file()]:
        raise ConfigError(
            f"{missing[0]} is missing, and {len(missing) - 1} more sounds; put them there, or name others"
        )


def _score(config: LipsConfig, judged: Mapping[str, Path], heard: Mapping[Path, Sequence[F32]]) -> str:
    """How well the teacher's own word follows the lips of clips that it did not learn from."""
    scores = []
    for clip, sound in judged.items():
        track = np.mean(heard[sound], axis=0).astype(float)
        times_s = np.arange(len(track)) / STATE_RATE_HZ + HEARD_DELAY_S
        opening = track[:, 0] - np.percentile(track[:, 0], 2)  # a readout has no zero: its least counts as shut
        scores.append(score_tracks(opening, track[:, 1], times_s, config, clip))
    found = mean(scores)
    return f"the teacher alone: opening {found.aperture:.3f}  rounding {found.pucker:.3f}  closures {found.closure:.3f}"


def _encoder(size: WhisperSize) -> WhisperLayers:
    encoder = WhisperLayers(size.width, size.layers)
    load_into(encoder, size.files)
    return encoder.eval().requires_grad_(False)


def _readouts(encoder: WhisperLayers, size: WhisperSize, number: int, config: TeacherConfig) -> list[LipReadout]:
    """The readouts of one encoder, fitted where they are not on disk yet."""
    readouts = []
    faces = None
    for seed in range(config.seeds):
        readout = LipReadout(size.layers + 1, size.width, config.hidden, config.dropout)
        name = f"encoder{number}_seed{seed}"
        if (config.out / f"{name}.safetensors").is_file():
            checkpoint.load_weights(config.out / f"{name}.safetensors", readout)
        else:
            faces = _faces(encoder, config) if faces is None else faces
            _fit(readout, faces, config, seed)
            checkpoint.save(config.out, name, readout, None, {"clips": len(faces), "steps": config.steps})
        readouts.append(readout.eval())
    return readouts


def _faces(encoder: WhisperLayers, config: TeacherConfig) -> list[TeacherClip]:
    found = []
    for folder in config.tracked:
        heard = {clip: states_of(encoder, read(sound_path(folder, clip))) for clip in clips(folder)}
        sizes = {clip: min(states.shape[1], LONGEST_S * STATE_RATE_HZ) for clip, states in heard.items()}
        for clip, states in heard.items():
            lips = tracked(folder, clip)
            times_s = np.arange(states.shape[1]) / STATE_RATE_HZ + HEARD_DELAY_S
            opening, rounding = (
                torch.from_numpy(np.interp(times_s, lips.times_s, track).astype(np.float32))
                for track in (lips.opening, lips.rounding)
            )
            seen = torch.from_numpy(((times_s >= lips.times_s[0]) & (times_s <= lips.times_s[-1])).astype(np.float32))
            weight = folder.weight * sizes[clip] / sum(sizes.values())
            found.append(TeacherClip(states, opening, rounding, seen, weight))
    return found


def states_of(encoder: WhisperLayers, sound: F32) -> Tensor:
    """(L, N, D) states of samples (S,), 50 a second, heard in overlapping windows."""
    log_mel = WhisperLogMel()
    per_state = HOP_SAMPLES * ROWS_PER_STATE
    window = round(WINDOW_S * SAMPLE_RATE_HZ)
    overlap = round(OVERLAP_S * SAMPLE_RATE_HZ)
    parts = []
    for at in range(0, max(1, len(sound)), window):
        first = max(0, at - overlap)
        piece = torch.from_numpy(sound[first : at + window + overlap].copy())[None]
        count = -(-piece.shape[1] // per_state)
        with torch.no_grad():
            states = torch.cat(encoder(log_mel(piece, ROWS_PER_STATE * count)))
        begin = (at - first) // per_state
        parts.append(states[:, begin : begin + -(-min(window, len(sound) - at) // per_state)])
    return torch.cat(parts, dim=1)


def _fit(readout: LipReadout, faces: Sequence[TeacherClip], config: TeacherConfig, seed: int) -> None:
    """Teaches one readout the tracked lips: one minus the correlation, so that no scale is assumed."""
    torch.manual_seed(seed)
    for module in (readout.inner, readout.memory, readout.out):
        module.reset_parameters()
    every = torch.cat([face.states for face in faces], dim=1)
    readout.mean.copy_(every.mean(dim=1, keepdim=True))
    readout.spread.copy_(every.std(dim=1, keepdim=True) + 1e-3)
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(readout.parameters(), config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    weights = np.array([face.weight for face in faces])
    readout.train()
    for _ in range(config.steps):
        drawn = rng.choice(len(faces), config.batch, p=weights / weights.sum())
        batch = [_crop(faces[i], config.crop_s, rng) for i in drawn]
        states, opening, rounding, seen = (torch.stack(part) for part in zip(*batch, strict=True))
        track = readout(states)
        loss = apart(track[..., 0], opening, seen) + config.rounding * apart(
            track[..., 1], rounding, seen, config.faint
        )
        step(loss.mean(), optimizer, readout)
        schedule.step()
    readout.eval()
    with torch.no_grad():
        tracks = torch.cat([readout(face.states[None])[0] for face in faces])
    readout.scale.copy_(tracks.std(dim=0))


def _crop(face: TeacherClip, crop_s: float, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    count = round(crop_s * STATE_RATE_HZ)
    at = int(rng.integers(0, max(1, face.states.shape[1] - count)))
    here = slice(at, at + count)
    short = count - face.states[:, here].shape[1]
    states = nn.functional.pad(face.states[:, here], (0, 0, 0, short))
    tracks = [nn.functional.pad(track[here], (0, short)) for track in (face.opening, face.rounding, face.seen)]
    return states, tracks[0], tracks[1], tracks[2]


def _heard(encoder: WhisperLayers, readouts: Sequence[LipReadout], sound: F32) -> F32:
    """(N, 2) mean opening and rounding that the readouts of one encoder hear in samples (S,)."""
    states = states_of(encoder, sound)[None]
    with torch.no_grad():
        tracks = torch.stack([readout(states)[0] for readout in readouts])
    return np.asarray(tracks.mean(dim=0).numpy(), np.float32)


def _chosen(corpus: LabelConfig) -> list[Path]:
    """Sound files of a corpus's training lines that are to be labelled."""
    chosen: list[Path] = []
    for prefix in corpus.only or ("",):
        lines = [line.audio for line in read_lines(corpus.folder, "train", (prefix,) if prefix else ())]
        every = max(1, len(lines) // corpus.most) if corpus.most else 1
        chosen += lines[::every][: corpus.most or None]
    return chosen


def _write(folder: Path, lines: Sequence[Path], heard: Mapping[Path, Sequence[F32]]) -> str:
    """Writes the labels of a corpus beside its lines, whole or not at all."""
    arrays = {line.relative_to(folder).as_posix(): np.mean(heard[line], axis=0).astype(np.float32) for line in lines}
    part = folder / f"{HEARD_LIPS}.part"
    with part.open("wb") as file:
        np.savez(file, **arrays)
    files.replace(part, folder / HEARD_LIPS)
    return f"{folder}: {len(lines)} lines labelled"
