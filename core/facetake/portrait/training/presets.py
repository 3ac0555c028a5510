"""Settings by the name of a preset or from a user's file, and whether networks can be built and taught by them.

Knows TOML files; does not know what is set.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from facetake.config import load_config
from facetake.errors import ConfigError
from facetake.files import quantities
from facetake.files.spelling import meant

PRESETS = ("quick", "paper", "tiny")
FOR_MORE: Final = ("minutes", "many")
"""Presets that only systems have which learn from a minute of film, or from many people."""
Settings = TypeVar("Settings")

MOST: Final = 8192
"""Of a whole number that sizes something: pixels, channels, frames of a window, pictures at once."""
DEEPEST: Final = 64  # ample, of what is `DEEP`: beyond, a mistyped number asks for memory without end
DEEP: Final = ("layers", "downs", "blocks", "judging")
LONG: Final = ("epochs", "coarse", "steps", "seed", "n_frames", "version", "left", "top")
"""What sizes no network: as large as it likes, and 0."""
NONE_AT_LEAST: Final = ("radius", "half_window")


def preset(kind: type[Settings], name: str, folder: Path) -> Settings:
    """The settings of a preset, in FOLDER/FOLDER's name_NAME.toml, or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    shipped = [one for one in (*PRESETS, *FOR_MORE) if (folder / f"{folder.name}_{one}.toml").is_file()]
    if name in shipped:
        return load_config(kind, folder / f"{folder.name}_{name}.toml")
    if not name.endswith(".toml"):
        known = f"{', '.join(shipped)} or name a .toml file{meant(name, shipped)}"
        raise ConfigError(f'there is no setting "{name}"; use one of {known}')
    found = load_config(kind, Path(name))
    check_sizes(found, name)
    return found


def check_sizes(found: Any, where: str) -> None:
    """Refuses whole numbers, at any depth of a struct, that nothing can be built with (ConfigError)."""
    for field in fields(found):
        value = getattr(found, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part):
                check_sizes(part, f"{where}: {field.name}")
            elif isinstance(part, int) and not isinstance(part, bool):
                _check(field.name, part, f"{where}: {field.name}")


def _check(name: str, value: int, where: str) -> None:
    if name in LONG:
        quantities.whole(value, where, low=0)
    else:
        quantities.whole(value, where, 0 if name in NONE_AT_LEAST else 1, DEEPEST if name in DEEP else MOST)


def check_falling(*shares: float) -> None:
    """Refuses shares of the epochs outside 0..1 (ValueError)."""
    for falling in shares:
        if not 0.0 <= falling <= 1.0:
            raise ValueError(f"falling is a share of the epochs, 0 to 1, not {falling}")
