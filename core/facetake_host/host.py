"""The one seam to a host program: what Maya, Unreal, the window and a test's scene all can do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from facetake_host.curves import Delivery, Sampled
from facetake_host.looking import Point
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


BOARD_SIGNS = ("CTRL_C_jaw", "CTRL_L_brow_down")
"""Controls of every MetaHuman's face board, and of little else."""


def generation(controls: Container[str]) -> str:
    """Whose names a face board's controls have: "mh4" or "mh3"; empty where they are none."""
    if not all(name in controls for name in BOARD_SIGNS):
        return ""
    return "mh4" if "CTRL_C_tongue_move" in controls else "mh3" if "CTRL_C_tongue" in controls else ""


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


@contextmanager
def taken_back(ways: list[Callable[[], object]]) -> Iterator[None]:
    """Where the block raises, goes back each of the ways that it noted meanwhile, the last one first."""
    ways.clear()
    try:
        yield
    except BaseException:
        for go_back in reversed(ways):
            go_back()
        raise


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

    def looked_at(self, character: Character, target: str, frames: range, bar: Bar) -> list[Point]:
        """Where an object of the scene is from a character's eyes, at each frame. Raises HostProblem."""

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


@runtime_checkable
class ScenePicker(Protocol):
    """A host whose objects can be picked as what is looked at, by its panel's buttons.

    Attributes:
        eyes: the name of an object that lies between the eyes of the head at rest.
    """

    eyes: str

    def selection(self) -> str:
        """The name of what is selected. Raises HostProblem where nothing is."""

    def camera(self) -> str:
        """The name of the shot's camera. Raises HostProblem where there is none of its own."""
