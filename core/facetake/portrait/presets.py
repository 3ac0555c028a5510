"""Settings by the name of a preset or from a user's file. Knows TOML files; does not know what is set."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from facetake.config import load_config
from facetake.errors import ConfigError

PRESETS = ("quick", "paper", "tiny")
Settings = TypeVar("Settings")


def preset(kind: type[Settings], name: str, folder: Path) -> Settings:
    """The settings of a preset, in FOLDER/FOLDER's name_NAME.toml, or of a TOML file.

    Raises:
        ConfigError: there is no such preset or file, or it says something that cannot be.
    """
    if name in PRESETS:
        return load_config(kind, folder / f"{folder.name}_{name}.toml")
    if not name.endswith(".toml"):
        raise ConfigError(f'there is no setting "{name}"; use one of {", ".join(PRESETS)} or name a .toml file')
    return load_config(kind, Path(name))
