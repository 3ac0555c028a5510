"""Every door, each in a module that knows what comes in there."""

from __future__ import annotations

from importlib import import_module

from attack.door import Door

MODULES = ("sound", "takes", "rigs", "lists", "settings", "pickles", "models", "portraits", "programs", "packets")
"""In this folder; each holds a `DOOR` or several `DOORS`."""


def doors() -> dict[str, Door]:
    """Every door by name."""
    found = dict[str, Door]()
    for name in MODULES:
        module = import_module(f"attack.doors.{name}")
        for door in getattr(module, "DOORS", None) or (module.DOOR,):
            found[door.name] = door
    return found
