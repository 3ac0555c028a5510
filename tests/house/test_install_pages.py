"""The install pages as HTML: as their Markdown says, and whole by themselves."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

pytest.importorskip("markdown_it", reason="the pages are made with the dev extra")

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "pages.py"))
PAGES = SCRIPT["PAGES"]
html = SCRIPT["html"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_its_markdown_gives(page: str) -> None:
    """What lies in the zips and the folder is made of the page as it is; `python docs/pages.py` makes it anew."""
    assert (ROOT / PAGES[page]).read_text(encoding="utf-8") == html(page)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_needs_no_other_file(page: str) -> None:
    """Pictures are inside, links lead to the web alone, and nothing is loaded or run."""
    text = html(page)
    assert re.findall(r"<title>(.+)</title>", text)[0] in text.partition("<body>")[2]
    assert all(target.startswith("data:image/") for target in re.findall(r'src="([^"]+)"', text))
    assert all(target.startswith("https://") for target in re.findall(r'href="([^"]+)"', text))
    assert "<script" not in text and "<link" not in text


def test_the_page_for_artists_is_read_in_two_minutes() -> None:
    """Both ways and how to see that they work take fewer than 480 words, at the usual 240 a minute."""
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8").partition("## Where the plugins look")[0]
    assert len(text.split()) < 480
