"""`facetake package`: the plugins as zips that a studio can install, with what runs inside a host in them.

A zip of the same release has the same bytes wherever it is made.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from facetake import __version__
from facetake.errors import ConfigError
from facetake.formats import beside

PLUGINS = {"maya": "maya_plugin", "unreal": "unreal_bridge"}
SUFFIXES = frozenset((".py", ".mod", ".uplugin", ".md", ".png"))


def package(host: str, folder: Path) -> Path:
    """Writes the zip for a host into a folder; it appears whole or not at all.

    Args:
        host: "maya" or "unreal".
        folder: an existing folder.

    Returns:
        The zip's path.

    Raises:
        ConfigError: another host, or the plugin's files are not there.
        TakeError: the folder cannot be written.
    """
    if host not in PLUGINS:
        raise ConfigError(f"there is no plugin for {host}; known: {', '.join(PLUGINS)}")
    target = folder / f"facetake_{host}_{__version__}.zip"
    with beside(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_members(host)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, _content(path))
    return target


def _members(host: str) -> Iterator[tuple[str, Path]]:
    """Names in the zip with the files they come from."""
    plugin = _plugin(host)
    for path in _files(plugin):
        inside = path.relative_to(plugin).as_posix()
        if host == "maya":
            yield (inside if path.suffix in (".mod", ".md") else f"facetake/{inside}"), path
        else:
            yield f"Facetake/{inside}", path
    library = {"maya": "facetake/scripts/facetake_host", "unreal": "Facetake/Content/Python/facetake_host"}[host]
    shared = _host_library()
    for path in _files(shared):
        if host == "maya" or "panel" not in path.relative_to(shared).parts:  # Unreal has no Qt
            yield f"{library}/{path.relative_to(shared).as_posix()}", path


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts)
    return (path for path in found if path.is_file())


def _content(path: Path) -> bytes:
    """A file's bytes; the module file points at the folder beside it instead of its own."""
    data = path.read_bytes()
    return data.replace(b" .\n", b" ./facetake\n") if path.suffix == ".mod" else data


def _plugin(host: str) -> Path:
    """The plugin's folder: inside an installed package, or beside `core` in a checkout."""
    here = Path(__file__).parent
    for folder in (here / "plugins" / PLUGINS[host], here.parents[1] / PLUGINS[host]):
        if folder.is_dir():
            return folder
    raise ConfigError(
        f"the files of the {host} plugin are not installed here; install Facetake from a wheel or a checkout"
    )


def _host_library() -> Path:
    found = find_spec("facetake_host")
    if found is None or found.origin is None:
        raise ConfigError("facetake_host is not installed here; install Facetake from a wheel or a checkout")
    return Path(found.origin).parent
