"""How well do finished takes follow lips tracked in video of real speakers?"""

from __future__ import annotations

import numpy as np

from facetake.audio import read
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake_training import lips
from facetake_training.measure.report import MeasurementReport
from facetake_training.performers.prosody import frame_loudness


def measure(config: lips.LipsConfig, models: Models) -> MeasurementReport:
    """Measures every clip of a truth file, the whole of generation included."""
    report = MeasurementReport()
    scores = []
    loudness = []
    for clip in lips.clips(config):
        sound = lips.sound_path(config, clip)
        take = generate(sound, GenerateOptions(), models).take
        one = lips.score_curves(take.values, take.times_s, config, clip)
        scores.append(one)
        level = np.sqrt(frame_loudness(read(sound), take.n_frames))
        loudness.append(lips.score_tracks(level, level, take.times_s, config, clip))
        report.row(
            f"{clip:14s} aperture {one.aperture:.2f} at {one.lag_ms:+.0f} ms  "
            f"pucker {one.pucker:.2f}  closure F1 {one.closure:.2f}"
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
