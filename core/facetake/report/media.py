"""What a report carries of a line: its sound, small, its movement in bytes, its portrait, for the browser to unpack.

Movement is 30 frames a second of the head's shapes, lip seal, main curves and head angles, one byte each, as
differences from frame to frame, deflated. Knows sound and takes; does not know the page.
"""

from __future__ import annotations

import base64
import io
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from facetake import audio, files, formats
from facetake.arrays import F32
from facetake.errors import BatchError, FacetakeError
from facetake.face.head import MORE_SHAPES
from facetake.preview import main_curves, shown_face
from facetake.report import words
from facetake.report.escaping import inert
from facetake.report.line import ReportLine
from facetake.rig import ARKIT_NAMES, N_CONTROLS
from facetake.take import Take, resample

MOTION_HZ: Final = Fraction(30)  # by choice: closures of 40 ms are seen, and half of 60 fps is carried
PEAKS_HZ: Final = 100  # by choice: more than columns of a waveform, for lines of some seconds
HEAD_AXES: Final = ("yaw", "pitch", "roll")
CURVES: Final = tuple(main_curves(np.zeros((1, N_CONTROLS), np.float32)))  # their names alone are wanted
CHANNELS: Final = (*ARKIT_NAMES, *MORE_SHAPES, "seal", *CURVES, *HEAD_AXES)
"""What the bytes of a movement mean, channel after channel. All are 0..1 but the head's angles, whose range is told."""
_CODEC: Final = ("OGG", "VORBIS", "audio/ogg")  # encodes twenty times as fast as Opus, at the same size
_QUALITY: Final = 0.9  # of libsndfile's 0 (large) to 1 (small): 34 kbit/s, at which speech stays clear
_STEPS: Final = 255.0  # of a byte
PORTRAITS: Final = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}
"""What browsers show, by the suffix of its file."""


def pack(line: ReportLine, *, has_portrait: bool = True) -> str:
    """The line's media as inert JSON: sound, waveform, movement, each in base64, and sentences for what is missing.

    has_portrait: its portrait is among them; else it is shown from where it lies.
    """
    packed: dict[str, Any] = {}
    for part in (_sound, _movement, _approved, _spoken, *([_portrait] if has_portrait else [])):
        try:
            packed |= part(line)
        except (FacetakeError, OSError, ValueError) as error:  # the last: a name that no file can have
            packed.setdefault("missing", []).append(str(error))
    return inert(packed)


def _sound(line: ReportLine) -> dict[str, Any]:
    import soundfile as sf

    container, subtype, mime = _CODEC
    room = io.BytesIO()
    peaks = list[F32]()
    hop = audio.SAMPLE_RATE_HZ // PEAKS_HZ
    rest = np.zeros(0, np.float32)
    with (
        audio.stream(line.audio) as sound,
        sf.SoundFile(room, "w", audio.SAMPLE_RATE_HZ, 1, subtype, format=container, compression_level=_QUALITY) as file,
    ):
        for block in sound:
            file.write(np.clip(block, -1.0, 1.0))
            rest = np.concatenate([rest, np.abs(block)])
            whole = len(rest) // hop * hop
            peaks.append(rest[:whole].reshape(-1, hop).max(axis=1, initial=0.0))
            rest = rest[whole:]
    wave = np.concatenate([np.zeros(0, np.float32), *peaks, rest.max(keepdims=True)[:1] if len(rest) else rest])
    return {
        "sound": _text(room.getvalue()),
        "mime": mime,
        "peaks": _text(np.rint(np.clip(wave, 0.0, 1.0) * _STEPS).astype(np.uint8).tobytes()),
    }


def _movement(line: ReportLine) -> dict[str, Any]:
    if line.take is None:
        return {}
    return _moved(formats.read(Path(line.take), line.form))


def _approved(line: ReportLine) -> dict[str, Any]:
    """The movement of the version that was approved, to be seen in turn with the new one."""
    return {} if line.approved is None else {"approved": _moved(formats.read(Path(line.approved)))}


def _spoken(line: ReportLine) -> dict[str, Any]:
    """Visemes as they were heard, and where the words of the text stand among them."""
    heard = list(line.visemes)
    return {"visemes": heard, "words": words.place(line.text, heard)} if heard else {}


def portrait_bytes(line: ReportLine) -> int:
    """What a line's portrait takes in the page; 0 where there is none, or none that can be read, which `pack` tells."""
    try:
        return 0 if line.portrait is None else files.check(Path(line.portrait), files.ANY_SIZE) * 4 // 3
    except OSError:
        return 0


def _portrait(line: ReportLine) -> dict[str, Any]:
    """The film or picture as it is."""
    if line.portrait is None:
        return {}
    path = Path(line.portrait)
    mime = PORTRAITS.get(path.suffix.lower())
    if mime is None:
        raise BatchError(f"{path} is no portrait that a page shows; make it one of {', '.join(PORTRAITS)}")
    try:
        return {"portrait": _text(files.read_bytes(path)), "portraitMime": mime}
    except OSError as error:
        raise BatchError(f"{path} cannot be read ({files.reason(error)}); make the portrait again") from error


def _moved(take: Take) -> dict[str, Any]:
    tracks, low, high = _tracks(resample(take, MOTION_HZ))
    steps = np.rint((tracks - low) / np.maximum(high - low, 1e-9) * _STEPS).astype(np.uint8)
    moved = np.diff(steps, axis=0, prepend=np.zeros((1, steps.shape[1]), np.uint8))  # bytes wrap around, both ways
    return {
        "motion": _text(zlib.compress(np.ascontiguousarray(moved.T).tobytes(), 9)),
        "frames": len(steps),
        "start": float(take.start),
        "low": _few(low),
        "high": _few(high),
    }


def _tracks(take: Take) -> tuple[F32, F32, F32]:
    """Channels (T, C) and the range of each (C,), (C,)."""
    turn = np.zeros((take.n_frames, len(HEAD_AXES)), np.float32) if take.head is None else take.head
    curves = np.stack(list(main_curves(take.values).values()), axis=1)
    shapes, seal = shown_face(take.values)
    whole = np.concatenate([shapes, seal[:, None], np.clip(curves, 0.0, 1.0)], axis=1)
    low = np.concatenate([np.zeros(whole.shape[1], np.float32), turn.min(axis=0)])
    high = np.concatenate([np.ones(whole.shape[1], np.float32), turn.max(axis=0)])
    return np.concatenate([whole, turn], axis=1), low, high


def _few(angles: F32) -> list[float]:
    """The head's part of a range: all others are 0..1."""
    return [round(float(angle), 3) for angle in angles[-len(HEAD_AXES) :]]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
