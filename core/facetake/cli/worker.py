"""`facetake worker`: the engine for a host program, on standard input and output."""

from __future__ import annotations

import argparse

from facetake.cli.terminal import Reporter

NAME = "worker"
ABOUT = "serve a host program such as Maya: one JSON request a line in, one JSON event a line out"
EXAMPLES = ("< requests.ndjson",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares no options of its own: requests carry them."""


def run(_arguments: argparse.Namespace, _report: Reporter) -> int:
    """Serves until standard input ends."""
    from facetake.worker import serve

    return serve()
