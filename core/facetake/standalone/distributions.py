"""Facetake and the installed packages that it stands on, as files that can be copied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from facetake.errors import ConfigError
from facetake.files import spelling
from facetake.plugin_archive import PLUGINS, plugin_folder

OURS: Final = ("facetake", "facetake_host")
ABOUT: Final = frozenset(("METADATA", "entry_points.txt", "WHEEL"))
"""What Facetake's own metadata has that does not tell of where it was installed."""
UNUSED: Final = re.compile(
    r".*/(__pycache__|tests?)/.*|.*\.(pyc|pyi|nbi|nbc)|PySide6/(Qt/(qml|translations)/|include/|typesystems/|"
    r"(designer|linguist|assistant|lupdate|lrelease|qmlls|qmlformat|qmllint|balsam|balsamui|svgtoqml)(\.exe)?$).*"
)
"""Tests and types of packages, and Qt's tools for those who write programs."""


def installed(extras: Sequence[str]) -> tuple[str, ...]:
    """Those of the extras of which every package is installed."""
    return tuple(extra for extra in extras if not _missing(extra))


def members(extras: Sequence[str], folder: str) -> dict[str, Path]:
    """Name in the copy -> file, of Facetake with some extras and all that they need.

    Args:
        extras: names of Facetake's extras.
        folder: for packages, in the copy.

    Raises:
        ConfigError: an extra that there is not, or that is not installed.
    """
    for extra in extras:
        if extra not in _extras():
            raise ConfigError(f"{extra} is no extra of Facetake{spelling.meant(extra, _extras())}")
        if missing := _missing(extra):
            raise ConfigError(f'{", ".join(missing)} is not installed; pip install "facetake[{extra}]"')
    found: dict[str, Path] = {}
    for name in _closure("facetake", tuple(extras)):
        found |= _ours() if name == "facetake" else _of(distribution(name))
    return {f"{folder}/{name}": path for name, path in found.items()}


def _extras() -> list[str]:
    return distribution("facetake").metadata.get_all("Provides-Extra") or []


def _missing(extra: str) -> list[str]:
    """The packages of an extra itself that are not installed."""
    needed = [name for name, _ in _required("facetake", (extra,)) if name != "facetake"]
    return [name for name in needed if not _is_installed(name)]


def _closure(name: str, extras: tuple[str, ...]) -> set[str]:
    """The installed packages that one with some extras needs, itself included."""
    found: set[str] = set()
    seen: set[tuple[str, tuple[str, ...]]] = set()
    waiting = [(name, extras)]
    while waiting:
        one = waiting.pop()
        if one in seen or not _is_installed(one[0]):  # not installed: what another system or Python would need
            continue
        seen.add(one)
        found.add(one[0])
        waiting += _required(*one)
    return found


def _required(name: str, extras: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What a package with some extras asks for: names, each with its extras. Other conditions are not looked at."""
    for text in distribution(name).requires or []:
        asked = re.match(r"([\w.-]+)\s*(?:\[([^]]*)\])?", text)
        wanted = re.search(r"extra\s*==\s*['\"]([^'\"]+)", text)
        if asked is not None and (wanted is None or wanted[1] in extras):
            yield re.sub(r"[-_.]+", "-", asked[1]).lower(), tuple(filter(None, re.split(r"[\s,]+", asked[2] or "")))


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _of(package: Distribution) -> dict[str, Path]:
    """The files of a package, without programs, which know where they were installed."""
    files = {file.as_posix(): Path(str(package.locate_file(file))) for file in package.files or []}
    return {
        name: path
        for name, path in files.items()
        if not name.startswith(("..", "/")) and not UNUSED.match(name) and path.is_file()
    }


def _ours() -> dict[str, Path]:
    """Facetake's own files, from a checkout or as they were installed."""
    found: dict[str, Path] = {}
    for name in OURS:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ConfigError(f"{name} is not installed here; install Facetake from a wheel or a checkout")
        found |= _below(Path(spec.origin).parent, name)
    for host, plugin in PLUGINS.items():
        found |= _below(plugin_folder(host), f"facetake/plugins/{plugin}")
    package = distribution("facetake")
    about = {file.as_posix(): Path(str(package.locate_file(file))) for file in package.files or []}
    return found | {
        name: path
        for name, path in about.items()
        if ".dist-info/" in name and (path.name in ABOUT or "/licenses/" in name) and path.is_file()
    }


def _below(folder: Path, name: str) -> dict[str, Path]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    found = {f"{name}/{path.relative_to(folder).as_posix()}": path for path in paths}
    return {name: path for name, path in found.items() if not UNUSED.match(name)}
