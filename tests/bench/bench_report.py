"""What a report costs to write and to scroll, with its ratios between a tenth of the rows and all of them.

    python tests/bench/bench_report.py LINE [--rows 10000] [--media-mb 8]

Writes reports of made-up rows around one recording and a take made of it, and prints time and peak memory at a tenth
and at all of the rows, each in a process of its own. Then opens the larger one in headless Chromium (the `browser`
extra, chromium and chromedriver), scrolls from top to end and in jumps, and prints the longest time between two frames,
how many took more than 100 ms, the longest task, and what the page's thread itself computed a frame, which is the same
on a busy machine.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facetake import audio, generate, report
from facetake.formats import write
from facetake.inference import load
from facetake.report.spool import SpooledFinding

CHECKS = ("unsealed", "silence", "clipped", "jitter", "asymmetry", "dead controls", "lip sync", "emotion", "drift")
SWITCHES = "headless no-sandbox no-first-run disable-background-networking enable-unsafe-swiftshader"
FRAMES = 200
LONG_MS = 100.0
# Moves by steps of arguments[0] pixels, a frame each, and gives the times between frames and the longest task
SCROLL = """
const [step, count, done] = arguments, scroller = document.getElementById("scroller"), gaps = [], tasks = [0];
const note = (list) => tasks.push(...list.getEntries().map((one) => one.duration));
new PerformanceObserver(note).observe({ type: "longtask" });
let last = 0;
const frame = (now) => {
  if (last) gaps.push(now - last);
  last = now;
  scroller.scrollTop = (scroller.scrollTop + step) % (scroller.scrollHeight - scroller.clientHeight);
  if (gaps.length < count) requestAnimationFrame(frame);
  else setTimeout(() => done([gaps, Math.max(...tasks)]), 100);
};
scroller.scrollTop = 0;
requestAnimationFrame(frame);
"""


def lines(count: int, recording: Path, take: Path) -> Iterator[report.ReportLine]:
    """Rows as a night leaves them: a tenth with findings, a hundredth not made."""
    with audio.stream(recording) as sound:
        seconds = float(sound.duration_s)
    for n in range(count):
        wrong = {CHECKS[n % 9]} if n % 10 == 3 else set()
        found = tuple(SpooledFinding(name, 0.2, 0.1, name not in wrong, "what was measured", (1.0,)) for name in CHECKS)
        lost = n % 100 == 7
        yield report.ReportLine(
            f"scene_{n // 100:03d}_line_{n:05d}",
            recording,
            None if lost else take,
            None,
            f"character {n % 40}",
            f"What is said in line {n}, as it stands in the script.",
            f"happy:0.{n % 9 + 1}",
            seconds,
            "failed" if lost else "done",
            "no file; check the path" if lost else "",
            "new",
            float(len(wrong)),
            () if lost else found,
            "",
            "",
            f"{n:064x}",
        )


def main() -> None:
    """Everything, printed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("line", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--media-mb", type=float, default=8.0)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only:
        return one(asked)
    with tempfile.TemporaryDirectory() as folder:
        take = Path(folder) / "take.npz"
        write(generate.generate(asked.line, generate.GenerateOptions(), load()).take, take)
        spent = {rows: apart(asked, rows, take) for rows in (asked.rows // 10, asked.rows)}
        few, all_ = spent.values()
        for rows, (seconds, megabytes) in spent.items():
            print(f"{rows} rows: written in {seconds:.1f} s, peak memory {megabytes:.0f} MB")
        print(f"memory at all rows to memory at a tenth: {all_[1] / few[1]:.2f}")
        show(take.parent / "report.html")
    return None


def apart(asked: argparse.Namespace, rows: int, take: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of writing a report in a process of its own."""
    command = [sys.executable, __file__, str(asked.line), "--rows", str(rows), "--media-mb", str(asked.media_mb)]
    done = subprocess.run([*command, "--only", str(take)], check=True, capture_output=True, text=True)
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def one(asked: argparse.Namespace) -> None:
    """Writes one report and prints what it took."""
    begun = time.perf_counter()
    report.write(lines(asked.rows, asked.line, asked.only), asked.only.parent, media_mb=asked.media_mb)
    print(time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def show(page: Path) -> None:
    """Opens the page, scrolls, and prints what a person would notice."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for switch in (*SWITCHES.split(), "window-size=1600,1100"):
        options.add_argument(f"--{switch}")
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        begun = time.perf_counter()
        browser.get(page.as_uri())
        while not browser.execute_script("return 'ready' in document.body.dataset"):
            time.sleep(0.01)
        print(f"{page.stat().st_size / 1e6:.1f} MB, ready after {time.perf_counter() - begun:.1f} s")
        browser.set_script_timeout(300)
        browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
        for name, step in (("three rows a frame", 84), ("to the end in 200 frames", 1400), ("in jumps", 40_009)):
            before = own_ms(browser)
            gaps, task = browser.execute_async_script(SCROLL, step, FRAMES)
            tell(name, gaps, task, (own_ms(browser) - before) / FRAMES)
    finally:
        browser.quit()


def own_ms(browser: Any) -> float:
    """Milliseconds that the page's thread has computed so far."""
    found = browser.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return 1000.0 * float(next(one["value"] for one in found if one["name"] == "TaskDuration"))


def tell(name: str, gaps: list[float], task: float, own: float) -> None:
    """One line on how scrolling felt."""
    ordered = sorted(gaps)
    slow = sum(gap > LONG_MS for gap in gaps)
    print(
        f"scrolled {name}: median {ordered[len(gaps) // 2]:.1f} ms between frames, longest {ordered[-1]:.1f}, "
        f"{slow} of {len(gaps)} above {LONG_MS:.0f}; longest task {task:.0f} ms; {own:.1f} ms of its own a frame"
    )


if __name__ == "__main__":
    main()
