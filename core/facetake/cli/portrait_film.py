"""`facetake portrait film`: a video or a photograph says a line, by one command that captures, trains and renders."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facetake.cli import options, portrait_capture, portrait_output
from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError
from facetake.portrait.system import FOLDERS, Listener

if TYPE_CHECKING:
    import torch

    from facetake.portrait.film import FilmOrder, FilmPlan

ABOUT = "a video or a photograph says a line: captures, trains what is missing, renders"
QUALITIES: Final = ("draft", "final")
CAPTURE_S = 0.5  # a frame, on one core of a machine that does other things too; only the time left is told by it
TRAIN_S: Final = {("audiodvp", "quick"): 600.0, ("read", "quick"): 480.0, ("landmark", "quick"): 300.0}
"""Seconds of a training on one core, of docs/portrait.md; likewise."""
LONG_TRAIN_S = 1800.0  # with any other settings: half an hour, as READ's for a minute of film take
RENDER_S = 30.0  # of a line of some seconds; likewise
SURE_S = 5.0  # after which what was done of a step tells more of its length than what is expected
RATE = 25.0  # frames a second of most film, where only the time left depends on it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of a film."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="VIDEO|PHOTO",
        help="a video of the actor speaking, a photograph, an actor's folder, or several clips as `portrait capture` "
        "takes them",
    )
    portrait_output.add_arguments(parser)
    parser.add_argument("--emotion", metavar="E", help="happy:0.7, a file of cues, or auto: heard in the voice")
    parser.add_argument(
        "--system", choices=("auto", *FOLDERS), default="auto", help="default: auto, by what is given; it says why"
    )
    parser.add_argument(
        "--actor",
        type=Path,
        metavar="DIR",
        help="keeps capture and trainings, and goes on with them; default: beside the film, named after the video",
    )
    parser.add_argument("--training", type=Path, metavar="RUN", help="render by this training; photographs need none")
    parser.add_argument(
        "--quality", choices=QUALITIES, default="final", help="draft learns from 6 s; final (default) from all"
    )
    parser.add_argument("--settings", metavar="NAME|FILE.toml", help="of the training; default: by the film's length")
    parser.add_argument(
        "--size", type=options.whole(64, 1024), default=256, metavar="PIXELS", help="side of the face's square"
    )
    parser.add_argument("--seed", type=options.whole(), default=0, metavar="N", help="of blinks and the head")
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")
    parser.add_argument("--tracks", type=Path, metavar="FILE.npz", help="landmarks from a file, in place of MediaPipe")
    parser.add_argument("--landmarker", type=Path, metavar="TASK", help="MediaPipe's model, where it has none inside")
    portrait_capture.add_person(parser)
    portrait_capture.add_sound_late(parser)
    portrait_capture.add_consent(parser)
    parser.add_argument("--device", default="auto", metavar="NAME", help="cpu, cuda, cuda:1; default: auto")


def film(arguments: argparse.Namespace, device: torch.device, report: Reporter, listener: Listener) -> int:
    """Makes the film."""
    from facetake.portrait import film as films
    from facetake.portrait.consent import keep_consent, provenance, read_given

    item = str(portrait_output.said(arguments))
    if arguments.take and arguments.emotion:
        raise ConfigError("a take has its mood already; leave out --emotion, or restyle the take first")
    order = _order(arguments, device)
    made = films.plan(order)
    report.start(item, 0, 1)
    listener.note([made.sentence], {"kind": made.kind, "system": made.system, "why": made.why})
    given = None if arguments.consent is None else read_given(arguments.consent)
    course = Course(_expected(order, made), report.overall)
    job = films.prepare(order, made, course.step, listener)
    if given is not None:
        keep_consent(order.actor, given)
    rendered = films.system_of(made).render(job, listener)
    about = provenance(made.system, job, order.actor)
    arguments.take = job.take
    kept = films.kept_frames(order, job, rendered, about.tags)
    if done := kept.n_done(rendered):
        told = f"goes on after {done} of {rendered.n_frames} pictures, which are there already"
        listener.note([told], {"n_done": done, "n_frames": rendered.n_frames})
    portrait_output.write(arguments, report, rendered, item, about, course.step("render"), kept)
    report.done(item, [str(arguments.out)])
    return 0


def _order(arguments: argparse.Namespace, device: torch.device) -> FilmOrder:
    from facetake.portrait.capture.actor import ABOUT as MARK
    from facetake.portrait.capture.actor import LIST
    from facetake.portrait.film import FilmOrder

    source = arguments.source
    beside = arguments.out.parent / f"{source.stem}.actor"
    order = FilmOrder(
        source=source,
        actor=source if any((source / name).is_file() for name in (MARK, LIST)) else arguments.actor or beside,
        device=device,
        audio=arguments.audio,
        take=arguments.take,
        emotion=arguments.emotion,
        system=arguments.system,
        quality=arguments.quality,
        size=portrait_capture.size(arguments.size),
        sound_late_s=arguments.sound_late,
    )
    names = ("training", "settings", "seed", "model", "tracks", "landmarker", "person")
    return replace(order, **{name: getattr(arguments, name) for name in names})


def _expected(order: FilmOrder, made: FilmPlan) -> dict[str, float]:
    """Seconds that each step is expected to take."""
    steps = {}
    if made.kind in ("video", "clips"):
        steps["capture"] = CAPTURE_S * RATE * made.length_s
    if order.training is None and made.training is not None:
        steps["train"] = TRAIN_S.get((made.system, made.settings), LONG_TRAIN_S)
    return {**steps, "render": RENDER_S}


class Course:
    """Tells how far all steps together are, and how long they will take yet."""

    def __init__(
        self,
        expected_s: dict[str, float],
        tell: Callable[[float, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes the steps in order with the seconds expected of each, and whom to tell a share 0..1 and a text."""
        self._expected = expected_s
        self._tell = tell
        self._clock = clock

    def step(self, name: str) -> Callable[[float], None]:
        """Begins a step; gives what its share 0..1 is told to."""
        names = list(self._expected)
        place = names.index(name)
        own_s = self._expected[name]
        before_s, after_s = (sum(self._expected[n] for n in part) for part in (names[:place], names[place + 1 :]))
        began = self._clock()
        first: list[float] = []

        def progress(share: float) -> None:
            if not first:
                first.append(share)
            spent = self._clock() - began
            done = share - first[0]
            left = spent * (1.0 - share) / done if done > 0.0 and spent > SURE_S else own_s * (1.0 - share)
            whole = before_s + own_s + after_s
            self._tell((before_s + own_s * share) / whole, f"{name}: {_time(left + after_s)} left")

        return progress


def _time(seconds: float) -> str:
    """A duration as people say it."""
    return f"{seconds:.0f} s" if seconds < 90.0 else f"{seconds / 60.0:.0f} min"
