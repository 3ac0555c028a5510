"""The editor around Sequencer: transactions, slow tasks, dialogs and menus."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path
from typing import Any, ClassVar

from fake_unreal.values import FrameNumber, FrameTime, MovieSceneSequencePlaybackParams, MovieSceneTimeUnit
from fake_unreal.world import World


class AppMsgType(Enum):
    """Buttons of a dialog."""

    OK = auto()
    YES_NO_CANCEL = auto()


class AppReturnType(Enum):
    """The button that was pressed."""

    NO = auto()
    YES = auto()
    CANCEL = auto()
    OK = auto()


class MultiBlockType(Enum):
    """Kinds of menu entries."""

    MENU_ENTRY = auto()


class ToolMenuStringCommandType(Enum):
    """Languages of an entry's command."""

    PYTHON = auto()


class ScopedEditorTransaction:
    """What happens inside is one undo step."""

    world: ClassVar[World]

    def __init__(self, desc: str) -> None:
        self._cancelled = False

    def __enter__(self) -> ScopedEditorTransaction:
        assert self.world.recording is None, "a transaction is open already"
        self.world.recording = {}
        return self

    def __exit__(self, *_: object) -> None:
        if not self._cancelled:
            self.world.commit()

    def cancel(self) -> None:
        """Forgets what was recorded; nothing is taken back."""
        self._cancelled = True
        self.world.forget()


class ScopedSlowTask:
    """A dialog with a bar."""

    world: ClassVar[World]

    def __init__(self, work: float, desc: str = "", enabled: bool = True) -> None:
        self._done = 0.0
        self._can_cancel = False

    def __enter__(self) -> ScopedSlowTask:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def make_dialog(self, can_cancel: bool = False, allow_in_pie: bool = False) -> None:
        """Shows it."""
        self._can_cancel = can_cancel

    def enter_progress_frame(self, work: float = 1.0, desc: str = "") -> None:
        """Moves it."""
        assert work >= 0.0
        self._done += work

    def should_cancel(self) -> bool:
        """Whether the person pressed Cancel."""
        return self._done >= self.world.stop_at


class SystemLibrary:
    """The process."""

    world: ClassVar[World]

    @classmethod
    def is_unattended(cls) -> bool:
        """Whether nobody looks."""
        return cls.world.unattended

    @classmethod
    def get_system_path(cls, object: Any) -> str:
        """Where the file of the shot lies."""
        return cls.world.path

    @classmethod
    def execute_console_command(cls, world_context_object: Any, command: str) -> None:
        """Undo and redo, as their keys do."""
        {"TRANSACTION UNDO": cls.world.undo, "TRANSACTION REDO": cls.world.redo}[command]()

    @classmethod
    def get_engine_version(cls) -> str:
        """As the editor says it."""
        return ".".join(map(str, cls.world.version)) + ".1-44394996+++UE5+Release"


class Paths:
    """Folders of the editor."""

    @classmethod
    def launch_dir(cls) -> str:
        """Where the person started it."""
        return str(Path.cwd())


class EditorDialog:
    """Questions to the person."""

    world: ClassVar[World]

    @classmethod
    def show_message(cls, title: str, message: str, message_type: AppMsgType) -> AppReturnType:
        """The next answer."""
        cls.world.said.append(message)
        return cls.world.answers.pop(0) if cls.world.answers else AppReturnType.OK

    @classmethod
    def show_object_details_view(cls, title: str, out_object: Any) -> bool:
        """The next answer, a function that fills the object in."""
        fill = cls.world.answers.pop(0)
        return bool(fill(out_object))


class LevelSequenceEditorBlueprintLibrary:
    """What Sequencer shows."""

    world: ClassVar[World]

    @classmethod
    def get_focused_level_sequence(cls) -> Any:
        """The shot that is open."""
        return cls.world.sequence

    @classmethod
    def get_current_level_sequence(cls) -> Any:
        """The shot at the top."""
        return cls.world.sequence

    @classmethod
    def get_bound_objects(cls, object_binding: str) -> list[Any]:
        """The actors and components that a binding stands for."""
        return cls.world.bound.get(object_binding, [])

    @classmethod
    def get_local_position(
        cls, time_unit: MovieSceneTimeUnit = MovieSceneTimeUnit.DISPLAY_RATE
    ) -> MovieSceneSequencePlaybackParams:
        """The playhead in the sequence that has the focus."""
        assert time_unit is MovieSceneTimeUnit.DISPLAY_RATE
        return MovieSceneSequencePlaybackParams(FrameTime(FrameNumber(cls.world.playhead)))

    @classmethod
    def is_level_sequence_locked(cls) -> bool:
        """Whether the shot may be changed."""
        return cls.world.locked

    @classmethod
    def get_selected_sections(cls) -> list[Any]:
        """What the person selected."""
        return cls.world.selected_sections

    @classmethod
    def get_selected_tracks(cls) -> list[Any]:
        """What the person selected."""
        return cls.world.selected_tracks

    @classmethod
    def refresh_current_level_sequence(cls) -> None:
        """Draws it again."""


class ToolMenus:
    """Menus."""

    world: ClassVar[World]

    @classmethod
    def get(cls) -> ToolMenus:
        """All of them."""
        return cls()

    def extend_menu(self, name: str) -> ToolMenu:
        """A menu to add to."""
        return ToolMenu()

    def refresh_all_widgets(self) -> None:
        """Draws them again."""


class ToolMenu:
    """A menu."""

    world: ClassVar[World]

    def add_menu_entry(self, section_name: str, args: ToolMenuEntry) -> None:
        """One more entry."""
        self.world.menu.append(args)


class ToolMenuEntry:
    """A line of a menu."""

    def __init__(self, name: str = "None", type: MultiBlockType | None = None) -> None:
        self.name = name

    def set_label(self, label: str) -> None:
        """What people read."""
        self.label = label

    def set_tool_tip(self, tool_tip: str) -> None:
        """What it says on hovering."""

    def set_string_command(self, type: ToolMenuStringCommandType, custom_type: str, string: str) -> None:
        """What it runs."""
        self.command = string
