"""Where three.js lies, which the build puts into `vendor/`, and what to say where it does not.

Knows files; does not know the page. `hatch_build.py` fetches what `three.toml` names; nothing is fetched from here.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
MISSING = (
    "There is no 3D face in this report, because three.js is not part of this installation: "
    "install Node.js with npm, then install Facetake again, and write the report anew."
)


@cache
def version() -> str:
    """The version that `three.toml` names."""
    return str(tomllib.loads((HERE / "three.toml").read_text(encoding="utf-8"))["version"])


def folder() -> Path:
    """Where that version lies, or would lie."""
    return HERE / "vendor" / f"three-{version()}"


def modules() -> dict[str, str]:
    """Sources of three.js' modules by the names the page imports them by; empty where it is not there."""
    core, module = (folder() / name for name in ("three.core.min.js", "three.module.min.js"))
    if not (core.is_file() and module.is_file()):
        return {}
    # A relative import means nothing in a module without an address of its own: the page maps names instead
    source = module.read_text(encoding="utf-8").replace('"./three.core.min.js"', '"three/core"')
    return {"three/core": core.read_text(encoding="utf-8"), "three": source}
