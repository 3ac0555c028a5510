"""What this machine has: processors, a screen, fonts, and a folder that can be written to."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from facetake import files, inference
from facetake.cli.doctor.finding import Diagnosis, shortened

LEAST_FREE: Final = 200_000_000
"""Bytes of free space that a day's work wants."""
FONTS: Final = {
    "win32": ("~/AppData/Local/Microsoft/Windows/Fonts", "C:/Windows/Fonts"),
    "darwin": ("~/Library/Fonts", "/Library/Fonts", "/System/Library/Fonts"),
    "linux": ("~/.fonts", "~/.local/share/fonts", "/usr/local/share/fonts", "/usr/share/fonts"),
}
FONT_FILES: Final = (".ttf", ".otf", ".ttc")


def devices() -> list[Diagnosis]:
    """Processors, and what the networks run on."""
    cores = os.cpu_count() or 1
    providers = inference.devices()
    found = [
        Diagnosis(
            "processor",
            f"{platform.processor() or platform.machine()}, {cores} cores; networks that generate run on "
            f"{', '.join(providers)}",
            facts={"cores": cores, "onnxruntime": list(providers)},
        )
    ]
    if find_spec("torch") is not None:
        found.append(_torch())
    return found


def _torch() -> Diagnosis:
    torch: Any = import_module("torch")
    cards = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    told = ", ".join(cards) or "no graphics card that PyTorch can use; portraits learn on the processor"
    return Diagnosis("graphics card", told, facts={"cards": cards, "torch": str(torch.__version__)})


def screen() -> list[Diagnosis]:
    """Whether a window can open, which only `facetake app` needs."""
    if sys.platform.startswith("linux"):
        names = [name for name in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(name)]
        told = f"there ({names[0]})" if names else "none; facetake app needs one, all other commands do without"
        return [Diagnosis("screen", told, facts={"is_there": bool(names)})]
    return [Diagnosis("screen", "there", facts={"is_there": True})]


def fonts() -> list[Diagnosis]:
    """Whether a window would have letters; films have their own."""
    kind = "linux" if sys.platform.startswith("linux") else sys.platform
    folders = [Path(folder).expanduser() for folder in FONTS.get(kind, ())]
    count = sum(1 for folder in folders for file in folder.rglob("*") if file.suffix.lower() in FONT_FILES)
    told = f"{count} found" if count else "none found; facetake app would show boxes; install some, such as DejaVu"
    return [Diagnosis("fonts", told, facts={"count": count})]


def folder(place: Path) -> list[Diagnosis]:
    """Whether results can be written to a folder."""
    told = shortened(place.resolve())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"facetake")
            file.flush()
        free = shutil.disk_usage(place).free
    except OSError as error:
        return [
            Diagnosis(
                "folder",
                f"{told} cannot be written to ({files.reason(error)})",
                "go to a folder of your own, or name one with -o",
                {"can_write": False},
            )
        ]
    advice = "" if free >= LEAST_FREE else "free some space"
    return [
        Diagnosis(
            "folder",
            f"{told} can be written to, {free / 1e9:.1f} GB are free",
            advice,
            {"can_write": True, "free_bytes": free},
        )
    ]
