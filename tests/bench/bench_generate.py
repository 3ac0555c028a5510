"""Speed and memory of `facetake generate`, with its ratio to the paper's network in the same run.

    python tests/bench/bench_generate.py SPEECH.wav [--model DIR]

Prints: times real time for 60 s of speech, CSV written included; the same for the paper's network (same shapes,
random weights, torch eager, network alone); their ratio; a 5 s line from a cold process; peak memory. Needs torch and
transformers for the ratio.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile as sf

from facetake import audio, formats, inference
from facetake.generate import GenerateOptions, generate
from facetake_training.measure.memory import peak_mb
from facetake_training.measure.report import MeasurementReport

SECONDS = 60
LINE_S = 5
REPEATS = 3


def ours(source: Path, out: Path, models: inference.Models) -> float:
    """Seconds for the whole of generation and the file, the best of three."""
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        formats.write(generate(source, GenerateOptions(emotion="happy:0.7"), models).take, out)
        spent.append(time.perf_counter() - began)
    return min(spent)


def the_papers(sound: np.ndarray) -> float:
    """Seconds for the paper's network (EmoFace 4.2) on the same sound, the best of two."""
    import torch
    from transformers import Wav2Vec2Config

    from facetake.networks.emoface import EmoFace, EmoFaceSize

    with tempfile.TemporaryDirectory() as folder:
        Wav2Vec2Config().save_pretrained(folder)  # the defaults are wav2vec2-base's shapes
        network = EmoFace(EmoFaceSize("wav2vec2", Path(folder), pretrained=False), tuple(range(16))).eval()
    emotion = torch.eye(7)[1].expand(1, round(len(sound) * 60 / 16_000), 7)
    spent = []
    with torch.inference_mode():
        for _ in range(2):
            began = time.perf_counter()
            network(torch.from_numpy(sound)[None], emotion)
            spent.append(time.perf_counter() - began)
    return min(spent)


def cold(source: Path, out: Path, model: Path | None) -> float:
    """Seconds of `facetake generate` on a line, process start included, the best of three."""
    command = [sys.executable, "-m", "facetake", "generate", str(source), "-o", str(out), "--progress", "none"]
    command += ["--model", str(model)] if model else []
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - began)
    return min(spent)


def main() -> int:
    """Runs the benchmark; returns 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("speech", type=Path)
    parser.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    sound = audio.read(arguments.speech)
    report = MeasurementReport()
    models = inference.load(arguments.model)
    with tempfile.TemporaryDirectory() as folder:
        minute, line, out = (Path(folder) / name for name in ("minute.wav", "line.wav", "take.csv"))
        for path, seconds in ((minute, SECONDS), (line, LINE_S)):
            sf.write(path, np.resize(sound, seconds * 16_000), 16_000)
        spent = ours(minute, out, models)
        paper = the_papers(np.resize(sound, SECONDS * 16_000))
        report.row(f"the paper's network alone: {SECONDS / paper:.1f} times real time")
        report.bar("facetake generate, times real time", SECONDS / spent, least=150)
        report.bar("ratio to the paper's network", paper / spent, least=20)
        report.bar("5 s line from a cold process, s", cold(line, out, arguments.model), most=1.5)
        report.bar("peak memory for 60 s, MB", peak_mb(minute, out, arguments.model), most=400)
    print(report)
    return 0 if report.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
