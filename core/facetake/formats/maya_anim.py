"""Maya's `.anim` text: animation curves by node and attribute, as the plug-in animImportExport writes and reads them.

The grammar is Autodesk's ("ANIM file format" in Maya's help; the reader and writer are in the developer kit). Words
stand between blanks, statements end with `;`, blocks are in braces, `//` and `#` start comments. A header of units
(animVersion, mayaVersion, timeUnit, linearUnit, angularUnit, startTime, endTime), then for each curve

    anim <full attribute> <leaf attribute> <node> <depth> <children> <attribute number>;
    animData { input time; output linear; weighted 0; preInfinity constant; postInfinity constant; keys { <keys> } }

where a key is `frame value in-tangent out-tangent lock weightLock breakdown;` and a fixed tangent adds its angle and
weight at the end. A curve without animData is a place holder. Maya leaves the units out where there is no time range.

- Written: a key with linear tangents on every frame at which a control moves and none inside a stretch where it holds,
  so a curve is exact on every frame. Head yaw, pitch and roll are rotateY, -rotateX and -rotateZ of `FacetakeHead`.
- A fixed tangent's angle is the arc tangent of units per frame, in the units of the file: the plug-in makes those
  Maya's units before it sets a tangent.
- Names of the television rates came after the plug-in's first versions; one that does not know a timeUnit takes the
  scene's. Outside its keys a curve holds. A take's origin is not kept.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetake import files, rig
from facetake.errors import TakeError
from facetake.formats import length, timing
from facetake.formats.files import reading
from facetake.formats.length import MOST_BYTES, MOST_FRAMES
from facetake.formats.maya_curve import TANGENTS, UNWEIGHTED, Floats, MayaCurve, slopes
from facetake.take import RANGE_SLACK, Take
from facetake.timebase import DEFAULT_RATE, recognise

HEAD_NODE = "FacetakeHead"
HEAD_ATTRIBUTES = ("rotateY", "rotateX", "rotateZ")  # yaw, pitch, roll: Maya's Y is up, and the face looks along Z
HEAD_SIGNS = (1, -1, -1)  # so that a turn about X is a nod down, and one about Z tips the head to its right

_NAMED_RATES = {"game": 15, "film": 24, "pal": 25, "ntsc": 30, "show": 48, "palf": 50, "ntscf": 60}
"""Maya: words of `currentUnit -time`."""
_PLAIN_RATES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 40, 75, 80, 90, 100, 120, 125, 150, 200, 240, 250, 300, 375, 400, 500)
"""Maya: likewise, with `fps` behind."""
_UNIT_OF_RATE = {  # Maya: how it writes each rate; a word where it has one
    **{Fraction(rate): f"{rate}fps" for rate in (*_PLAIN_RATES, 600, 750)},
    **{Fraction(rate * 1000, 1001): f"{text}fps" for rate, text in ((24, "23.976"), (30, "29.97"))},
    **{Fraction(rate * 1000, 1001): f"{text}fps" for rate, text in ((48, "47.952"), (60, "59.94"))},
    **{Fraction(rate): name for name, rate in _NAMED_RATES.items()},
}
_RATE_OF_UNIT = {name: rate for rate, name in _UNIT_OF_RATE.items()} | {"29.97df": Fraction(30000, 1001)}
"""Maya: film's drop-frame rate is read, too."""
_CENTIMETRES = {"mm": 0.1, "cm": 1.0, "m": 100.0, "km": 1e5, "in": 2.54, "ft": 30.48, "yd": 91.44, "mi": 160934.4}
"""Maya: words of `currentUnit -linear`; inches are 2.54 cm by definition."""
_DEGREES = {"deg": 1.0, "rad": 180 / math.pi, "min": 1 / 60, "sec": 1 / 3600}  # Maya: words of `currentUnit -angle`
_TINY = 1e-10  # Maya's writer makes such values 0, since not every reader takes them
_LARGEST = 1e9  # frames and values beyond this are damage, and would overflow what is computed from them
_COMMENT = re.compile(r"(?://|#)[^\n]*")
_STATEMENT = re.compile(r"([^;{}]*+)([;{}])")
_MOST_WORDS = 20  # of a statement: more than any has, and few enough to be harmless

_Statement = tuple[tuple[str, ...], str]  # the words, and the ; { or } that ends them
_Key = tuple[tuple[float, ...], tuple[str, ...]]  # frame, value and both angles in the file's units; both tangents


def read(path: Path) -> Take:
    """Reads the curves of one character's face board.

    Controls go by name, in either rig's names and any namespace; those without a curve are at rest, and nodes that
    are no control are passed over.

    Raises:
        TakeError: no such file or another kind; says line and curve for what is broken, missing or out of range.
    """
    with reading(path):
        text = files.read_text(path, MOST_BYTES)
        statements = _Statements(text)
        header = _header(statements)
        return _take(header, list(_curves(statements, header)), len(text))


def write(take: Take, path: Path) -> None:
    """Writes a curve for every control, and three for the head where it moves.

    Raises:
        TakeError: Maya has no name for the rate, or the take is too long.
        OSError: the file cannot be written; `formats.write` turns it into a TakeError.
    """
    unit = _UNIT_OF_RATE.get(take.rate)
    if unit is None:
        raise TakeError(f"Maya has no time unit of {take.rate} frames per second; resample: --rate 24, 25, 30 or 60")
    _check_length(take.n_frames)
    first = take.start * take.rate
    frames = [_decimal(first + i) for i in range(take.n_frames)]
    numbers: Counter[str] = Counter()
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"animVersion 1.1;\nmayaVersion 2024;\ntimeUnit {unit};\nlinearUnit cm;\nangularUnit deg;\n")
        file.write(f"startTime {frames[0]};\nendTime {frames[-1]};\n")
        for column, name in enumerate(rig.NAMES):
            node, _, leaf = name.rpartition(".")
            file.write(_curve_text(node, leaf, numbers[node], frames, take.values[:, column]))
            numbers[node] += 1
        for column, leaf in enumerate(HEAD_ATTRIBUTES if take.head is not None else ()):
            assert take.head is not None
            file.write(_curve_text(HEAD_NODE, leaf, column, frames, HEAD_SIGNS[column] * take.head[:, column]))


def _decimal(number: Fraction) -> str:
    """A frame number: whole where it is on the grid."""
    return str(number.numerator) if number.denominator == 1 else format(float(number), ".12g")


def _curve_text(node: str, leaf: str, number: int, frames: list[str], values: NDArray[np.float32]) -> str:
    """One curve; the keys are where the value differs from the one before or after, and the first."""
    moves = values[1:] != values[:-1]
    keyed = np.concatenate([moves, [False]]) | np.concatenate([[True], moves])
    kind = "angular" if leaf.startswith("rotate") else "linear"
    shown = np.where(np.abs(values) < _TINY, 0.0, values.astype(np.float64))
    keys = "".join(f"    {frames[i]} {shown[i]:.9g} linear linear 1 1 0;\n" for i in np.flatnonzero(keyed).tolist())
    return (
        f"anim {leaf[:-1]}.{leaf} {leaf} {node} 0 1 {number};\nanimData {{\n  input time;\n  output {kind};\n"
        f"  weighted 0;\n  preInfinity constant;\n  postInfinity constant;\n  keys {{\n{keys}  }}\n}}\n"
    )


class _Statements:
    """The statements of a text, one after another: the words, and the `;`, `{` or `}` that ends them."""

    def __init__(self, text: str) -> None:
        self._text = _COMMENT.sub("", text)
        self._place = 0  # of the ending of the statement read last
        self._next = 0

    def next(self) -> _Statement:
        """The next one; at the end of the text no words and no ending."""
        match = _STATEMENT.match(self._text, self._next)
        if match is not None:
            self._place = match.start(2)
            self._next = match.end()
            return tuple(match[1].split(None, _MOST_WORDS)), match[2]
        rest = self._text[self._next :]
        self._place = len(self._text)
        if rest.strip():
            raise self.error("the file ends in the middle of a statement; export it again")
        return (), ""

    def begin_with(self, word: str) -> bool:
        """Whether the text does."""
        return self._text.lstrip().startswith(word)

    def error(self, message: str) -> TakeError:
        """An error at the statement read last."""
        return TakeError(f"line {self._text.count(chr(10), 0, self._place) + 1}: {message}")

    def unexpected(self, words: tuple[str, ...], ending: str, wanted: str) -> TakeError:
        """An error for a statement that stands where another should."""
        found = " ".join((*words, ending))[:40]
        what = f"{found!r} stands" if found else "the file ends"
        return self.error(f"{what} where {wanted} should follow; export the file again")

    def number(self, text: str) -> float:
        """A finite number of a sensible size."""
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= _LARGEST:
            raise self.error(f"{text[:40]!r} is not a number that can be used here; correct it")
        return value


@dataclass
class _Header:
    """What stands before the first curve; the defaults are for a file that does not say."""

    rate: Fraction = DEFAULT_RATE
    start: float = math.inf
    end: float = -math.inf
    linear: float = 1.0
    angular: float = 1.0
    first: _Statement = ((), "")


def _header(statements: _Statements) -> _Header:
    """Everything up to the first curve."""
    header = _Header()
    if not statements.begin_with("animVersion") or statements.next()[0][:1] != ("animVersion",):
        raise statements.error("a .anim file starts with animVersion; is it another kind of file?")
    while True:
        words, ending = header.first = statements.next()
        if ending != ";" or words[:1] in ((), ("anim",)):
            return header
        key = words[0]
        value = words[1] if len(words) > 1 else ""
        if key == "timeUnit":
            header.rate = _rate(value, statements)
        elif key == "linearUnit":
            header.linear = _unit(value, _CENTIMETRES, statements)
        elif key == "angularUnit":
            header.angular = _unit(value, _DEGREES, statements)
        elif key == "startTime":
            header.start = statements.number(value)
        elif key == "endTime":
            header.end = statements.number(value)


def _rate(unit: str, statements: _Statements) -> Fraction:
    """Frames per second of a time unit."""
    if unit in _RATE_OF_UNIT:
        return _RATE_OF_UNIT[unit]
    if found := re.fullmatch(r"([0-9]{1,4}(?:\.[0-9]{1,6})?)fps", unit):
        return recognise(float(found[1]))
    raise statements.error(f"the time unit {unit[:40]!r} is no frame rate; set the scene to frames and export again")


def _unit(unit: str, sizes: dict[str, float], statements: _Statements) -> float:
    """Size of a unit."""
    if unit not in sizes:
        raise statements.error(f"the unit {unit[:40]!r} is not one of {', '.join(sizes)}; correct it")
    return sizes[unit]


def _curves(statements: _Statements, header: _Header) -> Iterator[MayaCurve]:
    """The curves of controls and of the head."""
    words, ending = header.first
    while ending:
        if words[:1] != ("anim",) or len(words) not in (4, 5, 7):
            raise statements.unexpected(words, ending, "a curve (anim ...;)")
        name = _name(words[2], words[3]) if len(words) == 7 else None
        words, ending = statements.next()
        if words == ("animData",) and ending == "{":  # else the curve was a place holder
            curve = _curve(name, statements, header)
            if curve is not None:
                yield curve
            words, ending = statements.next()


def _name(leaf: str, node: str) -> str | None:
    """What a curve animates: a control's canonical name, the head's attribute, or None for anything else."""
    node = node.rpartition("|")[2].rpartition(":")[2]
    column = rig.find(f"{node}.{leaf}")
    if column is not None:
        return rig.NAMES[column]
    return leaf if node == HEAD_NODE and leaf in HEAD_ATTRIBUTES else None


def _curve(name: str | None, statements: _Statements, header: _Header) -> MayaCurve | None:
    """One animData block, which is over afterwards; None for what is no control, or is driven by other than time."""
    about = {"input": "time", "output": "linear", "weighted": "0"}
    while True:
        words, ending = statements.next()
        if (words, ending) == (("keys",), "{"):
            break
        if len(words) != 2 or ending != ";":
            raise statements.unexpected(words, ending, "a property of a curve (name value;)")
        about[words[0]] = words[1]
    keys = list(_keys(statements))
    words, ending = statements.next()
    if (words, ending) != ((), "}"):
        raise statements.unexpected(words, ending, "the } of animData")
    if name is None or not keys or about["input"] != "time":
        return None
    if about["weighted"] == "1" and any(tangent not in UNWEIGHTED for key in keys for tangent in key[1]):
        raise statements.error(f"{name} has weighted tangents, which are not read; bake the curve before exporting it")
    return _joined(name, keys, about, header, statements)


def _keys(statements: _Statements) -> Iterator[_Key]:
    """The keys of a block, up to and with its closing brace."""
    for number in count():
        if number > MOST_FRAMES:
            raise statements.error(f"a curve of more than {MOST_FRAMES} keys; split the take")
        words, ending = statements.next()
        if (words, ending) == ((), "}"):
            return
        tangents = words[2:4]
        if ending != ";" or len(tangents) < 2 or not set(tangents) <= TANGENTS:
            raise statements.unexpected(words, ending, "a key (frame value tangent tangent flags;)")
        n_angles = 2 * tangents.count("fixed")  # the flags are two in version 1.0, so angles are counted from the end
        if len(words) not in (6 + n_angles, 7 + n_angles):
            raise statements.error(f"a key of {len(words)} words, not {7 + n_angles}; export the file again")
        frame, value, *more = [statements.number(word) for word in (*words[:2], *words[4:])]
        angles = iter(more[len(more) - n_angles :: 2])
        turns = [next(angles) if tangent == "fixed" else 0.0 for tangent in tangents]
        yield (frame, value, *turns), tangents


def _joined(name: str, keys: list[_Key], about: dict[str, str], header: _Header, statements: _Statements) -> MayaCurve:
    """The curve through some keys, in the units of a take."""
    frames, values, *angles = np.array([numbers for numbers, _ in keys]).T
    if (np.diff(frames) <= 0).any():
        raise statements.error(f"the keys of {name} are not one after another; export the file again")
    kinds = np.array([tangents for _, tangents in keys]).T
    turn = header.angular
    if "tangentAngleUnit" in about:
        turn = _unit(about["tangentAngleUnit"], _DEGREES, statements)
    fixed = [np.tan(np.radians(angle * turn)) for angle in angles]
    arrive, leave = (slopes(frames, values, kinds[side], fixed[side], side) for side in (0, 1))
    jumps = np.select([kinds[1] == "step", kinds[1] == "stepnext"], [0.0, 1.0], np.nan)
    scale = _scale(about, header, statements)
    pace = 1.0
    if "inputUnit" in about:
        pace = float(header.rate / _rate(about["inputUnit"], statements))
    return MayaCurve(name, frames * pace, values * scale, arrive * scale / pace, leave * scale / pace, jumps)


def _scale(about: dict[str, str], header: _Header, statements: _Statements) -> float:
    """What a curve's values are multiplied with to be centimetres or degrees."""
    sizes = {"linear": (_CENTIMETRES, header.linear), "angular": (_DEGREES, header.angular)}.get(about["output"])
    if sizes is None:  # unitless: the number itself
        return 1.0
    return _unit(about["outputUnit"], sizes[0], statements) if "outputUnit" in about else sizes[1]


def _take(header: _Header, curves: list[MayaCurve], n_bytes: int) -> Take:
    """The take of some curves, over the range that the header gives or else the keys have."""
    named = {curve.name: curve for curve in curves}
    if not any(name in rig.INDEX for name in named):
        raise TakeError("there is no curve of a face control; select the controls and export them with node names")
    if len(named) < len(curves):
        twice = Counter(curve.name for curve in curves).most_common(1)[0][0]
        raise TakeError(f"there are two curves of {twice}; export one character at a time")
    first = header.start
    last = header.end
    if last < first:
        first = min(curve.frames[0] for curve in curves)
        last = max(curve.frames[-1] for curve in curves)
    n_frames = math.floor(last - first + 1e-6) + 1
    _check_length(n_frames)
    length.check(n_frames, n_bytes)
    grid = float(first) + np.arange(n_frames, dtype=np.float64)
    values = np.tile(rig.NEUTRAL, (n_frames, 1))
    for column, name in enumerate(rig.NAMES):
        if name in named:
            values[:, column] = _in_range(named[name], grid, column)
    head = np.zeros((n_frames, 3), dtype=np.float32) if any(name in named for name in HEAD_ATTRIBUTES) else None
    for column, name in enumerate(HEAD_ATTRIBUTES):
        if head is not None and name in named:
            head[:, column] = HEAD_SIGNS[column] * named[name].at(grid)
    return Take(values, header.rate, timing.start_of(float(first) / float(header.rate), header.rate), head)


def _in_range(curve: MayaCurve, grid: Floats, column: int) -> Floats:
    """A control's values; keys must be in range, and what overshoots between them is cut off as the rig does."""
    low = float(rig.MINIMUM[column])
    high = float(rig.MAXIMUM[column])
    wrong = np.flatnonzero((curve.values < low - RANGE_SLACK) | (curve.values > high + RANGE_SLACK))
    if len(wrong):
        raise TakeError(
            f"{curve.name} is {curve.values[wrong[0]]:g} at frame {curve.frames[wrong[0]]:g}, outside {low:g} to "
            f"{high:g}; mend the key, or the file's linearUnit"
        )
    return np.clip(curve.at(grid), low, high)


def _check_length(n_frames: int) -> None:
    """Refuses more frames than are read."""
    if n_frames > MOST_FRAMES:
        raise TakeError(f"{n_frames} frames are more than the {MOST_FRAMES} a .anim file may have here; split the take")
