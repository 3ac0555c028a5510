"""Every command of the window: its menu, its words and its keys. The menus, the keys and the page of keys follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        name: of the window's method that does it.
        menu: that it is in.
        text: its words there.
        key: what does it by the keyboard, as Qt writes keys; another one after a comma.
        is_line_before: whether a line in the menu stands before it.
    """

    name: str
    menu: str
    text: str
    key: str
    is_line_before: bool = False


COMMANDS: Final = (
    Command("browse", "File", "Open sounds, takes or a project...", "Ctrl+O"),
    Command("browse_folder", "File", "Open a folder...", "Ctrl+Shift+O"),
    Command("save", "File", "Save project", "Ctrl+S", True),
    Command("save_as", "File", "Save project as...", "Ctrl+Shift+S"),
    Command("find_recordings", "File", "Find recordings that moved...", "Ctrl+F"),
    Command("export", "File", "Export the take or a film...", "Ctrl+E", True),
    Command("export_all", "File", "Export every line's take...", "Ctrl+Shift+E"),
    Command("close", "File", "Close", "Ctrl+Q", True),
    Command("undo", "Edit", "Undo", "Ctrl+Z"),
    Command("redo", "Edit", "Redo", "Ctrl+Shift+Z, Ctrl+Y"),
    Command("fill", "Edit", "Mood over the whole line", "Ctrl+M", True),
    Command("clear", "Edit", "Clear the mood", "Ctrl+Backspace"),
    Command("write_note", "Edit", "Write a note", "Ctrl+N"),
    Command("type_text", "Edit", "Type what is said", "Ctrl+D"),
    Command("go_to_strip", "Edit", "To the phones on the strip", "F6"),
    Command("mark_event", "Edit", "Mark what is not speech", "Ctrl+1", True),
    Command("mark_emotion", "Edit", "Mark an emotion", "Ctrl+2"),
    Command("mark_gaze", "Edit", "Mark what is looked at", "Ctrl+3"),
    Command("mark_lock", "Edit", "Lock a region", "Ctrl+4"),
    Command("set_key", "Edit", "Set a key", "Ctrl+5"),
    Command("choose_all", "Edit", "Choose every line", "Ctrl+A", True),
    Command("remove_lines", "Edit", "Remove the chosen lines", "Delete"),
    Command("remove_take", "Edit", "Remove the shown take", "Shift+Delete"),
    Command("generate", "Take", "Generate the chosen lines", "Ctrl+G, Ctrl+Return"),
    Command("generate_all", "Take", "Generate every line", "Ctrl+Shift+G"),
    Command("generate_three", "Take", "Three seeds side by side", "Ctrl+T"),
    Command("restyle", "Take", "Restyle", "Ctrl+R"),
    Command("cancel", "Take", "Cancel", "Escape"),
    Command("next_take", "Take", "Next take", "]", True),
    Command("previous_take", "Take", "Previous take", "["),
    Command("compare", "Take", "Beside the take before, or alone", "C"),
    Command("exchange", "Take", "Exchange A and B", "X"),
    Command("keep_preset", "Take", "Keep the settings as a preset...", "Ctrl+P", True),
    Command("drop_preset", "Take", "Forget a preset...", "Ctrl+Shift+P"),
    Command("play_or_stop", "View", "Play or stop", "Space"),
    Command("step_back", "View", "One frame back", "Left"),
    Command("step_on", "View", "One frame on", "Right"),
    Command("go_to_start", "View", "To the start", "Home"),
    Command("go_to_end", "View", "To the end", "End"),
    Command("loop", "View", "Loop what is seen, or nothing", "L"),
    Command("zoom_in", "View", "Zoom in", "+, =", True),
    Command("zoom_out", "View", "Zoom out", "-"),
    Command("zoom_whole", "View", "The whole line", "0"),
    Command("show_spectrum", "View", "Show or hide the spectrogram", "S"),
    Command("next_line", "View", "Next line", "PgDown", True),
    Command("previous_line", "View", "Previous line", "PgUp"),
    Command("show_keys", "Help", "Every key", "F1"),
)


def keys_page() -> str:
    """A table of every command and its keys, as Markdown."""
    rows = [f"| {one.menu} | {one.text} | {one.key.replace(', ', ' or ')} |" for one in COMMANDS]
    return "\n".join(["| menu | command | key |", "|---|---|---|", *rows])
