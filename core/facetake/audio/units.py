"""What everything that hears agrees on: rates, and the shape of sound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ: Final = 16_000  # EmoFace 4.2, and what every speech network here hears
FRAME_RATE_HZ: Final = 60  # of curves inside the engine, as EmoFace 3.1.1; takes are converted on the way out
Floats = NDArray[np.float32]
Blocks = Iterable[Floats]
