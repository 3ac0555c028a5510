"""The networks that restyle a take and that read visemes and styles from curves, over takes of any length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from facetake import rig
from facetake.arrays import F32
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.inference.verified import Opened, check_widths, common_metadata, opened
from facetake.take import Take, resample
from facetake.visemes import VISEMES

WINDOW_FRAMES = 240  # by choice: 4 s, of which a sixth is context
CONTEXT_FRAMES = 20  # at either edge of a window that the network sees but whose result is not used
BATCH = 8  # windows run at once


@dataclass(frozen=True)
class Restyler:
    """The network from curves and a style code to curves of that style.

    Attributes:
        run: maps curves (B, T, 174) and style codes (B, T, K) to curves (B, T, 174).
        actors: the actors it knows; its style code is the emotions, then these.
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[F32, F32], F32]
    actors: tuple[str, ...]
    sha256: str

    @property
    def styles(self) -> tuple[str, ...]:
        """Names of all styles in the order of the style code."""
        return (*EMOTIONS, *self.actors)

    def restyle(self, values: F32, code: F32) -> F32:
        """Curves (T, 174) at 60 fps in the style of a code (K,); memory beside the result does not grow with T."""

        def run(windows: F32) -> F32:
            return self.run(windows, np.broadcast_to(code, (*windows.shape[:2], len(code))).copy())

        return in_windows(run, values, rig.N_CONTROLS)


@dataclass(frozen=True)
class VisemeClassifier:
    """The network from curves to visemes and styles.

    Attributes:
        run: maps curves (B, T, 174) to log-probabilities of visemes (B, T, 16) and styles (B, T, K), side by side.
        actors: the actors it knows; its styles are the emotions, then these.
        sha256: of the model file.
    """

    run: Callable[[F32], F32]
    actors: tuple[str, ...]
    sha256: str

    def read(self, values: F32) -> tuple[F32, F32]:
        """Probabilities of visemes (T, 16) and of emotions (T, 7) of curves (T, 174) at 60 fps."""
        out = np.exp(in_windows(self.run, values, len(VISEMES) + len(EMOTIONS) + len(self.actors)))
        return out[:, : len(VISEMES)], out[:, len(VISEMES) : len(VISEMES) + len(EMOTIONS)]

    def seen(self, take: Take) -> F32:
        """Probabilities (T, 16) of the visemes on a take's lips, at its own frames."""
        found = self.read(resample(take, Fraction(FRAME_RATE_HZ)).values)[0]
        nearest = np.round((take.times_s - float(take.start)) * FRAME_RATE_HZ).astype(int)
        return np.asarray(found[np.clip(nearest, 0, len(found) - 1)])


@dataclass(frozen=True)
class RestyleModels:
    """The models that restyling uses."""

    restyler: Restyler
    classifier: VisemeClassifier


def in_windows(run: Callable[[F32], F32], values: F32, width: int) -> F32:
    """Runs a network over curves (T, 174) in overlapping windows, several at once.

    A window's first and last frames are context only; at the ends of the take the first and last frame are held.

    Returns:
        (T, width).
    """
    n_frames = len(values)
    length = min(WINDOW_FRAMES, n_frames + 2 * CONTEXT_FRAMES)
    hop = length - 2 * CONTEXT_FRAMES
    out = np.empty((n_frames, width), np.float32)
    starts = np.arange(0, n_frames, hop)
    for group in np.array_split(starts, max(1, -(-len(starts) // BATCH))):
        frames = np.clip(group[:, None] - CONTEXT_FRAMES + np.arange(length), 0, n_frames - 1)
        made = run(values[frames])
        for first, result in zip(group, made, strict=True):
            count = min(hop, n_frames - first)
            out[first : first + count] = result[CONTEXT_FRAMES : CONTEXT_FRAMES + count]
    return out


def open_restyler(folder: Path, threads: int) -> Restyler:
    """Opens the restyler of a folder; a ModelError where it is not what its name says."""
    model = opened(folder, "restyler", restyler_metadata(), threads)
    actors = _actors(model)
    check_widths(model, {"style": len(EMOTIONS) + len(actors), "restyled": rig.N_CONTROLS})

    def run(curves: F32, style: F32) -> F32:
        return model.run({"curves": curves, "style": style}, restyled=curves.shape)[0]

    return Restyler(run, actors, model.sha256)


def open_classifier(folder: Path, threads: int) -> VisemeClassifier:
    """Opens the viseme classifier of a folder; a ModelError where it is not what its name says."""
    model = opened(folder, "viseme_classifier", classifier_metadata(), threads)
    actors = _actors(model)
    check_widths(model, {"visemes": len(VISEMES), "styles": len(EMOTIONS) + len(actors)})

    def run(curves: F32) -> F32:
        n_styles = len(EMOTIONS) + len(actors)
        found = model.run(
            {"curves": curves}, visemes=(*curves.shape[:2], len(VISEMES)), styles=(*curves.shape[:2], n_styles)
        )
        return np.concatenate(found, axis=-1)

    return VisemeClassifier(run, actors, model.sha256)


def _actors(model: Opened) -> tuple[str, ...]:
    try:
        return tuple(str(name) for name in json_text.load(model.numbers["actors"]))
    except (KeyError, ValueError, TypeError) as error:
        name = model.numbers["facetake_model"]
        raise ModelError(f"model {name} does not say which actors it knows; export it again") from error


def restyler_metadata() -> dict[str, str]:
    """The numbers and names that a restyler of this version carries, beside its actors."""
    return {**common_metadata("restyler"), "emotions": json_text.dump(list(EMOTIONS))}


def classifier_metadata() -> dict[str, str]:
    """The numbers and names that a viseme classifier of this version carries, beside its actors."""
    return {
        **common_metadata("viseme_classifier"),
        "emotions": json_text.dump(list(EMOTIONS)),
        "visemes": json_text.dump(list(VISEMES)),
    }
