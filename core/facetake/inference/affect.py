"""A user's network from pictures of faces to valence and arousal, as an ONNX file: EmoNet (Toisoul et al. 2021).

EmoNet's code and weights may not be passed on changed, so that whoever has them exports them. Knows the file's inputs
and outputs; does not know faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facetake.arrays import F32
from facetake.errors import ModelError
from facetake.inference.verified import session

if TYPE_CHECKING:
    import onnxruntime

SIDE = 256  # pixels, as EmoNet was trained
OUTPUTS = ("valence", "arousal")


@dataclass(frozen=True)
class AffectNetwork:
    """The network, ready to look at faces."""

    path: Path
    running: onnxruntime.InferenceSession

    def look(self, picture: F32) -> F32:
        """Valence and arousal (2,), about -1..1, of a face (SIDE, SIDE, 3), RGB in 0..1.

        Raises:
            ModelError: the network fails, or gives more or less than a number of each.
        """
        name = self.running.get_inputs()[0].name
        try:
            found = self.running.run(list(OUTPUTS), {name: np.moveaxis(picture, -1, 0)[None].astype(np.float32)})
        except Exception as error:  # onnxruntime raises several untyped errors where shapes do not go together
            raise ModelError(f"{self.path} cannot look at one picture ({error}); export it again") from error
        numbers = np.array([np.asarray(values, np.float32).ravel() for values in found])
        if numbers.shape != (len(OUTPUTS), 1) or not np.isfinite(numbers).all():
            raise ModelError(f"{self.path} gives no single number for valence and for arousal; export it again")
        return np.asarray(numbers[:, 0])


def open_affect(path: Path, threads: int = 2) -> AffectNetwork:
    """Opens a user's file.

    Args:
        path: takes one picture (1, 3, SIDE, SIDE), RGB in 0..1, and gives `valence` and `arousal`, a number each.
        threads: of onnxruntime.

    Raises:
        ModelError: onnxruntime cannot read it, or it takes or gives something else.
    """
    running = session(path, threads)
    inputs = running.get_inputs()
    names = [output.name for output in running.get_outputs()]
    wanted = (1, 3, SIDE, SIDE)
    shapes = [value.shape for value in inputs]
    fits = (
        len(shapes) == 1
        and len(shapes[0]) == len(wanted)
        and all(not isinstance(have, int) or have == want for have, want in zip(shapes[0], wanted, strict=True))
    )
    if not fits or not set(OUTPUTS) <= set(names):
        raise ModelError(
            f"{path} takes {shapes} and gives {', '.join(names)}; export one that takes a picture {list(wanted)} and "
            "gives valence and arousal"
        )
    return AffectNetwork(path, running)
