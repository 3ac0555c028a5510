"""Whether a folder runs by itself: it makes a line, and loads nothing from where it was copied from."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError
from facetake.standalone.interpreter import Interpreter

MOST_S: Final = 600.0
"""Seconds that a trial may take; it takes some ten."""
CODE: Final = """
import importlib.util, sys
from pathlib import Path
prefix, others = Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]]
for name in ("av", "numba", "PIL", "PySide6.QtWidgets", "sounddevice"):
    if importlib.util.find_spec(name.partition(".")[0]):
        try:
            __import__(name)
        except (ImportError, OSError) as error:  # of the system, which the machine that it is for may have
            print(f"{name} does not load here: {error}", file=sys.stderr)
from facetake.cli import main
code = main(["doctor"])
places = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
if Path("/proc/self/maps").exists():
    places |= {row.split(maxsplit=5)[5] for row in Path("/proc/self/maps").read_text().splitlines() if "/" in row}
for place in sorted(filter(None, places)):
    if not Path(place).is_relative_to(prefix) and any(Path(place).is_relative_to(other) for other in others):
        sys.exit(f"it loads {place}, which is not in it")
sys.exit(code)
"""


def run(folder: Path, python: Interpreter) -> None:
    """Has the folder's Python look whether all is well, as a person with nothing else would.

    Raises:
        ConfigError: it does not start, is not well, or needs files of the Python that it was copied from.
    """
    folder = folder.resolve()
    # a system's own Python shares its prefix with all of its libraries
    others = [path for path in (python.prefix, Path(sys.prefix).resolve()) if path != Path("/usr")]
    command = [str(folder / python.program), "-I", "-c", CODE, str(folder), *map(str, others)]
    with tempfile.TemporaryDirectory(prefix="facetake-") as empty:
        kept = {name: value for name, value in os.environ.items() if name in ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR")}
        nothing = {"HOME": empty, "USERPROFILE": empty, "PATH": "", "NUMBA_CACHE_DIR": empty, **kept}
        try:
            done = subprocess.run(
                command,
                cwd=empty,
                env=nothing,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=MOST_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise ConfigError(f"the folder does not run by itself (no end after {MOST_S:.0f} s)") from error
    if done.returncode:
        said = [row for row in (done.stdout + done.stderr).splitlines() if row.startswith("!!")] or done.stderr.split(
            "\n"
        )
        last = next((row for row in reversed(said) if row.strip()), f"exit code {done.returncode}")
        raise ConfigError(f"the folder does not run by itself ({last.strip()}); a Python of uv is known to be movable")
