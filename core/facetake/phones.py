"""The phone alphabet of the corpus, and how other alphabets and mouth shapes map to and from it.

Phones are the 39 of ARPAbet plus silence and two front rounded vowels that English lacks (``UY``: German and
Mandarin u-umlaut, ``OE``: German o-umlaut). A vowel may carry its stress as a last digit (``AE1``); no digit
means that the engine did not tell.

Foreign sounds go to the phone with the nearest *mouth shape*, then the nearest sound: a uvular r rounds no
lips, so it becomes ``HH`` and not ``R``. This module does NOT know about audio, time, or how a mouth moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

SILENCE: Final = "SIL"

VOWELS: Final[tuple[str, ...]] = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"),
    *("UY", "OE"),
)
CONSONANTS: Final[tuple[str, ...]] = (
    *("B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH"),
    *("V", "W", "Y", "Z", "ZH"),
)
_ADDED: Final = ("UY", "OE")
PHONES: Final[tuple[str, ...]] = (
    *sorted(set(VOWELS + CONSONANTS) - set(_ADDED)),
    SILENCE,
    *_ADDED,
)
"""The 42 phones without stress, in index order: ARPAbet sorted, then SIL, UY, OE."""

INDEX: Final[Mapping[str, int]] = MappingProxyType({phone: i for i, phone in enumerate(PHONES)})

CLOSED: Final = frozenset({"P", "B", "M"})
"""Phones whose lips must seal."""
TEETH: Final = frozenset({"F", "V"})
"""Phones whose lower lip must reach the upper teeth."""
STOPS: Final = frozenset({"P", "T", "K", "CH", "B", "D", "G", "JH"})
"""Phones that begin with a closure, silent or nearly so."""

# Amazon Polly's British English table, silence included. Two rows differ, because most voices here are
# American: OW ends rounded (British [@U] does not), and AH is both the stressed STRUT vowel and the schwa.
_VISEME: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("P", "B", "M"), "p"),
        **dict.fromkeys(("T", "D", "N", "L"), "t"),
        **dict.fromkeys(("SH", "ZH", "CH", "JH"), "S"),
        **dict.fromkeys(("TH", "DH"), "T"),
        **dict.fromkeys(("F", "V"), "f"),
        **dict.fromkeys(("K", "G", "NG", "HH"), "k"),
        **dict.fromkeys(("IY", "IH", "Y"), "i"),
        **dict.fromkeys(("S", "Z"), "s"),
        **dict.fromkeys(("UW", "UH", "W", "UY"), "u"),
        **dict.fromkeys(("AA", "AE", "AW", "AY"), "a"),
        **dict.fromkeys(("EH", "ER"), "E"),
        **dict.fromkeys(("AO", "OW", "OY", "OE"), "O"),
        "R": "r",
        "EY": "e",
        SILENCE: "sil",
    }
)


def table(text: str) -> Mapping[str, tuple[str, ...]]:
    """Read ``sound=PHONE+PHONE`` pairs, in their order; a sound with nothing behind it is silent."""
    pairs = (pair.split("=") for pair in text.split())
    return MappingProxyType({sound: tuple(filter(None, phones.split("+"))) for sound, phones in pairs})


# Longest piece first wins, so "aɪɚ" reads as "aɪ" and "ɚ", and "ts.h" as one affricate.
_IPA: Final = table(
    """
    p=P b=B t=T d=D k=K ɡ=G g=G f=F v=V s=S z=Z m=M n=N ŋ=NG ɲ=N+Y l=L ɫ=L ɭ=L ɬ=L w=W j=Y ʲ=Y h=HH ɦ=HH
    θ=TH ð=DH ʃ=SH ʒ=ZH tʃ=CH dʒ=JH ɹ=R ɻ=R r=R ɾ=D ʔ=T ʋ=V β=B ʎ=Y ʝ=Y ɥ=UY ɰ=W ɸ=F ʁ=HH ʀ=HH x=HH χ=HH ç=HH ɣ=G
    ts=T+S dz=D+Z pf=P+F ɕ=SH ʑ=ZH ʂ=SH tɕ=CH dʑ=JH ʐ=ZH s.=SH ts.=CH
    a=AA ä=AA ɑ=AA ɐ=AH æ=AE ʌ=AH ə=AH ᵻ=IH ɒ=AA ɔ=AO o=AO ɤ=AH o-=AH ɛ=EH e=EH ɜ=ER ɚ=ER ɝ=ER ər=ER
    i=IY ɪ=IH ɨ=IH i.=IH i̪=IH ʊ=UH u=UW ʉ=UW ɯ=UW y=UY ʏ=UY ø=OE œ=OE
    aɪ=AY ai=AY aʊ=AW au=AW ɑu=AW ɑʊ=AW ɔɪ=OY ɔø=OY ɔʏ=OY eɪ=EY ei=EY oʊ=OW ou=OW əʊ=OW
    """
)
_IPA_BY_LANGUAGE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        # A German r is uvular or vocalised whatever symbol espeak writes; "ɜ" is the vowel of "-er".
        "de": table("r=HH ɾ=HH ɹ=HH ɜ=AH ɒ=AO e=EY o=OW"),
        # Mandarin contrasts breath and not voice: plain stops sound like English voiced ones.
        "zh": table("p=B t=D k=G ph=P th=T kh=K tɕ=JH tɕh=CH ts.=JH ts.h=CH tsh=T+S ɜ=AH yæ=UY+AE"),
    }
)
_IGNORED: Final = "ːˑˈˌ̩̯̪̃ʰ'͡‿012345-.̞̟̠̈ᵝ"

_FESTIVAL: Final[Mapping[str, str]] = MappingProxyType(
    {"ax": "AH0", "axr": "ER0", "ix": "IH0", "hv": "HH", "dx": "D", "el": "L", "em": "M"}
    | dict.fromkeys(("en", "nx"), "N")
    | dict.fromkeys(("pau", "sil", "ssil", "h#", "brth"), SILENCE)
)


def base(phone: str) -> str:
    """Give the phone without its stress digit; ValueError for a symbol outside the alphabet."""
    bare = phone[:-1] if phone[-1:].isdigit() else phone
    if bare not in INDEX:
        raise ValueError(f"unknown phone {phone!r}; the phones are {' '.join(PHONES)}")
    return bare


def stress(phone: str) -> int | None:
    """Give the stress of a vowel (0 none, 1 primary, 2 secondary), or None where it is not known."""
    return int(phone[-1]) if phone[-1:].isdigit() else None


def is_vowel(phone: str) -> bool:
    """Tell whether the phone, with or without a stress digit, is a vowel."""
    return base(phone) in VOWELS


def with_stress(phone: str, level: int | None) -> str:
    """Give a vowel its stress digit; consonants, silence and an unknown level (None) stay bare."""
    bare = base(phone)
    return f"{bare}{level}" if level is not None and bare in VOWELS else bare


def viseme_of(phone: str) -> str:
    """Give the viseme of a phone, one of the 16 of Amazon Polly's British English table.

    AH is 'E' when it is stressed and '@' when it is not or when the stress is unknown (most are schwas);
    an unstressed ER is '@' too, as Polly's British schwa is.
    """
    bare = base(phone)
    if bare == "AH":
        return "E" if stress(phone) in (1, 2) else "@"
    if bare == "ER" and stress(phone) == 0:
        return "@"
    return _VISEME[bare]


def from_festival(symbol: str, level: int | None = None) -> str:
    """Map a flite or festival radio phone (``ax``, ``pau``, ``hh``) to ours, with its syllable's stress."""
    known = _FESTIVAL.get(symbol)
    if known is not None:
        return known
    return with_stress(symbol.upper(), level)


@cache
def _pieces(language: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    table = {**_IPA, **_IPA_BY_LANGUAGE.get(language, {})}
    return tuple(sorted(table.items(), key=lambda item: -len(item[0])))


def from_ipa(ipa: str, language: str = "en") -> tuple[str, ...]:
    """Split one espeak phoneme, written in IPA, into phones (``aɪɚ`` -> ``AY ER``, ``ts`` -> ``T S``).

    Args:
        ipa: the sound; length, stress, tone and tie marks are ignored.
        language: ``en``, ``de`` or ``zh``; the same symbol means different sounds.

    Returns:
        Phones without stress; empty where nothing of it is a sound (a tone, a pause, a language switch).
    """
    found: list[str] = []
    rest = ipa.strip()
    if rest.startswith("("):  # espeak writes "(en)" where it changes language
        return ()
    while rest:
        for piece, phones in _pieces(language):
            if rest.startswith(piece):
                found += phones
                rest = rest[len(piece) :]
                break
        else:
            if rest[0] not in _IGNORED and not rest[0].isspace():
                raise ValueError(f"no mouth shape is known for the IPA sound {rest[0]!r} in {ipa!r}")
            rest = rest[1:]
    return tuple(found)
