"""Does the mouth do in pauses what real mouths do: close in word lists, stay as open as faces in running speech?"""

from __future__ import annotations

import numpy as np

from facetake import mouth, rig
from facetake.arrays import F64
from facetake.audio import FRAME_RATE_HZ, read
from facetake.errors import ConfigError
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake_training import lips
from facetake_training.measure.report import MeasurementReport
from facetake_training.performers.prosody import frame_loudness

BELOW_DB = 35.0  # under the loud frames of a clip: a pause
LIST_S = 0.3  # pauses of a word list
RUNNING_S = (0.25, 0.6)  # pauses within running speech
MOST_JAW = 0.02  # by choice; the artist's is 0.00
LEAST_JAW_R = 0.82  # by choice; loudness alone reaches 0.64 to 0.79
MOST_APART = 0.1  # from real faces


def find(loudness: F64, least_s: float, most_s: float = np.inf) -> list[slice]:
    """Pauses in a line's level (T,) at 60 fps, those that begin or end it left out."""
    level_db = 20.0 * np.log10(loudness + 1e-9)
    quiet = level_db < np.percentile(level_db, 95) - BELOW_DB
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(np.int8))).reshape(-1, 2)
    inside = [(first, last) for first, last in edges if first > 0 and last < len(quiet)]
    return [slice(first, last) for first, last in inside if least_s <= (last - first) / FRAME_RATE_HZ <= most_s]


def measure_lists(config: lips.LipsConfig, models: Models) -> MeasurementReport:
    """Word lists with an artist's jaw (CLIP.jaw): jaw in pauses of `LIST_S` and more, and its correlation."""
    report = MeasurementReport()
    jaws = []
    follows = []
    with np.load(config.truth, allow_pickle=False) as truth:
        for clip in lips.clips(config):
            sound = lips.sound_path(config, clip)
            take = generate(sound, GenerateOptions(), models).take
            jaw = take.values[:, rig.columns("C_jaw")[0]].astype(np.float64)
            loudness = frame_loudness(read(sound), take.n_frames)
            found = find(loudness, LIST_S)
            artist = np.interp(take.times_s, truth[f"{clip}.time"], truth[f"{clip}.jaw"])
            follow, lag_s = lips.lagged_correlation(take.times_s, jaw, take.times_s, artist)
            loud, _ = lips.lagged_correlation(take.times_s, loudness, take.times_s, artist)
            ours, theirs = (float(np.mean([track[pause].mean() for pause in found])) for track in (jaw, artist))
            report.row(
                f"{clip:14s} {len(found)} pauses: jaw {ours:.3f}, artist {theirs:.3f}; "
                f"r of jaw {follow:.2f} at {1000 * lag_s:+.0f} ms, loudness {loud:.2f}"
            )
            jaws.append(ours)
            follows.append(follow)
    report.bar("mean jaw in pauses of 0.3 s and more", float(np.mean(jaws)), most=MOST_JAW)
    report.bar("mean correlation of the jaw", float(np.mean(follows)), least=LEAST_JAW_R)
    return report


def measure_running(config: lips.LipsConfig, models: Models) -> MeasurementReport:
    """Running speech against tracked faces: opening in short pauses, and the share of them that close.

    Openings are shares of the 95th percentile of the clip's own, ours and the face's.
    """
    rows = []
    for clip in lips.clips(config):
        sound = lips.sound_path(config, clip)
        face = lips.tracked(config, clip)
        take = generate(sound, GenerateOptions(), models).take
        ours = mouth.aperture(take.values).astype(np.float64)
        theirs = np.interp(take.times_s, face.times_s, face.opening)
        tracks = [track / max(float(np.percentile(track, 95)), 1e-6) for track in (ours, theirs)]
        for pause in find(frame_loudness(read(sound), take.n_frames), *RUNNING_S):
            if take.times_s[pause][0] > face.times_s[0] and take.times_s[pause][-1] < face.times_s[-1]:
                rows.append([(track[pause].mean(), track[pause].min() < lips.CLOSED_SHARE) for track in tracks])
    if not rows:
        raise ConfigError(f"{config.truth}: no clip has a pause of {RUNNING_S[0]} to {RUNNING_S[1]} s; name others")
    report = MeasurementReport()
    opening, closed = np.array(rows, float).reshape(-1, 2, 2).transpose(2, 1, 0).mean(axis=2)
    report.row(f"{len(rows)} pauses: opening ours {opening[0]:.2f}, faces {opening[1]:.2f}")
    report.row(f"share that closes: ours {closed[0]:.2f}, faces {closed[1]:.2f}")
    report.bar("mean opening in pauses, from real faces", abs(opening[0] - opening[1]), most=MOST_APART)
    report.bar("share of pauses that close, from real faces", abs(closed[0] - closed[1]), most=MOST_APART)
    return report
