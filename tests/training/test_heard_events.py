"""Labels of events, and what a network learns from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import facetake_training
from facetake.errors import ConfigError
from facetake.export import export_events
from facetake_training import heard_events
from facetake_training.heard_events import EventConfig, EventSource, Listened

LABELS = [Path(facetake_training.__file__).parent / name for name in ("breaths.tsv", "breaths_unheard.tsv")]


@pytest.mark.parametrize("labels", LABELS, ids=lambda path: path.stem)
def test_the_labels_are_in_order(labels: Path) -> None:
    """Every label is a stretch of time of a known kind, after the one before."""
    found = heard_events.read_labels(labels, ("breath_in", "unsure"))
    kinds = [kind for spans in found.values() for _, _, kind in spans]

    assert kinds.count("breath_in") >= 20
    for spans in found.values():
        assert all(0.0 <= start < end for start, end, _ in spans)
        assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:], strict=False))


def test_a_wrong_label_is_told_with_its_line(tmp_path: Path) -> None:
    """A kind that the run does not know is refused."""
    path = tmp_path / "labels.tsv"
    path.write_text("# what\na\t0.1\t0.5\tbreath_in\na\t1\t2\tyawn\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="line 3 is no label"):
        heard_events.read_labels(path, ("breath_in",))


def test_a_network_learns_what_is_labelled(tmp_path: Path) -> None:
    """From features that tell an event it learns to find it in others, and its ONNX file says the same."""
    config = EventConfig(tmp_path, EventSource(tmp_path, tmp_path / "none.tsv", "own"), threshold=0.5, rounds=12)
    lines = [_line(seed) for seed in range(12)]
    network = heard_events.fitted(config, lines[:8], 6)
    told = [(one, heard_events.probabilities(network, one)) for one in lines[8:]]
    found, there, false = sum((heard_events.counted(config.kinds, *one, 0.5) for one in told), np.zeros(3))

    assert found == there == 8 and false == 0
    export_events(network, config.kinds, config.threshold, "0" * 64, tmp_path / "events.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "events.onnx", providers=["CPUExecutionProvider"])
    (told,) = session.run(None, {"features": lines[8].features[None]})
    with torch.no_grad():
        said = network(torch.from_numpy(lines[8].features)[None]).sigmoid()
    assert np.abs(told - said.numpy()).max() < 1e-4


def _line(seed: int) -> Listened:
    """Ten seconds of noise, in which one feature rises in each of two events."""
    random = np.random.default_rng(seed)
    features = random.normal(0.0, 0.5, (600, 6)).astype(np.float32)
    labels = np.zeros((600, 1), np.float32)
    spans = tuple((first, first + 30, "breath_in") for first in (int(random.integers(40, 200)), 400))
    for first, last, _ in spans:
        features[first:last, 2] += 3.0
        labels[first:last] = 1.0
    return Listened(features, labels, np.ones(600, np.float32), np.zeros(600, np.float32), spans)
