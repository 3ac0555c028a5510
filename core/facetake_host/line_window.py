"""The window on one line, a process of its own: phones and words are edited there, and saved beside the sound.

The line goes there as a project that holds it alone, so that Save asks nothing. What comes back is the file of edits
beside the recording, which is looked at a few times a second.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facetake_host import location
from facetake_host.mood import Mood
from facetake_host.problems import HostProblem

SUFFIX = ".edits.toml"
LOOK_S = 0.25  # by choice, between two looks at the file: nobody waits for it, and a share on a network is spared
SETTINGS = ("blink", "gaze", "head", "seed", "energy", "gains")
"""Fields of a request that the window's takes have as well."""
_TEXT = re.compile(r'^text = ".*"$', re.MULTILINE)
State = bytes | None


def edits_of(sound: Path) -> Path:
    """Where the edits of a recording lie."""
    return sound.with_name(f"{sound.stem}{SUFFIX}")


@dataclass(frozen=True)
class WindowLine:
    """What is opened.

    Attributes:
        sound: the recording.
        duration_s: of it.
        take: a file of the engine's, with what lies beside the sound in it.
        options: fields of the engine's `generate` that it was made by.
        text: what is said; empty where the edits tell, or nobody.
    """

    sound: Path
    duration_s: float
    take: Path
    options: Mapping[str, object]
    text: str = ""


class LineWindow:
    """A window that is open on a line."""

    def __init__(self, command: Sequence[str], folder: Path, line: WindowLine) -> None:
        """Opens it.

        Args:
            command: how to start the window, as `EngineClient.window_command`.
            folder: of this window alone, as `new_folder` makes one; removed once it is closed.
            line: what it shows.

        Raises:
            HostProblem: the project cannot be written, or no window can be started.
        """
        self._edits = edits_of(line.sound)
        self._folder = folder
        self._said = folder / "said.txt"
        self._seen = _read(self._edits)
        self._looked_s = time.monotonic()
        project = folder / f"{line.sound.stem}.facetake"
        try:
            project.write_text(json.dumps(_project(line, self._seen), indent=1), encoding="utf-8", newline="\n")
            with self._said.open("wb") as said:
                self._process = subprocess.Popen(
                    [*command, str(project)],
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    env=location.clean_environment(),
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            threading.Thread(target=self._process.wait, daemon=True).start()  # also where nobody looks any more
        except OSError as error:
            raise HostProblem(f"the window does not open ({command[0]}: {error.strerror or error})") from error

    @property
    def is_open(self) -> bool:
        """Whether it is still there."""
        return self._process.poll() is None

    def has_saved(self) -> bool:
        """Whether the file of edits is another than at the last look; looks a few times a second."""
        if self.is_open and time.monotonic() - self._looked_s < LOOK_S:
            return False
        self._looked_s = time.monotonic()
        with suppress(OSError):  # it is being written, or a share is away: at the next look
            found = _read(self._edits)
            if found != self._seen:
                self._seen = found
                return True
        return False

    def problem(self) -> str:
        """Why it ended, where it did not end well; empty otherwise, or while it is open."""
        code = self._process.poll()
        if not code:
            return ""
        said = [line for line in self._said.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        last = said[-1].strip().removeprefix("facetake: ").removeprefix("error: ") if said else "it said nothing"
        if "invalid choice" in last or "No module named facetake" in last:
            return f"the engine is too old to open a window ({last}); install plugin and engine of the same release"
        return (
            last if "the window cannot open" in last else f"the window ended (exit code {code}: {last}); open it again"
        )

    def forget(self) -> None:
        """Removes what was exchanged, once the window is closed."""
        if not self.is_open:
            shutil.rmtree(self._folder, ignore_errors=True)


def new_folder() -> Path:
    """A folder for one window; it outlives the host, where somebody still works in the window. Raises HostProblem."""
    try:
        return Path(tempfile.mkdtemp(prefix="facetake-line-"))
    except OSError as error:
        raise HostProblem(f"no temporary folder can be made ({error.strerror}); free some space") from error


def _read(path: Path) -> State:
    """What is in a file; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _project(line: WindowLine, state: State) -> dict[str, object]:
    """A window's project with one line and its take, as `facetake.ui.project` reads it."""
    edits = _with_text(line.text, (state or b"").decode("utf-8", errors="replace")).splitlines()
    emotion = str(line.options.get("emotion") or "neutral")
    cues = _cues(emotion)
    settings = {name: line.options[name] for name in SETTINGS if name in line.options}
    settings |= {"listen": True} if emotion.startswith("auto") else {}
    take: dict[str, object] = {"number": 1, "label": "from the scene", "file": str(line.take), "edits": edits}
    if cues is not None:
        take["recipe"] = {"settings": settings, "mood": cues}
    row: dict[str, object] = {"name": line.sound.stem, "sound": str(line.sound), "duration_s": line.duration_s}
    row |= {"mood": cues or [], "settings": settings, "takes": [take], "shown": 1, "edits": edits}
    return {"format": "facetake-project-1", "lines": [row]}


def _cues(emotion: str) -> list[str] | None:
    """An emotion as lines of a cue file; None where the window cannot draw it, so that its take is shown as it is."""
    if emotion == "neutral" or emotion.startswith("auto"):
        return []
    with suppress(OSError, ValueError):
        found = Path(emotion).read_text(encoding="utf-8").splitlines() if Path(emotion).is_file() else [f"0 {emotion}"]
        cues = [one.strip() for one in found if one.strip() and not one.lstrip().startswith("#")]
        Mood(1.0).follow(cues)
        return cues
    return None


def _with_text(text: str, edits: str) -> str:
    """Edits of a line whose words are known."""
    if not text:
        return edits
    row = f"text = {json.dumps(text, ensure_ascii=False)}".replace("\x7f", "\\u007f")
    head, mark, rest = edits.partition("\n[[")
    if not head:
        return f"version = 1\n{row}\n"
    if _TEXT.search(head):
        return _TEXT.sub(lambda _: row, head, count=1) + mark + rest
    return head.rstrip("\n") + f"\n{row}\n" + mark + rest
