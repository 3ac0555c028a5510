"""What the undoable command is to do: a command takes text only, so its work waits here under a token."""

from __future__ import annotations

from dataclasses import dataclass

from facetake_host.curves import KeyCurve
from facetake_host.host import Bar


@dataclass
class Work:
    """Keys by plug, with their instants in seconds.

    Attributes:
        plugs: name, instants and keys.
        per_s: frames per second, which turns slopes per frame into slopes per second.
        bar: told how far it is.
        error: what went wrong, as Maya turns every exception of a command into its own.
    """

    plugs: list[tuple[str, list[float], KeyCurve]]
    per_s: float
    bar: Bar
    error: BaseException | None = None


TABLE: dict[str, Work] = {}
