"""The error tree."""

from __future__ import annotations

import inspect

import pytest

from facetake import errors


def _classes() -> list[type[object]]:
    found = [item for item in vars(errors).values() if inspect.isclass(item)]
    return [item for item in found if not issubclass(item, Warning)]


def test_the_tree_is_flat() -> None:
    """Every error stands directly under FacetakeError, so that one except clause catches all."""
    below = [item for item in _classes() if item is not errors.FacetakeError]
    assert {item.__bases__ for item in below} == {(errors.FacetakeError,)}


def test_the_promised_errors_exist() -> None:
    """The names that other programs may catch are all there."""
    names = {item.__name__.removesuffix("Error") for item in _classes()}
    assert names == {
        "Facetake",
        "Audio",
        "Take",
        "Rig",
        "Model",
        "Config",
        "Host",
        "Render",
        "Script",
        "Batch",
        "Portrait",
        "Live",
    }


def test_a_notice_is_a_warning_and_no_error() -> None:
    """What is told once stops nothing that catches errors, and is the only thing of its kind."""
    found = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, Warning)]
    assert found == [errors.Notice] and not issubclass(errors.Notice, errors.FacetakeError)


def test_messages_are_kept_as_they_stand() -> None:
    """What the user reads is the sentence the error was raised with."""
    assert str(errors.AudioError("a.wav is empty; record it again")) == "a.wav is empty; record it again"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a b"),
        ("a\r\x1b[2Jb\0", "a\\r\\x1b[2Jb\\x00"),
        ("a\u2028b\u2029c\x85", "a\\u2028b\\u2029c\\x85"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800 \udcff", "\\ud800 \\udcff"),
        (
            "Zo\u00eb \u0939\u093f\u0928\u094d\u200d\u0926\u0940 \u00a0x",
            "Zo\u00eb \u0939\u093f\u0928\u094d\u200d\u0926\u0940 \u00a0x",
        ),
    ],
)
def test_what_terminals_obey_is_shown(text: str, shown: str) -> None:
    """Controls, ends of lines, halves of letters and turned text become escapes, in errors and in sentences alike."""
    assert errors.line(text) == shown
    assert str(errors.TakeError(text)) == errors.sentence(errors.TakeError(text)) == shown
    assert shown in errors.sentence(ValueError(text))


def test_an_endless_sentence_keeps_its_ends() -> None:
    """Of a text that is too long the beginning and the end, which says what to do, are left."""
    told = str(errors.ConfigError(f"a.toml: {'x' * 50_000} is unknown; take it out"))
    assert len(told) == errors.LONGEST and told.startswith("a.toml: x") and told.endswith("is unknown; take it out")


def test_what_the_system_says_is_foreseen() -> None:
    """A name too long, a full disk and the like are told by the file and the system's own words."""
    told = errors.sentence(OSError(36, "File name too long", "x" * 5000))
    assert told.startswith("xxx") and "unforeseen" not in told
    assert "File name too long" in told and "check the path" in told
    assert errors.sentence(OSError(28, "No space left on device")).startswith("No space left on device; check")
    assert "unforeseen" in errors.sentence(OSError("strange"))
