"""Tables as spreadsheets of any country save them: in which encoding, and with what between the cells.

A file says neither. Which of the old encodings it is, is told by how each of them reads the bytes: letters of one
script stand together, small letters are not followed by large ones, and no sign stands within a word. Knows no
language's words. charset-normalizer, made for pages of running text, was tried in its place: it takes lists of a few
German or French names for Central European text, and never says that it cannot tell.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from facetake import files

LONGEST_WORD: Final = 40  # letters on either side: more than words have; without it, text without spaces costs a square
LIKELY: Final = 0.75
"""The least share of letters beyond ASCII that make sense, for an encoding to be believed."""
CLEAR: Final = 0.1
"""By how much an encoding has to be better than one of another script."""
LOOKED_AT: Final = 1 << 15
"""Bytes of a text by which its encoding is told, at least."""


class Encoding(NamedTuple):
    """One of the old encodings: its name for Python, for people, and the script of its letters."""

    codec: str
    name: str
    script: str


KNOWN: Final = (
    Encoding("cp1252", "Western European text of Windows (1252)", "LATIN"),
    Encoding("mac_roman", "Western European text of older Macs", "LATIN"),
    Encoding("cp1250", "Central European text of Windows (1250)", "LATIN"),
    Encoding("cp1251", "Cyrillic text of Windows (1251)", "CYRILLIC"),
    Encoding("cp932", "Japanese text of Windows (Shift JIS)", "JAPANESE"),
    Encoding("gb2312", "simplified Chinese text of Windows (GBK)", "HAN"),
    Encoding("euc_kr", "Korean text of Windows (949)", "HANGUL"),
    Encoding("big5", "traditional Chinese text of Windows (Big5)", "HAN"),
)
"""Of those of one script that make as much sense, the first is meant: it is by far the more common."""
READ_AS: Final = {"gb2312": "gb18030", "euc_kr": "cp949", "big5": "cp950"}
"""What Windows writes, which holds more signs than the common ones by which an encoding is told."""
HEADER_WITHIN: Final = 20
"""Lines among which a header is looked for: people write titles above it."""
INVISIBLE: Final = "\ufeff\u200b\u2060"
"""Byte order marks and spaces of no width, which programs leave at the ends of cells."""
DELIMITERS: Final = ",;\t|"
MARKS: Final = (
    "\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026\u00ab\u00bb\u00a0\u2039\u203a\u00bf\u00a1"
    "\u20ac\u00a3\u00b0\u2116"
)
"""What stands beside words of an alphabet: quotes, dashes, currencies."""
NOT_IN_WORDS: Final = "\u0192\ufb01\ufb02"
"""Letters that are told to be Latin, and that nobody types."""
SIGNS: Final = {
    "JAPANESE": ("CJK", "HIRAGANA", "KATAKANA", "FULLWIDTH"),
    "HAN": ("CJK", "FULLWIDTH"),
    "HANGUL": ("HANGUL",),
}
HALF_WIDE: Final = "".join(map(chr, range(0xFF61, 0xFFA0)))
"""Unicode's half-wide katakana: what Shift-JIS makes of nearly any bytes, and what people hardly type."""
FIRST_RARE: Final = {"gb2312": 0xD8, "big5": 0xC9}
"""The first byte of signs that are rare."""
HANGUL: Final = (0xB0, 0xC8)
"""The first bytes of Korea's syllables, whose second bytes are from `HANGUL_SECOND` on."""
HANGUL_SECOND: Final = 0xA1  # EUC-KR's second bytes begin here
ENOUGH: Final = {"gb2312": 6, "big5": 4}
"""Chinese signs of which one lies outside Korea's syllables nearly always."""


def decode(data: bytes) -> tuple[str, str]:
    """A text, and what its encoding is called for people; empty for UTF-8 and what has a byte order mark.

    Lines end with a line feed.

    Raises:
        UnicodeDecodeError: it cannot be told which encoding it is, or the bytes are no text.
    """
    try:
        return _lines(data.decode(files.encoding(data))), ""
    except UnicodeDecodeError as error:
        found = _told(data, error.start)
        if found is None:
            raise
    return _lines(data.decode(READ_AS.get(found.codec, found.codec))), found.name


def delimiter(text: str, is_known: Callable[[str], bool]) -> str:
    """Of the marks that stand between cells, the one that parts a table's header best.

    Args:
        text: the table; its header is among its first lines.
        is_known: whether a cell of the header is a column's name.
    """
    near = list(islice(io.StringIO(text, newline=""), HEADER_WITHIN))

    def fit(mark: str) -> tuple[int, int]:
        rows = [_cells(line, mark) for line in near]
        return max(((len({name for name in row if is_known(name)}), len(row)) for row in rows), default=(0, 0))

    return max(DELIMITERS, key=fit)


def _cells(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return []


def check_quotes(lines: Sequence[str], mark: str) -> None:
    """Looks at the lines of a table's last row. ValueError where a quote is opened there and never closed."""
    try:
        for _ in csv.reader(lines, delimiter=mark, strict=True):
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise ValueError("a quote is opened and never closed") from error


def stripped(cell: str) -> str:
    """A cell without spaces and marks that cannot be seen at its ends; empty where NUL stands for nothing."""
    found = cell.strip().strip(INVISIBLE).strip()
    return "" if found.strip("\0") == "" else found


def _lines(text: str) -> str:
    """A text with line feeds, without the mark with which DOS ended one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a")


def _told(data: bytes, first: int) -> Encoding | None:
    """The encoding that makes sense of the bytes, by those from `first` on, and None where none or several do."""
    if b"\0" in data:
        return None
    begin = data.rfind(b"\n", 0, first) + 1
    end = data.find(b"\n", begin + LOOKED_AT)
    near = data[begin : end if end >= 0 else len(data)]
    scores = {one: _sense(near, one) for one in KNOWN}
    best = max(KNOWN, key=scores.__getitem__)
    rivals = [scores[one] for one in KNOWN if one.script != best.script]
    is_told = scores[best] >= LIKELY and scores[best] - max(rivals) >= CLEAR
    return best if is_told else None


def _sense(data: bytes, encoding: Encoding) -> float:
    """Mean of what each letter beyond ASCII is worth in an encoding, 0 to 1; 0 where the bytes are none."""
    try:
        data.decode(READ_AS.get(encoding.codec, encoding.codec))
    except UnicodeDecodeError:
        return 0.0
    text = data.decode(encoding.codec, "replace")  # rare signs of an encoding stay unknown
    worth = [_worth(text, at, encoding) for at, one in enumerate(text) if not one.isascii()]
    return sum(worth) / len(worth) * _trust(text, encoding) if worth else 0.0


def _trust(text: str, encoding: Encoding) -> float:
    """How far an encoding that makes sense is believed: chance makes signs, too, but not those that every text has."""
    if encoding.codec == "cp932":
        kana = sum("\u3041" <= one <= "\u30fc" for one in text)
        return 1.0 if kana * 10 >= sum(not one.isascii() for one in text) else 0.5
    if encoding.codec in ENOUGH:
        signs = [one.encode(encoding.codec) for one in text if "\u4e00" <= one <= "\u9fff"]
        are_hangul = all(HANGUL[0] <= first <= HANGUL[1] and second >= HANGUL_SECOND for first, second in signs)
        return 0.8 if len(signs) >= ENOUGH[encoding.codec] and are_hangul else 1.0
    return 1.0


def _worth(text: str, at: int, encoding: Encoding) -> float:
    """What a letter beyond ASCII is worth where it stands: 1 where it belongs, 0 where it does not."""
    one = text[at]
    before = text[at - 1 : at]
    after = text[at + 1 : at + 2]
    is_alphabet = encoding.script in ("LATIN", "CYRILLIC")
    if one == "\ufffd":
        return 0.0
    if not one.isalpha():
        is_within = before.isalpha() and after.isalpha() and one != "\u2019"
        return 0.0 if is_alphabet and (is_within or one not in MARKS) else 0.75
    if is_alphabet:
        return _worth_in_word(text, at, encoding.script)
    is_beside_latin = any(letter.isascii() and letter.isalpha() for letter in (before, after))
    belongs = unicodedata.name(one, "").startswith(SIGNS[encoding.script]) and one not in HALF_WIDE
    return 0.0 if is_beside_latin or not belongs else 0.5 if _is_rare(one, encoding.codec) else 1.0


def _is_rare(one: str, codec: str) -> bool:
    """Whether a sign is of the second half of a Chinese encoding, which holds the rare ones."""
    first_rare = FIRST_RARE.get(codec)
    return first_rare is not None and one.encode(codec)[0] >= first_rare


def _worth_in_word(text: str, at: int, script: str) -> float:
    """What a letter is worth in an alphabet: as the rest of its word is."""
    one = text[at]
    if not unicodedata.name(one, "").startswith(script) or one in NOT_IN_WORDS:
        return 0.0
    begin = at
    end = at + 1
    while begin > max(0, at - LONGEST_WORD) and text[begin - 1].isalpha():
        begin -= 1
    while end < min(len(text), at + LONGEST_WORD) and text[end].isalpha():
        end += 1
    word = text[begin:end]
    is_jagged = one.isupper() and at > begin and text[at - 1].islower()
    n_ascii = sum(map(str.isascii, word))
    if script == "LATIN":
        return float(not is_jagged and (n_ascii > 0 or len(word) < 3))
    return float(not is_jagged and not n_ascii)
