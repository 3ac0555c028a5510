"""The error tree."""

from __future__ import annotations

import inspect

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
    assert names == {"Facetake", "Audio", "Take", "Rig", "Model", "Config", "Host", "Render", "Batch", "Portrait"}


def test_a_notice_is_a_warning_and_no_error() -> None:
    """What is told once stops nothing that catches errors, and is the only thing of its kind."""
    found = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, Warning)]
    assert found == [errors.Notice] and not issubclass(errors.Notice, errors.FacetakeError)


def test_messages_are_kept_as_they_stand() -> None:
    """What the user reads is the sentence the error was raised with."""
    assert str(errors.AudioError("a.wav is empty; record it again")) == "a.wav is empty; record it again"
