"""What documents say is true: links lead somewhere, commands are ones that the programs take, named files are there."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

import facetake.cli
from facetake.errors import FacetakeError

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))))


@cache
def text_of(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def commands(program: str) -> list[tuple[str, str]]:
    """Each line of a shell block that runs a program, without its comment, and its page."""
    found = []
    for page in PAGES:
        for block in re.findall(r"(?ms)^```sh\n(.*?)^```", text_of(page)):
            found += [(page, line) for line in block.splitlines() if line.startswith(f"{program} ")]
    return found


def words_of(line: str) -> list[str]:
    """A command's words behind the program's name; a pattern stands for one file."""
    return [word.replace("*", "all") for word in shlex.split(line, comments=True)[1:]]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link and picture of a page is a file, and every anchor a heading of its page."""
    for target in re.findall(r"\]\(([^)]+)\)", text_of(page)):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        place = (ROOT / page).parent / name if name else ROOT / page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    """What links to the headings of a page are called: small letters, hyphens for spaces, no other signs."""
    headings = re.findall(r"(?m)^#+ +(.+)$", text)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_tests_and_files_that_are_named_are_there(page: str) -> None:
    """Every path of this repository that a page names in code is there."""
    named = re.findall(
        r"(?:tests|core/facetake|training|examples|docs|maya_plugin|unreal_bridge|blender_addon)/[\w./-]*[\w/]",
        text_of(page),
    )
    for path in {path for path in named if "*" not in path}:
        assert (ROOT / path).exists() or (ROOT / path).with_suffix(".py").exists(), path


@pytest.mark.parametrize("page", PAGES)
def test_modules_that_are_named_are_there(page: str) -> None:
    """Every `facetake.x` in code that a page names is a module, or a name within one."""
    for name in set(re.findall(r"`(facetake(?:_host|_training)?(?:\.(?!toml`)[a-z_]+)+)`", text_of(page))):
        base = ROOT / ("training" if name.startswith("facetake_training") else "core")
        place = base.joinpath(*name.split("."))
        module, within = (place, "") if is_module(place) else (place.parent, place.name)
        assert is_module(module), name
        assert not within or defines(module, within), name


def is_module(place: Path) -> bool:
    """Whether a path without suffix is a module or a package."""
    return place.is_dir() or place.with_suffix(".py").is_file()


def defines(module: Path, name: str) -> bool:
    """Whether a module has a name at its top."""
    source = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
    tops = ast.parse(source.read_text(encoding="utf-8")).body
    assigned = {
        target.id
        for top in tops
        for target in (top.targets if isinstance(top, ast.Assign) else [getattr(top, "target", None)])
        if isinstance(target, ast.Name)
    }
    imported = {one.asname or one.name for top in tops if isinstance(top, ast.ImportFrom) for one in top.names}
    return name in assigned | imported | {getattr(top, "name", None) for top in tops}


@pytest.mark.parametrize(("page", "line"), commands("facetake"))
def test_commands_are_ones_that_facetake_takes(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of a page is taken as it stands: no option and no choice of it is unknown."""
    taken: list[argparse.Namespace] = []

    def take(arguments: argparse.Namespace) -> int:
        taken.append(arguments)
        return 0

    monkeypatch.setattr(facetake.cli, "_run", take)
    assert facetake.cli.main(words_of(line)) == 0
    assert taken


@pytest.mark.parametrize(("page", "line"), commands("facetake-train"))
def test_commands_are_ones_that_training_takes(page: str, line: str) -> None:
    """Each command of a page is taken as it stands, and the settings it names are there."""
    from facetake_training import cli

    try:
        assert callable(cli._parser().parse_args(words_of(line)).run)
    except (SystemExit, FacetakeError) as error:
        pytest.fail(f"{line}: {error}")
