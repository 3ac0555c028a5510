"""Lips tracked in video of real speakers: to score generated curves against, and to learn from.

The truth is a .npz with, for each clip, CLIP.time (s), CLIP.aperture (inner-lip opening, any scale), CLIP.arkit (T,
52) scores and the shared `names` of those; CLIP.sound_late_s, where it is there, is how late the sound is. The sound is
CLIP.flac or video_CLIP.wav in a folder. Knows nothing of how the curves were made.
"""

from __future__ import annotations

import zipfile
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facetake import audio, mouth, rig
from facetake.arrays import F64
from facetake.errors import ConfigError
from facetake.generate import Performance
from facetake.networks.emoface import EmoFace

SETTLE_S = 0.3  # the tracker settles in its first frames
MAX_LAG_S = 0.16  # by choice: beyond it a curve agrees with another syllable
LAG_STEP_S = 0.02  # half a frame of video at 25 fps
HEARD_LIPS = "lips.npz"  # in a corpus folder: what a teacher heard, as lip_teacher writes it
HEARD_RATE_HZ = 50  # Whisper's states: `networks.whisper.STATE_RATE_HZ`
HEARD_DELAY_S = 0.01  # time of its first row: a state's middle lies this much after its place, by tracked lips
CLOSED_SHARE = 0.2  # of the 95th percentile: below it a mouth counts as closed


@dataclass(frozen=True)
class LipsConfig:
    """Where tracked lips are.

    Attributes:
        truth: the .npz of tracked lips.
        audio: folder of the clips' sound, CLIP.flac or video_CLIP.wav.
        only: names of the clips to use; empty for all.
        without: names of clips to leave out.
        weight: how often these are drawn, relative to other folders.
    """

    truth: Path
    audio: Path
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True)
class TrackedLips:
    """Lips of one clip as a tracker saw them, in time with its sound.

    Attributes:
        times_s: (T,) instants, rising.
        opening: (T,) distance between the inner lips, any scale.
        rounding: (T,) pucker and funnel scores added, 0..2.
    """

    times_s: F64
    opening: F64
    rounding: F64


@dataclass(frozen=True)
class LipScores:
    """How well curves follow real lips.

    Attributes:
        aperture: correlation of the opening, at the best lag.
        lag_ms: that lag; positive where the curves are late.
        pucker: correlation of rounding.
        closure: F1 of closed frames, one frame of slack.
    """

    aperture: float
    lag_ms: float
    pucker: float
    closure: float

    @property
    def goal(self) -> float:
        """One number to choose a model by."""
        return self.aperture + 0.5 * self.pucker + 0.5 * self.closure


def lagged_correlation(
    times_s: F64, values: F64, true_times_s: F64, truth: F64, most_s: float = MAX_LAG_S, step_s: float = LAG_STEP_S
) -> tuple[float, float]:
    """Best correlation over lags within `most_s`, and its lag in seconds."""
    best = (-2.0, 0.0)
    seen = np.isfinite(truth)
    for lag_s in np.arange(-most_s, most_s + 1e-9, step_s):
        moved = np.interp(true_times_s + lag_s, times_s, values)[seen]
        if moved.std() > 1e-6:
            best = max(best, (float(np.corrcoef(moved, truth[seen])[0, 1]), float(lag_s)))
    return best


def closure_f1(values: F64, truth: F64) -> float:
    """F1 of closed frames, each side allowed one frame of slack."""
    true_closed = truth < CLOSED_SHARE * np.nanpercentile(truth, 95)
    closed = values < CLOSED_SHARE * np.percentile(values, 95)

    def widened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.convolve(mask.astype(float), np.ones(3), "same") > 0)

    recall = (widened(closed) & true_closed).sum() / max(1, true_closed.sum())
    precision = (widened(true_closed) & closed).sum() / max(1, closed.sum())
    return float(2 * recall * precision / max(1e-9, recall + precision))


@dataclass(frozen=True)
class ClosureCounts:
    """Closed frames of speech, counted over clips, one frame of slack on either side.

    Attributes:
        real: in which tracked lips are closed.
        met: of those, in which the curves are.
        made: in which curves are closed.
        right: of those, in which tracked lips are.
        seals: closures for p, b and m that were made.
        false_seals: of those, at which tracked lips are nowhere closed.
    """

    real: int = 0
    met: int = 0
    made: int = 0
    right: int = 0
    seals: int = 0
    false_seals: int = 0

    def __add__(self, other: ClosureCounts) -> ClosureCounts:
        """Both together."""
        return ClosureCounts(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))

    @property
    def f1(self) -> float:
        """Of all clips' frames together."""
        recall, precision = self.met / max(self.real, 1), self.right / max(self.made, 1)
        return 2 * recall * precision / max(recall + precision, 1e-9)


def count_closures(
    performance: Performance, config: LipsConfig, clip: str, said_s: tuple[float, float], lag_s: float
) -> ClosureCounts:
    """Closures of a performance against a clip's tracked lips.

    Args:
        performance: of the clip's sound.
        config: where tracked lips are.
        clip: its name.
        said_s: begin and end of its speech.
        lag_s: of the curves behind the lips.
    """
    truth = tracked(config, clip)
    take = performance.take
    opening = mouth.aperture(take.values)
    made = np.interp(truth.times_s + lag_s, take.times_s, opening) < CLOSED_SHARE * np.percentile(opening, 95)
    real = truth.opening < CLOSED_SHARE * np.nanpercentile(truth.opening, 95)
    inside = (truth.times_s >= said_s[0]) & (truth.times_s <= said_s[1])
    near_made, near_real = (np.convolve(one.astype(float), np.ones(3), "same") > 0 for one in (made, real))
    frame_s = float(np.median(np.diff(truth.times_s)))
    seals = [one for one in performance.closures if one.kind == "p" and said_s[0] <= one.end_s <= said_s[1]]
    times_s = truth.times_s + lag_s
    false = [
        one for one in seals if not real[(times_s >= one.start_s - frame_s) & (times_s <= one.end_s + frame_s)].any()
    ]
    return ClosureCounts(
        int((real & inside).sum()),
        int((real & near_made & inside).sum()),
        int((made & inside).sum()),
        int((made & near_real & inside).sum()),
        len(seals),
        len(false),
    )


def clips(config: LipsConfig) -> list[str]:
    """Names of the clips of a truth file that the config asks for.

    Raises:
        ConfigError: no such file, it holds no clip, or none of a name asked for.
    """
    if not config.truth.is_file():
        raise ConfigError(f"no tracked lips at {config.truth}")
    with np.load(config.truth, allow_pickle=False) as truth:
        names = [key.removesuffix(".aperture") for key in truth.files if key.endswith(".aperture")]
    if not names:
        raise ConfigError(f"{config.truth} holds no clip (no array named CLIP.aperture)")
    for name in (*config.only, *config.without):
        if name not in names:
            raise ConfigError(f"{config.truth} holds no clip '{name}'; it holds {', '.join(names)}")
    return [name for name in (config.only or names) if name not in config.without]


def sound_path(config: LipsConfig, clip: str) -> Path:
    """Where the sound of a clip is."""
    flac = config.audio / f"{clip}.flac"
    return flac if flac.is_file() else config.audio / f"video_{clip}.wav"


def tracked(config: LipsConfig, clip: str) -> TrackedLips:
    """Reads one clip, without its first frames, in which the tracker settles."""
    with np.load(config.truth, allow_pickle=False) as truth:
        times_s = truth[f"{clip}.time"].astype(float)
        opening = truth[f"{clip}.aperture"].astype(float)
        names = list(truth["names"])
        arkit = truth[f"{clip}.arkit"].astype(float)
        late_s = float(truth[f"{clip}.sound_late_s"]) if f"{clip}.sound_late_s" in truth.files else 0.0
    rounding = arkit[:, names.index("mouthPucker")] + arkit[:, names.index("mouthFunnel")]
    settled = times_s > SETTLE_S
    return TrackedLips(times_s[settled] + late_s, opening[settled], rounding[settled])


def heard_lips(folder: Path) -> dict[Path, TrackedLips]:
    """Lips that a teacher heard in lines of a corpus folder, by sound file; none where there was no teacher.

    Raises:
        ConfigError: the file is damaged.
    """
    path = folder / HEARD_LIPS
    if not path.is_file():
        return {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            tracks = {folder / name: np.asarray(stored[name], np.float64) for name in stored.files}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is damaged ({error}); make it again with 'facetake-train lip-teacher'") from error
    return {
        sound: TrackedLips(np.arange(len(rows)) / HEARD_RATE_HZ + HEARD_DELAY_S, rows[:, 0], rows[:, 1])
        for sound, rows in tracks.items()
    }


def score_curves(values: NDArray[np.float32], times_s: F64, config: LipsConfig, clip: str) -> LipScores:
    """Scores curves (T, 174) of one clip."""
    return score_tracks(mouth.aperture(values).astype(float), mouth.pucker(values).astype(float), times_s, config, clip)


def score_tracks(aperture: F64, pucker: F64, times_s: F64, config: LipsConfig, clip: str) -> LipScores:
    """Scores an opening and a rounding (T,) each, of any scale, against one clip."""
    truth = tracked(config, clip)
    best, lag_s = lagged_correlation(times_s, aperture, truth.times_s, truth.opening)
    round_best, _ = lagged_correlation(times_s, pucker, truth.times_s, truth.rounding)
    f1 = closure_f1(np.interp(truth.times_s + lag_s, times_s, aperture), truth.opening)
    return LipScores(best, 1000.0 * lag_s, round_best, f1)


def mean(scores: list[LipScores]) -> LipScores:
    """Mean over clips."""
    table = np.array([[s.aperture, s.lag_ms, s.pucker, s.closure] for s in scores])
    return LipScores(*(float(value) for value in table.mean(axis=0)))


def score_network(network: EmoFace, config: LipsConfig) -> LipScores:
    """Mean scores of a network's raw curves, neutral, over all clips."""
    scores = []
    for clip in clips(config):
        sound = torch.from_numpy(audio.read(sound_path(config, clip)))[None]
        n_frames = round(sound.shape[1] * 60 / 16_000)
        emotion = torch.zeros(1, n_frames, 7)
        emotion[..., 0] = 1.0
        with torch.inference_mode():
            curves, _ = network(sound, emotion)
        values = rig.clamp(curves[0].numpy())
        scores.append(score_curves(values, np.arange(n_frames) / 60, config, clip))
    return mean(scores)
