"""What `portrait render` and `portrait film` do with pictures: a film with its sound, which says where it is from."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs
from facetake.cli.terminal import Reporter
from facetake.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facetake.portrait.kept_frames import KeptFrames
    from facetake.portrait.system import RenderedVideo
    from facetake.render.video import Provenance


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what is said, where the film goes, and what signs it."""
    parser.add_argument("--audio", type=Path, metavar="WAV", help="what is said; with --take, only what is heard")
    parser.add_argument("--take", type=Path, metavar="TAKE", help="a take in any format drives the face")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.mp4", help="the video")
    parser.add_argument(
        "--c2pa-cert", type=Path, metavar="PEM", help="sign the film by C2PA with this certificate and those behind it"
    )
    parser.add_argument("--c2pa-key", type=Path, metavar="PEM", help="the certificate's private key")


def said(arguments: argparse.Namespace) -> Path:
    """The take or the recording that is asked for.

    Raises:
        ConfigError: there is none, the film would replace it, or a certificate comes without its key.
        RenderError: the film cannot be signed.
    """
    sources = [path for path in (arguments.take, arguments.audio) if path]
    if not sources:
        raise ConfigError("nothing to say: name a recording with --audio or a take with --take")
    inputs.refuse_overwriting([(sources[0], arguments.out)], sources)
    inputs.check_film(arguments.out)
    if bool(arguments.c2pa_cert) is not bool(arguments.c2pa_key):
        raise ConfigError("a film is signed with a certificate and its key; name both with --c2pa-cert and --c2pa-key")
    if arguments.c2pa_cert:
        from facetake.render import content_credentials

        content_credentials.check(arguments.out, arguments.c2pa_cert, arguments.c2pa_key)
    return Path(sources[0])


def write(
    arguments: argparse.Namespace,
    report: Reporter,
    film: RenderedVideo,
    item: str,
    about: Provenance,
    progress: Callable[[float], None],
    kept: KeptFrames | None = None,
) -> None:
    """Writes the film, signs it where that is asked for, and tells how far it is and what is worth telling.

    kept: where its pictures are kept until it is there, so that it goes on where it was; None: nowhere.
    """
    from facetake import formats
    from facetake.render.video import unheard, write_video

    start_s = formats.read(arguments.take).start if arguments.take else Fraction(0)
    for line in unheard(arguments.audio, start_s) if arguments.take and arguments.audio else []:
        report.warning(item, line)
    if film.n_frames > film.n_video:
        report.warning(item, _there_and_back(film))

    def told() -> Iterator[NDArray[np.uint8]]:
        for index, picture in enumerate(film.pictures(0) if kept is None else kept.pictures(film)):
            progress(index / film.n_frames)
            yield picture

    write_video(arguments.out, told(), film.rate, sound=arguments.audio, start_s=start_s, tags=about.tags)
    if arguments.c2pa_cert:
        from facetake.render import content_credentials

        content_credentials.sign(arguments.out, about, arguments.c2pa_cert, arguments.c2pa_key)
    if kept is not None:
        kept.forget()


def _there_and_back(film: RenderedVideo) -> str:
    from facetake.portrait.video.playback import turns

    turn = turns(film.n_frames, film.n_video)[:1].tolist()
    first = [f", at first after {float(frame / film.rate):.1f} s" for frame in turn]
    return (
        f"the line is longer than the video of {film.n_video} frames, which is played there and back, slowing down "
        f"where it turns{''.join(first)}"
    )
