"""`facetake portrait ACTION SYSTEM`: photoreal video of an actor, by any system that `portrait.system` lists."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facetake.cli import inputs, options, portrait_capture, portrait_film, portrait_output
from facetake.cli.terminal import Reporter, add_option
from facetake.errors import ConfigError
from facetake.portrait.system import Action, EvaluateJob, PortraitSystem, RenderJob, TrainJob, systems

if TYPE_CHECKING:
    import torch

NAME = "portrait"
ABOUT = "photoreal video: learn an actor from a clip, then let new lines be spoken"
EXAMPLES = (
    "film video.mp4 --audio line.wav -o line.mp4",
    "film photograph.jpg --audio line.wav --emotion happy -o line.mp4",
    "capture video.mp4 -o actor --take performance.json",
    "capture video.mp4 -o actor --face flame:flame2023.pkl",
    "train audiodvp actor -o run --seconds 6",
    "render audiodvp actor run --audio line.wav -o line.mp4",
    "render audiodvp actor run --take line.json --audio line.wav -o line.mp4",
    "evaluate audiodvp actor run",
    "train read clips.csv -o run",
    "render read actor run --audio line.wav --emotion angry:0.7 -o line.mp4",
    "train landmark actor another -o run",
    "render landmark photograph.jpg --audio line.wav -o line.mp4",
    "render landmark photograph.jpg run --audio line.wav --emotion happy -o line.mp4",
)
NEEDED = ("PIL", "av", "librosa", "numba", "safetensors", "skimage", "torch")
ACTIONS: Final[Mapping[Action, str]] = {
    "train": "learn an actor's face, or go on learning",
    "render": "the actor's video with other words",
    "evaluate": "the actor says again what it said, and is compared",
}
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "weights": {"type": Path, "metavar": "DIR"},
    "phonemes": {"type": Path, "metavar": "DIR"},
    "lines": {"nargs": "+", "default": [], "metavar": "SOUND"},
    "emotion": {"metavar": "E"},
    "tracks": {"type": Path, "metavar": "FILE.npz"},
    "landmarker": {"type": Path, "metavar": "TASK"},
    "size": {"type": options.whole(64, 2048), "default": 256, "metavar": "PIXELS"},
    "seed": {"type": options.whole(), "default": 0, "metavar": "N"},
    "bare": {"action": "store_true"},
}
"""How each option that only some systems take is read."""
EMOTION = "happy:0.7, happy:0.5+sad:0.3, a file of cues, or auto: hear it in the voice"
Run = Callable[[argparse.Namespace, Reporter], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the actions and, under each, the systems."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    about = portrait_capture.ABOUT
    actions.add_parser("capture", help=about, description=about, declare=_add_capture)
    about = portrait_film.ABOUT
    actions.add_parser("film", help=about, description=about, declare=_add_film)
    for action, about in ACTIONS.items():
        actions.add_parser(action, help=about, description=about, declare=partial(_add_systems, action))


def _add_capture(parser: argparse.ArgumentParser) -> None:
    portrait_capture.add_arguments(parser)
    _add_rasterizer(parser)
    add_option(parser)
    parser.set_defaults(act=_capture, device="auto")


def _add_film(parser: argparse.ArgumentParser) -> None:
    portrait_film.add_arguments(parser)
    _add_rasterizer(parser)
    add_option(parser)
    parser.set_defaults(act=_film)


def _add_systems(action: Action, parser: argparse.ArgumentParser) -> None:
    names = parser.add_subparsers(required=True, metavar="SYSTEM")
    for system in systems():
        declare = partial(_add_system, action, system)
        names.add_parser(system.name, help=system.about, description=ACTIONS[action], declare=declare)


def _add_system(action: Action, system: PortraitSystem, parser: argparse.ArgumentParser) -> None:
    """Declares what an action takes of every system, then what it takes of this one."""
    declare, act = {
        "train": (_add_train, _train),
        "render": (_add_render, _render),
        "evaluate": (_add_evaluate, _evaluate),
    }[action]
    declare(parser, system)
    for name, purpose in system.takes[action].items():
        about = f"{EMOTION}; {purpose}" if name == "emotion" else purpose
        parser.add_argument(f"--{name}", help=about, **OPTIONS[name])
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")
    parser.add_argument(
        "--device",
        default="auto",
        metavar="NAME",
        help="cpu, cuda, cuda:1; default: auto, a CUDA card where there is one",
    )
    if system.draws_meshes:
        _add_rasterizer(parser)
    add_option(parser)
    parser.set_defaults(act=act, system=system)


def _add_rasterizer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rasterizer",
        choices=("auto", "numba", "torch", "pytorch3d"),
        default="auto",
        help="what draws the face model; default: auto, PyTorch3D on a card where it is installed, else numba",
    )


def _add_train(parser: argparse.ArgumentParser, system: PortraitSystem) -> None:
    count = "+" if system.learns_from_many else 1
    parser.add_argument("actors", type=Path, nargs=count, metavar="ACTOR", help=system.actors["train"])
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="RUN",
        help="folder of the training; an interrupted one goes on",
    )
    parser.add_argument(
        "--settings",
        default="quick",
        metavar="NAME|FILE.toml",
        help="quick (default), minutes for half a minute of film or more, paper or tiny, or a file of your own",
    )
    parser.add_argument(
        "--seconds", type=options.number(), metavar="S", help="learn from each clip's first S seconds; default: all"
    )


def _add_render(parser: argparse.ArgumentParser, system: PortraitSystem) -> None:
    parser.add_argument("actor", type=Path, metavar="ACTOR", help=system.actors["render"])
    about = "the folder of the training"
    if system.speaks_untrained:
        about = f"{about}; without, a photograph speaks at once, its own pixels moved and its mouth painted"
    count = "?" if system.speaks_untrained else None
    parser.add_argument("training", type=Path, nargs=count, metavar="RUN", help=about)
    portrait_output.add_arguments(parser)


def _add_evaluate(parser: argparse.ArgumentParser, system: PortraitSystem) -> None:
    parser.add_argument("actor", type=Path, metavar="ACTOR", help=system.actors["evaluate"])
    parser.add_argument("training", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument(
        "--all", action="store_true", dest="is_all", help="on every frame; default: on those not learnt from"
    )
    parser.add_argument(
        "--landmarker",
        type=Path,
        metavar="TASK",
        help="MediaPipe's face_landmarker.task, where its package has no model inside",
    )


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Does what was asked for. ConfigError when a package that portraits need is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f'portraits need {" and ".join(missing)}; pip install "facetake[portrait]"')
    from facetake.portrait.training import devices

    act: Run = arguments.act
    with devices.memory_told():
        return act(arguments, report)


def _device(arguments: argparse.Namespace) -> torch.device:
    """Where networks run; what draws meshes is chosen for there, too."""
    from facetake.portrait.training import devices
    from facetake.render import rasterizer

    device = devices.device(arguments.device)
    if hasattr(arguments, "rasterizer"):
        rasterizer.choose(arguments.rasterizer, device)
    return device


def _capture(arguments: argparse.Namespace, report: Reporter) -> int:
    """Captures a video, drawn by what was chosen."""
    _device(arguments)
    return portrait_capture.capture(arguments, report)


def _film(arguments: argparse.Namespace, report: Reporter) -> int:
    """Captures, trains what is missing, and renders one line."""
    return portrait_film.film(arguments, _device(arguments), report, _Listener(report, str(arguments.out)))


class _Listener:
    """Tells a reporter of one item."""

    def __init__(self, report: Reporter, item: str) -> None:
        self._report = report
        self._item = item

    def progress(self, share: float) -> None:
        self._report.progress(self._item, share)

    def warning(self, message: str) -> None:
        self._report.warning(self._item, message)

    def note(self, lines: Sequence[str], facts: Mapping[str, object]) -> None:
        self._report.note(self._item, lines, facts)


def _asked(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """What was asked for by name, as far as the system takes it."""
    return {name: getattr(arguments, name) for name in names if hasattr(arguments, name)}


def _train(arguments: argparse.Namespace, report: Reporter) -> int:
    """Trains, or goes on training."""
    system: PortraitSystem = arguments.system
    if inputs.identity(arguments.out) in map(inputs.identity, arguments.actors):
        raise ConfigError(f"{arguments.out} is an actor's folder; name another one for the training with -o")
    lines = tuple(inputs.sound_files(getattr(arguments, "lines", [])))
    job = TrainJob(
        actors=tuple(arguments.actors),
        device=_device(arguments),
        lines=lines,
        **_asked(arguments, "out", "settings", "seconds", "model", "weights", "phonemes"),
    )
    item = str(arguments.out)
    report.start(item, 0, 1)
    system.train(job, _Listener(report, item))
    report.done(item, [str(arguments.out)])
    return 0


def _render(arguments: argparse.Namespace, report: Reporter) -> int:
    """Renders one line."""
    from facetake.portrait.consent import provenance

    system: PortraitSystem = arguments.system
    item = str(portrait_output.said(arguments))
    if arguments.take and getattr(arguments, "emotion", None):
        raise ConfigError("a take has its mood already; leave out --emotion, or restyle the take first")
    names = "actor training audio take emotion model phonemes tracks landmarker size seed bare".split()
    job = RenderJob(device=_device(arguments), **_asked(arguments, *names))
    report.start(item, 0, 1)
    film = system.render(job, _Listener(report, item))
    about = provenance(system.name, job)
    portrait_output.write(arguments, report, film, item, about, lambda share: report.progress(item, share))
    report.done(item, [str(arguments.out)])
    return 0


def _evaluate(arguments: argparse.Namespace, report: Reporter) -> int:
    """Compares with a clip."""
    system: PortraitSystem = arguments.system
    names = "actor training is_all emotion model weights landmarker phonemes".split()
    job = EvaluateJob(device=_device(arguments), **_asked(arguments, *names))
    item = str(arguments.training)
    report.start(item, 0, 1)
    found = system.evaluate(job, _Listener(report, item))
    report.note(item, found.lines, found.facts)
    report.done(item, [])
    return 0
