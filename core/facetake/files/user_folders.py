"""Where each system has programs keep what is a person's: what can be got again, and what was done."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache() -> Path:
    """Where programs keep what they can get again: by the environment, else where the system has it for a person."""
    return _folder("XDG_CACHE_HOME", ".cache", ".cache")


def state() -> Path:
    """Where programs remember what they did: by the environment, else where the system has it for a person."""
    return _folder("XDG_STATE_HOME", ".local/state", "Library/Application Support")


def _folder(variable: str, plain: str, mac: str) -> Path:
    """A folder by a variable, else by the system: for Windows one stands for all. RuntimeError where nobody is home.

    A variable that names no whole path is passed over, as the convention of these variables has it: by it every
    working folder would have one of its own.
    """
    for name in (variable, "LOCALAPPDATA") if sys.platform == "win32" else (variable,):
        named = Path(os.environ.get(name, ""))
        if named.is_absolute():
            return named
    return Path.home() / {"win32": "AppData/Local", "darwin": mac}.get(sys.platform, plain)
