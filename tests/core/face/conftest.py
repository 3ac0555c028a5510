"""Lets the tests of face models share a cast of a face (`plaster`)."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).parent / "cast")
if HERE not in sys.path:
    sys.path.insert(0, HERE)
