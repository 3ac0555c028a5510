"""How well do finished takes follow lips tracked in video of real speakers?"""

from __future__ import annotations

import numpy as np

from facetake.audio import read
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake_training import lips
from facetake_training.measure import sync
from facetake_training.measure.report import MeasurementReport
from facetake_training.performers.prosody import frame_loudness


def measure(config: lips.LipsConfig, models: Models, against: lips.LipsConfig | None = None) -> MeasurementReport:
    """Measures every clip of a truth file, the whole of generation included.

    Args:
        config: the clips.
        models: the networks to measure.
        against: tracked lips of other people, from which a clip's own offset of sound and lips is learnt to be told,
            and then taken off; None: lags are the takes' and the clips' own together.
    """
    report = MeasurementReport()
    reader = None if against is None else sync.OffsetReader(against)
    scores = []
    loudness = []
    for clip in lips.clips(config):
        sound = lips.sound_path(config, clip)
        take = generate(sound, GenerateOptions(), models).take
        own = None if reader is None else reader.offset(config, clip)
        times_s = take.times_s - (own.late_s if own is not None and own.is_sure else 0.0)
        one = lips.score_curves(take.values, times_s, config, clip)
        scores.append(one)
        level = np.sqrt(frame_loudness(read(sound), take.n_frames))
        loudness.append(lips.score_tracks(level, level, times_s, config, clip))
        report.row(
            f"{clip:14s} aperture {one.aperture:.2f} at {one.lag_ms:+.0f} ms  "
            f"pucker {one.pucker:.2f}  closure F1 {one.closure:.2f}{_told(own)}"
        )
    mean = lips.mean(scores)
    alone = lips.mean(loudness)
    report.row(
        f"loudness alone: aperture {alone.aperture:.2f}  pucker {alone.pucker:.2f}  closure F1 {alone.closure:.2f}"
    )
    report.bar("mean correlation of the opening", mean.aperture, least=0.78)
    report.bar("mean correlation of rounding", mean.pucker, least=0.60)
    report.bar("mean F1 of closed frames", mean.closure, least=0.82)
    lags_ms = [abs(one.lag_ms) for one in scores]
    report.bar("median of the lag's absolute value, ms", float(np.median(lags_ms)), most=40.0)
    return report


def _told(own: sync.ClipOffset | None) -> str:
    if own is None:
        return ""
    if not own.is_sure:
        return "  (its own offset cannot be told)"
    return f"  (its own {1000.0 * own.late_s:+.0f} ms taken off, r {own.agrees:.2f})"
