"""`facetake live`: a take, a line or a microphone to a program that runs, in time with the sound."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.cli import inputs, options
from facetake.cli.terminal import Reporter
from facetake.cli.written import add_force, replacing
from facetake.errors import ConfigError
from facetake.files import quantities

if TYPE_CHECKING:
    from facetake import live
    from facetake.take import Take

NAME = "live"
ABOUT = "send a take, a line or a microphone to a running editor, in time with the sound"
EXAMPLES = (
    "take.csv --audio line.wav",
    "line.wav --emotion happy:0.7 --subject Guard",
    "line.wav --protocol vmc --host 192.168.0.20",
    "--microphone",
    "--microphone headset --protocol both --no-sound",
    "--record phone.csv --host 0.0.0.0",
)
PROTOCOLS = ("livelink", "vmc", "both")  # as `facetake.live` has them, which is not loaded for help
TORN = "a second of packets is missing, or the sender's clock or rate was changed; what came before is written"
LATE_S = 0.005  # by choice: less is a scheduler's habit and nothing to tell


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("line", nargs="?", type=Path, metavar="LINE", help="a take in any format, or a sound file")
    what.add_argument(
        "--microphone", nargs="?", const="", metavar="NAME", help="a voice as it speaks; NAME: a part of its name"
    )
    what.add_argument("--record", type=Path, metavar="OUT", help="write a take of what a phone or a program sends")
    add_force(parser)
    parser.add_argument("--audio", type=Path, metavar="WAV", help="the recording of a take, to be played with it")
    parser.add_argument("--no-sound", dest="sound", action="store_false", help="play nothing")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="livelink", help="livelink: Unreal; vmc: avatars")
    parser.add_argument("--host", default="127.0.0.1", help="the machine to send to; default: this one, and no network")
    parser.add_argument("--port", type=options.whole(1, 65535), metavar="N", help="default: livelink 11111, vmc 39539")
    parser.add_argument("--subject", default="Facetake", metavar="NAME", help="as Unreal's Live Link window lists it")
    parser.add_argument("--emotion", metavar="WHAT", help="of a sound file or a microphone: happy:0.7, a blend, ...")
    parser.add_argument("--energy", metavar="X", help="how much the face acts, 0 to 2; default: 1")
    parser.add_argument("--seed", type=options.whole(), help="another one gives another performance; default: 0")
    parser.add_argument("--rate", metavar="FPS", help="frames per second; default: the take's, or 60")
    parser.add_argument("--model", type=Path, metavar="DIR", help="a model folder of your own")


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Streams, or records, until the end or until it is interrupted."""
    if arguments.record:
        return _record(arguments, report)
    if arguments.microphone is not None:
        return _microphone(arguments, report)
    return _line(arguments, report)


def _line(arguments: argparse.Namespace, report: Reporter) -> int:
    """Sends one take."""
    from facetake import live

    item = str(arguments.line)
    with ExitStack() as opened:
        # before the line is made, as a mistake may be there
        connections = _connections(arguments, _rate(arguments), opened)
        report.start(item, 0, 1)
        take, heard = _take(arguments, report)
        if take.rate != _rate(arguments):
            opened.close()
            connections = _connections(arguments, take.rate, opened)
        clock = opened.enter_context(live.playing(take, heard, lambda sentence: report.warning(item, sentence)))
        result = live.stream_take(take, connections.outputs, clock, _watching(connections, item, report))
    report.note(item, [_sentence(result)], vars(result))
    report.done(item, [])
    return 0


def _rate(arguments: argparse.Namespace) -> Fraction:
    from facetake.timebase import parse_rate

    return parse_rate(arguments.rate or "60")


def _connections(arguments: argparse.Namespace, rate: Fraction, opened: ExitStack) -> live.Connections:
    from facetake import live

    return live.Connections(arguments.protocol, arguments.host, arguments.port or 0, arguments.subject, rate, opened)


def _take(arguments: argparse.Namespace, report: Reporter) -> tuple[Take, Path | None]:
    """The take to send, and the sound that goes with it, if it is to be heard."""
    from facetake import formats, inspection
    from facetake.take import resample

    path: Path = arguments.line
    if not inspection.is_take(path):
        if arguments.audio:
            raise ConfigError("--audio goes with a take; a sound file is its own")
        return _generated(arguments, report), path if arguments.sound else None
    if arguments.emotion:
        raise ConfigError(f"{path} is a take, whose emotion is made; change it with 'facetake restyle'")
    for name in ("energy", "seed", "model"):
        if getattr(arguments, name) is not None:
            report.warning(str(path), f"{path} is a take, which is made: --{name} changes nothing")
    take = formats.read(path)
    for note in formats.notes(take):
        report.warning(str(path), f"{path}: {note}")
    take = resample(take, _rate(arguments)) if arguments.rate else take
    return take, arguments.audio if arguments.sound else None


def _generated(arguments: argparse.Namespace, report: Reporter) -> Take:
    """The take of a sound file."""
    from facetake import emotion, inference
    from facetake.generate import GenerateOptions, generate

    path: Path = arguments.line
    if arguments.emotion:
        emotion.check(arguments.emotion)
    chosen = GenerateOptions(arguments.emotion, _rate(arguments), seed=arguments.seed or 0, energy=_energy(arguments))
    made = generate(path, chosen, inference.load(arguments.model))
    for sentence in made.told:
        report.warning(str(path), sentence)
    return made.take


def _energy(arguments: argparse.Namespace) -> float:
    from facetake.motion.expression import MOST_ENERGY

    return quantities.number("1" if arguments.energy is None else arguments.energy, "--energy", 0.0, MOST_ENERGY)


def _watching(connections: live.Connections, item: str, report: Reporter) -> Callable[[float], None]:
    """Progress, and a word as soon as nobody listens."""

    def look(share: float) -> None:
        report.progress(item, share)
        for sentence in connections.unheard():
            report.warning(item, sentence)

    return look


def _sentence(result: live.LiveResult) -> str:
    late = f", at most {1000 * result.latest_s:.0f} ms late" if result.latest_s > LATE_S else ""
    left = f"; {result.skipped} left out, as this machine was busy" if result.skipped else ""
    return f"sent {result.sent} frames{late}{left}"


def _microphone(arguments: argparse.Namespace, report: Reporter) -> int:
    """Sends a voice until it is interrupted."""
    from facetake import emotion, inference, live

    if arguments.audio or arguments.rate:
        raise ConfigError("a microphone is sent as it is heard, 60 frames a second; leave --audio and --rate out")
    if arguments.emotion and (emotion.is_heard(arguments.emotion) or emotion.cue_file(arguments.emotion)):
        raise ConfigError("what will be said is not known yet; give a microphone one emotion, such as happy:0.7")
    weights = emotion.weights(arguments.emotion or "neutral", "--emotion")
    chosen = live.LiveOptions(seed=arguments.seed or 0, energy=_energy(arguments))
    item = "microphone"
    with ExitStack() as opened:
        connections = _connections(arguments, Fraction(60), opened)
        microphone = opened.enter_context(live.Microphone(arguments.microphone))
        performer = live.LivePerformer(inference.load(arguments.model), weights, chosen)
        report.start(item, 0, 1)
        watch = _watching(connections, item, report)
        live.stream_voice(microphone, performer, connections.outputs, lambda _seconds: watch(0.0))
    return 0


def _record(arguments: argparse.Namespace, report: Reporter) -> int:
    """Writes a take of what comes, until it pauses or is interrupted."""
    from facetake import formats, live
    from facetake.formats import suffixes

    if arguments.protocol != "livelink":
        raise ConfigError("--record takes Live Link Face's packets; leave --protocol out")
    if arguments.audio or arguments.emotion or arguments.rate:
        raise ConfigError("a take is recorded as it comes; leave --audio, --emotion and --rate out")
    inputs.check_target(arguments.record)
    if arguments.record.suffix.lower() not in suffixes():
        raise ConfigError(f"{arguments.record}: no format has this suffix; use one of {', '.join(suffixes())}")
    item = str(arguments.record)
    with live.Recorder(arguments.host, arguments.port or live.LIVE_LINK_PORT) as recorder:
        report.start(item, 0, 1)
        try:
            recorder.listen(look=lambda _seconds: report.progress(item, 0.0))
        finally:  # Ctrl-C ends a recording, and loses nothing of it
            if recorder.refused:
                told = "1 packet that came is" if recorder.refused == 1 else f"{recorder.refused} packets that came are"
                report.warning(item, f"{told} not Live Link Face's of version 6, and left out")
            if recorder.found:
                take = live.take_of(recorder.found)
                if recorder.is_torn:
                    report.warning(item, TORN)
                with replacing(arguments.record, report, item, force=arguments.force):
                    formats.write(take, arguments.record)
                report.done(item, [item])
    return 0
