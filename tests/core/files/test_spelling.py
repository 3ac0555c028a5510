"""Names that were meant."""

from __future__ import annotations

import pytest

from facetake.files.spelling import LONGEST, closest, meant


@pytest.mark.parametrize(
    ("name", "found"), [("hapy", "happy"), ("HAPPPY", "happy"), ("sda", "sad"), ("bored", ""), ("", "")]
)
def test_the_closest_name_is_asked_for(name: str, found: str) -> None:
    """A slip of the finger is told from another word, in any case."""
    assert closest(name, ("happy", "sad", "angry")) == found
    assert meant(name, ("happy", "sad", "angry")) == (f'; did you mean "{found}"?' if found else "")


def test_a_name_is_given_as_the_list_spells_it() -> None:
    """The known name comes in its own case, and how alike two must be is chosen."""
    assert closest("ctrl_c_jaww", ["CTRL_C_jaw"]) == "CTRL_C_jaw"
    assert closest("hapy", ["happy"], alike=0.99) == ""


def test_endless_names_are_compared_by_their_beginning() -> None:
    """A name of a megabyte costs no more than a line."""
    assert closest("happy" + " " * 1_000_000, ["happy" + " " * LONGEST]).startswith("happy")
