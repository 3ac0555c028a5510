"""Every reader on garbage and on damaged files: a take or a FacetakeError, nothing else.

`FACETAKE_FUZZ_CASES` raises the number of cases a reader and kind of damage gets (25 by default).
"""

from __future__ import annotations

import os
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetake import formats, rig
from facetake.errors import FacetakeError
from facetake.take import Take

CASES = int(os.environ.get("FACETAKE_FUZZ_CASES", "25"))
_RELAXED = settings(
    max_examples=CASES, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Pieces of the formats themselves, and what upsets parsers of numbers, times and archives
_PIECES = (
    b",",
    b"\n",
    b"\r",
    b'"',
    b"0",
    b"-",
    b".",
    b"1e309",
    b"nan",
    b"-inf",
    b"1" * 400,
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b":",
    b"00:00:00:00",
    b"23:59:59:59.999",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"true",
    b'"values": ',
    b"NaN",
    b"1/0",
    b"PK\x01\x02",
    b"\x93NUMPY",
    b"|O",
    b"<f8",
    b"HeadYaw",
    b"JawOpen",
    b"CTRL_C_jaw.translateY",
    b"frame",
    "٣".encode(),
    b"1_0",
    b" ",
    b"\x85",
    b"\x1c",
)


@cache
def _valid(name: str) -> bytes:
    """A small whole file of a format."""
    rng = np.random.default_rng(5)
    values = rig.from_arkit(rng.random((4, 52)).astype(np.float32))
    take = Take(values, Fraction(30), Fraction(1, 10), rng.normal(size=(4, 3)).astype(np.float32), {"seed": 1})
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"take{formats.FORMATS[name].suffix}"
        formats.write(take, path, name)
        return path.read_bytes()


def _check(path: Path, name: str, content: bytes) -> None:
    """The content is a take within range or a FacetakeError that names the file."""
    path.write_bytes(content)
    for asked in (name, None):
        try:
            take = formats.read(path, asked)
        except FacetakeError as error:
            assert str(path) in str(error)
        else:
            assert np.all((take.values >= rig.MINIMUM) & (take.values <= rig.MAXIMUM)) and take.rate > 0


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_arbitrary_bytes(tmp_path: Path, name: str) -> None:
    """Whatever bytes a file has, a reader refuses it in words."""
    path = tmp_path / f"take{formats.FORMATS[name].suffix}"

    @_RELAXED
    @given(st.binary(max_size=400) | st.lists(st.sampled_from(_PIECES), max_size=40).map(b"".join))
    def check(content: bytes) -> None:
        _check(path, name, content)

    check()


@pytest.mark.parametrize("name", list(formats.FORMATS))
def test_damaged_files(tmp_path: Path, name: str) -> None:
    """A whole file with up to four pieces cut, inserted or overwritten is read or refused in words."""
    path = tmp_path / f"take{formats.FORMATS[name].suffix}"
    whole = _valid(name)
    damage = st.tuples(
        st.integers(0, len(whole)),
        st.sampled_from((0, 0, 1, 2, 8, 60, 2000, len(whole))),
        st.sampled_from(_PIECES) | st.binary(max_size=6),
    )

    @_RELAXED
    @given(st.lists(damage, min_size=1, max_size=4))
    def check(damages: list[tuple[int, int, bytes]]) -> None:
        content = whole
        for place, length, piece in damages:
            content = content[:place] + piece + content[place + length :]
        _check(path, name, content)

    check()
