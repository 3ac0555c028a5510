"""`facetake inspect`: what is in a take, a recording or a model folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from facetake.cli.terminal import Reporter, say
from facetake.files import json_text

NAME = "inspect"
ABOUT = "tell what is in a take, a recording or a model folder"
EXAMPLES = ("take.csv", "phone.txt --from livelink-csv", "line.wav", "my_model/ --json")
NAMED = 5  # controls named to a person; a program gets them all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("path", type=Path, metavar="FILE", help="a take, a sound file, a model folder or its .onnx")
    parser.add_argument("--from", dest="source_form", metavar="NAME", help="format of a take, where it cannot be told")
    parser.add_argument("--json", dest="as_json", action="store_true", help="for programs")


def run(arguments: argparse.Namespace, _report: Reporter) -> int:
    """Prints what is known of one file."""
    from facetake.inspection import facts

    about = facts(arguments.path, arguments.source_form)
    if arguments.as_json:
        say(json_text.dump(json_text.finite(about), indent=1, default=str) + "\n")
    else:
        say("".join(f"{key.replace('_', ' '):20s} {_shown(value)}\n" for key, value in about.items()))
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items()) or "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple):
        return " to ".join(map(_shown, value))
    if isinstance(value, list):
        more = f" and {len(value) - NAMED} more" if len(value) > NAMED else ""
        return (", ".join(map(str, value[:NAMED])) or "-") + more
    return "-" if value is None else str(value)
