"""`facetake doctor`: whether this machine and this installation can do the work, and what to do where they cannot.

`examination` asks `software`, `machine`, `hosts` and `engine`, each of which looks at one side; `bug_report` puts what
they found into a zip for whoever mends Facetake. Nothing goes to the network.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from facetake.cli import written
from facetake.cli.terminal import Reporter, say
from facetake.errors import ConfigError
from facetake.files import json_text

NAME = "doctor"
ABOUT = "look whether this machine and this installation can do the work, and say what to do where not"
EXAMPLES = ("", "--json", "--report-bug report.zip", "--report-bug report.zip --results takes/")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.add_argument("--json", dest="as_json", action="store_true", help="for programs")
    parser.add_argument(
        "--report-bug", type=Path, metavar="OUT.zip", help="also write what was found into a zip, to send with a bug"
    )
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="with --report-bug: a batch's folder, whose errors go into it"
    )


def run(arguments: argparse.Namespace, report: Reporter) -> int:
    """Looks at everything; returns 0 where all is well, else 1."""
    from facetake.cli.doctor import bug_report, examination

    if arguments.results is not None and arguments.report_bug is None:
        raise ConfigError("--results is for --report-bug; add it, or leave --results out")
    findings = []
    for found in examination.examine(Path()):
        findings.append(found)
        if not arguments.as_json:
            say(bug_report.line(found) + "\n")
    if arguments.as_json:
        say(json_text.dump(json_text.finite(bug_report.as_table(findings)), indent=1) + "\n")
    if arguments.report_bug is not None:
        with written.replacing(arguments.report_bug, report, str(arguments.report_bug), force=False):
            inside = bug_report.write(arguments.report_bug, findings, arguments.results)
        lines = [f"{arguments.report_bug} holds, and nothing else; look at it before you send it:", *inside]
        report.note(str(arguments.report_bug), lines, {"report": str(arguments.report_bug), "inside": inside})
    return 0 if all(found.is_well for found in findings) else 1
