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
"""A line with the path of a Python or of its environment's folder; a person writes it, or a studio's set-up."""
DEFAULTS = (Path("~/.facetake/engine"), Path("~/facetake"), Path("~/facetake/.venv"))
"""Where people put it: an environment, or the folder that carries its own Python; and that of a checkout."""
PROGRAMS = Path("~/.local/bin")
"""Where uv and pipx put programs; a host that was started by a click has it on no PATH."""
INSIDE = {"win32": ("Scripts/python.exe", "python.exe"), "": ("bin/python",)}
"""Where a Python lies in its folder, on Windows and elsewhere."""


def command(environment: Mapping[str, str] | None = None) -> list[str]:
    """How to start the engine: by the setting, else the environment variable, else a usual place, else the PATH.

    Raises:
        HostProblem: it is in none of them, a setting names a place where there is no Python, or one for another system.
    """
    found = os.environ if environment is None else environment
    named = _setting() or found.get(VARIABLE, "").strip()
    if named:
        place = Path(named).expanduser()
        python = _python(place)
        if python is None:
            _refuse_another_system_s(place)
            raise HostProblem(f"there is no Python at {named}; correct {SETTING} or the variable {VARIABLE}")
        return [str(python), "-m", "facetake", "worker"]
    for place in DEFAULTS:
        if python := _python(place.expanduser()):
            return [str(python), "-m", "facetake", "worker"]
    places = os.pathsep.join((found.get("PATH", os.defpath), str(PROGRAMS.expanduser())))
    program = shutil.which("facetake", path=places)
    if program is None:
        for place in DEFAULTS:
            _refuse_another_system_s(place.expanduser())
        raise HostProblem(
            f"the Facetake engine is not installed, or not where it is looked for; install it and write the path of "
            f"its Python into {SETTING}, or set {VARIABLE}"
        )
    return [program, "worker"]


def clean_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what a host sets for its own Python and libraries, which would break the engine's."""
    own = ("PYTHON", "LD_LIBRARY_PATH", "DYLD_", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QML")
    found = os.environ if environment is None else environment
    return {name: value for name, value in found.items() if not name.startswith(own)}


def _setting() -> str:
    """What the setting says. A file saved by PowerShell or Notepad may be UTF-16, or begin with a mark."""
    try:
        data = SETTING.expanduser().read_bytes()
    except OSError:
        return ""
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        return data.decode("utf-16" if wide else "utf-8-sig").strip().strip("\"'")
    except UnicodeDecodeError as error:
        raise HostProblem(f"{SETTING} is no text; write one line into it, the path of the engine's Python") from error


def _python(place: Path) -> Path | None:
    """The Python at a path, which may be the program or the folder of an environment."""
    inside = INSIDE.get(sys.platform, INSIDE[""])
    for candidate in (place, *(place / name for name in inside)):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    return None


def _refuse_another_system_s(place: Path) -> None:
    """Says where a folder holds a Python that this system cannot run."""
    others = INSIDE["" if sys.platform == "win32" else "win32"]
    if any((place / name).is_file() for name in others):
        raise HostProblem(f"the engine at {place} is for another system; put the one for this computer there")
