"""Live Link Face's CSV."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import rig
from facetake.cli import main
from facetake.errors import TakeError
from facetake.formats import live_link_face_csv
from facetake.take import Take

RECORDED = (
    "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,EyeLookUpLeft,EyeSquintLeft,"
    "EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,EyeLookOutRight,EyeLookUpRight,EyeSquintRight,"
    "EyeWideRight,JawForward,JawRight,JawLeft,JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,"
    "MouthSmileLeft,MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,MouthStretchLeft,"
    "MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,MouthShrugUpper,MouthPressLeft,MouthPressRight,"
    "MouthLowerDownLeft,MouthLowerDownRight,MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,"
    "BrowOuterUpLeft,BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,"
    "TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,RightEyePitch,RightEyeRoll"
)
PROTOCOL = RECORDED.replace("JawRight,JawLeft", "JawLeft,JawRight").replace(
    "MouthRight,MouthLeft", "MouthLeft,MouthRight"
)


def _recording(path: Path, timecodes: list[str], header: str = RECORDED, **weights: float) -> Path:
    """A recording by hand: the same weights at every timecode."""
    names = header.split(",")
    row = ["61", *(f"{weights.get(name, 0):.8f}" for name in names[2:])]
    path.write_text("\n".join([header, *(",".join([timecode, *row]) for timecode in timecodes)]) + "\n")
    return path


def _shapes(take: Take, frame: int = 0) -> dict[str, float]:
    return dict(zip(rig.ARKIT_NAMES, rig.to_arkit(take.values)[frame].tolist(), strict=True))


@pytest.mark.parametrize("header", [RECORDED, PROTOCOL])
def test_both_column_orders_go_by_name(tmp_path: Path, header: str) -> None:
    """Left stays left, whichever of the two orders the file has."""
    timecodes = [f"14:03:52:{frame:02d}.{frame:03d}" for frame in range(28, 40)]
    path = _recording(tmp_path / "take.csv", timecodes, header, JawLeft=0.5, MouthRight=0.25, HeadPitch=0.1)
    take = live_link_face_csv.read(path)
    shapes = _shapes(take)
    assert [round(shapes[name], 4) for name in ("jawLeft", "jawRight", "mouthLeft", "mouthRight")] == [0.5, 0, 0, 0.25]
    assert take.start == 0 and take.origin["timecode"] == "14:03:52:28.028"
    assert take.head is not None
    np.testing.assert_allclose(take.head[0], [0, np.degrees(0.1), 0], atol=1e-4)


def _breathing(path: Path, **peaks: float) -> Path:
    """A recording by hand in which some curves go up to their peaks and down again, over and over."""
    names = RECORDED.split(",")[2:]
    times = np.arange(600)
    wave = np.clip(1.6 * np.sin(times / 11), 0.0, 1.0)
    rows = [[f"{peaks.get(name, 0.0) * height:.6f}" for name in names] for height in wave]
    stamps = [f"00:00:{frame // 60:02d}:{frame % 60:02d}" for frame in times]
    lines = [",".join([at, "61", *row]) for at, row in zip(stamps, rows, strict=True)]
    path.write_text("\n".join([RECORDED, *lines]))
    return path


def test_lids_of_a_phone_shut_on_request(tmp_path: Path) -> None:
    """A phone's blink ends at 0.92: taken to 1 when asked for, and told; a small smile and the jaw stay."""
    smiles = {"MouthSmileLeft": 0.87, "MouthSmileRight": 0.4}
    peaks = {"EyeBlinkLeft": 0.92, "EyeBlinkRight": 0.9, **smiles, "JawOpen": 0.6}
    path = _breathing(tmp_path / "phone.csv", **peaks)
    plain = live_link_face_csv.read(path)
    full = live_link_face_csv.read(path, full_range=True)
    high = {
        name: [float(rig.to_arkit(take.values)[:, rig.ARKIT_NAMES.index(name)].max()) for take in (plain, full)]
        for name in ("eyeBlinkLeft", "eyeBlinkRight", "mouthSmileLeft", "mouthSmileRight", "jawOpen")
    }
    assert [one[0] for one in high.values()] == pytest.approx([0.92, 0.9, 0.87, 0.4, 0.6], abs=1e-4)
    assert [one[1] for one in high.values()] == pytest.approx([1.0, 1.0, 1.0, 0.4, 0.6], abs=1e-4)
    assert "notes" not in plain.origin
    told = "full range: taken to 1: eyeBlinkLeft from 0.92, eyeBlinkRight from 0.90, mouthSmileLeft from 0.87"
    assert full.origin["notes"] == [told]


def test_full_range_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was taken further is said; another format is refused."""
    path = _breathing(tmp_path / "phone.csv", EyeBlinkLeft=0.92)
    assert main(["convert", str(path), "-o", str(tmp_path / "take.csv"), "--full-range"]) == 0
    assert "eyeBlinkLeft from 0.92" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "take.csv"), "-o", str(tmp_path / "b.csv"), "--full-range"]) == 2
    assert "--full-range is for recordings of Live Link Face, not for csv" in capsys.readouterr().err


def _counted(rate: int, n_frames: int, first: int = 0) -> list[str]:
    """Timecodes without a fraction: whole frames."""
    frames = range(first, first + n_frames)
    return [f"00:{i // rate // 60:02d}:{i // rate % 60:02d}:{i % rate:02d}" for i in frames]


@pytest.mark.parametrize("rate", [24, 25, 30, 48, 50, 60, 120])
def test_whole_timecodes_tell_the_rate(tmp_path: Path, rate: int) -> None:
    """HH:MM:SS:FF over a second's end gives the rate, also from the middle of a second."""
    take = live_link_face_csv.read(_recording(tmp_path / "take.csv", _counted(rate, 2 * rate, first=rate * 59 + 7)))
    assert (take.rate, take.n_frames) == (Fraction(rate), 2 * rate)


def test_timecodes_with_fractions_tell_television_rates(tmp_path: Path) -> None:
    """Frames 1.001 apart, counted at 60, are 60000/1001 a second."""
    timecodes = [f"00:00:00:{i:02d}.{i:03d}" for i in range(1, 59)]
    assert live_link_face_csv.read(_recording(tmp_path / "take.csv", timecodes)).rate == Fraction(60000, 1001)


def test_a_short_recording_and_one_frame_have_60(tmp_path: Path) -> None:
    """Within one second the timecode cannot tell, and the app's own rate is taken."""
    for n_frames in (1, 20):
        take = live_link_face_csv.read(_recording(tmp_path / "take.csv", _counted(60, n_frames)))
        assert (take.rate, take.n_frames) == (Fraction(60), n_frames)


def test_midnight_is_passed(tmp_path: Path) -> None:
    """A recording over midnight goes on."""
    timecodes = [f"23:59:59:{i:02d}" for i in range(30, 60)] + [f"00:00:00:{i:02d}" for i in range(10)]
    take = live_link_face_csv.read(_recording(tmp_path / "take.csv", timecodes))
    assert (take.rate, take.n_frames) == (Fraction(60), 40)


def test_dropped_frames_are_filled_in(tmp_path: Path) -> None:
    """Where the app left frames out, the values between are on the line between their neighbours."""
    path = _recording(tmp_path / "take.csv", _counted(60, 80))
    lines = path.read_text().splitlines()
    lines[41:] = [line.replace("61,0.00000000", "61,0.40000000") for line in lines[41:]]
    path.write_text("\n".join(lines[:38] + lines[41:]))
    take = live_link_face_csv.read(path)
    blink = [round(_shapes(take, frame)["eyeBlinkLeft"], 4) for frame in range(36, 41)]
    assert (take.rate, take.n_frames, blink) == (Fraction(60), 80, [0.0, 0.1, 0.2, 0.3, 0.4])


def test_degrees_are_recognised(tmp_path: Path) -> None:
    """No head turns by more than pi radians, so such a file is in degrees."""
    head = live_link_face_csv.read(_recording(tmp_path / "take.csv", _counted(60, 9), HeadYaw=12.5, HeadRoll=1.0)).head
    assert head is not None
    np.testing.assert_allclose(head[3], [12.5, 0, 1.0], atol=1e-5)


def test_51_shapes_and_no_rotations_are_enough(tmp_path: Path) -> None:
    """Writers that leave out the tongue and the rotations can be read; there is no head motion then."""
    header = RECORDED.partition(",TongueOut")[0]
    take = live_link_face_csv.read(_recording(tmp_path / "take.csv", _counted(60, 5), header, CheekPuff=0.5))
    assert take.head is None and round(_shapes(take)["cheekPuff"], 4) == 0.5


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "60", "60000/1001", "120"])
def test_round_trip_of_the_shapes(tmp_path: Path, make_take: Callable[..., Take], shapes_take: Take, rate: str) -> None:
    """Weights come back within two steps of the fifth decimal, the head within 3e-4 degrees, the times exactly."""
    head = make_take(240, head=True).head
    values = np.tile(shapes_take.values, (4, 1))
    take = Take(values, Fraction(rate), Fraction(1, 3), head=head)
    live_link_face_csv.write(take, tmp_path / "take.csv")
    found = live_link_face_csv.read(tmp_path / "take.csv")
    np.testing.assert_allclose(rig.to_arkit(found.values), rig.to_arkit(take.values), rtol=0, atol=2e-5)
    assert found.head is not None and head is not None
    np.testing.assert_allclose(found.head, head, rtol=0, atol=3e-4)
    assert (found.rate, found.start) == (take.rate, take.start)


def test_the_layout(tmp_path: Path, shapes_take: Take) -> None:
    """Header, timecode in sixtieths and count are as the app has them."""
    take = Take(shapes_take.values, Fraction(30), Fraction(3661) + Fraction(29, 30))
    live_link_face_csv.write(take, tmp_path / "take.csv")
    lines = (tmp_path / "take.csv").read_text().splitlines()
    assert lines[0] == RECORDED
    assert lines[1].startswith("01:01:01:58.000,61,") and lines[2].startswith("01:01:02:00.000,61,")
    assert {line.count(",") for line in lines} == {62}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: "", "empty"),
        (lambda text: text.replace("JawOpen,", "", 1), "missing from the header: jawOpen"),
        (lambda text: text.replace("JawOpen", "Smirk", 1), "'Smirk'"),
        (lambda text: text.replace("JawOpen", "JawLeft", 1), "both jawLeft"),
        (lambda text: text.replace("Timecode,BlendShapeCount", "BlendShapeCount,Timecode", 1), "first column"),
        (lambda text: text.replace("00:00:00:02", "soon", 1), "line 4, column Timecode: 'soon'"),
        (lambda text: text.replace("00:00:00:02", "00:00:00:00", 1), "line 4, column Timecode: it is not later"),
        (lambda text: text.replace("00:00:00:03", "00:00:09:03", 1), "line 5, column Timecode: it is 9.02 s after"),
        (lambda text: text.replace("0.00000000", "x", 1), "line 2, column EyeBlinkLeft"),
        (lambda text: text.replace("0.00000000", "7", 1), "frame 0, eyeBlinkLeft: 7"),
        (lambda text: text + "00:00:00:04\n", "line 6 has 1 values"),
        (lambda text: text + "00:00:00:04,\n", "line 6 has 2 values"),
        (lambda text: text.splitlines()[0], "no frames"),
    ],
)
def test_bad_recordings_are_named(tmp_path: Path, edit: Callable[[str], str], said: str) -> None:
    """A recording with one fault is a TakeError that names file, line and column."""
    path = _recording(tmp_path / "take.csv", _counted(60, 4))
    path.write_text(edit(path.read_text()))
    with pytest.raises(TakeError, match=said) as caught:
        live_link_face_csv.read(path)
    assert str(path) in str(caught.value)


def test_a_recording_that_stops_in_the_middle_of_a_row_is_named(tmp_path: Path) -> None:
    """Cut off anywhere in its last row but within the last number, a recording is refused with line and file."""
    whole = _recording(tmp_path / "take.csv", _counted(60, 4)).read_text().rstrip("\n")
    path = tmp_path / "cut.csv"
    for end in range(whole.rindex("\n") + 2, whole.rindex(",") + 2):
        path.write_text(whole[:end])
        with pytest.raises(TakeError, match="line 5") as caught:
            live_link_face_csv.read(path)
        assert str(path) in str(caught.value)


def test_a_head_rotation_in_no_unit_is_refused(tmp_path: Path) -> None:
    """Neither radians nor degrees reach 400."""
    with pytest.raises(TakeError, match="neither radians nor degrees"):
        live_link_face_csv.read(_recording(tmp_path / "take.csv", _counted(60, 4), HeadYaw=400))
