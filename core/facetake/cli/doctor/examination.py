"""Looks at everything that the work needs, one side after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from facetake.cli.doctor import engine, hosts, machine, software
from facetake.cli.doctor.finding import Diagnosis
from facetake.errors import sentence


def examine(folder: Path) -> Iterator[Diagnosis]:
    """Looks at everything, one finding after the other.

    Args:
        folder: where results would be written.

    Yields:
        What was found; what could not even be looked at is a finding, too.
    """
    looks: tuple[tuple[str, Callable[[], list[Diagnosis]]], ...] = (
        ("python", software.python),
        ("packages", software.dependencies),
        ("extras", software.extras),
        ("devices", machine.devices),
        ("screen", machine.screen),
        ("fonts", machine.fonts),
        ("folder", lambda: machine.folder(folder)),
        ("hosts", hosts.hosts),
        ("models", engine.models),
        ("line", engine.line),
    )
    for name, look in looks:
        try:
            yield from look()
        except Exception as error:  # a doctor who falls ill tells of it and goes on
            yield Diagnosis(name, f"cannot be looked at: {sentence(error)}", advice="report it, with --report-bug")
