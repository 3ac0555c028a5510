"""Does memory stay flat with length? Each file is generated in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile as sf

from facetake.audio import SAMPLE_RATE_HZ, read
from facetake.errors import ConfigError
from facetake_training.measure.report import MeasurementReport

SHORT_S = 10  # what every line needs
LONG_S = 1800  # half an hour
MOST_MB = 150.0  # by choice; half an hour of dense curves alone is 75
CODE = """
import sys
from facetake.cli import main
code = main(sys.argv[1:])
print("PEAK", next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
sys.exit(code)
"""  # not getrusage, whose peak a child inherits from the process that started it


def peak_mb(source: Path, out: Path, model: Path | None) -> float:
    """Peak resident memory of `facetake generate` on one file, in MB.

    Raises:
        ConfigError: this is no Linux, whose /proc tells it.
    """
    if not Path("/proc/self/status").is_file():
        raise ConfigError("memory is measured on Linux alone, which tells a program's peak; measure it there")
    command = [sys.executable, "-c", CODE, "generate", str(source), "-o", str(out), "--progress", "none"]
    done = subprocess.run(
        [*command, *(["--model", str(model)] if model else [])], capture_output=True, encoding="utf-8", check=True
    )
    return int(done.stdout.split("PEAK ")[1]) / 1024.0


def measure(line: Path, model: Path | None) -> MeasurementReport:
    """Measures a line repeated to 10 seconds and to 30 minutes."""
    report = MeasurementReport()
    sound = read(line)
    with tempfile.TemporaryDirectory() as folder:
        peaks = []
        for seconds in (SHORT_S, LONG_S):
            path = Path(folder) / f"{seconds}.wav"
            sf.write(path, np.resize(sound, seconds * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)
            peaks.append(peak_mb(path, Path(folder) / f"{seconds}.csv", model))
            report.row(f"{seconds:5d} s of sound: peak {peaks[-1]:.0f} MB")
    report.bar("30 minutes above 10 seconds, MB", peaks[1] - peaks[0], most=MOST_MB)
    return report
