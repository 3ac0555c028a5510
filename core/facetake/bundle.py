"""Verified ONNX models: the only place that touches onnxruntime.

A model is used only if its file has the hash that models.toml declares and carries the names and rates this version
works with. Knows nothing of what is done with the curves.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facetake import rig
from facetake.audio import FRAME_RATE_HZ, SAMPLE_RATE_HZ, hash_of
from facetake.emotion import EMOTIONS
from facetake.errors import ModelError
from facetake.visemes import VISEMES

if TYPE_CHECKING:
    import onnxruntime

MODEL_VERSION = 1
SHIPPED = Path(__file__).parent / "models"
WINDOW_FRAMES = 300  # 5 s, the length the network was trained on
HOP_FRAMES = 240
EDGE_FRAMES = 15  # at a window's edge the network sees too little context; cross-fading happens inside
Floats = NDArray[np.float32]


def session(path: Path, threads: int = 2) -> onnxruntime.InferenceSession:
    """Opens a model file.

    Raises:
        ModelError: onnxruntime cannot read it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # leaves the other core to the host application
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=_providers(onnxruntime))
    except Exception as error:  # onnxruntime raises several untyped errors for a damaged file
        raise ModelError(f"{path} is not a model that ONNX Runtime can read; install it again") from error


def _providers(runtime: Any) -> list[str]:
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    return [name for name in wanted if name in runtime.get_available_providers()]


@dataclass(frozen=True)
class Declaration:
    """What models.toml says of one model.

    Attributes:
        file: name of the file beside models.toml.
        sha256: of its bytes.
        about: everything else: training data, configuration, commit, scores.
    """

    file: str
    sha256: str
    about: dict[str, object]


def declarations(folder: Path) -> dict[str, Declaration]:
    """The models that a folder declares, by name.

    Raises:
        ModelError: models.toml is missing or malformed.
    """
    table = folder / "models.toml"
    try:
        rows = tomllib.loads(table.read_text(encoding="utf-8"))
        return {name: Declaration(str(row.pop("file")), str(row.pop("sha256")), row) for name, row in rows.items()}
    except OSError as error:
        raise ModelError(
            f"no models in {folder}: models.toml is missing; name a folder made by 'facetake-train export'"
        ) from error
    except (tomllib.TOMLDecodeError, KeyError, AttributeError, UnicodeDecodeError) as error:
        raise ModelError(f"{table} is malformed ({error}); export the models again") from error


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


@dataclass(frozen=True)
class Models:
    """The models that generation uses."""

    audio2rig: AudioToRig


def load(folder: Path | None = None, threads: int = 2) -> Models:
    """Loads and verifies the models of a folder, the shipped ones by default.

    Raises:
        ModelError: a model is missing, altered, of another version, or not what its name says.
    """
    folder = SHIPPED if folder is None else folder
    declared = declarations(folder)
    if "audio2rig" not in declared:
        raise ModelError(
            f"{folder / 'models.toml'} declares no model named audio2rig; export one with 'facetake-train export'"
        )
    return Models(_audio2rig(folder, declared["audio2rig"], threads))


def _audio2rig(folder: Path, declared: Declaration, threads: int) -> AudioToRig:
    path = folder / declared.file
    if not path.is_file():
        raise ModelError(f"model file {path} is missing; install facetake again or name another folder with --model")
    if hash_of(path) != declared.sha256:
        raise ModelError(
            f"model file {path} has been altered: its hash is not the one in models.toml; install it again"
        )
    opened = session(path, threads)
    _check(path, opened)

    def run(audio: Floats, emotion: Floats) -> tuple[Floats, Floats]:
        curves, visemes = opened.run(["curves", "visemes"], {"audio": audio, "emotion": emotion})
        return curves, visemes

    return AudioToRig(run, declared.sha256)


def metadata() -> dict[str, str]:
    """The numbers and names that an audio2rig model of this version carries."""
    return {
        "facetake_model": "audio2rig",
        "facetake_version": str(MODEL_VERSION),
        "sample_rate_hz": str(SAMPLE_RATE_HZ),
        "frame_rate_hz": str(FRAME_RATE_HZ),
        "controls": json.dumps(list(rig.NAMES)),
        "emotions": json.dumps(list(EMOTIONS)),
        "visemes": json.dumps(list(VISEMES)),
    }


def _check(path: Path, opened: onnxruntime.InferenceSession) -> None:
    numbers = opened.get_modelmeta().custom_metadata_map
    for name, value in metadata().items():
        if numbers.get(name) != value:
            found = (numbers.get(name) or "nothing")[:40]
            raise ModelError(
                f"model {path} does not fit this version: its {name} is {found}; export it again with this version"
            )
    shapes = {value.name: value.shape[-1] for value in (*opened.get_inputs()[1:], *opened.get_outputs())}
    if shapes != {"emotion": len(EMOTIONS), "curves": rig.N_CONTROLS, "visemes": len(VISEMES)}:
        raise ModelError(f"model {path} has inputs or outputs of another shape; export it again with this version")
