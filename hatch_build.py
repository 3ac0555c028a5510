"""Puts three.js into the package while it is built: fetched by npm, checked against the digest in the repository.

    python hatch_build.py

does the same by hand. Where npm is absent or fetches nothing, the build goes on with a warning, and reports have no 3D
face. What is there already is not fetched again.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # by hand, no build backend is needed
    BuildHookInterface = object

REVIEW = Path(__file__).parent / "core" / "facetake" / "review"
FETCH_S = 180
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Runs before every sdist, wheel and editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling passes both
        """Vendors three.js and tells the build to carry it, although version control ignores it."""
        if problem := vendor(REVIEW):
            self.app.display_warning(problem)
        build_data["artifacts"].append("core/facetake/report/vendor/*")


def vendor(review: Path) -> str:
    """Puts the files that `three.toml` names into `vendor/`, whole or not at all; what went wrong, or nothing."""
    wanted = tomllib.loads((review / "three.toml").read_text(encoding="utf-8"))
    folder = review / "vendor" / f"three-{wanted['version']}"
    names = {Path(name).name for name in wanted["files"]}
    if folder.is_dir() and names <= {path.name for path in folder.iterdir()}:
        return ""
    try:
        with tempfile.TemporaryDirectory() as temporary:
            _fetch(wanted, Path(temporary), folder)
    except (OSError, ValueError, subprocess.SubprocessError, tarfile.TarError) as error:
        return (
            f"Facetake's reports will have no 3D face, because three.js could not be fetched ({error}); "
            "install Node.js with npm and build again"
        )
    return ""


def _fetch(wanted: dict[str, Any], temporary: Path, folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise ValueError("there is no npm")
    # in a folder of its own, so that npm sees no project; it asks the registry it is set up for
    command = [npm, "pack", f"three@{wanted['version']}", "--ignore-scripts", "--silent", *PATIENCE]
    subprocess.run(command, cwd=temporary, check=True, timeout=FETCH_S, capture_output=True, stdin=subprocess.DEVNULL)
    tarballs = list(temporary.glob("*.tgz"))
    if not tarballs:
        raise ValueError("npm left no tarball")
    digest = base64.b64encode(hashlib.sha512(tarballs[0].read_bytes()).digest()).decode("ascii")
    if f"sha512-{digest}" != wanted["integrity"]:
        raise ValueError("its tarball is not the one whose digest three.toml holds")
    _extract(tarballs[0], wanted["files"], folder)


def _extract(tarball: Path, names: list[str], folder: Path) -> None:
    """Takes the files out of the tarball into a new folder, which then gets its name."""
    begun = folder.with_name(f".{folder.name}.{tarball.parent.name}")
    begun.mkdir(parents=True)
    try:
        with tarfile.open(tarball) as archive:
            for name in names:
                file = archive.extractfile(f"package/{name}")
                if file is None:
                    raise ValueError(f"its tarball holds no {name}")
                (begun / Path(name).name).write_bytes(file.read())
        if folder.exists():
            shutil.rmtree(folder)  # an incomplete one, which is ours
        begun.rename(folder)
    except KeyError as error:
        raise ValueError(f"its tarball lacks a file: {error}") from error
    finally:
        shutil.rmtree(begun, ignore_errors=True)


if __name__ == "__main__":
    said = vendor(REVIEW)
    print(said or "three.js is there", file=sys.stderr if said else sys.stdout)
    sys.exit(bool(said))
