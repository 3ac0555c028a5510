"""Spanish: how words sound, by rule, in Castilian and American. Knows no other language."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from facetake import phones

_PIECES: Final = phones.table(
    """
    gue=G+EH gui=G+IY güe=G+W+EH güi=G+W+IY que=K+EH qui=K+IY ch=CH ll=Y rr=R ce=TH+EH ci=TH+IY ge=HH+EH gi=HH+IY
    hue=W+EH ai=AY ay=AY ei=EY ey=EY oi=OY oy=OY au=AW ia=Y+AA ie=Y+EH io=Y+AO iu=Y+UW ua=W+AA ue=W+EH ui=W+IY
    uo=W+AO a=AA e=EH i=IY o=AO u=UW ü=W b=B v=B c=K d=D f=F g=G h= j=HH k=K l=L m=M n=N ñ=N+Y p=P q=K r=D s=S t=T
    w=W x=K+S y=Y z=TH ·=
    """
)
"""The longest piece first where one begins another. A single r is a tap, which is heard as a short D."""


def pronunciations(word: str) -> tuple[tuple[str, ...], ...]:
    """How a word may sound: with the Castilian z, and with an s for it; none where it has other letters."""
    rest = _without_accents(word.lower())
    said: list[str] = []
    if rest == "y":
        return (("IY",),)
    if rest.startswith("r"):
        said, rest = ["R"], rest[1:]
    while rest:
        piece = next((one for one in _PIECES if rest.startswith(one)), None)
        if piece is None:
            return ()
        said += _PIECES[piece]
        vowel = piece[-1] if piece in ("ce", "ci", "ge", "gi") else ""
        rest = rest[len(piece) :]
        if vowel and rest[:1] and f"{vowel}{rest[0]}" in ("ia", "io", "ie", "iu"):
            said[-1] = "Y"
    castilian = tuple(said)
    return tuple(dict.fromkeys((castilian, tuple("S" if one == "TH" else one for one in castilian))))


def _without_accents(word: str) -> str:
    """Without the marks of stress; an accented i or u is a syllable of its own, and no part of the vowel beside it."""
    word = unicodedata.normalize("NFC", word)
    for accented, bare in (("í", "i"), ("ú", "u")):
        word = re.sub(f"(?<=[aeoáéó]){accented}|{accented}(?=[aeoáéó])", f"·{bare}·", word)
    return "".join(one if one in "ñü" else unicodedata.normalize("NFD", one)[0] for one in word)
