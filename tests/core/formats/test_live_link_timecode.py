"""The timecodes of Live Link Face: as the app writes them, as others do, and what is told from a column of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake import formats, rig
from facetake.cli import main
from facetake.errors import TakeError
from facetake.formats import live_link_face_csv, live_link_timecode
from facetake.take import Take
from facetake.timebase import STANDARD_RATES

JAW = rig.INDEX["CTRL_C_jaw.translateY"]


def _unreal(timecode: str) -> float:
    """Seconds as Unreal's importer reads a timecode: seconds and FF / 60."""
    hours, minutes, seconds, frame = timecode.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + float(frame) / 60


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_unreal_reads_our_times(rate: Fraction) -> None:
    """At every rate each timecode, read in sixtieths, is the frame's time within a hundredth of a millisecond."""
    found = [_unreal(text) for text in live_link_timecode.texts(Fraction(7, 2), rate, range(1000))]
    np.testing.assert_allclose(found, [float(Fraction(7, 2) + i / rate) for i in range(1000)], rtol=0, atol=1e-5)


@pytest.mark.parametrize("rate", [*STANDARD_RATES, Fraction(37), Fraction(145, 2), Fraction(10)])
@pytest.mark.parametrize("n_frames", [2, 9, 90, 1200])
def test_our_own_files_come_back(rate: Fraction, n_frames: int) -> None:
    """Rate, start and number of frames are those that were written, from anywhere in a second and of any length."""
    for start in (Fraction(0), 7 / rate, Fraction(61)):
        clock = live_link_timecode.read(list(live_link_timecode.texts(start, rate, range(n_frames))))
        assert (clock.n_frames, clock.is_even) == (n_frames, True)
        if n_frames > 2 or rate <= 75:  # two frames a hundredth of a second apart do not tell 119.88 from 120
            assert (clock.rate, clock.start()) == (rate, start)


@pytest.mark.parametrize(
    "rate", ["12", "15", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "90"], ids=str
)
def test_ten_minutes_come_back(tmp_path: Path, rate: str) -> None:
    """After ten minutes of a file the last frame is where it was, to half a frame, and so is what it shows."""
    asked = Fraction(rate)
    n_frames = int(600 * asked) + 1
    values = np.tile(rig.NEUTRAL, (n_frames, 1))
    values[-1, JAW] = 1.0
    live_link_face_csv.write(Take(values, asked), tmp_path / "long.csv")
    take = live_link_face_csv.read(tmp_path / "long.csv")

    assert (take.n_frames, take.rate) == (n_frames, asked)
    last = int(np.argmax(take.values[:, JAW]))
    assert abs(last / float(take.rate) - (n_frames - 1) / float(asked)) < 0.5 / float(asked)
    clock = live_link_timecode.read(list(live_link_timecode.texts(Fraction(0), asked, range(n_frames))))
    assert abs(clock.times_s[-1] - float((n_frames - 1) / asked)) < 0.5 / float(asked)


def _at_frame_rate(rate: Fraction, n_frames: int, first: int) -> list[str]:
    """Timecodes with FF counted at the whole rate above the true one, as earlier versions wrote them."""
    count = ceil(rate)
    found = []
    for frame in range(first, first + n_frames):
        seconds, thousandths = divmod(round(frame / rate * count * 1000), count * 1000)
        found.append(f"00:{seconds // 60:02d}:{seconds % 60:02d}:{thousandths // 1000:02d}.{thousandths % 1000:03d}")
    return found


@pytest.mark.parametrize("rate", STANDARD_RATES)
def test_frames_counted_at_the_frame_rate_are_understood(rate: Fraction) -> None:
    """Over the end of a second, FF that goes on at 0 after 23 says that it counts 24 a second, and so at every rate."""
    clock = live_link_timecode.read(_at_frame_rate(rate, 4 * ceil(rate), 5))
    assert (clock.rate, clock.n_frames, clock.is_even) == (rate, 4 * ceil(rate), True)


def _sixtieths(ticks: list[int]) -> list[str]:
    """Timecodes of times in thousandths of sixtieths."""
    return [
        f"{t // 216_000_000:02d}:{t // 3_600_000 % 60:02d}:{t // 60_000 % 60:02d}:{t % 60_000 / 1000:06.3f}"
        for t in ticks
    ]


@given(st.sampled_from([24, 30, 60]), st.integers(0, 10**6))
def test_a_phone_that_jitters_and_drops_frames_is_read_in_sixtieths(rate: int, seed: int) -> None:
    """Times off by a tenth of a frame and frames left out are laid on the rate the phone was set to."""
    random = np.random.default_rng(seed)
    frames = np.arange(25 * rate)[random.random(25 * rate) > 0.03]
    times = 14 * 3600 + 30.2 + (frames + random.uniform(-0.1, 0.1, len(frames))) / rate
    clock = live_link_timecode.read(_sixtieths([round(60_000 * time) for time in times.tolist()]))
    assert clock.rate == rate
    assert abs(clock.n_frames - (frames[-1] - frames[0] + 1)) <= 1


@pytest.mark.parametrize("measured", [Fraction(360000, 11993), Fraction(5995, 100), Fraction(59979, 1000)])
def test_a_phone_s_mean_rate_becomes_the_one_it_was_set_to(measured: Fraction) -> None:
    """A jittering clock that runs half a percent off is laid on the nearest standard rate, however long it runs."""
    random = np.random.default_rng(3)
    for n_frames in (40, 4000):
        ticks = [round((i + random.uniform(-0.05, 0.05) + 1) / measured * 60_000) for i in range(n_frames)]
        assert live_link_timecode.read(_sixtieths(ticks)).rate in (30, 60, Fraction(60000, 1001))


def _milliseconds(rate: float, count: int, n_frames: int) -> list[str]:
    """Timecodes with milliseconds of the second behind FF, computed in floating point as NeuroSync does."""
    found = []
    for i in range(n_frames):
        minutes, seconds = divmod(i * (1 / rate), 60)
        milliseconds = (seconds - int(seconds)) * 1000
        frame = int(milliseconds / (1000 / count))
        found.append(f"00:{int(minutes):02d}:{int(seconds):02d}:{frame:02d}.{int(milliseconds):03d}")
    return found


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, 120])
@pytest.mark.parametrize("n_frames", [10, 50, 500, 5000])
def test_milliseconds_behind_the_frame_are_no_part_of_it(rate: int, n_frames: int) -> None:
    """Where FF and the milliseconds say the same, the time is not both together, and the rate is what FF counts."""
    clock = live_link_timecode.read(_milliseconds(rate, rate, n_frames))
    assert (clock.rate, clock.n_frames, clock.is_even) == (Fraction(rate), n_frames, True)


def _write(path: Path, take: Take, edit: Callable[[int, list[str]], list[str]] = lambda _, cells: cells) -> Path:
    """The take as a file whose rows are changed by hand; row 0 is the header."""
    live_link_face_csv.write(take, path)
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(",".join(edit(i, row)) + "\n" for i, row in enumerate(rows)), encoding="utf-8")
    return path


@pytest.fixture
def opening() -> Take:
    """Five seconds in which the jaw opens evenly."""
    shapes = np.zeros((300, len(rig.ARKIT_NAMES)), dtype=np.float32)
    shapes[:, rig.ARKIT_NAMES.index("jawOpen")] = np.linspace(0, 0.9, 300)
    return Take(rig.from_arkit(shapes), Fraction(60))


def _jaw(take: Take) -> list[float]:
    jaw: list[float] = rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index("jawOpen")].tolist()
    return jaw


@pytest.mark.parametrize("nothing", [["0"], ["0", "", "", ""]])
def test_a_moment_without_a_face_is_bridged(tmp_path: Path, opening: Take, nothing: list[str]) -> None:
    """Rows of a timecode and 0, as the app writes them, are filled from both sides, and the take says so."""
    path = _write(tmp_path / "a.csv", opening, lambda i, row: [row[0], *nothing] if 101 <= i <= 120 else row)
    found = formats.read(path)
    np.testing.assert_allclose(_jaw(found), _jaw(opening), atol=1e-4)
    assert found.origin["notes"] == ["no face in 20 of 300 rows, the first at 1.67 s: bridged"]


def test_a_long_time_without_a_face_is_held(tmp_path: Path, opening: Take) -> None:
    """Beyond a second nobody knows what the face did: it stays as it was seen, and returns within a quarter of one."""
    path = _write(tmp_path / "a.csv", opening, lambda i, row: [row[0], "0"] if 61 <= i <= 240 else row)
    found = _jaw(formats.read(path))
    given = _jaw(opening)
    np.testing.assert_allclose(found[59:225], given[59], atol=1e-4)
    np.testing.assert_allclose(found[240:], given[240:], atol=1e-4)
    assert "held" in str(formats.read(path).origin["notes"])


def test_a_face_that_comes_late_is_there_from_the_start(tmp_path: Path, opening: Take) -> None:
    """Before the first and after the last row with a face it is held; the length of the recording stays."""
    path = _write(tmp_path / "a.csv", opening, lambda i, row: [row[0], "0"] if 1 <= i <= 30 or i > 290 else row)
    found = _jaw(formats.read(path))
    given = _jaw(opening)
    np.testing.assert_allclose(found, [given[30]] * 30 + given[30:290] + [given[289]] * 10, atol=1e-4)


def test_a_recording_of_nobody_is_refused(tmp_path: Path, opening: Take) -> None:
    """Where no row has a face there is no take."""
    with pytest.raises(TakeError, match="no row has a face"):
        formats.read(_write(tmp_path / "a.csv", opening, lambda i, row: [row[0], "0"] if i else row))


def test_the_emotions_after_the_shapes_are_left_out(tmp_path: Path, opening: Take) -> None:
    """A file of 68 columns is read as one of 61, at 60 frames per second, and the take says what was left out."""
    names = ["Angry", "Disgusted", "Fearful", "Happy", "Neutral", "Sad", "Surprised"]
    times = _milliseconds(60, 60, opening.n_frames)
    path = _write(
        tmp_path / "a.csv",
        opening,
        lambda i, row: [times[i - 1], "68", *row[2:], *["0.25"] * 7] if i else [*row, *names],
    )
    found = formats.read(path)
    assert (found.rate, found.n_frames, found.start) == (Fraction(60), 300, Fraction(0))
    np.testing.assert_allclose(_jaw(found), _jaw(opening), atol=1e-4)
    assert found.origin["notes"] == ["left out: the emotions " + ", ".join(names)]


def test_a_phone_s_time_of_day_is_no_start(tmp_path: Path, opening: Take) -> None:
    """Eyes that turn, or a start an hour and more into the day, are a phone's: its take begins at 0."""
    for start, eye in ((Fraction(61), "0.1"), (Fraction(50_400), "0.00000")):
        moved = Take(opening.values, opening.rate, start)
        path = _write(tmp_path / "a.csv", moved)
        path.write_text(path.read_text(encoding="utf-8").replace("0.00000\n", f"{eye}\n"), encoding="utf-8")
        assert formats.read(path).start == 0
    assert formats.read(_write(tmp_path / "a.csv", Take(opening.values, opening.rate, Fraction(61)))).start == 61


def test_what_was_filled_in_is_told(tmp_path: Path, opening: Take, capsys: pytest.CaptureFixture[str]) -> None:
    """Converting says what was bridged, and inspecting blames a broken recording's own line, not its first column."""
    path = _write(tmp_path / "a.csv", opening, lambda i, row: [row[0], "0"] if i == 9 else row)
    assert main(["convert", str(path), "-o", str(tmp_path / "b.json")]) == 0
    assert "no face in 1 of 300 rows" in capsys.readouterr().err
    _write(path, opening, lambda i, row: row[:5] if i == 9 else row)
    assert main(["inspect", str(path)]) == 2
    assert "line 10 has 4 values" in capsys.readouterr().err
