"""`facetake portrait film`: a video or a photograph and a line become a film, with all that has to be done in between.

The story: `plan` looks at what was given and chooses the system, before anything long begins; `prepare` captures and
trains what is missing. Both leave their state in the actor's folder, where `capture` and `train` go on by themselves,
so a film that was killed goes on where it was and ends in the same bytes. Another line of that actor trains nothing.

    ACTOR/                     as `portrait capture` makes it
    ACTOR/trained/SYSTEM-...   as `portrait train` does
    ACTOR/takes/               lines performed in a mood, where the film of the actor has only one
    ACTOR/films/               pictures of a film that is being made, until it is there
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from facetake import files, formats
from facetake.errors import ConfigError, PortraitError
from facetake.portrait.capture.actor import ABOUT, LIST, read_about
from facetake.portrait.capture.clip_list import VIDEO, ActorClip, read_clips
from facetake.portrait.kept_frames import KeptFrames
from facetake.portrait.system import (
    FOLDERS,
    Listener,
    PortraitSystem,
    RenderedVideo,
    RenderJob,
    TrainJob,
    systems,
)

if TYPE_CHECKING:
    import torch

Kind = Literal["photograph", "video", "clips", "actor"]
HASHED: Final = frozenset((".json", ".onnx", ".safetensors", ".toml"))
Quality = Literal["draft", "final"]
PHOTOGRAPH: Final = frozenset(".jpg .jpeg .png .webp .bmp .tif .tiff .heic .avif".split())
SHORTEST_S: Final = 2.0  # less is a word or two: the mouth was not seen in most of its shapes
DRAFT_S: Final = 6.0  # of film: what docs/portrait.md measures after ten minutes of training on a core
ENOUGH_S: Final = 30.0  # from here on the settings for a minute of film learn more than those for seconds
WHY: Final = {
    "photograph": "a photograph speaks by way of its landmarks, at once where no training is named",
    "plain": "it changes least of the video and its lips follow best",
    "mood": "a mood needs the whole face, brows too",
    "take": "a take moves the whole face",
    "clips": "moods are learnt from clips that have them",
    "asked": "as asked for",
}
"""Why a system is chosen, by what docs/portrait.md measures of the three."""


@dataclass(frozen=True, kw_only=True)
class FilmOrder:
    """What is wanted.

    Attributes:
        source: a video, a photograph, an actor's folder, or several clips as `portrait capture` takes them.
        actor: the folder that keeps capture and trainings.
        device: where networks run.
        audio: a recording; take: what drives the face in its place; emotion: of the line, None for neutral.
        system: its name, or "auto".
        training: a training to render by; None: one in the actor's folder.
        quality: "draft" learns from the first seconds, "final" from all.
        settings: of the training; None: what suits the length of the film.
        size: side of the captured crop, or of a photograph's square, in pixels.
        seed: of blinks and the head.
        model: folder of the model that hears the sound; None: the shipped one.
        tracks: landmarks in a file; landmarker: MediaPipe's model.
        sound_late_s: how late the video's sound is; None: found by the lips.
        person: which of several faces is followed, counted from the left; None: the largest and most central.
    """

    source: Path
    actor: Path
    device: torch.device
    audio: Path | None = None
    take: Path | None = None
    emotion: str | None = None
    system: str = "auto"
    training: Path | None = None
    quality: Quality = "final"
    settings: str | None = None
    size: int = 256
    seed: int = 0
    model: Path | None = None
    tracks: Path | None = None
    landmarker: Path | None = None
    sound_late_s: float | None = None
    person: int | None = None


@dataclass(frozen=True)
class FilmPlan:
    """What will be done.

    Attributes:
        kind: what was given.
        system: what paints, and `why`.
        training: its folder, None for a photograph that speaks at once.
        settings: by which it learns; seconds: of each clip that it learns from, None for all.
        length_s: of the film that is there to learn from; 0 for a photograph.
        is_performed: whether a take is made of the line first, because the system cannot be told the mood.
    """

    kind: Kind
    system: str
    why: str
    training: Path | None
    settings: str
    seconds: float | None
    length_s: float
    is_performed: bool

    @property
    def sentence(self) -> str:
        """The choice, in one line."""
        return f"{self.kind}: by {self.system}, because {self.why}"


def plan(order: FilmOrder) -> FilmPlan:
    """Looks at what was given, and chooses.

    Raises:
        PortraitError: it cannot become a film.
        ConfigError: options that do not go together.
    """
    kind = _kind(order.source)
    length_s = 0.0 if kind == "photograph" else _length(order, kind)
    name, why = _chosen(order, kind)
    short = order.quality == "draft" or length_s < ENOUGH_S
    settings = order.settings or ("quick" if short else "minutes")
    learnt = f"{name}-{Path(settings).stem}{'-draft' if order.quality == 'draft' else ''}"
    seconds = DRAFT_S if order.quality == "draft" else None
    performed = _has_mood(order) and name != "landmark" and kind != "clips"
    training = order.training if kind == "photograph" else order.training or order.actor / "trained" / learnt
    return FilmPlan(kind, name, why, training, settings, seconds, length_s, performed)


def _kind(path: Path) -> Kind:
    if path.is_dir():
        return "actor" if (path / ABOUT).is_file() else "clips"
    if path.suffix.lower() == ".csv":
        return "clips"
    return "photograph" if path.suffix.lower() in PHOTOGRAPH else "video"


def _length(order: FilmOrder, kind: Kind) -> float:
    """Seconds of film with sound. PortraitError where there are too few, or no sound."""
    if kind == "actor":
        about = read_about(order.source / ABOUT)
        return about.n_frames / float(about.rate)
    paths = [order.source] if kind == "video" else [clip.path for clip in read_clips(order.source)[0]]
    found = [_checked(path, SHORTEST_S if kind == "video" else 0.0) for path in paths]
    return sum(found)


def _checked(path: Path, least_s: float) -> float:
    from facetake.portrait.video.footage import open_footage

    if path.is_dir() and path.suffix.lower() not in VIDEO:
        about = read_about(path / ABOUT)
        return about.n_frames / float(about.rate)
    footage = open_footage(path)
    length_s = footage.n_frames / float(footage.rate)
    if not footage.has_sound:
        raise PortraitError(
            f"{path} has no sound, so nothing can be learnt of how this voice moves the face; give a video of the "
            "person speaking, or a photograph"
        )
    if length_s < least_s:
        raise PortraitError(
            f"{path} lasts {length_s:.1f} s, too short to learn a mouth from; give {least_s:g} s of speech at least, "
            "better half a minute"
        )
    return length_s


def _has_mood(order: FilmOrder) -> bool:
    return order.take is None and order.emotion not in (None, "neutral")


def _chosen(order: FilmOrder, kind: Kind) -> tuple[str, str]:
    """The system's name, and why."""
    if order.system != "auto":
        if kind == "photograph" and order.system != "landmark":
            raise ConfigError(f"{order.system} learns from film, and {order.source} is a photograph; use landmark")
        if kind == "clips" and order.system == "audiodvp":
            raise ConfigError("audiodvp learns from one clip; name that one, or use read")
        return order.system, WHY["asked"]
    if kind == "photograph":
        return "landmark", WHY["photograph"]
    if kind == "clips":
        return "read", WHY["clips"]
    if _has_mood(order) or order.take is not None:
        return "read", WHY["take" if order.take else "mood"]
    return "audiodvp", WHY["plain"]


def system_of(made: FilmPlan) -> PortraitSystem:
    """The system that a plan chose."""
    return systems()[list(FOLDERS).index(made.system)]


Step = Callable[[str], Callable[[float], None]]
"""Begins a step by its name, and gives what its share is told to."""


def prepare(order: FilmOrder, made: FilmPlan, step: Step, listener: Listener) -> RenderJob:
    """Captures and trains what is missing, and gives what is to be rendered.

    Args:
        order: what is wanted.
        made: its plan.
        step: begins "capture" or "train".
        listener: hears warnings and notes.

    Raises:
        FacetakeError: something cannot be done; what was done is kept.
    """
    shown = order.source
    if made.kind in ("video", "clips"):
        shown = _captured(order, made, step("capture"), listener)
    if order.training is None and made.training is not None:
        is_list = (order.actor / LIST).is_file()
        if is_list and made.system == "landmark":
            actors = tuple(clip.path for clip in read_clips(order.actor / LIST)[0])
        else:
            actors = (order.actor / LIST if is_list and made.system == "read" else shown,)
        job = TrainJob(
            actors=actors,
            out=made.training,
            settings=made.settings,
            device=order.device,
            seconds=made.seconds,
            model=order.model,
        )
        made.training.parent.mkdir(parents=True, exist_ok=True)
        system_of(made).train(job, _StepListener(step("train"), listener))
    return _job(order, made, shown)


def _captured(order: FilmOrder, made: FilmPlan, progress: Callable[[float], None], listener: Listener) -> Path:
    """The actor's folder whose video is shown, captured where that was not done before."""
    from facetake.portrait.capture.clip_capture import Order, capture_list, capture_shots
    from facetake.portrait.capture.posed_face import open_face

    asked = Order(
        order.source,
        order.actor,
        order.tracks,
        order.landmarker,
        order.size,
        sound_late_s=order.sound_late_s,
        person=order.person,
    )
    listed = order.actor / LIST
    if made.kind == "clips":
        if not listed.is_file():
            _warn(capture_list(order.source, asked, open_face(), lambda share, _: progress(share))[1], listener)
        return _in_mood(read_clips(listed)[0], order.emotion).path
    if (order.actor / ABOUT).is_file() or listed.is_file():
        _check_same(order)
    else:
        _warn(capture_shots(asked, open_face(), lambda share, _: progress(share))[1], listener)
    if not listed.is_file():
        return order.actor
    shown, length_s = _longest(read_clips(listed)[0])
    if length_s < SHORTEST_S:
        raise PortraitError(
            f"{order.source}: its longest shot lasts {length_s:.1f} s, too short to learn a mouth from; give a video "
            f"with {SHORTEST_S:g} s of speech in one shot at least"
        )
    if made.system == "audiodvp":
        listener.note(
            [f"audiodvp learns from one shot, the longest, {shown.name} of {length_s:.1f} s"], {"shot": shown.name}
        )
    return shown


def _longest(clips: list[ActorClip]) -> tuple[Path, float]:
    """The folder of the longest clip, and how many seconds it lasts."""
    lengths = [read_about(clip.path / ABOUT) for clip in clips]
    seconds = [about.n_frames / float(about.rate) for about in lengths]
    place = max(range(len(clips)), key=lambda i: seconds[i])
    return clips[place].path, seconds[place]


def _warn(lines: list[str], listener: Listener) -> None:
    for line in lines:
        listener.warning(line)


def _check_same(order: FilmOrder) -> None:
    whole = order.actor / ABOUT
    about = read_about(whole if whole.is_file() else read_clips(order.actor / LIST)[0][0].path / ABOUT)
    if about.source_sha256 != files.hash_of(order.source, PortraitError):
        raise PortraitError(f"{order.actor} holds another video than {order.source}; name another folder with --actor")


def _in_mood(clips: list[ActorClip], emotion: str | None) -> ActorClip:
    """The clip that is shown: one in the mood of the line, else a neutral one, else the first."""
    asked = (emotion or "neutral").partition(":")[0].strip().lower()
    for name in (asked, "neutral"):
        for clip in clips:
            if clip.emotion == name:
                return clip
    return clips[0]


def _job(order: FilmOrder, made: FilmPlan, shown: Path) -> RenderJob:
    is_photograph = made.kind == "photograph"
    job = RenderJob(
        actor=shown,
        training=made.training,
        device=order.device,
        audio=order.audio,
        take=order.take,
        model=order.model,
        tracks=order.tracks if is_photograph else None,
        landmarker=order.landmarker,
        size=order.size,
        seed=order.seed,
    )
    if not made.is_performed:
        return replace(job, emotion=None if order.take else order.emotion)
    return replace(job, take=_performed(order, job.sound))


def _performed(order: FilmOrder, sound: Path) -> Path:
    """The line as a take in its mood, made where it is not there yet."""
    from facetake import inference
    from facetake.generate import GenerateOptions, generate

    what = f"{files.hash_of(sound, PortraitError)} {order.emotion} {order.seed} {order.model}"
    path = order.actor / "takes" / f"{sound.stem}-{hashlib.sha256(what.encode('utf-8')).hexdigest()[:8]}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        options = GenerateOptions(order.emotion, seed=order.seed)
        formats.write(generate(sound, options, inference.load(order.model)).take, path)
    return path


def kept_frames(order: FilmOrder, job: RenderJob, film: RenderedVideo, tags: Mapping[str, str]) -> KeptFrames:
    """Where the pictures of a film are kept until it is there: a folder for all that they depend on.

    Args:
        order: what is wanted.
        job: what is rendered.
        film: its pictures.
        tags: what the film says of its sources.

    Raises:
        PortraitError: a file that the film is made from cannot be read.
    """
    what = [str(sorted(tags.items())), str(film.n_frames), str(film.rate)]
    for field in fields(job):
        value = getattr(job, field.name)
        what += [field.name, *(_hashes(value) if isinstance(value, Path) else [str(value)])]
    key = hashlib.sha256("\n".join(what).encode("utf-8")).hexdigest()
    return KeptFrames(order.actor / "films" / key[:16])


def _hashes(path: Path) -> list[str]:
    """Of a file, or of the networks, fits and tables that lie in a folder."""
    held = sorted(file for file in path.glob("[!.]*") if file.suffix in HASHED) if path.is_dir() else [path]
    return [files.hash_of(file, PortraitError) for file in held]


class _StepListener:
    """Hears a system's training as one step."""

    def __init__(self, step: Callable[[float], None], listener: Listener) -> None:
        self._step = step
        self.warning = listener.warning
        self.note = listener.note

    def progress(self, share: float) -> None:
        self._step(share)
