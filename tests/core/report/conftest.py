"""Lines for reports, real recordings and takes of a second or two, and Chromium to open the page in."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile

from facetake import formats
from facetake.report import ReportLine
from facetake.report.spool import SpooledFinding
from facetake.rig import N_CONTROLS, columns
from facetake.take import Take

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HOSTILE = "</script><script>document.title='owned'</script> \" ' & <!-- \u2028 Grüße 日本 \x07"
CLOSED_S = 0.5
OPEN_S = 1.5
"""Instants of every take at which its mouth is shut, and wide open."""


def recording(path: Path, seconds: float = 2.0) -> Path:
    """A hum that is silent for its first half."""
    time_s = np.arange(int(seconds * 16_000)) / 16_000
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * 180 * time_s) * (time_s > seconds / 2), 16_000)
    return path


def performance(path: Path, seconds: float = 2.0) -> Path:
    """A take whose mouth opens in its second half, with a turning head."""
    count = round(seconds * 60)
    values = np.zeros((count, N_CONTROLS), np.float32)
    ramp = np.clip((np.arange(count) / 60 - 0.9) / 0.2, 0.0, 1.0)
    values[:, columns("C_jaw")] = 0.8 * ramp[:, None]
    values[:, columns("L_mouth_cornerPull", "R_mouth_cornerPull")] = 0.5
    head = np.stack([8 * np.sin(np.arange(count) / 20), 3 * ramp, -2 * ramp], axis=1).astype(np.float32)
    formats.write(Take(values, Fraction(60), head=head), path)
    return path


@pytest.fixture
def lines(tmp_path: Path) -> list[ReportLine]:
    """Six lines: four with takes, two of them faulty and one of hostile names; one not made; one not begun."""
    found = [_made(tmp_path, "calm_1", "Ann", "happy:0.7", "All is well here.", 0.0)]
    found.append(_made(tmp_path, "calm_2", "Bob", "", "Nothing to see.", 0.2))
    found.append(_made(tmp_path, "shaky", "Ann", "angry:0.9", "Papa, mama and Bob.", 3.0, wrong=("jitter", "unsealed")))
    found.append(_made(tmp_path, "hostile", HOSTILE, HOSTILE, HOSTILE, 1.0, wrong=("unsealed",), note=HOSTILE))
    found.append(
        ReportLine("lost", tmp_path / "lost.wav", character="Bob", status="failed", message=f"no file: {HOSTILE}")
    )
    found.append(
        ReportLine("later", tmp_path / "later.wav", character="Bob", status="waiting", message="stopped before it")
    )
    return found


def _made(
    folder: Path,
    name: str,
    character: str,
    emotion: str,
    text: str,
    score: float,
    wrong: tuple[str, ...] = (),
    note: str = "",
) -> ReportLine:
    audio = recording(folder / f"{name}.wav")
    take = performance(folder / f"{name}.npz")
    findings = tuple(
        SpooledFinding(
            check, 0.3 if check in wrong else 0.05, 0.1, check not in wrong, f"what {check} measures", (1.25,)
        )
        for check in ("unsealed", "jitter")
    )
    digest = hashlib.sha256(take.read_bytes()).hexdigest()
    return ReportLine(
        name, audio, take, None, character, text, emotion, 2.0, "done", "", "new", score, findings, "", note, digest
    )


# quiet, as root, without a network; what draws without a graphics card comes last
SWITCHES = """
headless no-sandbox no-first-run disable-quic disable-background-networking disable-component-update disable-sync
disable-dev-shm-usage mute-audio window-size=1600,1100 use-angle=swiftshader enable-unsafe-swiftshader
ignore-gpu-blocklist
"""


@pytest.fixture(scope="session")
def started() -> Iterator[Chrome]:
    """A headless Chromium that draws WebGL in software."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="driving a browser needs the browser extra")
    chromium = shutil.which("chromium")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("this machine has no chromium with its chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in SWITCHES.split():
        options.add_argument(f"--{switch}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield browser
    browser.quit()


@pytest.fixture
def chromium(started: Chrome, tmp_path: Path) -> Iterator[Chrome]:
    """Chromium, knowing nothing of tests before, whose downloads come into the folder `down`."""
    downloads = tmp_path / "down"
    downloads.mkdir()
    started.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
    yield started
    started.execute_script("localStorage.clear()")
    started.get_log("browser")
