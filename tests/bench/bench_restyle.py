"""Speed and memory of restyling, with its ratio to the same network in torch eager in the same run.

    python tests/bench/bench_restyle.py TAKE [--model DIR]

Prints: times real time for a minute of TAKE repeated, report included; the same network in torch eager, network alone;
their ratio; what a 20-minute take needs in memory above itself and its result. Needs torch for the ratio.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import formats, inference
from facetake.restyle import RestyleOptions, restyle
from facetake.take import Take, resample
from facetake_training.measure.report import MeasurementReport

SECONDS = 60
LONG_S = 1200
REPEATS = 5
SAD = RestyleOptions({"sad": 1.0})


def ours(take: Take, models: inference.RestyleModels) -> float:
    """Seconds for the whole of restyling, the best of five."""
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        restyle(take, SAD, models)
        spent.append(time.perf_counter() - began)
    return min(spent)


def eager(take: Take, folder: Path) -> float:
    """Seconds for the shipped network alone in torch on the whole take at once, as the paper runs it."""
    import torch
    from safetensors.torch import load_file

    from facetake.networks.facts import RestylerNetwork, SequenceNetSize

    weights = {key: value.float() for key, value in load_file(folder / "restyler.safetensors").items()}
    hidden, n_in = weights["net.first.weight"].shape
    layers = sum(key.startswith("net.gru.weight_ih") for key in weights) // 2
    blocks = sum(key.startswith("net.encoder") and key.endswith("weight") for key in weights)
    network = RestylerNetwork(n_in - 174, SequenceNetSize(hidden, blocks, layers), as_change=True).eval()
    network.load_state_dict(weights)
    code = torch.zeros(1, take.n_frames, n_in - 174)
    spent = []
    with torch.inference_mode():
        for _ in range(REPEATS):
            began = time.perf_counter()
            network(torch.tensor(take.values)[None], code)
            spent.append(time.perf_counter() - began)
    return min(spent)


def extra_mb(take: Take, models: inference.RestyleModels) -> float:
    """Peak of what restyling allocates above its result, in MB; the networks' own arenas are not counted."""
    tracemalloc.start()
    restyle(take, SAD, models)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (peak - take.values.nbytes) / 2**20


def repeated(take: Take, seconds: int) -> Take:
    """The take at 60 fps, again and again for so long."""
    values = resample(take, Fraction(60)).values
    return Take(np.resize(values, (seconds * 60, values.shape[1])), Fraction(60))


def main() -> int:
    """Runs the benchmark; returns 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("take", type=Path)
    parser.add_argument("--model", type=Path, default=inference.SHIPPED)
    arguments = parser.parse_args()
    models = inference.load_restyling(arguments.model)
    report = MeasurementReport()
    take = formats.read(arguments.take)
    minute = repeated(take, SECONDS)
    spent = ours(minute, models)
    torch_s = eager(minute, arguments.model)
    report.row(f"the network alone in torch eager: {SECONDS / torch_s:.0f} times real time")
    report.bar("restyle, times real time", SECONDS / spent, least=500)
    report.row(f"ratio to torch eager: {torch_s / spent:.2f}")
    short, long = (extra_mb(repeated(take, seconds), models) for seconds in (SECONDS, LONG_S))
    report.bar("20 minutes above 1 minute, MB beside take and result", long - short, most=50)
    print(report)
    return 0 if report.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
