"""`facetake portrait capture`: a video of an actor into a folder that can be trained on, and into a take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, options
from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.portrait.capture.actor import CapturedActor
    from facetake.portrait.capture.clip_capture import Order
    from facetake.portrait.capture.posed_face import OpenedFaceModel

METHODS = ("fit", "regress")
LATEST_S = 5.0  # more is not the lateness of a sound, but another take
ABOUT = "find an actor's face, light, pose and expression in a video"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of a capture."""
    parser.add_argument(
        "video",
        type=Path,
        metavar="VIDEO",
        help="a film of one face, several shots of which become several clips; or several clips of one actor "
        "with one identity: a CSV clip,emotion,intensity or a folder laid out like MEAD",
    )
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        required=True,
        metavar="ACTOR",
        help="the actor's folder; an "
        "interrupted capture goes on. Of several clips: a folder of such folders and their list, "
        "clips.csv",
    )
    parser.add_argument("--take", type=Path, metavar="FILE", help="also write the performance as a take")
    parser.add_argument("--tracks", type=Path, metavar="FILE.npz", help="landmarks from a file, in place of MediaPipe")
    parser.add_argument(
        "--landmarker", type=Path, metavar="FILE.task", help="MediaPipe's model, where the package has none inside"
    )
    parser.add_argument(
        "--face",
        default="anny",
        metavar="MODEL",
        help="anny (default), or a face model of your own: flame:FILE, bfm:FILE or ict:FOLDER",
    )
    parser.add_argument("--range", metavar="A-B", help="seconds of the video, such as 1.0-7.5")
    add_person(parser)
    add_sound_late(parser)
    add_consent(parser)
    parser.add_argument(
        "--size", type=options.whole(), default=256, metavar="PIXELS", help="side of the crop (default 256)"
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="fit",
        help="fit (default): solve every frame; regress: train a network to read them, AudioDVP's way",
    )
    parser.add_argument(
        "--settings",
        metavar="NAME|FILE.toml",
        help="weights of the fit in a file; of a regression quick (default), paper or tiny, or a file",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="DIR", help="a folder with VGGFace2's network, for a regression to start from"
    )


def add_person(parser: argparse.ArgumentParser) -> None:
    """Declares who of several is followed."""
    parser.add_argument(
        "--person",
        type=options.whole(1),
        metavar="N",
        help="of several faces the one that is number N from the left; default: the largest and most central",
    )


def add_sound_late(parser: argparse.ArgumentParser) -> None:
    """Declares where the video's sound is."""
    parser.add_argument(
        "--sound-late",
        type=sound_late,
        metavar="auto|SECONDS",
        help="by how much the video's sound is late, below 0 early; default: auto, as the lips say; 0: as in the file",
    )


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Declares what the filmed person agreed to."""
    parser.add_argument(
        "--consent",
        metavar="TEXT|FILE",
        help="what the person agreed to, kept in the actor's folder; films carry its hash",
    )


def capture(arguments: argparse.Namespace, report: Reporter) -> int:
    """Captures one video, or several clips of one actor, and keeps what the actor agreed to."""
    from facetake.portrait.consent import keep_consent, read_given

    given = None if arguments.consent is None else read_given(arguments.consent)
    folders = _folders(arguments, report)
    if given is not None:
        for folder in folders:
            keep_consent(folder, given)
    return 0


def _folders(arguments: argparse.Namespace, report: Reporter) -> list[Path]:
    """Captures; the actors' folders that there are then."""
    if arguments.video.is_dir() or arguments.video.suffix.lower() == ".csv":
        return _clips(arguments, report)
    return _video(arguments, report)


def _clips(arguments: argparse.Namespace, report: Reporter) -> list[Path]:
    from facetake.portrait.capture.actor import LIST
    from facetake.portrait.capture.clip_capture import capture_list
    from facetake.portrait.capture.posed_face import open_face

    for option in ("take", "tracks"):
        if getattr(arguments, option) is not None:
            raise ConfigError(f"--{option} is for one video; leave it out, or capture the clips one by one")
    if arguments.method != "fit":
        raise ConfigError("several clips are captured by fit; leave out --method")
    order = _order(arguments)
    item = str(arguments.video)
    out = arguments.out
    report.start(item, 0, 1)
    face = open_face(arguments.face)
    clips, told = capture_list(arguments.video, order, face, lambda share, _: report.progress(item, share))
    for line in told:
        report.warning(item, line)
    report.done(item, [str(out / LIST)])
    return [out, *(clip.path for clip in clips)]


def _video(arguments: argparse.Namespace, report: Reporter) -> list[Path]:
    from facetake import formats
    from facetake.portrait.capture.performance import take_of
    from facetake.portrait.capture.posed_face import open_face

    if arguments.take is not None:
        inputs.refuse_overwriting([(arguments.video, arguments.take)], [arguments.video])
        inputs.check_target(arguments.take)
    order = _order(arguments)
    face = open_face(arguments.face)
    item = str(arguments.video)
    report.start(item, 0, 1)
    actors, told = (_regressed if arguments.method == "regress" else _fitted)(arguments, order, face, report)
    for line in told:
        report.warning(item, line)
    outputs = [str(arguments.out)]
    if arguments.take is not None:
        for actor, path in zip(actors, _takes(arguments.take, len(actors)), strict=True):
            formats.write(take_of(actor, face.model), path)
            outputs.append(str(path))
    report.done(item, outputs)
    return list(dict.fromkeys([arguments.out, *(actor.folder for actor in actors)]))


def _takes(path: Path, count: int) -> list[Path]:
    """Where the takes of so many shots go: several are numbered."""
    return [path] if count == 1 else [path.with_stem(f"{path.stem}-{number}") for number in range(1, count + 1)]


def _order(arguments: argparse.Namespace) -> Order:
    from facetake.config import load_config
    from facetake.portrait.capture.clip_capture import Order
    from facetake.portrait.capture.fitting import FitSettings

    first_s, last_s = seconds(arguments.range)
    is_fit = arguments.method == "fit"
    if is_fit and arguments.weights is not None:
        raise ConfigError("--weights is for a regression; add --method regress, or leave it out")
    settings = load_config(FitSettings, Path(arguments.settings)) if is_fit and arguments.settings else FitSettings()
    return Order(
        arguments.video,
        arguments.out,
        arguments.tracks,
        arguments.landmarker,
        size(arguments.size),
        first_s,
        last_s,
        settings,
        arguments.sound_late,
        arguments.person,
    )


def _fitted(
    arguments: argparse.Namespace, order: Order, face: OpenedFaceModel, report: Reporter
) -> tuple[list[CapturedActor], list[str]]:
    from facetake.portrait.capture.clip_capture import capture_shots

    return capture_shots(order, face, lambda share, _: report.progress(str(arguments.video), share))


def _regressed(
    arguments: argparse.Namespace, order: Order, face: OpenedFaceModel, report: Reporter
) -> tuple[list[CapturedActor], list[str]]:
    from facetake.portrait.regress.capturing import regress
    from facetake.portrait.regress.settings import read_settings

    item = str(arguments.video)
    settings = read_settings(arguments.settings or "quick")
    found = regress(order, face, settings, arguments.weights, lambda share, _: report.progress(item, share))
    line = f"landmarks are {found.landmarks_px:.2f} px off; fitted to landmarks alone {found.first_px:.2f} px"
    report.note(item, [line], {"landmarks_px": found.landmarks_px, "landmarks_alone_px": found.first_px})
    return [found.actor], found.told


def seconds(text: str | None) -> tuple[float, float | None]:
    """Where a range such as "1.0-7.5" begins and ends; all of it without one. ConfigError where it is none."""
    return (0.0, None) if text is None else options.stretch(text)


def sound_late(text: str) -> float | None:
    """By how much a sound is late, in seconds: less than `LATEST_S` either way; None for "auto".

    argparse.ArgumentTypeError otherwise.
    """
    return None if text == "auto" else options.number(low=-LATEST_S, high=LATEST_S)(text)


def size(pixels: int) -> int:
    """A crop's side that video and networks can take: even, and 64 to 1024. ConfigError otherwise."""
    if pixels % 2 or not 64 <= pixels <= 1024:
        raise ConfigError(f"--size must be even and between 64 and 1024, not {pixels}")
    return pixels
