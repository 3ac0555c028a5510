"""What people start in the folder, the page beside it, and what keeps other Pythons' packages out of it."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Final

from facetake import __version__
from facetake.standalone.interpreter import Interpreter, platform_name

SHELL: Final = """\
#!/bin/sh
# Starts Facetake by the Python in this folder, wherever the folder is.
place=$0
while [ -L "$place" ]; do
  link=$(readlink "$place")
  case $link in /*) place=$link ;; *) place=${{place%/*}}/$link ;; esac
done
case $place in */*) folder=${{place%/*}} ;; *) folder=. ;; esac
case $({asks} 2>/dev/null) in
  "{kind}" | "") ;;
  *) echo "facetake: error: this folder is for {kind}; unpack the one for this computer" >&2; exit 2 ;;
esac
exec "$folder/{program}" -I -m {module}{words} "$@"
"""
"""Needs no other program: without `uname` it takes the system for the right one, and `readlink` is for links alone."""
BATCH: Final = '@{start}"%~dp0{program}" -I -m {module}{words} %*\r\n'
PAGE: Final = Path(__file__).parent / "INSTALL.html"
"""docs/install.md, rendered by docs/pages.py."""


def write(folder: Path, python: Interpreter) -> None:
    """Writes the programs `facetake` and `facetake-app`, and keeps packages of a person's other Pythons out."""
    if sys.platform == "win32":
        _write_for_windows(folder)
        return
    # of an environment's file, this line alone: without a `home` Python goes by where it lies
    (folder / "pyvenv.cfg").write_text("include-system-site-packages = false\n", encoding="utf-8", newline="\n")
    kind = {"asks": "uname -s", "kind": "Darwin"}
    if sys.platform != "darwin":  # a Mac of either kind runs what was made on the older one
        kind = {"asks": "uname -sm", "kind": f"{platform.system()} {platform.machine()}"}
    window = "facetake-app.command" if sys.platform == "darwin" else "facetake-app"
    for name, words in (("facetake", ""), (window, " app")):
        text = SHELL.format(program=python.program, module="facetake", words=words, **kind)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        (folder / name).chmod(0o755)


def _write_for_windows(folder: Path) -> None:
    """A list of folders beside the DLL takes the place of the registry and of every variable."""
    paths = "Lib\nDLLs\nLib\\site-packages\n.\n"
    name = f"python{sys.version_info[0]}{sys.version_info[1]}._pth"
    (folder / name).write_text(paths, encoding="utf-8", newline="\r\n")
    for file, start, program, words in (
        ("facetake.cmd", "", "python.exe", ""),
        ("facetake-app.cmd", 'start "" ', "pythonw.exe", " app"),
    ):
        text = BATCH.format(start=start, program=program, module="facetake", words=words)
        (folder / file).write_text(text, encoding="utf-8", newline="")


def write_page(folder: Path) -> str:
    """Writes how to install it, and what it is and rests on; returns the latter."""
    (folder / "INSTALL.html").write_bytes(PAGE.read_bytes())
    rests_on = _rests_on()
    (folder / "ABOUT.txt").write_text(
        f"Facetake {__version__} with Python {platform.python_version()}, for {platform_name()}.\n"
        f"It needs {rests_on}\n"
        "How to install it: INSTALL.html. The licences of all packages lie in their .dist-info folders.\n",
        encoding="utf-8",
        newline="\n",
    )
    return rests_on


def _rests_on() -> str:
    """What the folder needs of a system."""
    if sys.platform == "win32":
        return "64-bit Windows 10 or later."
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]} or later."
    library, version = platform.libc_ver()
    return (
        f"Linux with {library} {version} or later and libstdc++; its window needs what Qt needs: X11 or Wayland, "
        "OpenGL, fontconfig, libxkbcommon and, for X11, libxcb-cursor."
    )
