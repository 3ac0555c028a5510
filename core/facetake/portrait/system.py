"""What every portrait system is asked: to learn an actor's face, to render a line, and to be compared with a clip.

A system is a folder whose module `system` has an object `SYSTEM`, and a line in `FOLDERS`. The command line asks what a
system `takes` and passes it on; nothing else knows which systems there are. Importing this or a `system` module loads
no network library: the work is imported by the methods that do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

from facetake.errors import PortraitError

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from facetake.emotion import EmotionTrack

Action = Literal["train", "render", "evaluate"]
FOLDERS: Final = {"audiodvp": "audiodvp", "read": "read_avatars", "landmark": "landmark_translation"}
"""Each system's name on the command line, and its folder beside this file."""


class Listener(Protocol):
    """Hears how far a job is, and what is worth telling of it."""

    def progress(self, share: float) -> None:
        """A share 0..1 of the job is done."""

    def warning(self, message: str) -> None:
        """Something the user should know, though the job goes on."""

    def note(self, lines: Sequence[str], facts: Mapping[str, object]) -> None:
        """What was found out: lines for a person, facts for a program."""


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """A training to begin, or to go on with where `out` holds one.

    Attributes:
        actors: folders as `portrait capture` makes them, or what else the system learns from.
        out: folder of the training.
        settings: the name of shipped settings, or a file of one's own.
        device: where networks run.
        seconds: learn from the first so many of each clip; None: from all.
        model: folder of the model that hears the sound; None: the shipped one.
        weights: folder with networks of the user's; None: without.
        phonemes: folder with a wav2vec2 phoneme network of the user's; None: visemes of the model that hears.
        lines: recordings of more speech.
    """

    actors: tuple[Path, ...]
    out: Path
    settings: str
    device: torch.device
    seconds: float | None = None
    model: Path | None = None
    weights: Path | None = None
    phonemes: Path | None = None
    lines: tuple[Path, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RenderJob:
    """A line to be spoken: `audio`, `take`, or both, where the take moves the face and the sound is only heard.

    Attributes:
        actor: the actor's folder, or what else the system shows.
        training: folder of the training; None: none is needed, which `speaks_untrained` systems can do.
        device: where networks run.
        audio: a recording.
        take: a take in any format.
        emotion: as `facetake generate` takes it; None: neutral.
        model: folder of the model that hears the sound; None: the shipped one.
        phonemes: the phoneme network that the training heard with, where it is elsewhere by now.
        tracks: landmarks of a photograph in a file; None: MediaPipe finds them.
        landmarker: MediaPipe's model, where its package has none inside.
        size: side of a photograph's square, in pixels.
        seed: of blinks and the head's directions.
        bare: without the neural renderer.
    """

    actor: Path
    device: torch.device
    training: Path | None = None
    audio: Path | None = None
    take: Path | None = None
    emotion: str | None = None
    model: Path | None = None
    phonemes: Path | None = None
    tracks: Path | None = None
    landmarker: Path | None = None
    size: int = 256
    seed: int = 0
    bare: bool = False

    @property
    def sound(self) -> Path:
        """The recording that drives the face. PortraitError where there is none."""
        if self.audio is None:
            raise PortraitError("there is no recording to hear; name one")
        return self.audio

    @property
    def run(self) -> Path:
        """The folder of the training. PortraitError where there is none."""
        if self.training is None:
            raise PortraitError(f"{self.actor} is shown by a training; name one (`facetake portrait train` makes it)")
        return self.training


@dataclass(frozen=True, kw_only=True)
class EvaluateJob:
    """An actor who says again what it said, to be compared with its clip.

    Attributes:
        actor: the actor's folder.
        training: folder of the training.
        device: where networks run.
        is_all: compare every frame; else those that were not learnt from.
        emotion: of the clip; None: neutral, or what the training knows of it.
        model: folder of the model that hears the sound; None: the shipped one.
        weights: folder with networks of the user's that measure; None: without.
        landmarker: MediaPipe's model, where its package has none inside.
        phonemes: the phoneme network that the training heard with, where it is elsewhere by now.
    """

    actor: Path
    training: Path
    device: torch.device
    is_all: bool = False
    emotion: str | None = None
    model: Path | None = None
    weights: Path | None = None
    landmarker: Path | None = None
    phonemes: Path | None = None


@dataclass(frozen=True)
class RenderedVideo:
    """What a line looks like.

    Attributes:
        pictures: gives those from a frame on, (H, W, 3) uint8 each, drawn as they are asked for; each is the same
            whichever frame one begins with.
        n_frames: how many there are.
        n_video: frames of the actor's video that is shown behind; what is longer is played there and back.
        rate: frames per second.
    """

    pictures: Callable[[int], Iterator[NDArray[np.uint8]]]
    n_frames: int
    n_video: int
    rate: Fraction


@dataclass(frozen=True)
class ClipEvaluation:
    """How near a system comes to a clip: lines for a person, facts for a program."""

    lines: list[str]
    facts: dict[str, object]


class PortraitSystem(Protocol):
    """One way from sound or a take to photoreal video.

    Attributes:
        name: as on the command line.
        about: what it does, in one line.
        learns_from_many: whether a training takes several actors.
        speaks_untrained: whether it renders a photograph without a training.
        draws_meshes: whether it draws a face model, so that the choice of a rasterizer matters.
        takes: the options of each action beside those that all systems take, each with what it is for here.
        actors: what it learns from, shows and is compared with, for each action.
    """

    @property
    def name(self) -> str: ...  # noqa: D102  said above

    @property
    def about(self) -> str: ...  # noqa: D102

    @property
    def learns_from_many(self) -> bool: ...  # noqa: D102

    @property
    def speaks_untrained(self) -> bool: ...  # noqa: D102

    @property
    def draws_meshes(self) -> bool: ...  # noqa: D102

    @property
    def takes(self) -> Mapping[Action, Mapping[str, str]]: ...  # noqa: D102

    @property
    def actors(self) -> Mapping[Action, str]: ...  # noqa: D102

    def train(self, job: TrainJob, listener: Listener) -> None:
        """Trains, or goes on training. FacetakeError where the job cannot be done."""

    def render(self, job: RenderJob, listener: Listener) -> RenderedVideo:
        """Renders a line. FacetakeError where the job cannot be done."""

    def evaluate(self, job: EvaluateJob, listener: Listener) -> ClipEvaluation:
        """Compares with a clip. FacetakeError where the job cannot be done."""


def systems() -> list[PortraitSystem]:
    """Every system, in the order in which they are listed."""
    return [
        cast(PortraitSystem, import_module(f"facetake.portrait.{folder}.system").SYSTEM) for folder in FOLDERS.values()
    ]


def mood(sound: Path, asked: str | None, model: Path | None, listener: Listener) -> EmotionTrack:
    """The emotion that is asked for, neutral for None; or the one that is heard in a sound, which is told.

    Raises:
        ConfigError: it is no emotion.
        AudioError: the sound cannot be read.
    """
    from facetake import emotion, emotion_recognition, inference

    text = asked or "neutral"
    if not emotion.is_heard(text):
        return emotion.parse(text)
    heard = emotion_recognition.hear(sound, text, inference.load(model).audio_emotion)
    listener.note([f"{sound}: {heard.sentence}"], {"heard": heard.facts})
    return heard.track


class Stages:
    """Tells a listener the share of a whole training from a stage and the share of that."""

    def __init__(self, listener: Listener, stages: Mapping[str, tuple[float, float]]) -> None:
        """Takes whom to tell, and each stage with the shares of the whole at which it begins and ends."""
        self._listener = listener
        self._stages = stages

    def __call__(self, stage: str, share: float) -> None:
        """A share 0..1 of a stage is done."""
        begin, end = self._stages[stage]
        self._listener.progress(begin + (end - begin) * share)
