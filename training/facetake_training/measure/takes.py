"""Are written takes whole: columns, frames, ranges, the same bytes twice, few keys that keep the curve, no jitter?"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import formats, mouth, rig
from facetake.generate import GenerateOptions, generate
from facetake.inference import Models
from facetake.take import Take
from facetake_training.measure.closures import RATES
from facetake_training.measure.report import MeasurementReport


def measure(folder: Path, models: Models) -> MeasurementReport:
    """Measures every WAV of a folder at every rate."""
    report = MeasurementReport()
    off = []
    unequal = 0
    outside = 0
    shares = []
    errors = []
    shaking = []
    for path in sorted(folder.glob("*.wav")):
        for rate in RATES:
            first, again = (_written(path, rate, models) for _ in range(2))
            unequal += first[1] != again[1]
            outside += bool((first[0].values < rig.MINIMUM).any() or (first[0].values > rig.MAXIMUM).any())
            off.append(abs(first[0].n_frames - round(_duration_s(path) * rate)))
            report.row(f"{path.name:28s} {float(rate):7.3f} fps  {first[0].n_frames} frames, {first[2]} columns")
        made = generate(path, GenerateOptions(keys="sparse"), models)
        assert made.keys is not None
        shares.append(made.keys.n_keys / made.take.values.size)
        errors.append(float(np.abs(made.keys.dense() - made.take.values).max()))
        shaking.append(mouth.jitter(made.take.values, 60.0))
    report.bar("frames away from round(duration * rate)", max(off), most=1)
    report.bar("takes with a value out of range", outside, most=0)
    report.bar("takes that differ when made again", unequal, most=0)
    report.bar("sparse keys, largest share of dense", max(shares), most=0.15)
    report.bar("sparse keys, largest error", max(errors), most=0.0101)
    report.bar("energy above 12 Hz, largest share", max(shaking), most=0.01)
    return report


def _duration_s(path: Path) -> Fraction:
    from facetake import audio

    with audio.stream(path) as sound:
        return sound.duration_s


def _written(path: Path, rate: Fraction, models: Models) -> tuple[Take, bytes, int]:
    """The take as it is read back from the CSV, the CSV's bytes, and its number of control columns."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "take.csv"
        formats.write(generate(path, GenerateOptions(rate=rate), models).take, out)
        data = out.read_bytes()
        return formats.read(out), data, sum(name in rig.INDEX for name in data.split(b"\n", 1)[0].decode().split(","))
