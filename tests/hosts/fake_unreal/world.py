"""What the editor holds beside its objects: transactions, dialogs, the log and the open sequence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class World:
    """The editor.

    Attributes:
        sequence: what Sequencer shows; None where it is closed.
        assets: by path.
        undos, redos: steps, each the states of the objects that took part before and after.
        recording: the objects of the open transaction with their states before it.
        version: of the engine, which decides what a Control Rig track can do.
        present: what the rig's controls hold now, by channel.
        path: of the open shot's file.
        actors, selected_actors: of the level; `bound` has those that a binding of the shot stands for.
        tabs: objects that the editor shows, where it `has_tabs`.
        ticks: called by `tick`.
        saved: paths of the assets that were written to disk; `can_save` is whether the disk takes them.
    """

    def __init__(self) -> None:
        """An editor with nothing open."""
        self.sequence: Any = None
        self.objects: list[Any] = []
        self.rigs: list[Any] = []
        self.assets: dict[str, Any] = {}
        self.undos: list[list[tuple[Any, Any, Any]]] = []
        self.redos: list[list[tuple[Any, Any, Any]]] = []
        self.recording: dict[int, tuple[Any, Any]] | None = None
        self.version = (5, 6)
        self.present = dict[str, float]()
        self.saved: set[str] = set()
        self.can_save = True
        self.path = ""
        self.unattended = True
        self.locked = False
        self.playhead = 0
        self.selected_sections: list[Any] = []
        self.selected_tracks: list[Any] = []
        self.answers: list[Any] = []
        self.stop_at = 2.0
        self.importable = True
        self.said: list[str] = []
        self.calls = 0
        self.fail_after = -1
        self.menu: list[Any] = []
        self.actors: list[Any] = []
        self.selected_actors: list[Any] = []
        self.bound: dict[str, list[Any]] = {}
        self.tabs: list[Any] = []
        self.has_tabs = True
        self.ticks: list[Callable[[float], None]] = []

    def find(self, outer: Any, name: str) -> Any:
        """An object by its name, which does not tell capitals; also one that was removed and only undo remembers."""
        same = (one for one in self.objects if one.outer is outer and one.get_name().lower() == name.lower())
        return next(same, None)

    def do_find_object(self, outer: Any, name: str) -> Any:
        """An object that is in memory."""
        return self.find(outer, name)

    def do_register_python_shutdown_callback(self, callable: Callable[[], None]) -> object:
        """Something to be done when the editor quits."""
        return callable

    def called(self) -> None:
        """Counts a call into the editor; raises RuntimeError at the one that shall fail."""
        self.calls += 1
        if self.calls == self.fail_after:
            raise RuntimeError("the editor ran into an error")

    def commit(self) -> None:
        """Ends a transaction; one that changed nothing is not kept."""
        assert self.recording is not None
        step = [(one, before, one.state()) for one, before in self.recording.values()]
        self.recording = None
        if any(before != after for _, before, after in step):
            self.undos.append(step)
            self.redos.clear()

    def forget(self) -> None:
        """Cancels a transaction: what it recorded is forgotten, what was done stays done."""
        self.recording = None

    def undo(self) -> None:
        """Takes back the last transaction: the objects that were modified in it, and no others."""
        self._travel(self.undos, self.redos, lambda one, before, after: one.restore(before))

    def redo(self) -> None:
        """Does the transaction taken back again."""
        self._travel(self.redos, self.undos, lambda one, before, after: one.restore(after))

    def _travel(self, source: list[Any], target: list[Any], move: Callable[[Any, Any, Any], None]) -> None:
        if source:
            step = source.pop()
            for one in step:
                move(*one)
            target.append(step)

    def do_log(self, arg: object) -> None:
        """A line in the log."""
        self.said.append(str(arg))

    do_log_warning = do_log

    def do_collect_garbage(self) -> None:
        """Nothing is left lying about here."""

    def do_uclass(self) -> Callable[[type], type]:
        """A class that the editor's dialogs can show."""
        return lambda one: one

    def do_get_editor_subsystem(self, subsystem: type) -> Any:
        """A part of the editor."""
        return subsystem()

    def do_new_object(self, type: type, outer: Any = None, name: str = "") -> Any:
        """An object of a class."""
        return type()

    def do_register_slate_post_tick_callback(self, callable: Callable[[float], None]) -> object:
        """Something to be done at each tick of the editor's windows."""
        self.ticks.append(callable)
        return callable

    def do_unregister_slate_post_tick_callback(self, handle: Any) -> None:
        """No longer."""
        self.ticks.remove(handle)

    def tick(self) -> None:
        """A tick of the editor's windows."""
        for one in list(self.ticks):
            one(0.02)

    def do_ufunction(
        self, meta: dict[str, str] | None = None, ret: Any = None, pure: bool | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A function that the details view shows as a button where it takes nothing and says CallInEditor."""

        def mark(function: Callable[..., Any]) -> Callable[..., Any]:
            function.meta = meta or {}  # type: ignore[attr-defined]
            return function

        return mark

    def do_uproperty(self, type: Any, meta: dict[str, str] | None = None) -> Any:
        """A property with the value that its type has without one."""
        return type()
