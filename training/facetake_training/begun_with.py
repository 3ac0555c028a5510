"""What a run in one command began with, kept beside it, so that a run of other takes is never gone on with unseen.

Knows nothing of what is learnt, nor of how.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from facetake import files
from facetake.errors import ConfigError
from facetake.files import json_text
from facetake.formats import beside

FILE: Final = "began_with.json"


def check(out: Path, checkpoint: str, steps: int, began: Mapping[str, str]) -> None:
    """Sees to it that a run is begun, or gone on with from the same things; notes them where it begins.

    Args:
        out: the model folder, whose run is in `out`/run.
        checkpoint: the name of what the run resumes from.
        steps: rounds that are asked for.
        began: what it learns from and how, each a text by its name.

    Raises:
        ConfigError: the run there began with something else, or has done more rounds.
    """
    run = out / "run"
    about = run / f"{checkpoint}.json"
    known = _table(run / FILE)
    if about.is_file():
        others = [f"another {name}" for name, text in began.items() if known.get(name) != text]
        if others:
            which = f"with {' and '.join(others)}" if known else "by an earlier version, which did not note its takes"
            raise ConfigError(
                f"{run} was begun {which}, and going on would keep what it learnt; give another folder with -o, or "
                f"remove {run} to begin anew"
            )
        done = _table(about).get("step")
        if isinstance(done, int) and done > steps:
            raise ConfigError(f"{run} has done {done} rounds; give --steps {done} or more, or another folder with -o")
        return
    run.mkdir(parents=True, exist_ok=True)
    with beside(run / FILE) as part:
        part.write_text(json_text.dump(dict(began), indent=1), encoding="utf-8", newline="\n")


def hash_of(folder: Path, paths: Iterable[Path]) -> str:
    """SHA-256 of files: of their names within a folder and of what is in them, in any order.

    Raises:
        ConfigError: one cannot be read.
    """
    rows = sorted(f"{path.relative_to(folder).as_posix()} {files.hash_of(path, ConfigError)}" for path in paths)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _table(path: Path) -> dict[str, object]:
    """What a file of ours says; nothing where there is none, or where it is damaged."""
    try:
        return json_text.load_table(files.read_text(path))
    except (OSError, ValueError):
        return {}
