"""Film of high dynamic range (HLG as phones record it, PQ as HDR10 and Dolby Vision have it) as pictures for a screen.

Light as a display shows it (ITU-R BT.2100), where white of 203 cd/m2 (BT.2408) is near the white of an ordinary
picture: skin and all that is darker keeps its brightness, and highlights are pressed together above. Knows decoded
frames; does not know files or faces.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32

KINDS: Final = {16: "PQ", 18: "HLG"}
"""ITU-T H.273's numbers of the transfer characteristics that are of high dynamic range."""
FULL_RANGE: Final = 2  # H.273's videos of which 0 and the greatest number are black and white
WHITE_NITS: Final = 203.0  # BT.2408: reference white
KNEE: Final = 0.75  # of white: highlights are pressed together from here on
HLG_NITS = 1000.0  # BT.2100, table 5: of a display of 1000 cd/m2
HLG_GAMMA = 1.2  # likewise, of such a display
PQ_NITS: Final = 10_000.0  # BT.2100, table 4
LUMA_2020: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)  # BT.2020, table 4
TO_709: Final = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
"""BT.2087: from the primaries of BT.2020 to those of BT.709."""
LEVELS: Final = 1 << 16  # of 16 bits, as FFmpeg's rgb48 has them


def kind_of(stream: Any) -> str | None:
    """HLG or PQ where a video stream is of high dynamic range, else None."""
    return KINDS.get(int(stream.codec_context.color_trc or 0))


def picture(frame: Any, kind: str, is_full_range: bool) -> NDArray[np.uint8]:
    """An sRGB picture (H, W, 3) of a decoded frame.

    Args:
        frame: of PyAV, in the colours of BT.2020.
        kind: HLG or PQ.
        is_full_range: whether black is 0 and white the greatest number.
    """
    light = _light(_signal(frame, is_full_range), kind) @ TO_709.T
    brightest = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    light = np.clip(light * (_pressed(brightest) / brightest), 0.0, 1.0)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1.0 / 2.4) - 0.055)
    return np.asarray((encoded * 255.0).round(), np.uint8)


def _signal(frame: Any, is_full_range: bool) -> F32:
    """Non-linear R, G, B (H, W, 3), 0..1: BT.2020's non-constant luminance."""
    if frame.format.is_rgb:
        return np.asarray(frame.to_ndarray(format="rgb48le"), np.float32) / np.float32(LEVELS - 1)
    planes: F32 = np.asarray(frame.to_ndarray(format="yuv444p16le"), np.float32)
    tenth = planes / np.float32(64.0)  # of 10 bits, as BT.2100 counts
    black, height, width = (0.0, 1023.0, 1023.0) if is_full_range else (64.0, 876.0, 896.0)
    luma = (tenth[..., 0] - black) / height
    blue, red = ((tenth[..., i] - 512.0) / width for i in (1, 2))
    weight = LUMA_2020
    r = luma + 2.0 * (1.0 - weight[0]) * red
    b = luma + 2.0 * (1.0 - weight[2]) * blue
    g = (luma - weight[0] * r - weight[2] * b) / weight[1]
    return np.asarray(np.clip(np.stack([r, g, b], axis=-1), 0.0, 1.0), np.float32)


def _light(signal: F32, kind: str) -> F32:
    """Light of a display (H, W, 3), 1 being reference white."""
    linear = _curve(kind)[(signal * (LEVELS - 1)).astype(np.uint16)]
    if kind == "PQ":
        return linear
    bright = np.maximum(linear @ LUMA_2020, 1e-6)[..., None]
    return np.asarray(linear * bright ** (HLG_GAMMA - 1.0) * (HLG_NITS / WHITE_NITS), np.float32)


@cache
def _curve(kind: str) -> F32:
    """(LEVELS,) light of every level of the signal: of PQ 1 is reference white, of HLG the brightest scene."""
    signal = np.linspace(0.0, 1.0, LEVELS)
    if kind == "PQ":  # BT.2100, table 4
        root = signal ** (32.0 / 2523.0)
        ratio = np.maximum(root - 107.0 / 128.0, 0.0) / (2413.0 / 128.0 - 2392.0 / 128.0 * root)
        return (ratio ** (8192.0 / 1305.0) * PQ_NITS / WHITE_NITS).astype(np.float32)
    a = 0.17883277
    b = 0.28466892
    c = 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3.0, (np.exp((signal - c) / a) + b) / 12.0).astype(np.float32)


def _pressed(light: F32) -> F32:
    """Light of any brightness below 1: itself up to the knee, and above it ever less of what is more."""
    above = np.maximum(light - KNEE, 0.0) / (1.0 - KNEE)
    return np.asarray(np.minimum(light, KNEE) + (1.0 - KNEE) * above / (1.0 + above), np.float32)
