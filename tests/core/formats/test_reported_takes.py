"""Takes of other programs that made importers stumble, as their users reported them (docs/inputs.md)."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from facetake import formats, rig
from facetake.errors import TakeError

NAMES = [name[0].upper() + name[1:] for name in rig.ARKIT_NAMES]
COUNTED = [f"14:03:{52 + number // 60}:{number % 60:02d}.000" for number in range(120)]


def recording(path: Path, timecodes: list[str], names: list[str] | None = None, jaw: str = "0.5") -> Path:
    """A recording of a phone."""
    names = names or NAMES
    row = ["52", *(jaw if name.lower().replace("_", "") == "jawopen" else "0" for name in names)]
    rows = [",".join([timecode, *row]) for timecode in timecodes]
    path.write_text("\n".join([",".join(["Timecode", "BlendShapeCount", *names]), *rows]) + "\n")
    return path


def jaws(path: Path) -> list[float]:
    """How far the jaw is open, frame by frame."""
    found = rig.to_arkit(formats.read(path).values)[:, rig.ARKIT_NAMES.index("jawOpen")]
    return [round(float(one), 3) for one in found]


RECORDINGS: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "semicolons before frames": (lambda code: code[::-1].replace(":", ";", 1)[::-1], NAMES),
    "names with small letters": (str, list(rig.ARKIT_NAMES)),
    "names with underscores": (str, [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() for name in rig.ARKIT_NAMES]),
    "no subframes": (lambda code: code[:-4], NAMES),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_written_otherwise(tmp_path: Path, name: str) -> None:
    """Drop-frame marks, spellings of names and missing subframes give the same take."""
    write, names = RECORDINGS[name]
    path = recording(tmp_path / "a.csv", [write(code) for code in COUNTED], names)
    take = formats.read(path)

    assert (take.rate, take.n_frames) == (Fraction(60), 120) and set(jaws(path)) == {0.5}


def test_a_recording_with_an_end_mark_of_dos(tmp_path: Path) -> None:
    """What an old program leaves behind the last line is no frame."""
    path = recording(tmp_path / "a.csv", COUNTED)
    path.write_bytes(path.read_bytes() + b"\x1a")

    assert formats.read(path).n_frames == 120


def test_cells_left_empty_are_named(tmp_path: Path) -> None:
    """A value that is missing in the middle is told by its line and column."""
    path = recording(tmp_path / "a.csv", COUNTED, jaw="")
    with pytest.raises(TakeError, match=r"line 2, column JawOpen"):
        formats.read(path)


A2F = (
    '{"exportFps": 30.0, "numPoses": 2, "numFrames": 2, "facsNames": ["jawOpen", "browInnerUp"], "weightMat": '
    "[[0.0, 0.1], [0.25, NaN]]}"
)


@pytest.mark.parametrize("text", [A2F, A2F.replace("NaN", "Infinity"), A2F[:-8], A2F.replace("NaN", "null")])
def test_json_with_what_is_no_number_or_cut(tmp_path: Path, text: str) -> None:
    """NaN, infinity, null and half a file are one sentence with the file's name."""
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(TakeError, match=r"a\.json: [^\n]+$"):
        formats.read(path)


USD = """#usda 1.0
(
    {clock}
    timeCodesPerSecond = 30
)
def SkelRoot "face"
{{
    def SkelAnimation "anim"
    {{
        {extra}
        uniform token[] blendShapes = ["jawOpen", "browInnerUp"]
        float[] blendShapeWeights{values}
    }}
}}
"""
SAMPLES = ".timeSamples = { " + " ".join(f"{number}: [0.5, 0.25]," for number in range(1, 31)) + " }"


def usd(path: Path, clock: str = "", extra: str = "", values: str = SAMPLES) -> Path:
    """Shapes as a host exports them."""
    pytest.importorskip("pxr.UsdSkel", reason="USD needs usd-core, which the usd extra brings")
    path.write_text(USD.format(clock=clock, extra=extra, values=values))
    return path


CLOCKS = ["", "startTimeCode = 0\n    endTimeCode = 0", "startTimeCode = 101\n    endTimeCode = 130"]


@pytest.mark.parametrize("clock", CLOCKS)
def test_usd_whose_clock_is_wrong(tmp_path: Path, clock: str) -> None:
    """The samples tell how long a take is where the layer's start and end have none of them."""
    path = usd(tmp_path / "a.usda", clock)

    assert formats.read(path).n_frames == 30 and set(jaws(path)) == {0.5}


@pytest.mark.parametrize(
    ("extra", "values"), [("", ""), ("", " = []"), ("uint2 sample.timeSamples = {0: (0, 1), 7.2: (5, 8)}", SAMPLES)]
)
def test_usd_without_weights_or_with_unknown_types(tmp_path: Path, extra: str, values: str) -> None:
    """Weights that were never written, and types that USD does not know, are one sentence."""
    path = usd(tmp_path / "a.usda", extra=extra, values=values)
    with pytest.raises(TakeError, match=r"a\.usda: [^\n]+$"):
        formats.read(path)
