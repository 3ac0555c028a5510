"""The house in numbers: what a stranger has to walk through, and what is written more than once.

Run `python tests/house/structure.py [--render SYSTEM ACTOR RUN --audio LINE -o FILM]`. Each number is told with what it
counts.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from types import FrameType

import grimp

ROOT = Path(__file__).parents[2]
PARTS = ("core", "training")
BLOCK = 10
"""Lines that must be alike for a block to count as repeated: fewer are idioms."""
MOST_PASSED = {"audiodvp": 54, "read": 55, "landmark": 68}
"""Modules that a render of each system may pass, as trained by `--settings tiny`: as few as were reached. Tests of the
commands hold them, where such trainings are at hand. Where a network is regressed, as in `quick`, all that `generate`
passes comes beside them."""


@cache
def trees() -> dict[Path, ast.Module]:
    """Every source of the product, parsed."""
    found = [path for part in PARTS for path in sorted((ROOT / part).rglob("*.py")) if "vendor" not in path.parts]
    return {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in found}


def nodes(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of a kind, and the file it is in."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, kind):
                yield path, node


@cache
def graph() -> grimp.ImportGraph:
    """Who imports whom, imports within functions included, those for types alone left out."""
    return grimp.build_graph("facetake", exclude_type_checking_imports=True, cache_dir=None)


def passes_of_a_render(order: list[str]) -> list[str]:
    """The modules of the engine in which a command calls a function, in order, where it runs for the second time.

    Args:
        order: of `facetake portrait render`, without the program's name.
    """
    from facetake import cli

    base = str(ROOT / "core" / "facetake")
    passed: list[str] = []

    def see(frame: FrameType, event: str, _argument: object) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(base) and passed[-1:] != [file] and frame.f_code.co_name != "<module>":
            passed.append(file)

    if cli.main(order):  # what is imported and compiled at first use is not the way of a line
        sys.exit(f"facetake {' '.join(order)} failed; what it passes on the way is of no use")
    sys.setprofile(see)
    try:
        cli.main(order)
    finally:
        sys.setprofile(None)
    return [Path(file).relative_to(base).as_posix() for file in passed]


def root_modules(package: str) -> list[str]:
    """Modules, not packages, that lie loose at the root of a package."""
    folder = ROOT / "core" / Path(*package.split("."))
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def top_level() -> list[str]:
    """Names at the top of `facetake`."""
    folder = ROOT / "core" / "facetake"
    found = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    return sorted(found - {"__init__", "__main__"})


def edges_between_rooms() -> int:
    """Pairs of rooms of `facetake.portrait` of which one imports the other."""
    rooms = {name for name in graph().modules if re.fullmatch(r"facetake\.portrait\.\w+", name)}

    def room(name: str) -> str:
        return ".".join(name.split(".")[:3])

    inner = [name for name in graph().modules if room(name) in rooms]
    pairs = {(room(name), room(other)) for name in inner for other in graph().find_modules_directly_imported_by(name)}
    return len({pair for pair in pairs if pair[0] != pair[1] and pair[1] in rooms})


def stepping_functions() -> list[str]:
    """Functions that move weights themselves, by an optimiser's `step`."""
    found = []
    for path, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef)):
        calls = [one for one in ast.walk(node) if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]
        steps = [one.func for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "step"]
        is_stepping = any(re.search(r"(?i)adam|optimi[sz]er", ast.unparse(one.value)) for one in steps)
        if is_stepping and isinstance(node, ast.FunctionDef):
            found.append(f"{path}:{node.name}")
    return found


def repeated_classes() -> dict[str, list[str]]:
    """Names of classes that are defined more than once, and where each is."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, node in nodes(ast.ClassDef):
        if isinstance(node, ast.ClassDef):
            places[node.name].append(f"{path}:{node.lineno}")
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def array_aliases() -> int:
    """Names that stand for a type of array."""
    return sum(
        isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(("NDArray[", "np.ndarray", "Tensor"))
        for _, node in nodes(ast.Assign)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id[0].isupper()
    )


def packed_share() -> float:
    """Percent of assignments that pack several values for several names: `a, b = x, y`."""
    all_of_them = [node for _, node in nodes((ast.Assign, ast.AnnAssign, ast.AugAssign))]
    packed = [
        node
        for node in all_of_them
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
    ]
    return 100.0 * len(packed) / len(all_of_them)


def repeated_blocks() -> int:
    """Blocks of `BLOCK` lines, without blanks and imports, that stand in more than one place."""
    seen: Counter[str] = Counter()
    for path in trees():
        text = (ROOT / path).read_text("utf-8").splitlines()
        lines = [line.strip() for line in text if line.strip() and not line.strip().startswith(("import ", "from "))]
        blocks = ["\n".join(lines[first : first + BLOCK]) for first in range(len(lines) - BLOCK)]
        seen.update(set(blocks))
    return sum(count > 1 for count in seen.values())


def comments_in_100_lines() -> float:
    """Comments in a hundred lines of code."""
    text = [(ROOT / path).read_text("utf-8") for path in trees()]
    lines = [line for one in text for line in one.splitlines() if line.strip()]
    return 100.0 * sum("# " in line for line in lines) / len(lines)


def bare_constants() -> list[str]:
    """Constants of the product that hold a number and whose reason is not told, as `bare_in` has it."""
    return [f"{path}:{name}" for path in trees() for name in bare_in((ROOT / path).read_text("utf-8"))]


def bare_in(text: str) -> list[str]:
    """Names of a module's constants (in capitals, at its top level) that hold a number without a comment or docstring.

    A comment on its own lines tells of a constant. A docstring right behind, or a line of comment right above, tells of
    the whole run of assignments that it ends or begins; a run ends at a blank line, too.
    """
    tokens = [one for one in tokenize.generate_tokens(StringIO(text).readline) if one.type == tokenize.COMMENT]
    reasons = [one for one in tokens if not re.match(r"#\s*(noqa|type:|fmt:)", one.string)]
    comments = {one.start[0]: one.line.lstrip().startswith("#") for one in reasons}
    body = ast.parse(text).body
    docstrings = {node.lineno for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    found = []
    for run in _runs([node for node in body if isinstance(node, ast.Assign | ast.AnnAssign)]):
        if comments.get(run[0].lineno - 1) or _end(run[-1]) + 1 in docstrings:
            continue
        bare = [node for node in run if comments.keys().isdisjoint(range(node.lineno, _end(node) + 1))]
        found += [name for node in bare for name in _names(node)]
    return found


def _runs(nodes: list[ast.Assign | ast.AnnAssign]) -> Iterator[list[ast.Assign | ast.AnnAssign]]:
    """Assignments that stand on lines one after another."""
    run: list[ast.Assign | ast.AnnAssign] = []
    for node in nodes:
        if run and node.lineno != _end(run[-1]) + 1:
            yield run
            run = []
        run.append(node)
    if run:
        yield run


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    """Names in capitals that are given a value with a number in it."""
    values = [one.value for one in ast.walk(node.value or ast.Constant(None)) if isinstance(one, ast.Constant)]
    if not any(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
    return [name for name in names if name.isupper()]


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--render", nargs=argparse.REMAINDER, help="SYSTEM ACTOR RUN ...: also follow such a render")
    arguments = parser.parse_args()
    if arguments.render:
        passed = passes_of_a_render(["portrait", "render", *arguments.render])
        way = list(dict.fromkeys(passed))
        inside = sum(name.startswith("portrait/") for name in way)
        print(
            f"modules that a render of {arguments.render[0]} passes: {len(way)}, of portrait {inside}: {' '.join(way)}"
        )
    print(f"modules at the root of portrait: {len(root_modules('facetake.portrait'))}")
    print(f"pairs of portrait's rooms that import one another: {edges_between_rooms()}")
    print(f"names at the top of facetake: {len(top_level())}: {' '.join(top_level())}")
    print(f"functions that step an optimiser themselves: {len(stepping_functions())}: {' '.join(stepping_functions())}")
    print(f"class names defined more than once: {len(repeated_classes())}: {' '.join(repeated_classes())}")
    print(f"aliases of array types: {array_aliases()}")
    print(f"packed assignments: {packed_share():.1f} %")
    print(f"blocks of {BLOCK} lines that repeat: {repeated_blocks()}")
    print(f"comments in 100 lines: {comments_in_100_lines():.1f}")
    print(f"constants whose number has no reason: {len(bare_constants())}: {' '.join(bare_constants())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
