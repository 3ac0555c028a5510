"""The network that hears what is not speech in what the ear tells of a line, and in how loud each band of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, memmap
from facetake.audio import FRAME_RATE_HZ
from facetake.audio.bands import N_TRACKS
from facetake.errors import ModelError
from facetake.events import BURSTS, Event, EventTrack
from facetake.files import json_text
from facetake.inference.ear import Ear, opened_with_ear
from facetake.inference.verified import MODEL_VERSION, Opened, check_widths

NAME = "events"
LASTS: Final = 0.3  # probability down to which an event lasts that is sure somewhere
LEAST_FRAMES: Final = 7  # of an event: 0.12 s; shorter breaths are clicks
FAINT_DB: Final = 60.0  # below a line's loud parts: a gate's silence between words, and no breath
LOUD: Final = 95  # percentile of a line's level that is loud
BLOCK: Final = 18_000  # frames heard at once: five minutes, 20 MB
CONTEXT: Final = 40  # frames on either side that the network sees


@dataclass(frozen=True)
class EventListener:
    """The network from an ear's features, and the levels of bands behind them, to events.

    Attributes:
        run: maps features (1, T, D + 120) to probabilities (1, T, K).
        kinds: (K,) of `facetake.events`.
        threshold: probability from which on an event is believed.
        ear: whose features it reads.
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[F32], F32]
    kinds: tuple[str, ...]
    threshold: float
    ear: Ear
    sha256: str

    def hear(self, features: NDArray[np.floating], bands: NDArray[np.floating], energy_db: F32) -> EventTrack:
        """Events in a line of any length.

        Args:
            features: (T, D) of its ear.
            bands: (T, 120) as `facetake.audio.BandLevels` tells them.
            energy_db: (T,) level.
        """
        found = np.empty((len(features), len(self.kinds)), np.float32)
        for first in range(0, len(features), BLOCK):
            low = max(0, first - CONTEXT)
            now = slice(low, first + BLOCK + CONTEXT)
            heard = np.concatenate([features[now], bands[now]], axis=1, dtype=np.float32)
            found[first : first + BLOCK] = self.run(heard[None])[0, first - low :][:BLOCK]
            memmap.release(features)
        events = [
            one
            for number, kind in enumerate(self.kinds)
            for one in heard_in(found[:, number], energy_db, kind, self.threshold)
        ]
        return EventTrack(tuple(sorted(events, key=lambda one: one.start_s)))


def heard_in(
    probability: NDArray[np.floating], energy_db: NDArray[np.floating], kind: str, threshold: float
) -> Iterator[Event]:
    """Events of a kind in its probability (T,): stretches of sure frames, long and loud, or cut off by an end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], probability > LASTS, [0]]).astype(np.int8)))
    faintest_db = np.percentile(energy_db, LOUD) - FAINT_DB if len(energy_db) else 0.0
    for first, last in edges.reshape(-1, 2).tolist():
        if last - first < LEAST_FRAMES:
            continue
        sure = float(np.sort(probability[first:last])[-LEAST_FRAMES:].mean())  # one frame alone may be a click
        if sure <= threshold:
            continue
        if np.median(energy_db[first:last]) > faintest_db:
            yield Event(kind, first / FRAME_RATE_HZ, last / FRAME_RATE_HZ, None, sure)


def open_events(folder: Path, ear: Ear, threads: int) -> EventListener:
    """Opens the network of a folder; one without, as a studio's may be, uses the shipped one and the ear it knows.

    Args:
        folder: holds models.toml and the files.
        ear: of the folder.
        threads: of onnxruntime.

    Raises:
        ModelError: it is missing, altered, of another version, not what its name says, or made for another ear.
    """
    model, ear = opened_with_ear(folder, NAME, events_metadata(), ear, threads)
    kinds, threshold = _kinds(model)
    check_widths(model, {"features": ear.n_features + N_TRACKS, "events": len(kinds)})

    def run(features: F32) -> F32:
        return model.run({"features": features}, events=(*features.shape[:2], len(kinds)))[0]

    return EventListener(run, kinds, threshold, ear, model.sha256)


def _kinds(model: Opened) -> tuple[tuple[str, ...], float]:
    """The kinds that a model hears, and from which probability on it is believed."""
    try:
        kinds = tuple(json_text.load(model.numbers["kinds"]))
        threshold = float(model.numbers["threshold"])
    except (KeyError, ValueError, TypeError):
        kinds, threshold = (), float("nan")
    if not kinds or not set(kinds) <= set(BURSTS) or not 0.0 < threshold < 1.0:
        raise ModelError("model events does not say what it hears and from which probability on; export it again")
    return kinds, threshold


def events_metadata() -> dict[str, str]:
    """The names that a model of this version carries, beside its kinds, its threshold and the hash of its ear."""
    return {"facetake_model": NAME, "facetake_version": str(MODEL_VERSION), "frame_rate_hz": str(FRAME_RATE_HZ)}
