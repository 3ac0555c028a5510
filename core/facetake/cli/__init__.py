"""The command `facetake`: one module a subcommand, each importing what it needs only when it runs.

Turns errors into one sentence and an exit code: 0 done, 1 some inputs failed, 2 usage or nothing done, 130
interrupted. Knows nothing of how anything is done.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import warnings
from collections.abc import Sequence

from facetake import __version__
from facetake.cli import convert, generate, inspect, preview, visemes
from facetake.cli.progress import Reporter, unforeseen
from facetake.errors import FacetakeError

COMMANDS = (generate, visemes, preview, convert, inspect)
DONE, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: arguments without the program's name; those of the process by default.

    Returns:
        The exit code.
    """
    arguments = _parser().parse_args(argv)
    debug = bool(os.environ.get("FACETAKE_DEBUG"))
    if not debug:
        warnings.simplefilter("ignore")  # a library's warning is of no use to an animator
    _print_any_name()
    report = Reporter(arguments.progress)
    try:
        code: int = arguments.run(arguments, report)
        sys.stdout.flush()  # so that a full disk shows here
        return code
    except FacetakeError as error:
        report.error(str(error))
        return NOTHING_DONE
    except KeyboardInterrupt:
        report.error("interrupted; files already written are whole")
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return DONE
    except OSError as error:
        _drop_output()
        report.error(f"the system refuses ({error}); check paths, permissions and free space")
        return NOTHING_DONE
    except Exception as error:
        if debug:
            raise
        report.error(unforeseen(error))
        return NOTHING_DONE


def _print_any_name() -> None:
    """Lets names be printed that the encoding of standard output lacks, such as Chinese ones to a Windows pipe."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            errors="surrogateescape" if sys.stdout.encoding.lower() == "utf-8" else "backslashreplace"
        )


def _drop_output() -> None:
    """Keeps Python from complaining at exit of a standard output that takes no more."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
        )
        command.add_arguments(own)
        own.add_argument("--progress", choices=("auto", "json", "none"), default="auto", help="json: one event a line")
        own.set_defaults(run=command.run)
    return parser
