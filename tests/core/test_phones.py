"""Tests of the phone alphabet and its maps."""

from __future__ import annotations

import pytest

from facetake import phones
from facetake.visemes import VISEMES


def test_alphabet_is_arpabet_with_silence_and_two_front_vowels() -> None:
    """The index order is fixed at 42 phones, because trained networks depend on it."""
    assert len(phones.PHONES) == len(set(phones.PHONES)) == 42
    assert phones.PHONES[-3:] == ("SIL", "UY", "OE")
    assert set(phones.VOWELS) | set(phones.CONSONANTS) | {"SIL"} == set(phones.PHONES)
    assert [phones.INDEX[phone] for phone in phones.PHONES] == list(range(42))


def test_every_phone_has_a_viseme_and_every_viseme_a_phone() -> None:
    """No phone lacks a mouth shape, and no class of the viseme head goes untrained."""
    said = [*phones.PHONES, "AH1", "AH0", "ER0"]
    assert {phones.viseme_of(phone) for phone in said} == set(VISEMES)


@pytest.mark.parametrize(
    ("phone", "viseme"),
    [("P", "p"), ("M", "p"), ("V", "f"), ("AH1", "E"), ("AH0", "@"), ("AH", "@"), ("OW1", "O"), ("W", "u")],
)
def test_visemes_of_telling_phones(phone: str, viseme: str) -> None:
    """Labials, the two AHs and rounded sounds go where the lips say."""
    assert phones.viseme_of(phone) == viseme


@pytest.mark.parametrize(
    ("ipa", "language", "expected"),
    [
        ("aɪɚ", "en", ("AY", "ER")),
        ("oːɹ", "en", ("AO", "R")),
        ("tʃ", "en", ("CH",)),
        ("ɾ", "en", ("D",)),
        ("ɾ", "de", ("HH",)),
        ("øː", "de", ("OE",)),
        ("yː", "de", ("UY",)),
        ("pf", "de", ("P", "F")),
        ("ts", "de", ("T", "S")),
        ("ph", "zh", ("P",)),
        ("p", "zh", ("B",)),
        ("ts.h", "zh", ("CH",)),
        ("iou", "zh", ("IY", "OW")),
        ("(en)", "zh", ()),
        ("", "en", ()),
    ],
)
def test_ipa_becomes_phones(ipa: str, language: str, expected: tuple[str, ...]) -> None:
    """Compound sounds split, and a symbol reads as its language means it."""
    assert phones.from_ipa(ipa, language) == expected


def test_unknown_symbols_are_refused() -> None:
    """A sound nobody mapped is an error and not a silent gap."""
    with pytest.raises(ValueError, match="no mouth shape"):
        phones.from_ipa("ʘ")
    with pytest.raises(ValueError, match="unknown phone"):
        phones.viseme_of("QQ")


def test_festival_symbols_carry_their_stress() -> None:
    """Radio phones map with the stress of their syllable; reduced vowels are always unstressed."""
    assert [phones.from_festival(s, 1) for s in ("ae", "ax", "pau", "hh", "zh")] == ["AE1", "AH0", "SIL", "HH", "ZH"]
    assert phones.stress("AE1") == 1
    assert phones.stress("AE") is None
    assert phones.base("AE1") == "AE"
    assert phones.with_stress("B", 1) == "B"
