"""The Audio2Face service's CSV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from facetake import formats, rig
from facetake.errors import TakeError
from facetake.formats import audio2face_csv
from facetake.take import Take


def _shapes(take: Take, frame: int) -> dict[str, float]:
    return dict(zip(rig.ARKIT_NAMES, rig.to_arkit(take.values)[frame].tolist(), strict=True))


@pytest.mark.parametrize("index", [False, True])
def test_a_file_of_the_service(tmp_path: Path, index: bool) -> None:
    """A file as the client writes it, with and without pandas' index column, tongue shapes passed over."""
    rows = [
        "timeCode,blendShapes.EyeBlinkLeft,blendShapes.JawOpen,blendShapes.TongueTipUp",
        "0.0,0.0,0.1,0.9",
        "0.03333333333333333,0.25,0.5,0.9",
        "0.06666666666666667,0.0,0.2,0.9",
    ]
    if index:
        rows = ["," + rows[0], *(f"{number},{row}" for number, row in enumerate(rows[1:]))]
    path = tmp_path / "animation_frames.csv"
    path.write_text("\n".join(rows))
    take = audio2face_csv.read(path)
    assert (take.rate, take.start, take.n_frames) == (Fraction(30), Fraction(0), 3)
    assert take.origin["passed_over"] == ["TongueTipUp"]
    assert round(_shapes(take, 1)["eyeBlinkLeft"], 4) == 0.25 and round(_shapes(take, 1)["jawOpen"], 4) == 0.5


def test_a_file_of_the_authoring_service(tmp_path: Path) -> None:
    """What its client writes has bare names and times at 30 a second: it is told apart and read."""
    rows = [f"{i * (1 / 30)},{0.1 * i},{0.2 * i},0.5" for i in range(4)]
    path = tmp_path / "output_blendshape.csv"
    path.write_text("\n".join(["timecode,EyeBlinkLeft,JawOpen,TongueTipUp", *rows]) + "\n")
    form, take = formats.read_recognised(path)
    assert (form, take.rate, take.n_frames, take.origin["passed_over"]) == ("a2f-csv", Fraction(30), 4, ["TongueTipUp"])
    assert round(_shapes(take, 3)["jawOpen"], 4) == 0.6 and round(_shapes(take, 2)["eyeBlinkLeft"], 4) == 0.2


def test_round_trip_of_the_shapes(tmp_path: Path, shapes_take: Take) -> None:
    """The 52 weights come back within two steps of the fifth decimal; rate and start exactly."""
    take = Take(shapes_take.values, Fraction(30000, 1001), Fraction(1001, 30000) * 7)
    audio2face_csv.write(take, tmp_path / "take.csv")
    found = audio2face_csv.read(tmp_path / "take.csv")
    np.testing.assert_allclose(rig.to_arkit(found.values), rig.to_arkit(take.values), rtol=0, atol=2e-5)
    assert (found.rate, found.start) == (take.rate, take.start)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("timeCode,Smirk\n0,0", "'Smirk'"),
        ("time_code,emotion_values.joy\n0,0", "emotions over time and no face"),
        ("timecode,amazement,anger\n0,0,0", "emotions over time and no face"),
        ("timeCode,blendShapes.Smirk\n0,0", "'Smirk'"),
        ("timeCode\n0", "none of"),
        ("blendShapes.JawOpen\n0", "missing from the header: timeCode"),
        ("timeCode,blendShapes.JawOpen\n0,0\n1,0,0", "line 3 has 3 values"),
        ("timeCode,blendShapes.JawOpen\n0,x", "line 2, column blendShapes.JawOpen"),
        ("timeCode,blendShapes.JawOpen\n0,9", "frame 0, jawOpen: 9"),
        ("timeCode,blendShapes.JawOpen\n0,0\n0,0", "do not increase"),
    ],
)
def test_bad_tables_are_named(tmp_path: Path, text: str, said: str) -> None:
    """A table with one fault is a TakeError that names file and place."""
    path = tmp_path / "take.csv"
    path.write_text(text)
    with pytest.raises(TakeError, match=said) as caught:
        audio2face_csv.read(path)
    assert str(path) in str(caught.value)
