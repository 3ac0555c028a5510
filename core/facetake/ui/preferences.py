"""What the window remembers of a person: projects opened lately, and settings kept under a name.

A file that is gone or damaged is begun anew: nothing in it is worth a window that does not open. No Qt.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from facetake import files, formats
from facetake.errors import ConfigError, RigError, TakeError
from facetake.files import json_text, user_folders
from facetake.ui.lines import LineSettings, settings_of

MOST_RECENT: Final = 10  # by choice: a menu that is seen at once
NAME: Final = "window.json"


@dataclass
class Preferences:
    """Recent files and presets.

    Attributes:
        path: where they are kept; None to keep nothing.
        recent: paths, the last one first.
        presets: settings by name.
    """

    path: Path | None = None
    recent: list[Path] = field(default_factory=list)
    presets: dict[str, LineSettings] = field(default_factory=dict)

    def opened(self, path: Path) -> None:
        """Remembers a file."""
        whole = path.absolute()
        self.recent = [whole, *(one for one in self.recent if one != whole)][:MOST_RECENT]
        self.save()

    def keep(self, name: str, settings: LineSettings) -> None:
        """Keeps settings under a name."""
        self.presets[name] = settings
        self.save()

    def drop(self, name: str) -> None:
        """Forgets them."""
        self.presets.pop(name, None)
        self.save()

    def save(self) -> None:
        """Writes them; where that cannot be done they last as long as the window."""
        if self.path is None:
            return
        told = {
            "recent": [str(one) for one in self.recent],
            "presets": {name: one.told() for name, one in self.presets.items()},
        }
        with contextlib.suppress(OSError, TakeError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with formats.beside(self.path) as part:
                part.write_text(
                    json_text.dump(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
                )


def place() -> Path | None:
    """Where a person's are kept; None where nobody is at home."""
    try:
        return user_folders.state() / "facetake" / NAME
    except RuntimeError:
        return None


def load(path: Path | None) -> Preferences:
    """Those of a file, as far as they can be read."""
    made = Preferences(path)
    if path is None:
        return made
    with contextlib.suppress(OSError, ValueError):
        found = json_text.load(files.read_bytes(path, files.MOST_TEXT))
        if isinstance(found, dict):
            made.recent = [Path(one) for one in _list(found.get("recent")) if isinstance(one, str) and one][
                :MOST_RECENT
            ]
            for name, told in _table(found.get("presets")).items():
                with contextlib.suppress(ConfigError, RigError):
                    made.presets[name] = settings_of(told, f"the preset {name}")
    return made


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
