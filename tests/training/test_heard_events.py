"""Labels of events, and what a network learns from them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

import facetake_training
from facetake import events, inference
from facetake.audio.bands import N_BANDS, N_TRACKS
from facetake.errors import ConfigError
from facetake.export import export_events
from facetake.files import hash_of
from facetake.generate import generate
from facetake.networks.event_detector import EventDetector
from facetake.performance import GenerateOptions
from facetake_training import heard_events
from facetake_training.heard_events import EventConfig, EventSource, Listened, Part

NAMES = ("breaths", "breaths_clips", "breaths_commands", "breaths_kerstin", "breaths_unheard")
LABELS = [Path(facetake_training.__file__).parent / f"{name}.tsv" for name in NAMES]


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
    config = EventConfig(tmp_path, (EventSource(tmp_path, tmp_path / "none.tsv", "own"),), threshold=0.5, steps=150)
    lines = [_line(seed) for seed in range(12)]
    parts: list[Part] = [(1.0, [(one,) for one in lines[:4]]), (0.5, [(lines[4], lines[5]), (lines[6], lines[7])])]
    network = heard_events.fitted(config, parts)
    told = [(one, heard_events.probabilities(network, one)) for one in lines[8:]]
    found, there, false = sum((heard_events.counted(config.kinds, *one, 0.5) for one in told), np.zeros(3))

    assert found == there == 8 and false == 0
    export_events(network, config.kinds, config.threshold, "0" * 64, tmp_path / "events.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "events.onnx", providers=["CPUExecutionProvider"])
    features = lines[8].features[None].astype(np.float32)
    (told,) = session.run(None, {"features": features})
    with torch.no_grad():
        said = network(torch.from_numpy(features)).sigmoid()
    assert np.abs(told - said.numpy()).max() < 1e-4


def test_a_folder_that_hears_breaths_marks_them_in_a_take(tmp_path: Path) -> None:
    """With `auto` the sound's bands reach the network behind what the ear heard, and what it finds is in the take."""
    folder = tmp_path / "models"
    shutil.copytree(inference.SHIPPED, folder)
    ear = inference.load_ear(folder, 1)
    network = EventDetector(ear.n_features + N_TRACKS, 1)
    with torch.no_grad():
        for one in network.parameters():
            one.zero_()
        network.narrow.weight[0, ear.n_features + N_BANDS + 20, 0] = 1.0  # a band about 2 kHz, over the room
        network.out.weight[0, 0] = 20.0
        dict(network.named_parameters())["out.bias"].fill_(-20.0)
    export_events(network, ("breath_in",), 0.9, ear.sha256, folder / "events.onnx")
    row = f'[events]\nfile = "events.onnx"\nsha256 = "{hash_of(folder / "events.onnx")}"\n'
    with (folder / "models.toml").open("a", encoding="utf-8") as table:
        table.write(row)
    sound = np.random.default_rng(0).normal(0.0, 1e-4, 32_000).astype(np.float32)
    sound[12_000:20_000] *= 100.0
    soundfile.write(tmp_path / "line.wav", sound, 16_000)
    made = generate(tmp_path / "line.wav", GenerateOptions(events="auto"), inference.load(folder, 1))
    (heard,) = events.parse(str(made.take.origin["events"])).events

    assert heard.kind == "breath_in" and heard.start_s == pytest.approx(0.75, abs=0.04)
    assert heard.end_s == pytest.approx(1.25, abs=0.04)


def test_labels_are_reconsidered_where_a_network_is_sure() -> None:
    """What nobody labelled is believed from a high probability on, and left open from a low one on; labels stay."""
    line = _levels({100: 30, 400: 30, 500: 30})
    first = replace(line, spans=((100, 130, "breath_in"), (200, 230, "unsure")))
    first.labels[100:130] = 1.0
    shares = np.zeros((600, 1), np.float32)
    for start, share in ((200, 0.8), (300, 0.8), (400, 0.97)):
        shares[start : start + 30] = share
    found = heard_events.believed(("breath_in",), first, first, shares)

    assert [span[:2] for span in found.spans if span[2] == "breath_in"] == [(100, 130), (200, 230), (400, 430)]
    assert found.labels[400:430].all() and found.known[400:430].all() and not found.known[300:330].any()
    assert found.known[500:].all() and not found.labels[500:].any() and first.known.all()


def test_what_does_not_stand_out_of_other_noise_is_left_open() -> None:
    """In another making a covered label is unsure, one that was taken out is none, and one that stands out is kept."""
    spans = ((100, 130, "breath_in"), (200, 230, "breath_in"), (300, 330, "breath_in"))
    first = replace(_levels({}), spans=spans)
    shares = np.zeros((600, 1), np.float32)
    for start, last, _ in spans:
        shares[start:last] = 0.99
    other = replace(_levels({100: 30}), spans=spans[:2])
    for start, last, _ in spans[:2]:
        other.labels[start:last] = 1.0
    found = heard_events.believed(("breath_in",), other, first, shares)

    assert found.spans == (spans[0], (200, 230, "unsure"))
    assert found.labels[100:130].all() and found.known[100:130].all()
    assert not found.labels[200:230].any() and not found.known[200:230].any()
    assert not found.labels[300:330].any() and found.known[300:330].all()


def _levels(loud: dict[int, int]) -> Listened:
    """Ten seconds whose bands stand 10 dB out of what lies nearby in some stretches, by first frame and length."""
    features = np.zeros((600, N_TRACKS), np.float16)
    for first, length in loud.items():
        features[first : first + length, -N_BANDS:] = 1.0
    flat = np.zeros(600, np.float32)
    return Listened(features, np.zeros((600, 1), np.float32), np.ones(600, np.float32), flat, ())


def _line(seed: int) -> Listened:
    """Ten seconds of noise, in which one feature rises in each of two events."""
    random = np.random.default_rng(seed)
    features = random.normal(0.0, 0.5, (600, 6)).astype(np.float32)
    labels = np.zeros((600, 1), np.float32)
    spans = tuple((first, first + 30, "breath_in") for first in (int(random.integers(40, 200)), 400))
    for first, last, _ in spans:
        features[first:last, 2] += 3.0
        labels[first:last] = 1.0
    return Listened(features.astype(np.float16), labels, np.ones(600, np.float32), np.zeros(600, np.float32), spans)
