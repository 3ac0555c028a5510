"""`facetake package`: the plugins as zips that a studio can install, with what runs inside a host in them.

A zip of the same release has the same bytes wherever it is made. Blender has its extensions bring libraries as wheels,
and unpacks those where its Python finds them.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from facetake import __version__
from facetake.errors import ConfigError
from facetake.formats import beside

PLUGINS = {"maya": "maya_plugin", "unreal": "unreal_bridge", "blender": "blender_addon"}
SUFFIXES = frozenset((".py", ".mod", ".uplugin", ".toml", ".html", ".png"))
"""Of a plugin's files that go along; INSTALL.html is its INSTALL.md, rendered by docs/pages.py."""
WHEEL = f"facetake_host-{__version__}"


def package(host: str, folder: Path) -> Path:
    """Writes the zip for a host into a folder; it appears whole or not at all.

    Args:
        host: "maya", "unreal" or "blender".
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
    with beside(target) as part:
        _zip(part, ((name, _content(path)) for name, path in _members(host)), _extra(host))
    return target


def _zip(target: Path | io.BytesIO, *members: Iterable[tuple[str, bytes]]) -> None:
    """Writes files by name, with nothing of the day or the machine in it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(member for some in members for member in some):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)


def _extra(host: str) -> Iterator[tuple[str, bytes]]:
    """What is made for the zip."""
    if host == "blender":
        yield f"wheels/{WHEEL}-py3-none-any.whl", _wheel()


def _wheel() -> bytes:
    """What runs inside a host, as a wheel."""
    members = {f"facetake_host/{name}": path.read_bytes() for name, path in _library("blender")}
    about = f"{WHEEL}.dist-info"
    members[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: facetake_host\nVersion: {__version__}\n".encode()
    members[f"{about}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: facetake\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    rows = [f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in sorted(members.items())]
    members[f"{about}/RECORD"] = "".join([*rows, f"{about}/RECORD,,\n"]).encode()
    made = io.BytesIO()
    _zip(made, members.items())
    return made.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")


def _members(host: str) -> Iterator[tuple[str, Path]]:
    """Names in the zip with the files they come from."""
    plugin = plugin_folder(host)
    for path in _files(plugin):
        inside = path.relative_to(plugin).as_posix()
        if host == "maya":
            yield (inside if path.suffix in (".mod", ".html") else f"facetake/{inside}"), path
        else:
            yield inside if host == "blender" else f"Facetake/{inside}", path
    if host != "blender":
        library = {"maya": "facetake/scripts/facetake_host", "unreal": "Facetake/Content/Python/facetake_host"}[host]
        for inside, path in _library(host):
            yield f"{library}/{inside}", path


def _library(host: str) -> Iterator[tuple[str, Path]]:
    """What runs inside a host; only Maya has Qt, for the panel."""
    shared = _host_library()
    for path in _files(shared):
        inside = path.relative_to(shared)
        if host == "maya" or "panel" not in inside.parts:
            yield inside.as_posix(), path


def _files(folder: Path) -> Iterator[Path]:
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts)
    return (path for path in found if path.is_file())


def _content(path: Path) -> bytes:
    """A file's bytes; the module file points at the folder beside it instead of its own."""
    data = path.read_bytes()
    return data.replace(b" .\n", b" ./facetake\n") if path.suffix == ".mod" else data


def plugin_folder(host: str) -> Path:
    """The plugin's folder: inside an installed package, or beside `core` in a checkout.

    Raises:
        ConfigError: it is in neither.
    """
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
