"""What a window of its own process tells, driven by the hands of `strip_hands`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HANDS = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom strip_hands import *\n"


def told(folder: Path, code: str) -> list[dict[str, Any]]:
    """What the window tells at each `tell()`, by these hands."""
    done = subprocess.run(
        [sys.executable, "-c", f"{HANDS}{code}\nwindow.end()", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["disagreed"] for one in found] == [[]] * len(found)
    return found
