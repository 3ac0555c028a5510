"""The network that hears: sound to features and visemes, once a line, for everything that works from sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import json_text
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.bundle.verified import check_widths, common_metadata, opened
from facetake.bundle.windows import Joiner, SoundBuffer, sample_of, spans
from facetake.errors import ModelError
from facetake.visemes import VISEMES

NAME = "ear"
SHORTEST_FRAMES = FRAME_RATE_HZ // 2  # a shorter sound is heard with silence after it
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Hearing:
    """What was heard in a line, at 60 frames a second.

    Attributes:
        features: (T, D) float16, for the networks that read this ear; half precision keeps an hour within 110 MB.
        visemes: (T, 16) float32 probabilities.
    """

    features: NDArray[np.float16]
    visemes: Floats


@dataclass(frozen=True)
class Ear:
    """The network that hears.

    Attributes:
        run: maps audio (1, S) to features (1, T, D) and viseme log-probabilities (1, T, 16), T = round(60 S / 16000).
        n_features: D.
        sha256: of the model file.
    """

    run: Callable[[Floats], tuple[Floats, Floats]]
    n_features: int
    sha256: str

    def hear(self, blocks: Iterable[Floats], n_frames: int, progress: Callable[[float], None] | None = None) -> Hearing:
        """Hears sound of any length in overlapping windows, cross-faded.

        Args:
            blocks: the sound, 16 kHz mono, in pieces of any size; it is read once, and never held whole.
            n_frames: T of the whole, at 60 fps.
            progress: called with the share done, 0..1.
        """
        features = np.empty((n_frames, self.n_features), np.float16)
        visemes = np.empty((n_frames, len(VISEMES)), np.float32)
        sound, joiner, done = SoundBuffer(blocks), Joiner(), 0
        for first, count in spans(n_frames):
            heard = self._window(sound.span(sample_of(first), sample_of(first + count)), count)
            some, shapes = joiner.join(heard, first + count == n_frames)
            features[done : done + len(some)] = some
            visemes[done : done + len(some)] = shapes
            done += len(some)
            if progress is not None:
                progress(done / n_frames)
        return Hearing(features, visemes)

    def _window(self, audio: Floats, count: int) -> tuple[Floats, Floats]:
        short = sample_of(max(count, SHORTEST_FRAMES)) - len(audio)
        features, visemes = self.run(np.pad(audio, (0, max(0, short)))[None])
        return features[0, :count], np.exp(visemes[0, :count])


def load_ear(folder: Path, threads: int) -> Ear:
    """Opens the ear of a folder.

    Raises:
        ModelError: it is missing, altered, of another version, or not what its name says.
    """
    model = opened(folder, NAME, ear_metadata(), threads)
    check_widths(model, {"visemes": len(VISEMES)})
    widths = {output.name: output.shape[-1] for output in model.session.get_outputs()}
    if not isinstance(widths.get("features"), int):
        raise ModelError(f"model {NAME} of {folder} gives no features; export it again with this version")

    def run(audio: Floats) -> tuple[Floats, Floats]:
        features, visemes = model.session.run(["features", "visemes"], {"audio": audio})
        return features, visemes

    return Ear(run, widths["features"], model.sha256)


def ear_metadata() -> dict[str, str]:
    """The numbers and names that an ear of this version carries."""
    return {
        **common_metadata(NAME),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "visemes": json_text.dump(list(VISEMES)),
    }
