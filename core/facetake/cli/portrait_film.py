"""What every portrait system does alike at the command line: asks, checks what is said, films pictures with sound."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.progress import Reporter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facetake.emotion import EmotionTrack

    U8 = NDArray[np.uint8]


def said(arguments: argparse.Namespace) -> Path:
    """The take or the recording that is asked for. ConfigError where there is none, or the film would replace it."""
    from facetake.errors import ConfigError

    sources = [path for path in (arguments.take, arguments.audio) if path]
    if not sources:
        raise ConfigError("nothing to say: name a recording with --audio or a take with --take")
    inputs.refuse_overwriting([(sources[0], arguments.out)], sources)
    inputs.check_film(arguments.out)
    return Path(sources[0])


def add_evaluate(parser: argparse.ArgumentParser, actor: str, networks: str) -> None:
    """Declares what every system's `portrait evaluate` asks.

    actor: which folder it may be; networks: what those of the user's are for.
    """
    parser.add_argument("actor", type=Path, metavar="ACTOR", help=actor)
    parser.add_argument("training", type=Path, metavar="RUN", help="the folder of the training")
    parser.add_argument("--all", action="store_true", help="on every frame; default: on those not learnt from")
    parser.add_argument("--landmarker", type=Path, metavar="TASK", help="MediaPipe's face_landmarker.task, where its "
                        "package has no model inside")  # fmt: skip
    parser.add_argument("--weights", type=Path, metavar="DIR", help=f"a folder with networks of your own, for "
                        f"{networks}")  # fmt: skip
    parser.add_argument("--model", type=Path, metavar="DIR", help="the model that hears the sound")


def mood(arguments: argparse.Namespace, report: Reporter, sound: Path, item: str) -> EmotionTrack:
    """The emotion that is asked for, or that is heard in a sound, which is told of an item. ConfigError, AudioError."""
    from facetake import emotion, emotion_recognition, inference

    asked = arguments.emotion or "neutral"
    if not emotion.is_heard(asked):
        return emotion.parse(asked)
    heard = emotion_recognition.hear(sound, asked, inference.load(arguments.model).audio_emotion)
    report.note(item, [f"{sound}: {heard.sentence}"], {"heard": heard.facts})
    return heard.track


def film(
    arguments: argparse.Namespace, report: Reporter, pictures: Iterator[U8], n_frames: int, n_video: int, rate: Fraction
) -> None:
    """Writes the film and tells how far it is; a line longer than the video is told.

    pictures: (H, W, 3), `n_frames` of them; n_video: frames of the actor's video; rate: of both.
    """
    from facetake import formats
    from facetake.portrait.video.playback import turns
    from facetake.render.video import unheard, write_video

    item = str(arguments.take or arguments.audio)
    start_s = formats.read(arguments.take).start if arguments.take else Fraction(0)
    for line in unheard(arguments.audio, start_s) if arguments.audio else []:
        report.warning(item, line)
    if n_frames > n_video:
        first = [f", at first after {float(frame / rate):.1f} s" for frame in turns(n_frames, n_video)[:1].tolist()]
        report.warning(item, f"the line is longer than the video of {n_video} frames, which is played there and back, "
                       f"slowing down where it turns{''.join(first)}")  # fmt: skip

    def told() -> Iterator[U8]:
        for index, picture in enumerate(pictures):
            report.progress(item, index / n_frames)
            yield picture

    write_video(arguments.out, told(), rate, sound=arguments.audio, start_s=start_s)
    report.done(item, [str(arguments.out)])
