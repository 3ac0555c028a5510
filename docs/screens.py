"""The pictures of docs/install.md: real screens of a folder that `facetake package standalone` made.

    xvfb-run -s "-screen 0 1280x800x24" python docs/screens.py HOME --press 1042,129 1036,345

HOME holds the folder as `facetake`. Shoots the doctor in xterm, and the window with the example line after xdotool
clicked at these places of it, which are those of Whole line and Generate.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageGrab

DOCS = Path(__file__).parent
LINE = DOCS.parent / "examples" / "line.wav"


def main() -> None:
    """Shoots both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path, metavar="HOME")
    parser.add_argument("--press", nargs="*", default=(), metavar="X,Y", help="pixels of the screen")
    parser.add_argument("--wait", type=float, default=120.0, help="seconds until the first face is compiled and drawn")
    arguments = parser.parse_args()
    home = arguments.home.resolve()
    environment = {name: os.environ[name] for name in ("DISPLAY", "XAUTHORITY") if name in os.environ}
    environment |= {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    typed = "printf '$ facetake/facetake doctor\\n'; facetake/facetake doctor; printf '$ '; touch seen; sleep 600"
    look = ("-geometry", "128x34+0+0", "-fa", "DejaVu Sans Mono", "-fs", "10", "-bg", "#1e1e1e", "-fg", "#e6e6e6")
    shoot(["xterm", *look, "-e", "sh", "-c", typed], home, environment, DOCS / "install_doctor.png", home / "seen")
    window = [str(home / "facetake" / "facetake-app"), str(LINE)]
    shoot(window, home, environment, DOCS / "install_window.png", None, arguments.press, arguments.wait)


def shoot(
    command: list[str],
    home: Path,
    environment: dict[str, str],
    out: Path,
    seen: Path | None,
    press: Sequence[str] = (),
    wait_s: float = 0.0,
) -> None:
    """Starts a program, waits until it has drawn what it will, and keeps what the screen shows.

    Args:
        command: the program.
        home: where it runs.
        environment: of the program.
        out: the picture.
        seen: a file that the program makes when it is done; without one, a time is waited.
        press: where to click before.
        wait_s: after clicking.
    """
    with subprocess.Popen(command, cwd=home, env=environment) as shown:
        try:
            end_s = time.monotonic() + 120.0
            while seen is not None and not seen.exists() and time.monotonic() < end_s:
                time.sleep(0.5)
            time.sleep(2.0 if seen else 20.0)
            for place in press:
                subprocess.run(["xdotool", "mousemove", *place.split(","), "click", "1"], check=True)
                time.sleep(3.0)
            time.sleep(wait_s if press else 0.0)
            picture = ImageGrab.grab(xdisplay=environment["DISPLAY"])
        finally:
            shown.terminate()
    empty = Image.new("RGB", picture.size)
    picture.crop(ImageChops.difference(picture, empty).getbbox()).quantize(256).save(out, optimize=True)
    if seen is not None:
        seen.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
