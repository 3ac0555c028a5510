"""Calls into libraries that a damaged file can kill: each runs in a process of its own, which may die alone."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from facetake.errors import FacetakeError

MOST_MEMORY: Final = 8 << 30
"""Bytes that such a process may take."""
_CODE = "from facetake.files.apart import main; main()"


class DiedError(Exception):
    """The other process died, as libraries do on damage that they do not foresee."""


def call(function: str, *arguments: str | Path) -> str:
    """Calls one of our functions in another process.

    Args:
        function: `package.module:name`; it takes texts, and what it finds it writes into files.
        arguments: what it is given.

    Returns:
        What was wrong, as the function's FacetakeError, OSError or ValueError says it; empty where all is well.

    Raises:
        DiedError: the process died.
    """
    with TemporaryDirectory(prefix="facetake-") as folder:
        said = Path(folder, "error.txt")
        command = [sys.executable, "-c", _CODE, str(said), function, *map(str, arguments)]
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if done.returncode == 0:
            return ""
        if said.is_file():
            return said.read_text(encoding="utf-8")
        raise DiedError


def main() -> None:
    """What the other process does."""
    said, function, *arguments = sys.argv[1:]
    if find_spec("resource"):  # not on Windows
        resource = import_module("resource")
        with suppress(ValueError, OSError):  # a system may have no such limit, or have set a lower one
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    module, _, name = function.partition(":")
    try:
        getattr(import_module(module), name)(*arguments)
    except (FacetakeError, OSError, ValueError) as error:
        Path(said).write_text(str(error), encoding="utf-8", newline="\n")
        sys.exit(1)
