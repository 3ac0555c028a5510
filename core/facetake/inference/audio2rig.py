"""The network from what was heard and an emotion to curves, over lines of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.arrays import F32, memmap
from facetake.audio import FRAME_RATE_HZ
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.inference.ear import Ear
from facetake.inference.verified import check_widths, common_metadata, opened
from facetake.inference.windows import Joiner, spans

NAME = "audio2rig"


@dataclass(frozen=True)
class AudioToRig:
    """The network from an ear's features and an emotion to curves.

    Attributes:
        run: maps features (1, T, D) and emotion (1, T, 7) to curves (1, T, 174).
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[F32, F32], F32]
    sha256: str

    def windows(
        self, features: NDArray[np.float16], emotion_at: Callable[[NDArray[np.float64]], F32]
    ) -> Iterator[tuple[int, F32]]:
        """Performs a line of any length in overlapping windows, cross-faded, in constant memory.

        Args:
            features: (T, D) what an ear heard, at 60 fps.
            emotion_at: instants in seconds (t,) to weights (t, 7).

        Yields:
            First frame and curves (t, 174); together they cover 0 .. T once, in order.
        """
        joiner = Joiner()
        done = 0
        for first, count in spans(len(features)):
            emotion = emotion_at(np.arange(first, first + count) / FRAME_RATE_HZ)
            heard = features[first : first + count].astype(np.float32)
            curves = self.run(heard[None], emotion[None].astype(np.float32))[0]
            (final,) = joiner.join((curves,), first + count == len(features))
            memmap.release(features)
            yield done, final
            done += len(final)


def load_audio2rig(folder: Path, ear: Ear, threads: int) -> AudioToRig:
    """Opens the network of a folder.

    Args:
        folder: holds models.toml and the file.
        ear: whose features it reads.
        threads: of onnxruntime.

    Raises:
        ModelError: it is missing, altered, of another version, not what its name says, or made for another ear.
    """
    model = opened(folder, NAME, audio2rig_metadata(), threads)
    check_widths(model, {"emotion": len(EMOTIONS), "curves": rig.N_CONTROLS, "features": ear.n_features})
    if model.numbers.get("ear_sha256") != ear.sha256:
        raise ModelError(f"model {NAME} of {folder} was made for another ear; export both again together")

    def run(features: F32, emotion: F32) -> F32:
        inputs = {"features": features, "emotion": emotion}
        return model.run(inputs, curves=(*features.shape[:2], rig.N_CONTROLS))[0]

    return AudioToRig(run, model.sha256)


def audio2rig_metadata() -> dict[str, str]:
    """The numbers and names that an audio2rig model of this version carries, beside the hash of its ear."""
    return {
        **common_metadata(NAME),
        "emotions": json_text.dump(list(EMOTIONS)),
    }
