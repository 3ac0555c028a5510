"""Where the engine is: the Python of the environment that `facetake` is installed in."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from facetake_host.problems import HostProblem

VARIABLE = "FACETAKE_PYTHON"
SETTING = Path("~/.facetake/engine.txt")
"""A line with the path of a Python or of its environment's folder; the panel writes it."""
DEFAULTS = (Path("~/.facetake/engine"), Path("~/facetake/.venv"))


def command(environment: Mapping[str, str] | None = None) -> list[str]:
    """How to start the engine: by the setting, else the environment variable, else a usual place, else the PATH.

    Raises:
        HostProblem: it is in none of them, or a setting names a place where there is no Python.
    """
    found = os.environ if environment is None else environment
    named = _setting() or found.get(VARIABLE, "").strip()
    if named:
        python = _python(Path(named).expanduser())
        if python is None:
            raise HostProblem(f"there is no Python at {named}; correct {SETTING} or the variable {VARIABLE}")
        return [str(python), "-m", "facetake", "worker"]
    for place in DEFAULTS:
        if python := _python(place.expanduser()):
            return [str(python), "-m", "facetake", "worker"]
    program = shutil.which("facetake", path=found.get("PATH"))
    if program is None:
        raise HostProblem(
            f"the Facetake engine is not installed, or not where it is looked for; install it and write the path of "
            f"its Python into {SETTING}, or set {VARIABLE}"
        )
    return [program, "worker"]


def remember(python: str) -> None:
    """Writes the setting. Raises HostProblem where that fails."""
    target = SETTING.expanduser()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(python.strip() + "\n", encoding="utf-8")
    except OSError as error:
        raise HostProblem(f"{target} cannot be written ({error.strerror or error}); set {VARIABLE} instead") from error


def clean_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what a host sets for its own Python and libraries, which would break the engine's."""
    own = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "QT_PLUGIN_PATH", "QML")
    found = os.environ if environment is None else environment
    return {name: value for name, value in found.items() if not name.startswith(own)}


def _setting() -> str:
    try:
        return SETTING.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _python(place: Path) -> Path | None:
    """The Python at a path, which may be the program or the folder of an environment."""
    inside = ("Scripts/python.exe", "python.exe") if sys.platform == "win32" else ("bin/python",)
    for candidate in (place, *(place / name for name in inside)):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None
