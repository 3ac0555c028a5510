"""Rules that keep the code running on Windows and macOS, held where only Linux is at hand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("core", "training", "maya_plugin", "unreal_bridge", "blender_addon")
REPLACES = "core/facetake/files/__init__.py"  # which waits where another program holds a file
FOREIGN_MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"}
FOREIGN = {
    "os": (
        "chown",
        "fork",
        "forkpty",
        "getegid",
        "geteuid",
        "getgid",
        "getloadavg",
        "getpgid",
        "getuid",
        "killpg",
        "mkfifo",
        "nice",
        "posix_fadvise",
        "posix_fallocate",
        "pread",
        "pwrite",
        "sched_getaffinity",
        "setsid",
        "statvfs",
        "sync",
        "uname",
        "wait",
        "WNOHANG",
        "O_NONBLOCK",
        "O_DIRECTORY",
    ),
    "signal": (
        "SIGALRM",
        "SIGBREAK",
        "SIGCHLD",
        "SIGHUP",
        "SIGKILL",
        "SIGPIPE",
        "SIGQUIT",
        "SIGUSR1",
        "SIGUSR2",
        "SIGXFSZ",
        "alarm",
        "pthread_sigmask",
        "setitimer",
        "sigwait",
    ),
    "select": ("epoll", "kqueue", "poll"),
    "mmap": ("MADV_DONTNEED", "MAP_ANONYMOUS", "MAP_PRIVATE", "PROT_READ"),
    "time": ("tzset", "clock_gettime"),
}
"""What some system lacks, by module."""
Rule = Callable[[ast.Module, str], Iterator[int]]


def _calls(module: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _mode(call: ast.Call, place: int) -> str:
    """The mode of an `open`, a method's first argument or a function's second; "r" where none is given."""
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[place : place + 1]
    return str(getattr(given[0], "value", "")) if given else "r"


def texts(module: ast.Module, _name: str) -> Iterator[int]:
    """Lines that read or write text without an encoding, or write it with a system's own ends of lines."""
    for call in _calls(module):
        words = {word.arg for word in call.keywords}
        name = _called(call)
        is_method = isinstance(call.func, ast.Attribute)
        opens = name in ("open", "fdopen") and not (is_method and ast.unparse(call.func) in ("av.open", "Image.open"))
        mode = _mode(call, 0 if is_method and name == "open" else 1) if opens else ""
        reads = name == "read_text" and ast.unparse(call.func) != "files.read_text" or set(mode) <= set("rt") and mode
        writes = name == "write_text" or (set(mode) & set("wax") and "b" not in mode and name != "TarFile")
        if (reads and "encoding" not in words and not call.args) or (writes and not {"encoding", "newline"} <= words):
            yield call.lineno


def texts_of_programs(module: ast.Module, _name: str) -> Iterator[int]:
    """Lines that run a program and read its text without saying in which encoding."""
    for call in _calls(module):
        words = {word.arg for word in call.keywords}
        if (
            words & {"text", "universal_newlines"}
            and "encoding" not in words
            and "capture_output" in words | {"capture_output" if "stdout" in words else ""}
        ):
            yield call.lineno


def names(module: ast.Module, name: str) -> Iterator[int]:
    """Lines that give a file another name without patience for whoever has it open."""
    for call in _calls(module):
        if name == REPLACES or not isinstance(call.func, ast.Attribute):
            continue
        owner = ast.unparse(call.func.value)
        is_name = owner == "os" or (len(call.args) == 1 and owner not in ("cmds", "section"))  # those are of hosts
        if call.func.attr in ("replace", "rename", "renames") and is_name:
            yield call.lineno


def foreign(module: ast.Module, _name: str) -> Iterator[int]:
    """Lines that use what some system lacks, in a module that does not ask for it by `hasattr` or `getattr`."""
    asked = {
        str(call.args[1].value)
        for call in _calls(module)
        if _called(call) in ("hasattr", "getattr") and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    for node in ast.walk(module):
        used = set[str]()
        brought = set[str]()
        if not isinstance(node, ast.Attribute | ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used = {node.attr} & set(FOREIGN.get(node.value.id, ())) - asked
        elif isinstance(node, ast.Import):
            brought = {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            brought = {(node.module or "").split(".")[0]}
        if used or FOREIGN_MODULES & brought:
            yield node.lineno


RULES: tuple[Rule, ...] = (texts, texts_of_programs, names, foreign)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_what_ships_runs_on_every_system(rule: Rule) -> None:
    """No shipped module leans on the encoding, the ends of lines, the open files or the calls of one system."""
    found = []
    for folder in SHIPPED:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            found += [f"{name}:{line}" for line in rule(ast.parse(path.read_text(encoding="utf-8")), name)]
    assert found == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (texts, "path.write_text(text, encoding='utf-8')"),
        (texts, "path.read_text()"),
        (texts, "open(path, 'a', newline='')"),
        (texts, "path.open('w', encoding='utf-8')"),
        (texts, "path.open()"),
        (texts_of_programs, "subprocess.run(command, capture_output=True, text=True)"),
        (names, "part.replace(path)"),
        (names, "os.replace(part, path)"),
        (foreign, "os.sched_getaffinity(0)"),
        (foreign, "import fcntl"),
        (foreign, "signal.signal(signal.SIGHUP, act)"),
    ],
)
def test_each_rule_catches_what_it_is_for(rule: Rule, code: str) -> None:
    """The rules see what they forbid."""
    assert list(rule(ast.parse(code), "a.py")) == [1]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (texts, "path.write_text(text, encoding='utf-8', newline='')"),
        (texts, "path.open('rb'); path.open('wb'); open(path, 'r+b')"),
        (names, "text.replace('a', 'b'); files.replace(part, path)"),
        (foreign, "os.nice(1) if hasattr(os, 'nice') else 0"),
    ],
)
def test_each_rule_lets_the_rest_pass(rule: Rule, code: str) -> None:
    """The rules see nothing in what every system does."""
    assert list(rule(ast.parse(code), "a.py")) == []
