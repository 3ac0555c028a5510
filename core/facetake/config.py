"""TOML tables into frozen dataclasses, with every key and type checked.

One reader for every configuration: a key that the dataclass does not have is refused by name, so a
misspelt setting cannot pass unnoticed. What the settings mean is not known here.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from facetake import files
from facetake.errors import ConfigError, FacetakeError
from facetake.files import quantities
from facetake.files.quantities import shown
from facetake.files.spelling import meant
from facetake.timebase import parse_time

T = TypeVar("T")
MOST_BYTES = 1 << 24  # 16 MB, ample: settings take some hundred lines
MOST_DOTS = 1000
"""In a line: Python's reader takes a time that grows with the square of the parts of a dotted key."""


def load_config(cls: type[T], path: Path) -> T:
    """Read a TOML file into a dataclass.

    Args:
        cls: A dataclass; its fields may be nested dataclasses, tuples, dicts with text keys, paths, fractions,
            Literals, unions with None and the plain types, or Annotated with the function that reads them, as
            `facetake.timebase.Rate` is. Numbers are finite and whole ones have 64 bits.
        path: The file. Relative paths inside it are kept as they stand.

    Returns:
        An instance of ``cls``.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or says something the dataclass does not allow.
    """
    return from_table(cls, read_table(path), str(path))


def read_table(path: Path) -> dict[str, object]:
    """What a TOML file says, unchecked.

    Raises:
        ConfigError: The file cannot be read or is no TOML.
    """
    try:
        return parse_table(files.read_text(path, MOST_BYTES), str(path))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {files.reason(error)}; check the path") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def parse_table(text: str, where: str) -> dict[str, object]:
    """What a text of TOML says, unchecked; `where` stands in errors.

    Raises:
        ConfigError: It is no TOML.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > MOST_DOTS:
            raise ConfigError(f"{where} is not valid TOML: line {number} has more than {MOST_DOTS} dots")
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, and Python's own about a number of thousands of digits
        raise ConfigError(f"{where} is not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{where} is not valid TOML: brackets are nested too deep") from error


def from_table(cls: type[T], table: object, where: str) -> T:
    """Turn a table into a dataclass.

    Args:
        cls: A dataclass, as in `load_config`.
        table: Keys and values as TOML gives them.
        where: What to call the table in an error.

    Returns:
        An instance of ``cls``; fields left out take their defaults.

    Raises:
        ConfigError: A key is unknown or missing, or a value has the wrong type.
        ValueError: ``cls`` is no dataclass.
    """
    if not dataclasses.is_dataclass(cls):
        raise ValueError(f"{cls!r} is no dataclass")
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    table = _table(table, where)
    for key in table:
        if key not in fields:
            raise ConfigError(f'{where}: there is no setting "{key}"{meant(key, fields) or _list(fields)}')
    hints = _hints(cls)
    given = {key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()}
    for name, field in fields.items():
        if name not in given and _is_required(field):
            raise ConfigError(f'{where}: the setting "{name}" is missing; add it')
    try:
        return cast(T, cls(**given))
    except (ValueError, ConfigError) as error:
        raise ConfigError(f"{where}: {error}") from error


@cache
def _hints(cls: type) -> dict[str, Any]:
    """Types of a class's fields: Python takes longer to work them out than to read a table."""
    return get_type_hints(cls, include_extras=True)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _list(known: Iterable[str]) -> str:
    return f"; use one of {', '.join(known) or 'none'}"


def _value(hint: Any, value: object, where: str) -> object:
    """One value as its type hint wants it."""
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_table(hint, _table(value, where), where)
    if origin is Annotated:
        return _read(get_args(hint)[1], value, where)
    if origin is Literal:
        return _one_of(get_args(hint), value, where)
    if origin in (Union, types.UnionType):
        return _any_of(get_args(hint), value, where)
    if origin is tuple:
        return _tuple(get_args(hint), value, where)
    if origin in (dict, Mapping):
        inner = get_args(hint)[1]
        return {key: _value(inner, item, f"{where}.{key}") for key, item in _table(value, where).items()}
    return _plain(hint, value, where)


def _table(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where} must be a table, not {shown(value)}")
    return value


def _one_of(choices: tuple[object, ...], value: object, where: str) -> object:
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        known = [str(choice) for choice in choices]
        close = meant(value, known) if isinstance(value, str) else ""
        raise ConfigError(f"{where} must be one of {', '.join(known)}, not {shown(value)}{close}")
    return value


def _any_of(hints: tuple[Any, ...], value: object, where: str) -> object:
    """The first member of a union that takes the value; None cannot be written in TOML, only left out."""
    failures = []
    for hint in hints:
        if hint is type(None):
            continue
        try:
            return _value(hint, value, where)
        except ConfigError as error:
            failures.append(error)
    raise failures[0]


def _tuple(hints: tuple[Any, ...], value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where} must be a list, not {shown(value)}")
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(value)
    if len(hints) != len(value):
        raise ConfigError(f"{where} must be a list of {len(hints)}, not of {len(value)}")
    return tuple(_value(hint, item, f"{where}[{i}]") for i, (hint, item) in enumerate(zip(hints, value, strict=True)))


def _plain(hint: Any, value: object, where: str) -> object:
    if hint in (Any, object):
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return quantities.number(value, where)
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return quantities.whole(value, where)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if hint is Fraction:
        return _read(parse_time, value, where)
    if isinstance(hint, type) and isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(f"{where} must be {_NOUNS.get(hint, str(hint))}, not {shown(value)}")


def _read(parse: Callable[[object], object], value: object, where: str) -> object:
    """A value as the function that its hint names reads it."""
    try:
        return parse(value)
    except FacetakeError as error:
        raise ConfigError(f"{where}: {error}") from error


_NOUNS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a path in quotes",
}
