"""Files read whole, up to a bound."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from facetake import files


def test_text_is_read_with_any_ends_of_lines_and_any_mark(tmp_path: Path) -> None:
    """Notepad's byte order mark and the line ends of other systems make no difference."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert files.read_text(path, 100) == "a\nb\nc\n"


def test_a_file_larger_than_its_bound_is_refused(tmp_path: Path) -> None:
    """The bound itself is allowed; a byte more is an OSError that says both numbers, and nothing is read."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 2_000_000)
    assert len(files.read_bytes(path, 2_000_000)) == 2_000_000
    with pytest.raises(OSError, match="it has 2 MB; 1 MB are the most") as caught:
        files.read_bytes(path, 1_000_000)
    assert caught.value.errno == errno.EFBIG


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no endless device on this system")
def test_a_device_that_never_ends_is_refused() -> None:
    """What never ends is not begun."""
    with pytest.raises(OSError, match="a device or a pipe is no file"):
        files.read_bytes(Path("/dev/zero"), 3_000_000)


def test_what_a_library_says_is_told_in_part() -> None:
    """A reason is one line, and no longer than a person reads."""
    told = files.reason(ValueError("a\n" + "b c " * 5000))
    assert told.startswith("a b c") and "\n" not in told and len(told) <= files.LONGEST_REASON + 3
