"""The network from sound and emotion to curves, over lines of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import json_text, rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.bundle.verified import check_widths, common_metadata, opened
from facetake.emotion import EMOTIONS
from facetake.visemes import VISEMES

WINDOW_FRAMES = 300  # 5 s, the length the network was trained on
HOP_FRAMES = 240
EDGE_FRAMES = 15  # at a window's edge the network sees too little context; cross-fading happens inside
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class AudioToRig:
    """The network from sound and emotion to curves and visemes.

    Attributes:
        run: maps audio (1, S) and emotion (1, T, 7) to curves (1, T, 174) and viseme log-probabilities (1, T, 16).
        sha256: of the model file, for the take's origin.
    """

    run: Callable[[Floats, Floats], tuple[Floats, Floats]]
    sha256: str

    def windows(
        self, blocks: Iterable[Floats], n_frames: int, emotion_at: Callable[[NDArray[np.float64]], Floats]
    ) -> Iterator[tuple[int, Floats, Floats]]:
        """Runs over sound of any length in overlapping windows, cross-faded, in constant memory.

        Args:
            blocks: the sound, 16 kHz mono, in pieces of any size.
            n_frames: T of the whole, at 60 fps.
            emotion_at: instants in seconds (t,) to weights (t, 7).

        Yields:
            First frame, curves (t, 174) and viseme probabilities (t, 16); together they cover 0 .. T once, in order.
        """
        sound = _Buffer(blocks)
        tail: tuple[Floats, Floats] | None = None
        first = 0
        while True:
            count = n_frames - first if n_frames - first <= WINDOW_FRAMES else WINDOW_FRAMES
            is_last = first + count == n_frames
            audio = sound.span(_sample(first), _sample(first + count))
            emotion = emotion_at(np.arange(first, first + count) / FRAME_RATE_HZ)
            outputs = self._padded(audio, emotion)
            if tail is not None:
                outputs = (_cross_fade(tail[0], outputs[0]), _cross_fade(tail[1], outputs[1]))
            done = count if is_last else HOP_FRAMES
            yield first, outputs[0][:done], outputs[1][:done]
            if is_last:
                return
            tail = (outputs[0][HOP_FRAMES:], outputs[1][HOP_FRAMES:])
            first += HOP_FRAMES

    @cached_property
    def rests(self) -> Floats:
        """(7, 174) the pose each emotion has in silence, as the network shows it in the middle of a silent second."""
        silence, rows = np.zeros(_sample(FRAME_RATE_HZ), np.float32), np.eye(len(EMOTIONS), dtype=np.float32)
        poses = [self._padded(silence, np.tile(row, (FRAME_RATE_HZ, 1)))[0] for row in rows]
        return np.stack([pose[FRAME_RATE_HZ // 3 : 2 * FRAME_RATE_HZ // 3].mean(axis=0) for pose in poses])

    def _padded(self, audio: Floats, emotion: Floats) -> tuple[Floats, Floats]:
        """Curves and viseme probabilities of one window; a short one is padded with silence to half a second."""
        count = len(emotion)
        short = max(0, FRAME_RATE_HZ // 2 - count)
        emotion = np.pad(emotion, ((0, short), (0, 0)), mode="edge")
        audio = np.pad(audio, (0, max(0, _sample(count + short) - len(audio))))
        curves, visemes = self.run(audio[None], emotion[None].astype(np.float32))
        return curves[0, :count], np.exp(visemes[0, :count])


def _sample(frame: int) -> int:
    return (frame * SAMPLE_RATE_HZ + FRAME_RATE_HZ // 2) // FRAME_RATE_HZ


def _cross_fade(old: Floats, new: Floats) -> Floats:
    """`new` with its first frames faded in from `old`; the outermost frames of each count for nothing."""
    overlap = min(len(old), len(new))
    place = np.arange(overlap, dtype=np.float32)
    share = np.clip((place - EDGE_FRAMES + 1) / max(overlap - 2 * EDGE_FRAMES, 1), 0.0, 1.0)[:, None]
    out = new.copy()
    out[:overlap] = old[:overlap] * (1.0 - share) + new[:overlap] * share
    return out


class _Buffer:
    """The part of a stream of blocks that windows still need."""

    def __init__(self, blocks: Iterable[Floats]) -> None:
        self.blocks = iter(blocks)
        self.kept = np.zeros(0, np.float32)
        self.begin = 0

    def span(self, begin: int, end: int) -> Floats:
        """Samples begin .. end, zeros past the end of the sound; what lies before `begin` is forgotten."""
        while self.begin + len(self.kept) < end and (block := next(self.blocks, None)) is not None:
            self.kept = np.concatenate([self.kept, block])
        self.kept = self.kept[max(0, begin - self.begin) :]
        self.begin = begin
        found = self.kept[: end - begin]
        return np.pad(found, (0, end - begin - len(found)))


def load_audio2rig(folder: Path, threads: int) -> AudioToRig:
    """Opens the network of a folder.

    Raises:
        ModelError: it is missing, altered, of another version, or not what its name says.
    """
    model = opened(folder, "audio2rig", audio2rig_metadata(), threads)
    check_widths(model, {"emotion": len(EMOTIONS), "curves": rig.N_CONTROLS, "visemes": len(VISEMES)})

    def run(audio: Floats, emotion: Floats) -> tuple[Floats, Floats]:
        curves, visemes = model.session.run(["curves", "visemes"], {"audio": audio, "emotion": emotion})
        return curves, visemes

    return AudioToRig(run, model.sha256)


def audio2rig_metadata() -> dict[str, str]:
    """The numbers and names that an audio2rig model of this version carries."""
    return {
        **common_metadata("audio2rig"),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "emotions": json_text.dump(list(EMOTIONS)),
        "visemes": json_text.dump(list(VISEMES)),
    }
