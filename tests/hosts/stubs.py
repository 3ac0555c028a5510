"""What the hosts' published type stubs know: commands with their flags, modules, classes and members.

The stubs are read as text and never imported. `maya-stubs` and `types-maya` share a folder; commands are known where
either has them, and a flag only where both that have the command agree.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path


class UnknownToStubsError(AttributeError):
    """A name that no published stub of the host has."""


@cache
def _folder(package: str, name: str) -> Path:
    """The folder of stubs of an installed package."""
    return Path(str(distribution(package).locate_file(name)))


def installed(package: str) -> bool:
    """Whether the stubs are there."""
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


@cache
def _commands(file: str) -> str:
    return (_folder("types-maya", "maya-stubs") / file).read_text(encoding="utf-8")


@cache
def maya_flags(command: str) -> frozenset[str]:
    """The flags of a Maya command, long and short.

    Raises:
        UnknownToStubsError: there is no such command.
    """
    known = []
    for file in ("cmds.pyi", "cmds/__init__.pyi"):
        signatures = re.findall(rf"^def {command}\((.*?)\) ->", _commands(file), re.MULTILINE | re.DOTALL)
        if signatures:
            known.append({name for text in signatures for name in re.findall(r"(\w+):", text)} | {"edit", "query"})
    if not known:
        raise UnknownToStubsError(f"maya.cmds has no command {command}")
    return frozenset(set.intersection(*known))


@cache
def maya_members(module: str, name: str) -> frozenset[str]:
    """The members of a class of `maya.api.<module>`, its bases' included.

    Raises:
        UnknownToStubsError: there is no such class.
    """
    text = (_folder("maya-stubs", "maya-stubs") / "api" / f"{module}.pyi").read_text(encoding="utf-8")
    found = re.search(rf"^class {name}\b(?:\((.*?)\))?:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise UnknownToStubsError(f"maya.api.{module} has no class {name}")
    members = set(re.findall(r"^    (?:def )?(\w+)[(:]", found[2], re.MULTILINE))
    for base in (found[1] or "").split(","):
        if base.strip() and base.strip() not in ("object", "Enum"):
            members |= maya_members("OpenMaya", base.strip().rpartition(".")[2])
    return frozenset(members)


@cache
def _unreal() -> tuple[str, dict[str, tuple[int, str]]]:
    """The text of the stub, and for each class where it begins and its bases."""
    text = (_folder("unreal-stub", "unreal") / "unreal.py").read_text(encoding="utf-8")
    classes = {m[1]: (m.start(), m[2]) for m in re.finditer(r"^class (\w+)\((.*?)\):", text, re.MULTILINE)}
    return text, classes


@cache
def unreal_members(name: str) -> frozenset[str]:
    """The members of a class of `unreal`, its bases' included.

    Raises:
        UnknownToStubsError: there is no such class.
    """
    members = {member for member in re.findall(r"^    (?:def )?(\w+)[(:]", unreal_source(name), re.MULTILINE)}
    for base in _unreal()[1][name][1].split(","):
        if base.strip() in _unreal()[1]:
            members |= unreal_members(base.strip())
    return frozenset(members)


def unreal_source(name: str) -> str:
    """The text of a class in the stub. Raises UnknownToStubsError."""
    text, classes = _unreal()
    if name not in classes:
        raise UnknownToStubsError(f"unreal has no class {name}")
    body = re.compile(r"^\S", re.MULTILINE).search(text, text.index("\n", classes[name][0]) + 1)
    return text[classes[name][0] : body.start() if body else len(text)]


@cache
def unreal_parameters(name: str, method: str) -> tuple[str, ...]:
    """The parameters of a method, without self or cls. Raises UnknownToStubsError."""
    found = re.search(rf"^    def {method}\((.*?)\) ->", unreal_source(name), re.MULTILINE | re.DOTALL)
    if found:
        return tuple(re.findall(r"(\w+):", found[1]))
    for base in _unreal()[1][name][1].split(","):
        if base.strip() in _unreal()[1]:
            return unreal_parameters(base.strip(), method)
    raise UnknownToStubsError(f"unreal.{name} has no method {method}")


@cache
def _unreal_functions() -> frozenset[str]:
    return frozenset(re.findall(r"^def (\w+)\(", _unreal()[0], re.MULTILINE))


def has_unreal_function(name: str) -> bool:
    """Whether `unreal` has a function of that name at its top."""
    return name in _unreal_functions()


_ALIASES = {"Array": "MutableSequence", "Map": "MutableMapping", "Name": "str", "Text": "str"}
"""What the engine takes and gives in place of its own containers and texts."""


def unreal_excerpt(sources: list[Path]) -> str:
    """The part of the stub that sources need, as a stub; the whole is 25 MB of text.

    Classes that sources name are kept with their bases; the types that these mention are `Any`.
    """
    text, classes = _unreal()
    named = {name for path in sources for name in re.findall(r"unreal\.(\w+)", path.read_text(encoding="utf-8"))}
    functions = [re.search(rf"^def {name}\(.*?\n(?=\S|\Z)", text, re.MULTILINE | re.DOTALL) for name in sorted(named)]
    left = [name for name in named if name in classes]
    kept = set()
    while left:
        name = left.pop()
        if name in classes and name not in kept and name not in _ALIASES:
            kept.add(name)
            left += [base.strip() for base in classes[name][1].split(",")]
    order = sorted(kept, key=lambda name: classes[name][0])
    trees = [_outline(found[0]) for found in functions if found] + [_outline(unreal_source(name)) for name in order]
    mentioned = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    opaque = [f"{name}: TypeAlias = Any" for name in sorted(mentioned & set(classes) - kept - set(_ALIASES) - {"Set"})]
    opaque += [f"{name} = {value}" for name, value in _ALIASES.items()]
    head = [
        "from typing import Any, Callable, Mapping, MutableMapping, MutableSequence, Optional, Set, Tuple, Type",
        "from typing import TypeAlias, TypeVar, Union",
        "from types import TracebackType",
        "_T = TypeVar('_T')",
        "_EditorSubsystemTypeVar = Any",
    ]
    return "\n".join([*head, *opaque, *(ast.unparse(tree) for tree in trees)])


def _outline(code: str) -> ast.Module:
    """Source as a stub: no bodies and no default values, which refer to much else."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [ast.Expr(ast.Constant(...))]
            node.args.defaults = [ast.Constant(...) for _ in node.args.defaults]
            node.args.kw_defaults = [one and ast.Constant(...) for one in node.args.kw_defaults]
    return tree
