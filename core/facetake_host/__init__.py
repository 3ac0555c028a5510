"""What runs inside a host program: talking to the engine, and the jobs that a plugin offers.

Standard library only (and PySide6 in `panel`), Python 3.11 to 3.13, so that the same files run in Maya, in Unreal and
in the window. No numerics: the engine computes, the plugin hands lists on. Newcomers start at `facetake_host.jobs`.
"""

from __future__ import annotations

__version__ = "0.2.0"
PROTOCOL = 1
"""Of the talk with the engine; an engine of another number is refused."""
