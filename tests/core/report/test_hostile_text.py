"""Text that would be script, markup or a formula: every field of a report shows it, and nothing runs it."""

from __future__ import annotations

import csv
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest

from facetake import errors, report
from facetake.report import ReportLine
from facetake.report.escaping import cell, inert, shown
from facetake.report.spool import SpooledFinding

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

RUN = "window.owned=1"
PAYLOADS = (
    f"</script><script>{RUN}</script>",
    f"</SCRIPT ><script>{RUN}</script>",
    f"</script\n><svg onload={RUN}>",
    f"</script/x><img src=x onerror={RUN}>",
    f"<!--<script>{RUN}</script>",
    f"<!--<script></script><script>{RUN}</script>-->",
    f"--><script>{RUN}</script>",
    f"--!><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<script>{RUN}</script>",
    f"<script src=data:text/javascript,{RUN}></script>",
    f"<script type=module>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'>",
    f'"><img src=x onerror="{RUN}">',
    f"'><img src=x onerror='{RUN}'>",
    f'" autofocus onfocus="{RUN}" x="',
    f"' autofocus onfocus='{RUN}' x='",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><style><img src=x onerror={RUN}></style>",
    f"<math><mtext></p><img src=x onerror={RUN}></math>",
    f"<body onload={RUN}>",
    f"<body onpageshow={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<select autofocus onfocus={RUN}>",
    f"<textarea autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}></audio>",
    f"<object data=x onerror={RUN}></object>",
    f"<embed src='data:text/html,<script>{RUN}</script>'>",
    f"<iframe src=javascript:parent.{RUN.removeprefix('window.')}></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<a href=javascript:{RUN} id=x>click</a>",
    f"<form action=javascript:{RUN}><input type=submit>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<link rel=stylesheet href=x onerror={RUN}>",
    f"<base href='javascript:{RUN}//'>",
    f"<style>@import'javascript:{RUN}';</style>",
    f"<style onload={RUN}></style>",
    f"</style><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</noscript><script>{RUN}</script>",
    f"<template><script>{RUN}</script></template>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<div style='animation:x' onanimationstart={RUN}>x</div>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={RUN}&#62;",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"\\x3cscript>{RUN}\\x3c/script>",
    f"';{RUN};//",
    f'";{RUN};//',
    f"`;{RUN};//${{{RUN}}}",
    f"\u2028{RUN}\u2029//",
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"{{title}}/* style */<!-- report --><script>{RUN}</script>",
    f"__proto__</script><script>{RUN}</script>",
    f"\x07\x1b]0;x\x07<script>{RUN}</script>",
    f"\U000e003cscript>{RUN}\uff1cscript\uff1e{RUN}",
)
FORMULAS = (
    *("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", " =1+1", '"=1+1', "'=1+1", "=cmd|' /C calc'!A0", "--x"),
    *("a;=1+1;b", "a\t=1+1", "a\n=1+1", "a\r\n+1+1", 'a; "=1+1', "\uff1d1+1", "\uff0b1", "\uff0d1+1", "\uff20SUM(1)"),
    *("+", "-", "="),
)


def hostile(number: int, text: str, folder: Path, *, made: bool) -> ReportLine:
    """A line all of whose fields hold a text, made (with recording and take that are gone) or not."""
    found = SpooledFinding(text, 1.0, 0.5, False, text, (0.5,))
    state, name = (report.DONE, f"{number}m{text}") if made else (report.FAILED, f"{number}f{text}")
    path = folder / text
    own = ((text, text),)
    return ReportLine(
        name, path, path, text, text, text, text, 1.0, state, text, text, 1.0, (found,), text, text, text, own, (text,)
    )


@pytest.fixture
def lines(tmp_path: Path) -> list[ReportLine]:
    """A line made and a line that failed for every text."""
    texts = enumerate((*PAYLOADS, *FORMULAS))
    return [hostile(n, text, tmp_path, made=made) for n, text in texts for made in (True, False)]


def test_no_text_leaves_its_element(lines: list[ReportLine], tmp_path: Path) -> None:
    """Neither markup nor a line end of JavaScript stands as such in the data of the page, the media included."""
    page = report.write(lines, tmp_path, title="\n".join(PAYLOADS)).html.read_text(encoding="utf-8")
    for element in page.split('<script type="application/json"')[1:]:
        body = element.partition(">")[2].partition("</script>")[0]
        assert not set(body) & set("<>&\u2028\u2029")
        if not re.fullmatch(r"[A-Za-z0-9+/=]+", body):  # the head's mesh, which is there with three.js, is base64
            json.loads(body)
    assert page.count("</title>") == page.count("</style>") == 1


def test_one_function_for_each_place() -> None:
    """JSON keeps its value, HTML its text, and both lose every mark that could end an element or begin one."""
    for text in PAYLOADS:
        assert json.loads(inert([text, {text: text}])) == [text, {text: text}]
        assert inert(text).isascii() and not set(inert(text)) & set("<>&")
        assert not set(shown(text)) & set("<>\"'")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    """What a spreadsheet would run, however it cuts the file into cells, gets the mark of text."""
    for part in cell(text).replace("\r", "\n").replace("\t", "\n").replace(";", "\n").split("\n"):
        bare = part.lstrip(' "')
        assert not bare or bare[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"
    assert cell(text).replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "text", ["-0.5", "+3", "1e-05", "-1.5e+10", "a=b", "x@y.org", "well - no", "Papa, mama; Bob", ""]
)
def test_cells_that_stay_as_they_are(text: str) -> None:
    """Numbers and everyday text are not touched."""
    assert cell(text) == text


def test_the_tables_hold_every_text(lines: list[ReportLine], tmp_path: Path) -> None:
    """Whatever stands in a line, CSV and XML are whole, with one guarded cell for each field."""
    made = report.write(lines, tmp_path)
    with made.csv.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert len(rows) == len(lines) and {len(row) for row in rows} == {len(head)}
    for row in rows:
        assert all(not one or one[0] not in "=+-@\t\r" for one in row)
    assert len(list(ElementTree.parse(made.junit).iter("testcase"))) == len(lines)


def opened(browser: Chrome, page: Path) -> None:
    """Opens a page and waits until its first line is shown."""
    browser.get(page.as_uri())
    wait(browser, "'ready' in document.body.dataset")


def wait(browser: Chrome, condition: str) -> None:
    """Returns once a condition holds; fails after half a minute."""
    end = time.monotonic() + 30.0
    while not browser.execute_script(f"return {condition}"):
        assert time.monotonic() < end, condition
        time.sleep(0.01)


SHOWN = """
const text = (name) => document.getElementById(name).textContent, note = document.getElementById("note").value;
return [text("line-id"), text("line-facts"), text("line-text"), text("findings"), text("face-note"), note];
"""
FOREIGN = (
    "svg, math, img, iframe, object, embed, video, marquee, base, form, template, link, [onerror], [onload], [onfocus]"
)


def show(browser: Chrome, number: int) -> list[Any]:
    """Walks to a line and gives what stands in each of its fields."""
    browser.execute_script("delete document.body.dataset.ready")
    browser.find_element("tag name", "body").send_keys("j")
    wait(browser, f"document.body.dataset.ready === '{number}'")
    return list(browser.execute_script(SHOWN))


def as_value(text: str) -> str:
    """A text as a field of one line holds it."""
    return text.replace("\r", "").replace("\n", "")


def test_nothing_runs_in_a_browser(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> None:
    """Title, id, mood, messages, findings, notes, the list's own columns: each is shown as it is, and none is run."""
    title = " ".join(PAYLOADS)
    opened(chromium, report.write(lines, tmp_path, title=title).html)
    table = {line.id: line for line in lines}
    assert chromium.execute_script("return document.querySelector('h1').textContent") == title
    for number in range(len(lines)):
        name, facts, said, findings, missing, note = (
            show(chromium, number) if number else list(chromium.execute_script(SHOWN))
        )
        line = table[name]
        told = f"{line.text}: {line.text}", *line.told
        assert facts == " · ".join([line.character, line.emotion, "1.00 s", line.why, *told])
        assert said == line.text and findings.startswith(line.text) and note == as_value(line.note)
        assert missing == line.message
    assert chromium.execute_script("return window.owned") is None
    assert chromium.execute_script("return document.querySelectorAll(arguments[0]).length", FOREIGN) == 0


def test_missing_media_are_told_as_text(chromium: Chrome, tmp_path: Path) -> None:
    """The sentence about a recording and a take that are gone holds their paths, and shows them."""
    lines = [
        ReportLine(f"{number}", tmp_path / text, tmp_path / text, duration_s=1.0, score=-number)
        for number, text in enumerate(PAYLOADS)
    ]
    opened(chromium, report.write(lines, tmp_path).html)
    for number, line in enumerate(lines):
        missing = (show(chromium, number) if number else list(chromium.execute_script(SHOWN)))[4]
        assert missing.count(errors.line(str(line.audio))) == 2
    assert chromium.execute_script("return window.owned") is None
