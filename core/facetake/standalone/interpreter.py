"""The Python that runs this, as files that can be copied."""

from __future__ import annotations

import platform
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError

UNUSED: Final = frozenset(
    ("__pycache__", "test", "tests", "idlelib", "lib2to3", "turtledemo", "tkinter", "ensurepip", "site-packages")
)
"""Folders of the standard library that nothing here needs, or that are filled anew; they are half of it."""
UNUSED_FILES: Final = (
    *("*.pyc", "*.a", "*.whl", "sitecustomize.py", "usercustomize.py", "EXTERNALLY-MANAGED"),
    *(
        "_tkinter*",
        "readline*",
        "_curses*",
        "_gdbm*",
        "_dbm*",
        "nis.*",
        "ossaudiodev*",
        "_test*",
        "_xx*",
        "xx*",
        "_ctypes_test*",
    ),
)
"""Likewise; among them modules of libraries that are the GPL's, or that only a terminal or Tk needs."""


@dataclass(frozen=True)
class Interpreter:
    """A Python to be copied.

    prefix: where it is.
    members: name in the copy -> file.
    program: the copy's program, and
    packages: its folder for packages, both relative to the copy.
    """

    prefix: Path
    members: Mapping[str, Path]
    program: str
    packages: str


def find() -> Interpreter:
    """The Python beneath the environment that runs this.

    Raises:
        ConfigError: its kind cannot be moved.
    """
    prefix = Path(sys.base_prefix).resolve()
    if sys.platform == "win32":
        return _on_windows(prefix)
    if framework := sysconfig.get_config_var("PYTHONFRAMEWORK"):
        raise ConfigError(
            f"the Python at {prefix} is a {framework} framework, which cannot be moved; install Facetake with a "
            'Python of uv, for example: uv tool install --managed-python "facetake[cpu,ui]"'
        )
    library = Path(sysconfig.get_path("stdlib")).resolve()
    inside = library.relative_to(prefix).as_posix()
    members = {
        "bin/python": _program(),
        **{f"{inside}/{path.relative_to(library).as_posix()}": path for path in _files(library)},
    }
    if sys.platform == "darwin":
        members |= {f"lib/{path.name}": path for path in prefix.glob("lib/libpython*.dylib")}
    # where Debian's Python looks, which keeps site-packages for what people build themselves
    packages = (
        "lib/python3/dist-packages" if "deb_system" in sysconfig.get_scheme_names() else f"{inside}/site-packages"
    )
    return Interpreter(prefix, members, "bin/python", packages)


def _on_windows(prefix: Path) -> Interpreter:
    """The layout that Windows' own Python has: programs and DLLs at the top."""
    members = {path.name: path for path in prefix.iterdir() if path.suffix.lower() in (".exe", ".dll", ".txt")}
    for folder in ("DLLs", "Lib"):
        members |= {path.relative_to(prefix).as_posix(): path for path in _files(prefix / folder)}
    return Interpreter(prefix, members, "python.exe", "Lib/site-packages")


def _program() -> Path:
    """The program itself, beneath environments and links."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in UNUSED and not path.name.startswith("config-") and path.name != "dist-packages":
                yield from _files(path)
        elif path.is_file() and not any(fnmatch(path.name, pattern) for pattern in UNUSED_FILES):
            yield path


def platform_name() -> str:
    """The kind of system that this is, for a file's name: `linux-x86_64`."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return f"{system}-{platform.machine().lower()}"
