"""Rules for every tracked file: its docstrings, and nothing of the machine it was written on."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Where somebody's files lie, and where somebody's packages come from. Split, so that this file passes its own test.
_HERE = "|".join(("work/", "tmp/", "root/", r"ho" r"me/\w", r"Us" r"ers/\w"))
_MACHINE = re.compile(rf"(?<![\w.$}}<>-])/(?:{_HERE})|index" r"-url|[A-Z]:\\Users\\\w")


@cache
def _files() -> tuple[Path, ...]:
    """Files under version control, or new and not ignored; every file where there is no checkout."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    else:
        found = [path for part in ("core", "training", "tests") for path in (ROOT / part).rglob("*")]
    return tuple(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _sources(*parts: str) -> list[Path]:
    return [path for path in _files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in parts]


def _text(path: Path) -> str | None:
    """The file's text; None for sound, pictures, models and other files that are no text."""
    data = path.read_bytes()
    return None if b"\0" in data[:4096] else data.decode("utf-8", errors="replace")


def test_there_are_files_to_check() -> None:
    """The rules below look at something."""
    assert len(_sources("core", "training", "tests")) > 10


def _is_one_sentence(docstring: str | None) -> bool:
    return bool(docstring) and "\n\n" not in str(docstring) and str(docstring).rstrip().endswith(".")


def test_every_test_says_what_holds() -> None:
    """Every test has a docstring of one sentence."""
    silent = []
    for path in _sources("tests"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
                continue
            if not _is_one_sentence(ast.get_docstring(node)):
                silent.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert silent == []


def test_nothing_of_the_machine_is_written_down() -> None:
    """No tracked file names a folder of somebody's machine or a package index."""
    found = []
    for path in _files():
        for number, line in enumerate((_text(path) or "").splitlines(), start=1):
            if _MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("see /" + "work/main", True),
        ("--extra-index" + "-url x", True),
        ("C:\\" + "Users\\ann\\a.wav", True),
        ("and/or, a/tmp/b, https://a.b/home/x", False),
    ],
)
def test_the_machine_pattern_catches_what_it_should(line: str, caught: bool) -> None:
    """The search for machine paths finds them and leaves ordinary slashes alone."""
    assert bool(_MACHINE.search(line)) is caught


def test_no_vague_module_names() -> None:
    """Files are named for the thing they hold: no utils, helpers, common or manager."""
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [str(path) for path in _sources("core", "training", "tests") if vague & {path.stem, path.parent.name}] == []


def _settings(function: ast.FunctionDef) -> dict[str, ast.expr] | None:
    """What a function's `njit` is told; None where it has none."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "njit":
            return {keyword.arg: keyword.value for keyword in decorator.keywords if keyword.arg}
    return None


def _linked(source: str) -> list[str]:
    """Functions with fast arithmetic that compiled functions of the same file call, and that are not inlined."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    compiled = {node.name: settings for node in found if (settings := _settings(node)) is not None}
    called = {
        call.func.id
        for node in found
        if node.name in compiled
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }

    def is_told(name: str, setting: str, value: object) -> bool:
        told = compiled[name].get(setting)
        return isinstance(told, ast.Constant) and told.value == value

    return [
        name
        for name in compiled
        if name in called and is_told(name, "fastmath", True) and not is_told(name, "inline", "always")
    ]


def test_pictures_are_the_same_from_a_first_run_on() -> None:
    """Compiled code from the cache links its callees anew, and rounds otherwise unless they are part of it."""
    fast = "@njit(fastmath=True{})\ndef a(): pass\n@njit(fastmath=True)\ndef b(): a()\n"
    assert _linked(fast.format("")) == ["a"] and not _linked(fast.format(', inline="always"'))
    assert not {path.name: names for path in _sources("core") if (names := _linked(path.read_text("utf-8")))}
