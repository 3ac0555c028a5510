"""The network that hears: sound to features and visemes, once a line, for everything that works from sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake.arrays import F32, memmap
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ
from facetake.errors import ModelError
from facetake.files import json_text
from facetake.inference.verified import SHIPPED, Opened, check_widths, common_metadata, declarations, opened
from facetake.inference.voice import VoiceFeatures, VoiceSums
from facetake.inference.windows import Joiner, SoundBuffer, sample_of, spans
from facetake.phones import PHONES
from facetake.visemes import VISEMES

NAME = "ear"
N_LIPS = 2  # opening, rounding
SHORTEST_FRAMES = FRAME_RATE_HZ // 2  # a shorter sound is heard with silence after it


@dataclass(frozen=True)
class Hearing:
    """What was heard in a line, at 60 frames a second.

    Attributes:
        features: (T, D) float16, for the networks that read this ear; half precision keeps an hour within 110 MB.
        visemes: (T, 16) float32 probabilities.
        lips: (T, 2) float32 opening and rounding of the lips as faces taught them, each in a scale of its own; None of
            an ear that does not read them.
        voice: how the voice sounds, where that was asked.
        phones: (T, 42) float32 log-probabilities of `facetake.phones.PHONES`, where they were asked.
    """

    features: NDArray[np.float16]
    visemes: F32
    lips: F32 | None = None
    voice: VoiceFeatures | None = None
    phones: F32 | None = None


@dataclass(frozen=True)
class Ear:
    """The network that hears.

    Attributes:
        run: maps audio (1, S) to features (1, T, D) and viseme log-probabilities (1, T, 16), T = round(60 S / 16000);
            with `phones=42`, of an ear that tells them, to their log-probabilities (1, T, 42) as well.
        n_features: D.
        sha256: of the model file.
        run_voice: as `run`, with how the voice sounds (1, T, W) behind; None in an ear that does not tell.
        n_voice: W.
        reads_lips: opening and rounding of the lips (1, T, 2) are the last that `run` and `run_voice` give.
        tells_phones: `run` and `run_voice` take `phones`, and give them behind the voice and before the lips.
    """

    run: Callable[..., tuple[F32, ...]]
    n_features: int
    sha256: str
    run_voice: Callable[..., tuple[F32, ...]] | None = None
    n_voice: int = 0
    reads_lips: bool = False
    tells_phones: bool = False

    def hear(
        self,
        blocks: Iterable[F32],
        n_frames: int,
        progress: Callable[[float], None] | None = None,
        *,
        with_voice: bool = False,
        with_phones: bool = False,
    ) -> Hearing:
        """Hears sound of any length in overlapping windows, cross-faded.

        Args:
            blocks: the sound, 16 kHz mono, in pieces of any size; it is read once, and never held whole.
            n_frames: T of the whole, at 60 fps.
            progress: called with the share done, 0..1.
            with_voice: tell how the voice sounds as well.
            with_phones: tell the phones as well.

        Raises:
            ModelError: this ear does not tell how a voice sounds, or no phones.
        """
        run = self._run(with_voice, with_phones)
        features = memmap.make((n_frames, self.n_features), np.float16)
        visemes = np.empty((n_frames, len(VISEMES)), np.float32)
        lips = np.empty((n_frames, N_LIPS), np.float32) if self.reads_lips else None
        phones = np.empty((n_frames, len(PHONES)), np.float32) if with_phones else None
        sums = VoiceSums(n_frames, self.n_voice) if with_voice else None
        sound = SoundBuffer(blocks)
        joiner = Joiner()
        done = 0
        for first, count in spans(n_frames):
            heard = _window(run, sound.span(sample_of(first), sample_of(first + count)), count)
            some, shapes, *others = joiner.join(heard, first + count == n_frames)
            now = slice(done, done + len(some))
            features[now] = some
            visemes[now] = shapes
            memmap.release(features)
            done = now.stop
            if lips is not None:
                lips[now] = others.pop()
            if phones is not None:
                phones[now] = others.pop()
            if sums is not None:
                sums.add(others[0])
            if progress is not None:
                progress(done / n_frames)
        return Hearing(features, visemes, lips, sums.voice if sums else None, phones)

    def _run(self, with_voice: bool, with_phones: bool) -> Callable[..., tuple[F32, ...]]:
        if with_voice and self.run_voice is None:
            raise ModelError(f"model {NAME} does not tell how a voice sounds; export it again with this version")
        if with_phones and not self.tells_phones:
            raise ModelError(f"model {NAME} does not tell phones; export it again with this version")
        run = self.run_voice if with_voice and self.run_voice is not None else self.run
        return partial(run, phones=len(PHONES)) if with_phones else run


def _window(run: Callable[..., tuple[F32, ...]], audio: F32, count: int) -> tuple[F32, ...]:
    """Features, probabilities of visemes and what else `run` gives, of the first `count` frames."""
    short = sample_of(max(count, SHORTEST_FRAMES)) - len(audio)
    features, visemes, *others = (part[0, :count] for part in run(np.pad(audio, (0, max(0, short)))[None]))
    return features, np.exp(visemes), *others


def load_ear(folder: Path, threads: int = 2) -> Ear:
    """Opens the ear of a folder.

    Raises:
        ModelError: it is missing, altered, of another version, or not what its name says.
    """
    model = opened(folder, NAME, ear_metadata(), threads)
    check_widths(model, {"visemes": len(VISEMES)})
    widths = {output.name: output.shape[-1] for output in model.session.get_outputs() if output.shape}
    if not isinstance(widths.get("features"), int):
        raise ModelError(f"model {NAME} of {folder} gives no features; export it again with this version")
    if widths.get("lips", N_LIPS) != N_LIPS:
        raise ModelError(
            f"model {NAME} of {folder} reads {widths['lips']} measures of the lips where opening and rounding are two; "
            "export it again with this version"
        )

    n_features = widths["features"]
    n_voice = widths.get("voice")
    reads_lips = "lips" in widths
    tells_phones = widths.get("phones") == len(PHONES)

    def heard(audio: F32, **more: int) -> tuple[F32, ...]:
        wanted = {"features": n_features, "visemes": len(VISEMES), **more, **({"lips": N_LIPS} if reads_lips else {})}
        count = frames_of(audio.shape[1])
        return tuple(model.run({"audio": audio}, **{name: (1, count, width) for name, width in wanted.items()}))

    if not isinstance(n_voice, int):
        return Ear(heard, n_features, model.sha256, reads_lips=reads_lips, tells_phones=tells_phones)
    return Ear(heard, n_features, model.sha256, partial(heard, voice=n_voice), n_voice, reads_lips, tells_phones)


def opened_with_ear(folder: Path, name: str, metadata: dict[str, str], ear: Ear, threads: int) -> tuple[Opened, Ear]:
    """A network that reads an ear, of a folder, else the shipped one, and the ear that it was made for.

    Args:
        folder: holds models.toml and the files.
        name: of the network.
        metadata: that it must carry.
        ear: of the folder.
        threads: of onnxruntime.

    Raises:
        ModelError: it is missing, altered, of another version, not what its name says, or made for another ear.
    """
    own = name in declarations(folder)
    place = folder if own else SHIPPED
    model = opened(place, name, metadata, threads)
    known = model.numbers.get("ear_sha256")
    if known != ear.sha256 and not own:
        ear = load_ear(SHIPPED, threads)
    if known != ear.sha256:
        raise ModelError(f"model {name} of {place} was made for another ear; train and export it again for this one")
    return model, ear


def frames_of(n_samples: int) -> int:
    """How many frames an ear gives of some samples: the whole number that lies nearest."""
    return (n_samples * FRAME_RATE_HZ + SAMPLE_RATE_HZ // 2) // SAMPLE_RATE_HZ


def ear_metadata() -> dict[str, str]:
    """The numbers and names that an ear of this version carries."""
    return {
        **common_metadata(NAME),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "visemes": json_text.dump(list(VISEMES)),
    }
