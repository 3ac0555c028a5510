"""From click to keys in each host, on the fakes: our own time, calls into the host, and how long the panel ever blocks.

    QT_QPA_PLATFORM=offscreen python tests/bench/bench_hosts.py LINE

Prints, for five seconds of LINE and a warm engine: seconds from the press of Generate to keys in the scene, the longest
stretch in which the panel's thread took no events, and calls into the host, each beside keying the same take frame by
frame (a call for every control and frame) as the reference. Then the share of keys that a minute at 60 fps needs. Needs
the ui and dev extras.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import soundfile

HERE = Path(__file__).parents[1] / "hosts"
ROOT = Path(__file__).parents[2]
sys.path[:0] = [
    str(HERE),
    str(ROOT / "maya_plugin/scripts"),
    str(ROOT / "maya_plugin/plug-ins"),
    str(ROOT / "unreal_bridge/Content/Python"),
]

from canned import real_engine  # noqa: E402
from stages import MayaStage, RecordingStage, UnrealStage  # noqa: E402

LINE_S = 5.0
MINUTE_S = 60.0
WARM = 5


def main() -> None:
    """Everything, printed."""
    from PySide6.QtWidgets import QApplication

    from facetake_host import jobs
    from facetake_host.panel import Panel

    folder = Path(tempfile.mkdtemp())
    line = cut(Path(sys.argv[1]), folder / "line.wav", LINE_S)
    minute = cut(Path(sys.argv[1]), folder / "minute.wav", MINUTE_S)
    application = QApplication([])
    engine = real_engine()
    print("host       click to keys, s  longest block, ms  host calls  per frame  ratio")
    for name, make in (("recording", RecordingStage), ("maya", MayaStage), ("unreal", UnrealStage)):
        patch = pytest.MonkeyPatch()
        stage: Any = make("mh4", patch)
        panel = Panel(stage.host, engine)
        panel.open([line])
        spent = []
        block = 0.0
        calls = 0
        for _ in range(WARM + 1):
            counted = count(stage)
            gc.freeze()  # the fake's whole history lies in this process, where a host's would not
            seconds, longest = press(application, panel)
            spent.append(seconds)
            calls = count(stage) - counted
            block = max(block, longest) if len(spent) > 2 else 0.0  # after the fakes have looked their names up
        naive = 165 * round(LINE_S * 30)
        ratio = f"{naive / calls:.1f}" if calls else "-"
        blocked = "no panel" if name == "unreal" else f"{1000 * block:.0f}"
        print(f"{name:10s} {min(spent[1:]):17.3f} {blocked:>18s} {calls or '-':>11} {naive:10d} {ratio:>6s}")
        patch.undo()
    stage = RecordingStage("", pytest.MonkeyPatch())
    stage.host.frame_rate = Fraction(60)
    cancel = threading.Event()
    job = jobs.generate(stage.host, engine, stage.host.characters()[0], [minute], {}, cancel=cancel)
    made = jobs.run(stage.host, job, cancel)
    keys = sum(len(curve.frames) for curve in made[0].delivery.keys.values())
    dense = len(made[0].delivery.keys) * made[0].delivery.n_frames
    print(f"a minute at 60 fps: {keys} keys, {100 * keys / dense:.1f} % of {dense}")
    engine.close()


def press(application: Any, panel: Any) -> tuple[float, float]:
    """Seconds from the press of Generate until the keys are there, and the longest stretch without an event."""
    made: list[float] = []
    connection: Callable[[object], None] = lambda _: made.append(time.perf_counter())  # noqa: E731
    panel.made.connect(connection)
    begun = last = time.perf_counter()
    longest = 0.0
    panel.go.click()
    while panel.is_busy:
        application.processEvents()
        now = time.perf_counter()
        longest = max(longest, now - last)
        last = now
        time.sleep(0.0005)
    panel.made.disconnect(connection)
    assert made, panel.message.text()
    return made[0] - begun, longest


def count(stage: Any) -> int:
    """Calls into the host so far."""
    if hasattr(stage, "world"):
        return int(stage.world.calls)
    return sum(stage.scene.calls.values()) if hasattr(stage, "scene") else 0


def cut(source: Path, target: Path, seconds: float) -> Path:
    """So many seconds of a recording, from its beginning, repeated as often as need be."""
    import numpy as np

    samples, rate_hz = soundfile.read(source, dtype="float32")
    needed = round(seconds * rate_hz)
    soundfile.write(target, np.resize(samples, needed), rate_hz)
    return target


if __name__ == "__main__":
    main()
