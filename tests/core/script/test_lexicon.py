"""How words are said."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from facetake.errors import ScriptError
from facetake.phones import INDEX, base
from facetake.script import espeak, japanese, mandarin, spanish
from facetake.script.lexicon import Lexicon, read_dictionary

needs_script = pytest.mark.skipif(
    not all(map(find_spec, ("gruut_lang_en", "gruut_lang_fr", "pycrfsuite", "g2p2", "pypinyin", "num2words"))),
    reason='pronunciations come with the extra "script"',
)


def said(word: str, language: str) -> list[str]:
    """The ways to say a word, without stress."""
    return [" ".join(map(base, way)) for way in Lexicon(language).pronunciations([word])[0]]


def test_a_users_dictionary_comes_first(tmp_path: Path) -> None:
    """Phones of ARPAbet and sounds in IPA are read, several lines for a word are its ways, comments are left out."""
    path = tmp_path / "names.dict"
    path.write_text(
        "# ours\nFacetake  F EY1 S T EY2 K\nSmaug  S M AW1 G\nsmaug  S M AO1 G\nxo  ʃ oʊ\n", encoding="utf-8"
    )
    found = Lexicon("en", path).pronunciations(["Facetake", "SMAUG", "xo"])
    assert found[0] == (("F", "EY1", "S", "T", "EY2", "K"),)
    assert found[1] == (("S", "M", "AW1", "G"), ("S", "M", "AO1", "G"))
    assert found[2] == (("SH", "OW"),)


@pytest.mark.parametrize(
    ("line", "says"),
    [("word", "no sound stands behind"), ("word  Q!", "no mouth shape"), ("word  SIL", "no sound stands behind")],
)
def test_a_wrong_line_of_a_dictionary_is_named(tmp_path: Path, line: str, says: str) -> None:
    """The sentence says which line it is."""
    path = tmp_path / "names.dict"
    path.write_text(f"good  G UH D\n{line}\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=rf"names.dict, line 2: .*{says}"):
        read_dictionary(path, "en")
    with pytest.raises(ScriptError, match="cannot read the dictionary"):
        read_dictionary(tmp_path / "none", "en")


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("guerra", "G EH R AA"),
        ("cigüeña", "TH IY G W EH N Y AA"),
        ("país", "P AA IY S"),
        ("aquí", "AA K IY"),
        ("muy", "M UW Y"),
        ("rojo", "R AO HH AO"),
        ("y", "IY"),
    ],
)
def test_spanish_is_said_by_rule(word: str, phones: str) -> None:
    """The Castilian way comes first."""
    assert " ".join(spanish.pronunciations(word)[0]) == phones


@pytest.mark.parametrize(
    ("kana", "phones"),
    [
        ("コンニチハ", "K AO N IY CH IY HH AA"),
        ("トウキョウ", "T AO K Y AO"),
        ("チョット", "CH AO T AO"),
        ("シャシン", "SH AA SH IY N"),
        ("ファイル", "F AA IY D UW"),
    ],
)
def test_kana_are_said_by_rule(kana: str, phones: str) -> None:
    """Long vowels and doubled consonants are one phone."""
    assert " ".join(japanese.phones_of(kana)) == phones


@pytest.mark.parametrize(("digits", "characters"), [("21", "二十一"), ("3.5", "三点五"), ("2024", "二千零二十四")])
def test_numbers_are_read_in_mandarin(digits: str, characters: str) -> None:
    """A number of up to four digits is read as one."""
    assert mandarin.number(digits) == characters


@needs_script
@pytest.mark.parametrize(
    ("word", "language", "phones"),
    [
        ("read", "en", "R EH D"),
        ("21", "en", "T W EH N T IY W AH N"),
        ("1999", "en", "N AY N T IY N N AY N T IY N AY N"),
        ("Mr", "en", "M IH S T ER"),
        ("facetake", "en", "F EY S T EY K"),
        ("Straße", "de", "SH T HH AA S AH"),
        ("vous", "fr", "V UW Z"),
        ("银行", "zh", "IY N HH AA NG"),
        ("绿", "zh", "L UY"),
    ],
)
def test_installed_lexicons_say_words(word: str, language: str, phones: str) -> None:
    """Words, numbers, abbreviations and names are said in their language."""
    assert phones in said(word, language)


@pytest.mark.skipif(not find_spec("sudachipy"), reason='Japanese comes with the extra "script-ja"')
def test_characters_are_read_in_japanese() -> None:
    """A word in characters is said as its reading."""
    assert "W AA T AA K UW SH IY" in said("私", "ja")


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
def test_espeak_says_other_languages() -> None:
    """A language without a lexicon is said by espeak-ng, one word as many."""
    found = espeak.pronunciations(["dobry", "dzień"], "pl")
    assert set(found) == {"dobry", "dzień"}
    assert all(base(phone) in INDEX for way in found.values() for phone in way)


def test_a_word_that_nobody_can_say_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without packages and programs one sentence says what to install or write."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ScriptError, match=r'"ծառ".*--dictionary'):
        Lexicon("xx").pronunciations(["ծառ"])
