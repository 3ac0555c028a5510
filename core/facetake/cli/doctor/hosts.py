"""Which hosts are installed: Maya, Unreal and Blender in their usual places."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from facetake.cli.doctor.finding import Diagnosis, shortened

PLACES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "maya": {
        "win32": ("C:/Program Files/Autodesk/Maya20*/bin/maya.exe",),
        "darwin": ("/Applications/Autodesk/maya20*/Maya.app",),
        "linux": ("/usr/autodesk/maya20*/bin/maya",),
    },
    "unreal": {
        "win32": ("C:/Program Files/Epic Games/UE_5*/Engine/Binaries/Win64/UnrealEditor.exe",),
        "darwin": ("~/../Shared/Epic Games/UE_5*/Engine/Binaries/Mac/UnrealEditor.app",),
        "linux": (
            "/opt/[Uu]nreal*/Engine/Binaries/Linux/UnrealEditor",
            "~/[Uu]nreal*/Engine/Binaries/Linux/UnrealEditor",
        ),
    },
    "blender": {
        "win32": ("C:/Program Files/Blender Foundation/Blender */blender.exe",),
        "darwin": ("/Applications/Blender*.app",),
        "linux": ("/opt/blender*/blender", "~/blender*/blender", "/snap/bin/blender"),
    },
}
PROGRAMS: Final = {"maya": "maya", "unreal": "UnrealEditor", "blender": "blender"}
VARIABLES: Final = {"maya": "MAYA_LOCATION"}
"""Where a host's own variable says that it is."""


def hosts() -> list[Diagnosis]:
    """Each host with where it was found; none has to be there."""
    findings = []
    for host in PLACES:
        found = [shortened(path) for path in executables(host)]
        told = ", ".join(found) or "not found in its usual places"
        findings.append(Diagnosis(host, told, facts={"found": found}))
    return findings


def executables(host: str) -> list[Path]:
    """The programs of a host, each once."""
    kind = "linux" if sys.platform.startswith("linux") else sys.platform
    found = [path for pattern in PLACES[host].get(kind, ()) for path in _matching(pattern)]
    if named := os.environ.get(VARIABLES.get(host, ""), ""):
        found += [path for path in (Path(named) / "bin" / PROGRAMS[host],) if path.exists()]
    if program := shutil.which(PROGRAMS[host]):
        found.append(Path(program))
    return list({path.resolve(): path for path in found}.values())


def _matching(pattern: str) -> list[Path]:
    """The paths of a pattern, which begins at a root or at the home folder."""
    whole = Path(pattern).expanduser()
    return sorted(Path(whole.anchor).glob(str(whole.relative_to(whole.anchor))))
