"""`facetake portrait ACTION SYSTEM`: photoreal video of an actor. Each system's commands are in a module of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.util import find_spec

from facetake.cli import portrait_audiodvp, portrait_capture, portrait_landmark, portrait_read
from facetake.cli.progress import Reporter, add_option
from facetake.errors import ConfigError

NAME = "portrait"
ABOUT = "photoreal video: learn an actor from a clip, then let new lines be spoken"
EXAMPLES = (
    "capture video.mp4 -o actor --take performance.json",
    "capture video.mp4 -o actor --face flame:flame2023.pkl",
    "train audiodvp actor -o run --seconds 6",
    "render audiodvp actor run --audio line.wav -o line.mp4",
    "render audiodvp actor run --take line.json --audio line.wav -o line.mp4",
    "evaluate audiodvp actor run",
    "train read clips.csv -o run",
    "render read actor run --audio line.wav --emotion angry:0.7 -o line.mp4",
    "train landmark actor another -o run",
    "render landmark photograph.jpg run --audio line.wav --emotion happy -o line.mp4",
)
SYSTEMS = (portrait_audiodvp, portrait_read, portrait_landmark)
NEEDED = ("av", "numba", "safetensors", "torch")
Run = Callable[[argparse.Namespace, Reporter], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the actions and, under each, the systems."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    capture = actions.add_parser("capture", help=portrait_capture.ABOUT, description=portrait_capture.ABOUT)
    portrait_capture.add_arguments(capture)
    add_option(capture)
    capture.set_defaults(act=portrait_capture.capture)
    for action, about in (
        ("train", "learn an actor's face, or go on learning"),
        ("render", "the actor's video with other words"),
        ("evaluate", "the actor says again what it said, and is compared"),
    ):
        systems = actions.add_parser(action, help=about, description=about).add_subparsers(
            required=True, metavar="SYSTEM"
        )
        for system in SYSTEMS:
            own = systems.add_parser(system.NAME, help=system.__doc__, description=about)
            getattr(system, f"add_{action}")(own)
            own.add_argument("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1; default: auto, a "
                             "CUDA card where there is one")  # fmt: skip
            add_option(own)
            own.set_defaults(act=getattr(system, action))


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Does what was asked for. ConfigError when a package that portraits need is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f'portraits need {" and ".join(missing)}; pip install "facetake[portrait]"')
    act: Run = arguments.act
    return act(arguments, report)
