"""`python tests/fuzz`, or `python -m tests.fuzz`: attacks every door, and prints what held."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)

from attack.command import main  # noqa: E402  which lies in the folder named above

if __name__ == "__main__":  # the processes that try the cases import this file again
    sys.exit(main())
