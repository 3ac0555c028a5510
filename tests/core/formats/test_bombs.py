"""Small files that ask for much: each is refused in a sentence before time or memory is spent on it."""

from __future__ import annotations

import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib import format as npy

from facetake import formats, rig
from facetake.errors import TakeError
from facetake.formats import length
from facetake.take import Take

MOST_BYTES = 40_000_000
MOST_S = 5.0
HEADER = ",".join(("frame", "time_s", *rig.NAMES))
ANIM = """animVersion 1.1;
timeUnit ntscf;
startTime 0;
endTime {end};
anim translate.translateY translateY CTRL_C_jaw 0 1 0;
animData {{
  input time; output linear; weighted 0; preInfinity constant; postInfinity constant;
  keys {{ 0 0 linear linear 1 1 0; 10 0.5 linear linear 1 1 0; }}
}}
"""


def usda(content: str) -> str:
    """USD text."""
    return f"#usda 1.0\n{content}"


TEXTS = {
    "columns.csv": (f"{HEADER},{','.join(f'x{i}' for i in range(100_000))}\n", "more than 200000 characters"),
    "short.csv": ("a," * 5000 + "\n0\n", "5001 columns"),
    "row.csv": (f"{HEADER}\n{'0,' * 110_000}\n", "line 2 has more than 200000 characters"),
    "shapes.csv": (f"timeCode,{','.join(f'blendShapes.tongue{i}' for i in range(9000))}\n", "line 1 has more|columns"),
    "deep.json": ('{"format": "facetake-take", "a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
    "deeper.json": ('{"format": "facetake-take", "a": ' + '{"a": ' * 900 + "1" + "}" * 901, "nested too deep"),
    "csv.anim": ("0.1,0.2,0.3\n" * 120_000, "line 1: a .anim file starts with animVersion"),
    "cut.anim": ("animVersion 1.1;\n" + "0.1,0.2,0.3\n" * 120_000, "ends in the middle"),
    "words.anim": ("animVersion 1.1;\nanim " + "a " * 500_000 + ";\n", "where a curve"),
    "long.anim": (ANIM.format(end=999_999), "1000000 frames are more than the 216008 that a file of 280 bytes"),
    "prims.usda": (usda('def "a" {\n' * 20_000 + "}" * 20_000), "line 102: brackets are nested more than 100 deep"),
    "lists.usda": (usda(f"(customLayerData = {{int a = {'[' * 50_000}{']' * 50_000}}})"), "nested more than 100 deep"),
    "tables.usda": (usda(f"(customLayerData = {{{'dictionary a = {' * 50_000}{'}' * 50_000}}})"), "100 deep"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_asks_for_much_is_refused_at_once(tmp_path: Path, name: str) -> None:
    """Columns, lines, brackets, words and frames beyond measure cost neither seconds nor memory."""
    if name.endswith("usda"):
        pytest.importorskip("pxr.Sdf", reason="USD needs usd-core, which the usd extra brings")
    text, said = TEXTS[name]
    path = tmp_path / name
    path.write_text(text)
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(TakeError, match=said):
        formats.read(path)
    assert time.process_time() - begun < MOST_S and tracemalloc.get_traced_memory()[1] < MOST_BYTES
    tracemalloc.stop()


def test_brackets_in_texts_and_comments_are_none(tmp_path: Path) -> None:
    """USD whose strings, comments and paths of assets are full of brackets is read as any other."""
    pytest.importorskip("pxr.Sdf", reason="USD needs usd-core, which the usd extra brings")
    many = "[" * 300
    path = tmp_path / "a.usda"
    path.write_text(
        usda(
            f'(doc = """{many} " \\""" {many}""")\n# {many}\ndef "a" (doc = \'{many}"\') {{\n'
            f'asset b = @{many}@\nstring c = "{many}\\"{many}"\n}}\n'
        )
    )
    with pytest.raises(TakeError, match="neither Facetake's curves nor ARKit's"):
        formats.read(path)


def archive(path: Path, **arrays: Any) -> None:
    """An archive of a take at rest with some arrays of its own; a tuple is a type and a shape, and all zeros."""
    rest = np.tile(rig.NEUTRAL, (2, 1))
    plain = {"format": "facetake-take", "version": 1, "rate": "30", "start": "0", "controls": list(rig.NAMES)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, value in {**plain, "origin": "{}", "values": rest, **arrays}.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                if not isinstance(value, tuple):
                    npy.write_array(member, np.asarray(value))
                    continue
                npy.write_array_header_1_0(member, {"descr": value[0], "fortran_order": False, "shape": value[1]})
                left = int(np.prod(value[1])) * np.dtype(value[0]).itemsize
                while left:
                    left -= member.write(bytes(min(left, 1 << 24)))


def test_an_archive_that_asks_for_far_more_than_it_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Zeros packed a thousandfold are added up before they are unpacked."""
    monkeypatch.setattr(length, "FREE_FRAMES", 1000)
    path = tmp_path / "take.npz"
    archive(path, values=("<f4", (250_000, 174)))
    assert path.stat().st_size < 300_000
    tracemalloc.start()
    with pytest.raises(TakeError, match="asks for 174 MB of memory where [67]. are the most"):
        formats.read(path)
    assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize(
    "arrays",
    [
        {"values": np.array([{}], dtype=object)},
        {"origin": ("<U0", (10**12,))},
        {"version": np.array(["a"], dtype=object)},
    ],
)
def test_numpys_advice_is_for_programmers(tmp_path: Path, arrays: dict[str, Any]) -> None:
    """No message about an archive tells a user to allow pickles."""
    path = tmp_path / "take.npz"
    archive(path, **arrays) if "origin" in arrays else np.savez(path, **arrays)
    with pytest.raises(TakeError, match="plain arrays") as caught:
        formats.read(path)
    assert "pickle" not in str(caught.value)


def test_a_header_that_is_too_long_is_told_without_numpys_advice(tmp_path: Path) -> None:
    """The same for what numpy says of long headers."""
    path = tmp_path / "take.npz"
    with zipfile.ZipFile(path, "w") as file:
        head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 174), }" + b" " * 60_000 + b"\n"
        file.writestr("values.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(TakeError, match="no header that can be read") as caught:
        formats.read(path)
    assert "pickle" not in str(caught.value)


def test_a_file_larger_than_its_kind_is_refused_at_once(tmp_path: Path) -> None:
    """A file of holes, which costs nothing on disk, is not read into memory."""
    for name in ("a.json", "a.anim", "a.csv", "a.txt"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(30_000_000_000)
        with pytest.raises(TakeError, match="30000 MB; 2148 MB are the most|more than 200000 characters"):
            formats.read(path)


@pytest.mark.parametrize("name", ["a.npz", "a.anim"])
def test_what_could_not_be_read_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_take: Callable[..., Take], name: str
) -> None:
    """A take at rest for hours is refused on the way out, too; one that moves is not."""
    monkeypatch.setattr(length, "FREE_FRAMES", 100)
    still = Take(np.tile(rig.NEUTRAL, (20_000, 1)), make_take().rate)
    with pytest.raises(TakeError, match="20000 frames"):
        formats.write(still, tmp_path / name)
    assert not list(tmp_path.iterdir())
    formats.write(make_take(400), tmp_path / name)
    assert formats.read(tmp_path / name).n_frames == 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("suffix", formats.suffixes())
def test_a_pipe_that_nobody_writes_to_is_no_take(suffix: str, tmp_path: Path) -> None:
    """A pipe called as a take is refused at once, with and without the format's name."""
    path = tmp_path / f"a{suffix}"
    os.mkfifo(path)
    for format in (None, "csv", "json"):
        with pytest.raises(TakeError, match="a device or a pipe"):
            formats.read(path, format)
