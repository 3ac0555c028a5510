"""How late is a video's own sound against its lips? Asked of a small network of the sound's bands, not of what ships.

A lag of finished takes is the takes' and the clip's own together; this tells the clip's, by a readout of the opening
that learnt from other people's tracked lips and knows nothing of the ear, the phones and the finishing that are
measured. Its zero is that of the clips it learnt from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from facetake import audio
from facetake.arrays import F32, F64
from facetake.networks.logmel import FEATURES_PER_FRAME, LogMel
from facetake.networks.optimization import step
from facetake_training import lips

N_BANDS = 40  # half of what the ear takes: minutes of lips teach no more
REACH_FRAMES = 14  # 0.23 s to either side: a syllable before and one after
EVERY = 2  # frames between two that are seen, as neighbours say the same
HIDDEN = 64  # by choice: wider learns the few clips by heart
SEEDS = 4  # networks of their own start, whose mean is asked; that they agree says that the lag can be told
ROUNDS = 60  # passes over all frames; on people left out the error is flat from 40 on
BATCH = 256  # frames; more a step learn no better, fewer no sooner
MOST_S = 0.24  # further than the takes' lags are looked for, since film is seldom further off
STEP_S = 0.01  # a quarter of a frame of video
LEAST_FIRMNESS = 1.0
"""Agreement times the root of the seconds: 6 in 100 pairs of one clip's lips and another's sound reach it."""
MOST_APART_S = 0.04  # between the networks' lags: a frame of video


@dataclass(frozen=True)
class ClipOffset:
    """What is known of a clip's own offset.

    Attributes:
        late_s: how late its sound is against its lips; below 0 it is early.
        agrees: correlation of the opening read in the sound's bands with the tracked one, there.
        is_sure: whether they agree better than strangers' do over as long, and all networks on one lag.
    """

    late_s: float
    agrees: float
    is_sure: bool


class OffsetReader:
    """Networks that read an opening in the bands of a sound."""

    def __init__(self, config: lips.LipsConfig) -> None:
        """Teaches them all clips of a truth file.

        Args:
            config: other people than those who are asked about.

        Raises:
            ConfigError: there are none.
        """
        rows, openings = zip(*(_lesson(config, clip) for clip in lips.clips(config)), strict=True)
        seen = np.concatenate(rows)
        self._mean = seen.mean(axis=0)
        self._spread = seen.std(axis=0) + 1e-6
        known = torch.from_numpy((seen - self._mean) / self._spread)
        truth = torch.from_numpy(np.concatenate(openings))
        self._networks = [_taught(known, truth, seed) for seed in range(SEEDS)]

    def offset(self, config: lips.LipsConfig, clip: str) -> ClipOffset:
        """Of one clip.

        Args:
            config: where its lips and sound are.
            clip: its name.
        """
        sound = audio.read(lips.sound_path(config, clip))
        rows = torch.from_numpy((_rows(sound) - self._mean) / self._spread)
        with torch.inference_mode():
            read = [network(rows)[:, 0].double().numpy() for network in self._networks]
        truth = lips.tracked(config, clip)
        each = [_lag(one, truth) for one in read]
        agrees, late_s = _lag(np.mean(read, axis=0), truth)
        apart_s = max(lag_s for _, lag_s in each) - min(lag_s for _, lag_s in each)
        firmness = agrees * (truth.times_s[-1] - truth.times_s[0]) ** 0.5
        return ClipOffset(late_s, agrees, bool(firmness >= LEAST_FIRMNESS and apart_s <= MOST_APART_S + 1e-9))


def _rows(sound: F32) -> F32:
    """(T, bands seen) of samples, 60 a second."""
    n_frames = round(len(sound) * audio.FRAME_RATE_HZ / audio.SAMPLE_RATE_HZ)
    with torch.inference_mode():
        bands = LogMel(N_BANDS)(torch.from_numpy(sound)[None], n_frames)[0]
    frames = bands.unflatten(0, (n_frames, FEATURES_PER_FRAME)).mean(dim=1).numpy()
    padded = np.pad(frames, ((REACH_FRAMES, REACH_FRAMES), (0, 0)), mode="edge")
    around = [padded[first : first + n_frames] for first in range(0, 2 * REACH_FRAMES + 1, EVERY)]
    return np.concatenate(around, axis=1)


def _lesson(config: lips.LipsConfig, clip: str) -> tuple[F32, F32]:
    """Rows of a clip while its lips are tracked, and the opening there, of mean 0 and spread 1."""
    rows = _rows(audio.read(lips.sound_path(config, clip)))
    truth = lips.tracked(config, clip)
    seen = np.isfinite(truth.opening)
    times_s = np.arange(len(rows)) / audio.FRAME_RATE_HZ
    inside = (times_s >= truth.times_s[seen][0]) & (times_s <= truth.times_s[seen][-1])
    opening = np.interp(times_s[inside], truth.times_s[seen], truth.opening[seen])
    return rows[inside], ((opening - opening.mean()) / (opening.std() + 1e-9)).astype(np.float32)


def _taught(rows: Tensor, truth: Tensor, seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(rows.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1)
        )
        steps = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=0.05)
        for _ in range(ROUNDS):
            for some in torch.split(torch.randperm(len(rows)), BATCH):
                step(nn.functional.mse_loss(network(rows[some])[:, 0], truth[some]), steps)
    return network.eval()


def _lag(read: F64, truth: lips.TrackedLips) -> tuple[float, float]:
    """The best correlation and the lag that has it, in seconds."""
    return lips.lagged_correlation(
        np.arange(len(read)) / audio.FRAME_RATE_HZ, read, truth.times_s, truth.opening, MOST_S, STEP_S
    )
