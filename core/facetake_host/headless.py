"""Lines of speech into a scene without a window: the command line that the hosts share, and the story."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path

from facetake_host import jobs
from facetake_host.engine import EngineClient
from facetake_host.host import Host


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recordings and what is chosen for them."""
    parser.add_argument("audio", type=Path, nargs="+")
    parser.add_argument("--character", help="its namespace or binding, where there are several")
    parser.add_argument("--emotion", default="neutral")
    parser.add_argument("--text", default="", help="what is said in the one line")
    parser.add_argument("--script", default="", help="a file of it, or a folder with one of each recording's name")


def generate(
    host: Host, engine: EngineClient, asked: argparse.Namespace, sounds: Sequence[Path], start_frame: int | None = None
) -> None:
    """Keys the recordings one after another; the engine is ended afterwards.

    Raises:
        HostProblem: one sentence on what to do; the line in question has left no trace, those before it stay.
    """
    cancel = threading.Event()
    try:
        face = jobs.named(host, asked.character)
        options = {"emotion": asked.emotion, **jobs.words(asked.text, asked.script)}
        job = jobs.generate(host, engine, face, sounds, options, start_frame=start_frame, cancel=cancel)
        jobs.run(host, job, cancel)
    finally:
        engine.close()
