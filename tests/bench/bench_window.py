"""The window while a line plays: pictures of the face a second, and how long it ever took no events.

    QT_QPA_PLATFORM=offscreen python tests/bench/bench_window.py LINE [SECONDS]

Plays a take of LINE in the window for so many seconds (by default 10), after a second in which everything is compiled.
Prints pictures a second at 480 by 480 pixels for one face and for three side by side, the longest stretch in which the
window took no events, and what share of a core its own thread used; then what the drawing alone could do, one frame
after another without a window. Needs the ui and preview extras.
"""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path

WARM_S = 1.0
DRAWN = 60  # frames drawn alone
BEAT_MS = 2


def main() -> None:
    """Everything, printed."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from facetake.ui.window import Window

    line = Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    application = QApplication([])
    window = Window()
    window.show()

    def spin(until_s: float) -> tuple[float, float]:
        """Lets the window live for a while; how long it was, and the longest stretch without events, in seconds."""
        beats = [time.perf_counter()]
        heart = QTimer(interval=BEAT_MS)
        heart.timeout.connect(lambda: beats.append(time.perf_counter()))
        heart.start()
        QTimer.singleShot(round(1000 * until_s), application.exit)
        application.exec()
        return time.perf_counter() - beats[0], max((after - before for before, after in pairwise(beats)), default=0.0)

    window.open([line])
    while window.maker.is_busy:
        spin(0.01)
    window.generate_three()
    while window.maker.is_busy:
        spin(0.01)
    window.do("loop")
    made = window.desk.line
    assert made is not None
    print("faces  pictures a second  longest block, ms  share of a core, %")
    for faces in (1, 3):
        window.desk.show_beside(made.number, [one.number for one in window.desk.lines[0].takes[1:faces]])
        window.show_all()
        window.do("play_or_stop")
        spin(WARM_S)
        before, used = window.viewer.pictures, time.thread_time()
        lasted, block = spin(seconds)
        share = (time.thread_time() - used) / lasted
        print(f"{faces:5d} {(window.viewer.pictures - before) / lasted:18.1f} {1000 * block:18.0f} {100 * share:19.0f}")
        window.do("play_or_stop")
    take = window.desk.lines[0].takes[0].take
    window.end()
    print(f"drawing alone: {alone(take):.1f} a second")


def alone(take: object) -> float:
    """Pictures a second without a window."""
    from facetake.face.studio import Studio
    from facetake.preview import still
    from facetake.take import Take
    from facetake.ui.viewer import SIDE

    assert isinstance(take, Take)
    studio = Studio((SIDE, SIDE))
    still(take, 0, studio)
    begun = time.perf_counter()
    for frame in range(DRAWN):
        still(take, frame % take.n_frames, studio)
    return DRAWN / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
