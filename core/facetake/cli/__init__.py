"""The command `facetake`: one module a subcommand, each importing what it needs only when it runs.

Turns errors into one sentence and an exit code: 0 done, 1 some inputs failed, 2 usage or nothing done, 130
interrupted. Knows nothing of how anything is done.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType

from facetake import __version__
from facetake.cli import (
    align,
    app,
    batch,
    completion,
    convert,
    defaults,
    doctor,
    generate,
    inspect,
    live,
    localise,
    package,
    portrait,
    preview,
    restyle,
    rig_map,
    scene,
    visemes,
    worker,
)
from facetake.cli.parser import Parser
from facetake.cli.terminal import Reporter, add_option, is_debugging, prepare, tell
from facetake.errors import FacetakeError, Notice, sentence

COMMANDS = (
    generate,
    batch,
    restyle,
    localise,
    scene,
    visemes,
    align,
    preview,
    live,
    portrait,
    convert,
    rig_map,
    inspect,
    app,
    package,
    doctor,
    completion,
    worker,
)
NOTHING_DONE = 2  # exit code, as argparse's; a command's own are 0, and 1 where other inputs were done
INTERRUPTED = 130  # exit code: 128 and SIGINT's number, as shells have it
ENDINGS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # the last is that of Windows, for services and consoles that close


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: arguments without the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    prepare()
    try:
        parser = _parser()
        words, taken = defaults.insert(parser, sys.argv[1:] if argv is None else argv)
        arguments = parser.parse_args(words)
        arguments.taken = taken
    except FacetakeError as error:  # of the file with defaults
        tell(f"facetake: error: {error}\n")
        return NOTHING_DONE
    except SystemExit as stop:  # after --help, --version or a mistake in the arguments; a host goes on living
        return int(stop.code or 0)
    with warnings.catch_warnings():
        if not is_debugging():
            warnings.simplefilter("ignore")  # a library's warning is of no use to an animator
        warnings.simplefilter("ignore" if arguments.quiet else "once", Notice)
        warnings.showwarning = lambda message, *_where, **_more: tell(f"facetake: warning: {message}\n")
        with _ended_politely():
            return _run(arguments)


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Takes being asked to end, by a farm or a terminal that closes, as Ctrl-C: what is not whole is taken away."""
    ways = [getattr(signal, name) for name in ENDINGS if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        ways = []  # a host's thread hears no signals
    heard = [way for way in ways if signal.getsignal(way) is signal.SIG_DFL]  # nohup's wish stays
    for way in heard:
        signal.signal(way, signal.default_int_handler)
    try:
        yield
    finally:
        for way in heard:
            signal.signal(way, signal.SIG_DFL)


def _run(arguments: argparse.Namespace) -> int:
    report = Reporter(arguments.progress, quiet=arguments.quiet)
    taken: defaults.Defaults = arguments.taken
    try:
        if taken.options:
            report.note(str(taken.file), [taken.sentence], {"defaults": list(taken.options)})
        code: int = arguments.run(arguments, report)
        return code
    except KeyboardInterrupt:
        return _end(report, "interrupted; files already written are whole", INTERRUPTED)
    except Exception as error:
        if is_debugging():
            raise
        from facetake.cli.doctor.extras import told

        return _end(report, told(error), NOTHING_DONE)


def _end(report: Reporter, message: str, code: int) -> int:
    try:
        report.error(message)
    except Exception as error:  # standard output is full: its event is lost, the sentence was told before
        tell(f"facetake: error: {sentence(error)}\n")
    return code


def _parser() -> Parser:
    """All commands."""
    parser = Parser(
        prog="facetake",
        description="Recorded dialogue into facial performance: speech and emotion to MetaHuman curves.",
    )
    parser.add_argument("--version", action="version", version=f"facetake {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        own = commands.add_parser(
            command.NAME,
            help=command.ABOUT,
            description=command.ABOUT,
            epilog="examples:\n" + "\n".join(f"  facetake {command.NAME} {example}" for example in command.EXAMPLES),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            declare=partial(_declare, command),
        )
        own.set_defaults(run=command.run)
    return parser


def _declare(command: ModuleType, parser: argparse.ArgumentParser) -> None:
    command.add_arguments(parser)
    add_option(parser, "auto")
