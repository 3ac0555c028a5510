"""The one seam to a host program: what Maya, Unreal, the window and a test's scene all can do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from facetake_host.curves import Delivery, Sampled
from facetake_host.problems import JobCancelled


@dataclass(frozen=True)
class Character:
    """A face that can be keyed.

    Attributes:
        name: what a person calls it: a namespace or a binding; never empty.
        rig: whose channel names it has: "mh3", "mh4" or "unreal".
        handle: how the host finds it again.
    """

    name: str
    rig: str
    handle: Any = None


class Bar(Protocol):
    """Progress of something that takes a while."""

    def advance(self, share: float) -> None:
        """A share 0..1 is done. Raises JobCancelled when the person stops it."""


class Task(Protocol):
    """What a host may have in place of a bar: work that is entered piece by piece, with a button to cancel."""

    def enter_progress_frame(self, work: float, /) -> None:
        """So much more of it is done."""

    def should_cancel(self) -> bool:
        """Whether the button was pressed."""


class TaskBar:
    """A task's progress as a `Bar`."""

    def __init__(self, task: Task) -> None:
        """`task` is 1 long."""
        self._task = task
        self._share = 0.0

    def advance(self, share: float) -> None:
        """Moves it; raises JobCancelled after the person pressed the button."""
        self._task.enter_progress_frame(max(0.0, share - self._share))
        self._share = max(share, self._share)
        if self._task.should_cancel():
            raise JobCancelled


class Host(Protocol):
    """A program with characters on a timeline. Frames are whole and of the scene's own rate."""

    def characters(self) -> list[Character]:
        """Every face in the scene, those selected first; empty where there is none."""

    def rate(self) -> Fraction:
        """Frames per second of the scene. Raises HostProblem where time is not in frames."""

    def now(self) -> int:
        """The frame that the person looks at."""

    def refusal(self, character: Character) -> str:
        """Why nothing can be written now, in one sentence; empty where it can."""

    def skipped(self, character: Character, channels: Collection[str]) -> dict[str, str]:
        """The channels that cannot be keyed, each with its reason: missing, locked or connected."""

    def read(self, character: Character, bar: Bar) -> Sampled:
        """The keyed stretch, as the scene plays it. Raises HostProblem where there are no keys."""

    def write(self, character: Character, name: str, delivery: Delivery, start_frame: int, bar: Bar) -> str:
        """Writes keys to a new layer, leaving every other as it is; returns the layer's name."""

    def place_audio(self, path: Path, start_frame: int) -> None:
        """Puts a sound on the timeline."""

    def step(self, label: str) -> AbstractContextManager[None]:
        """One undo step; where the block raises, the scene is as it was before."""

    def progress(self, label: str) -> AbstractContextManager[Bar]:
        """Shows progress while the block runs."""

    def ask(self, question: str, choices: Sequence[str]) -> int | None:
        """Which of the choices the person takes; None for none of them."""

    def tell(self, message: str, *, problem: bool = False) -> None:
        """Says something to the person; a problem so that it is not overlooked."""
