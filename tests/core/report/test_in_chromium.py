"""The page in a real browser: opened from the disk, without a network, and used as a person would."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facetake import formats, report
from facetake.batch import approvals
from facetake.face import head as heads
from facetake.face.head import FLIP
from facetake.render.video import write_video
from facetake.report import ReportLine, png, three
from facetake.rig import NEUTRAL
from facetake.take import Take

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

CLOSED_S = 0.5
OPEN_S = 1.5
WORST_FIRST = ["lost", "shaky", "hostile", "calm_2", "calm_1", "later"]
PATIENCE_S = 60.0
needs_three = pytest.mark.skipif(
    not three.modules(), reason="three.js is not here: there was no npm when Facetake was built"
)

# Grey of a stretch of the drawn face, given in shares of its width and height, on 40 by 40 points
LOOK = """
const [left, top, width, height] = arguments, face = document.getElementById("face");
const small = new OffscreenCanvas(40, 40), context = small.getContext("2d");
context.drawImage(face, left * face.width, top * face.height, width * face.width, height * face.height, 0, 0, 40, 40);
const { data } = context.getImageData(0, 0, 40, 40);
return Array.from({ length: 1600 }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
"""
IDS = """
const rows = [...document.querySelectorAll(".line:not([hidden])")].sort((a, b) => a.ariaRowIndex - b.ariaRowIndex);
return rows.map((row) => row.querySelector(".id").textContent);
"""
MOUTH = (0.42, 0.58, 0.16, 0.18)
SKY = (0.0, 0.0, 0.12, 0.12)
POSE = """
const done = arguments[arguments.length - 1], [weights, seal, angles] = arguments;
Promise.all([import("report/face"), import("report/glb"), import("report/media")]).then(async ([face, glb, media]) => {
  const head = new face.Face(glb.readGlb(await media.inflate(document.getElementById("head").textContent)));
  head.pose(weights, seal, angles);
  done([Array.from(head.positions), Array.from(head.source), Array.from(head.uv)]);
}, (error) => done(String(error)));
"""


class Page:
    """A report in a browser, by what a person sees and does."""

    def __init__(self, browser: Chrome, path: Path) -> None:
        self.browser = browser
        browser.get(path.as_uri())
        self.wait(lambda: self.run("return 'ready' in document.body.dataset"))

    def run(self, script: str, *arguments: object) -> Any:
        """What a script returns."""
        return self.browser.execute_script(script, *arguments)

    def wait(self, condition: Callable[[], object]) -> None:
        """Returns once the condition holds; a TimeoutError if it does not for a minute."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError("the page did not come to what was waited for")
            time.sleep(0.02)

    def part(self, name: str) -> Any:
        """An element by its id."""
        return self.browser.find_element("id", name)

    def ids(self) -> list[str]:
        """Ids of the rows shown, from top to bottom."""
        return list(self.run(IDS))

    def sort(self, column: str) -> None:
        """Clicks a column's head."""
        self.browser.find_element("css selector", f"[data-column={column}]").click()

    def choose(self, name: str, title: str) -> None:
        """Sets a filter to the choice that begins with `title`."""
        field = self.part(f"filter-{name}")
        next(option for option in field.find_elements("tag name", "option") if option.text.startswith(title)).click()

    def keys(self, *keys: str) -> None:
        """Presses keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def open(self, name: str) -> None:
        """Clicks a line and waits until it is unpacked."""
        self.run("delete document.body.dataset.ready")
        place = self.ids().index(name) + 2
        self.browser.find_element("css selector", f".line:not([hidden])[aria-rowindex='{place}'] .id").click()
        self.wait(lambda: self.run("return 'ready' in document.body.dataset"))

    def seek(self, instant_s: float) -> None:
        """Goes to an instant of the recording."""
        script = "const a = document.getElementById('audio'); a.currentTime = arguments[0]; return a.duration"
        self.run(script, instant_s)
        self.wait(lambda: self.run("return !document.getElementById('audio').seeking"))
        self.run("return new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")

    def look(self, where: tuple[float, float, float, float]) -> NDArray[np.float64]:
        """Grey values of a stretch of the drawn face."""
        return np.array(self.run(LOOK, *where))

    def errors(self) -> list[str]:
        """What the browser complained of since the last time."""
        return [entry["message"] for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean absolute difference of two looks, in grey levels of 255."""
    return float(np.abs(one - other).mean())


@pytest.fixture
def page(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> Page:
    """The report of six lines, opened."""
    return Page(chromium, report.write(lines, tmp_path, title="Six lines").html)


def test_sorts_by_any_column(page: Page) -> None:
    """Worst first to begin with; a click sorts by a column, a second one the other way around, and heads say so."""
    assert page.ids() == WORST_FIRST
    page.sort("id")
    assert page.ids() == sorted(page.ids(), key=str.lower) and page.ids()[0] == "calm_1"
    page.sort("id")
    assert page.ids()[0] == "shaky"
    heads_ = page.browser.find_elements("css selector", "[role=columnheader]")
    assert [head.get_attribute("aria-sort") for head in heads_].count("descending") == 1
    page.sort("checks")
    assert page.ids()[:3] == ["lost", "shaky", "hostile"]
    page.sort("rank")
    assert page.ids() == WORST_FIRST
    assert page.errors() == []


def test_filters_and_searches(page: Page) -> None:
    """Character, emotion, failed check, verdict and words each narrow the list, and Reset takes them back."""
    page.choose("character", "Bob")
    assert page.ids() == ["lost", "calm_2", "later"]
    page.choose("check", "every one passed")
    assert page.ids() == ["calm_2"]
    page.part("reset").click()
    page.choose("emotion", "happy:0.7")
    assert page.ids() == ["calm_1"]
    page.part("reset").click()
    page.choose("check", "unsealed")
    assert page.ids() == ["shaky", "hostile"]
    page.part("reset").click()
    page.part("search").send_keys("MAMA papa")
    page.wait(lambda: page.ids() == ["shaky"])
    page.part("search").send_keys(" nowhere")
    page.wait(lambda: page.ids() == [])
    assert page.part("none").is_displayed()
    page.part("reset").click()
    assert page.ids() == WORST_FIRST


def test_keys_walk_through_the_lines(page: Page) -> None:
    """J and the arrow go down, K up, and the selected row is told to a screen reader."""
    page.keys("j", "\ue015", "\ue015", "k")
    assert page.part("line-id").text == "hostile"
    chosen = page.browser.find_element("css selector", ".line[aria-selected=true]")
    assert page.part("grid").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert "owned" not in page.browser.title


@needs_three
def test_the_face_moves_with_the_sound(page: Page) -> None:
    """The space bar plays and stops; the mouth, shut in the first half, is open in the second, and the wall still."""
    page.open("shaky")
    page.seek(CLOSED_S)
    shut = page.look(MOUTH)
    wall = page.look(SKY)
    page.seek(CLOSED_S + 0.02)
    assert difference(page.look(MOUTH), shut) < 3.0
    page.part("speed").find_element("css selector", "[value='0.25']").click()
    page.run("document.getElementById('grid').focus()")
    page.seek(CLOSED_S + 0.3)
    page.keys(" ")
    page.wait(lambda: page.part("play").get_attribute("aria-label") == "Pause")
    page.wait(lambda: page.run("return document.getElementById('audio').currentTime") > OPEN_S - 0.3)
    page.keys(" ")
    page.wait(lambda: page.run("return document.getElementById('audio').paused"))
    assert difference(page.look(MOUTH), shut) > 15.0
    assert difference(page.look(SKY), wall) < 1.0
    page.seek(CLOSED_S)
    assert difference(page.look(MOUTH), shut) < 1.0
    assert page.errors() == []


@needs_three
def test_the_page_poses_the_head_as_the_preview_does(page: Page) -> None:
    """Any weights, seal and turn give the preview's vertices within a hundredth of a millimetre, and its gaze."""
    head = heads.load()
    rng = np.random.default_rng(4)
    weights = rng.uniform(0, 0.6, (1, len(head.names))).astype(np.float32)
    angles = np.array([[9.0, -6.0, 4.0]], np.float32)
    found = page.browser.execute_async_script(POSE, weights[0].tolist(), 0.7, angles[0].tolist())
    assert not isinstance(found, str), found
    positions, source, uv = (np.array(one) for one in found)
    wanted = head.deform(weights, angles, np.array([0.7], np.float32))[0] * FLIP
    assert np.abs(positions.reshape(-1, 3) - wanted[source]).max() < 1e-5
    assert np.abs(uv.reshape(-1, 2) * heads.ATLAS - head.look(head.gaze_deg(weights)[0])).max() < 0.01


PORTRAIT_AT = """
const small = new OffscreenCanvas(1, 1), context = small.getContext("2d");
context.drawImage(document.getElementById("portrait"), 0, 0, 1, 1);
return Array.from(context.getImageData(0, 0, 1, 1).data).slice(0, 3);
"""
RED = (200, 20, 20)
GREEN = (20, 200, 20)


def portrayed(folder: Path, lines: list[ReportLine]) -> list[ReportLine]:
    """The lines, of which one has a film that is red while its mouth is shut and then green, and one a red picture."""
    colours = np.array([RED] * 25 + [GREEN] * 25, np.uint8)
    write_video(folder / "shaky.mp4", (np.full((64, 64, 3), colour) for colour in colours), Fraction(25))
    (folder / "calm_1.png").write_bytes(png.encode(np.full((64, 64, 3), RED, np.uint8)))
    files = {"shaky": folder / "shaky.mp4", "calm_1": folder / "calm_1.png", "calm_2": folder / "gone.png"}
    return [replace(line, portrait=files.get(line.id)) for line in lines]


def film(page: Page, what: str) -> Any:
    """A property of the portrait."""
    return page.run(f"return document.getElementById('portrait').{what}")


def test_a_portrait_stands_beside_the_face(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> None:
    """A film keeps to the recording's time and a picture stands still; a line without one has the face alone, and one
    that is gone is told and leaves no hole.
    """
    page = Page(chromium, report.write(portrayed(tmp_path, lines), tmp_path).html)

    def is_red() -> bool:
        red, green, _ = page.run(PORTRAIT_AT)
        return bool(red > green + 100)

    page.open("shaky")
    page.wait(lambda: film(page, "readyState") >= 2)
    width = page.part("portrait").rect["width"]
    assert page.part("face").rect["width"] == width
    for instant, wanted in ((CLOSED_S, True), (OPEN_S, False), (CLOSED_S, True)):
        page.seek(instant)
        page.wait(lambda wanted=wanted: is_red() == wanted)  # type: ignore[misc]
    page.run("document.getElementById('grid').focus()")
    page.keys(" ")
    page.wait(lambda: film(page, "currentTime") > OPEN_S - 0.3)
    page.keys(" ")
    page.wait(lambda: film(page, "paused"))
    page.open("calm_1")
    page.wait(lambda: film(page, "complete"))
    assert is_red() and page.part("portrait").tag_name == "img"
    page.open("hostile")
    assert page.part("face").rect["width"] > 1.9 * width and page.errors() == []
    page.open("calm_2")
    page.wait(lambda: page.part("face").rect["width"] > 1.9 * width)
    assert "gone.png cannot be read" in page.part("face-note").text


def test_beyond_the_budget_a_portrait_is_shown_from_where_it_lies(
    chromium: Chrome, lines: list[ReportLine], tmp_path: Path
) -> None:
    """A page that carries nothing shows film and picture all the same, in time with the recording."""
    page = Page(chromium, report.write(portrayed(tmp_path, lines), tmp_path, media_mb=0).html)
    page.open("shaky")
    page.wait(lambda: film(page, "readyState") >= 2)
    page.seek(OPEN_S)
    page.wait(lambda: film(page, "currentTime") == OPEN_S)
    page.open("calm_1")
    page.wait(lambda: film(page, "naturalWidth") == 64)
    assert page.errors() == []


def test_verdicts_are_exported_and_kept(page: Page, lines: list[ReportLine], tmp_path: Path) -> None:
    """Approved and rejected with keys and a note, taken back, exported as a file; a reload still knows them."""
    page.open("shaky")
    page.keys("r")
    page.part("note").send_keys('lips "open" on p </script>', "\ue006")
    page.keys("j", "a", "j", "a", "a", "j", "a")
    page.part("export").click()
    file = tmp_path / "down" / "facetake-approvals.json"
    page.wait(lambda: whole(file))
    digest = {line.id: line.take_sha256 for line in lines}
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document == {
        "facetake_approvals": 1,
        "lines": {
            "shaky": {"verdict": "rejected", "note": 'lips "open" on p </script>', "take_sha256": digest["shaky"]},
            "hostile": {"verdict": "approved", "note": lines[3].note, "take_sha256": digest["hostile"]},
            "calm_1": {"verdict": "approved", "note": "", "take_sha256": digest["calm_1"]},
        },
    }
    again = Page(page.browser, tmp_path / "report.html")
    assert "2 approved" in again.part("summary").text and "1 rejected" in again.part("summary").text
    again.open("shaky")
    assert again.part("note").get_attribute("value") == 'lips "open" on p </script>'
    assert again.part("reject").get_attribute("aria-pressed") == "true"
    again.choose("verdict", "approved")
    assert again.ids() == ["hostile", "calm_1"]


def test_a_verdict_is_of_one_take(page: Page, lines: list[ReportLine], tmp_path: Path) -> None:
    """Made anew, a take's row is open again, and its neighbour's verdict stays."""
    from dataclasses import replace

    page.open("shaky")
    page.keys("a", "j", "r")
    lines[2] = replace(lines[2], take_sha256="f" * 64)
    again = Page(page.browser, report.write(lines, tmp_path, title="Six lines").html)
    again.choose("verdict", "rejected")
    assert again.ids() == ["hostile"]
    again.choose("verdict", "approved")
    assert again.ids() == []


def test_beyond_the_budget_the_recording_plays_from_where_it_lies(
    chromium: Chrome, lines: list[ReportLine], tmp_path: Path
) -> None:
    """A line whose media the page does not carry says so and plays all the same; where it cannot, it says that."""
    lines[1].audio.unlink()
    page = Page(chromium, report.write(lines, tmp_path, media_mb=0).html)
    page.open("calm_1")
    assert "Beyond the report's media budget" in page.part("face-note").text
    page.keys(" ")
    page.wait(lambda: page.run("return document.getElementById('audio').currentTime") > 0.05)
    page.open("calm_2")
    page.wait(lambda: "cannot be reached" in page.part("face-note").text)


def test_ten_thousand_rows_are_few_elements(chromium: Chrome, tmp_path: Path) -> None:
    """From top to end the document holds less than a hundred row elements, and the last line is there."""
    many = (
        ReportLine(f"line_{n:05d}", tmp_path / "a.wav", text="Said.", duration_s=1.0, score=-n) for n in range(10_000)
    )
    page = Page(chromium, report.write(many, tmp_path, media_mb=0).html)
    for share in (0.0, 0.31, 0.77, 1.0):
        script = "const s = document.getElementById('scroller'); s.scrollTop = arguments[0] * s.scrollHeight;"
        page.run(script + "return new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))", share)
        count = page.run("return document.querySelectorAll('.line').length")
        assert 20 < count < 100
    assert page.ids()[-1] == "line_09999"
    assert page.part("shown").text == "10,000 of 10,000 shown"
    page.part("search").send_keys("line_07777")
    page.wait(lambda: page.ids() == ["line_07777"])


PHONE: dict[str, object] = {"width": 420, "height": 860, "deviceScaleFactor": 1, "mobile": True}
SMALL: dict[str, object] = {"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": False}


@pytest.fixture
def sized(chromium: Chrome) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Sets the window's size; as it was afterwards."""
    yield lambda size: chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_verdicts_are_in_sight_on_a_small_screen(
    sized: Callable[[Mapping[str, object]], None], page: Page, lines: list[ReportLine]
) -> None:
    """At 1280 by 720 both buttons, the note and the curves are in the window, and nothing runs out of it sideways."""
    sized(SMALL)
    page.open("shaky")
    for name in ("approve", "reject", "note", "timeline"):
        box = page.part(name).rect
        assert box["y"] > 0 and box["y"] + box["height"] <= 720 and box["x"] + box["width"] <= 1280
    assert page.run("return document.documentElement.scrollWidth") == 1280


def test_a_phone_shows_the_list_or_the_line(sized: Callable[[Mapping[str, object]], None], page: Page) -> None:
    """At 420 the list has the width; a tap opens the line over it, with its verdict in sight, and Back closes it."""
    sized(PHONE)
    page.wait(lambda: page.run("return document.querySelector('.line').offsetHeight") == 48)
    assert not page.part("approve").is_displayed()
    page.open("shaky")
    box = page.part("approve").rect
    assert page.part("approve").is_displayed() and box["y"] + box["height"] < 200
    assert page.run("return document.documentElement.scrollWidth") == 420
    page.part("back").click()
    assert not page.part("approve").is_displayed() and page.ids() == WORST_FIRST
    assert page.errors() == []


def test_columns_without_anything_are_left_out(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> None:
    """Neither head nor filter of a column stands there in which no line has anything."""
    bare = [replace(line, character="", emotion="", text="", findings=()) for line in lines[:2]]
    page = Page(chromium, report.write(bare, tmp_path).html)
    heads_ = page.browser.find_elements("css selector", "[data-column]")
    assert [head.get_attribute("data-column") for head in heads_] == ["rank", "id", "percentile", "duration", "verdict"]
    assert not page.part("by-character").is_displayed() and page.part("filter-verdict").is_displayed()
    assert page.errors() == []


def test_many_are_approved_at_once(page: Page, lines: list[ReportLine]) -> None:
    """What is shown, was made and has no verdict is approved after a question; what has one keeps it."""
    page.open("shaky")
    page.keys("r")
    page.choose("character", "Ann")
    page.part("bulk").click()
    page.browser.switch_to.alert.dismiss()
    assert "approved" not in page.part("summary").text
    page.part("bulk").click()
    page.browser.switch_to.alert.accept()
    page.wait(lambda: "1 approved" in page.part("summary").text)
    page.part("reset").click()
    page.choose("verdict", "approved")
    assert page.ids() == ["calm_1"]


def whole(file: Path) -> bool:
    """Whether a file that the browser saves is all there: it stands empty while its bytes come beside."""
    return file.exists() and file.stat().st_size > 0 and not list(file.parent.glob("*.crdownload"))


def exported(page: Page, folder: Path) -> dict[str, Any]:
    """The lines of the file that the page exports."""
    page.part("export").click()
    file = folder / "down" / "facetake-approvals.json"
    page.wait(lambda: whole(file))
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["lines"]
    return found


def test_a_verdict_taken_back_is_exported(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> None:
    """What the list holds, or a file told before, is told again as nothing when it is taken back; both are read."""
    lines[2] = replace(lines[2], verdict="rejected")
    page = Page(chromium, report.write(lines, tmp_path).html)
    page.open("calm_1")
    page.keys("a")
    assert {name: one["verdict"] for name, one in exported(page, tmp_path).items()} == {
        "shaky": "rejected",
        "calm_1": "approved",
    }
    page.keys("a")
    page.open("shaky")
    page.keys("r")
    (tmp_path / "down" / "facetake-approvals.json").unlink()
    exported(page, tmp_path)
    found = approvals.read(tmp_path / "down" / "facetake-approvals.json")
    assert {name: (one.verdict, one.take_sha256) for name, one in found.items()} == {
        "shaky": ("", lines[2].take_sha256),
        "calm_1": ("", lines[0].take_sha256),
    }
    assert page.errors() == []


def test_a_note_without_a_verdict_is_exported(page: Page, lines: list[ReportLine], tmp_path: Path) -> None:
    """A note alone is worth telling, also of a line that could not be made; what nobody touched is not."""
    page.open("calm_2")
    page.part("note").send_keys("x" * 300)
    page.open("lost")
    page.part("note").send_keys("where is it?")
    found = exported(page, tmp_path)
    assert found == {
        "lost": {"verdict": "", "note": "where is it?", "take_sha256": ""},
        "calm_2": {"verdict": "", "note": "x" * 300, "take_sha256": lines[1].take_sha256},
    }
    assert set(approvals.read(tmp_path / "down" / "facetake-approvals.json")) == set(found)
    assert "2 with a note alone" in page.part("summary").text


def test_a_mood_is_set_right(chromium: Chrome, lines: list[ReportLine], tmp_path: Path) -> None:
    """What was heard is told where it was asked for; another mood is chosen, exported, and taken back by "as heard"."""
    told = {"heard": "heard angry, 70 % sure", "heard_emotion": "angry", "certainty": 0.7, "emotion": "auto"}
    lines[0] = replace(lines[0], **told)  # type: ignore[arg-type]
    lines[2] = replace(lines[2], **told, correction="surprise:0.65")  # type: ignore[arg-type]
    page = Page(chromium, report.write(lines, tmp_path).html)
    page.open("calm_2")
    assert not page.part("mood").is_displayed()
    page.open("shaky")
    assert page.part("correction").get_attribute("value") == "surprise:0.65"
    page.part("correction").find_element("css selector", "option[value='']").click()
    page.open("calm_1")
    assert page.part("heard").text == "auto heard angry, 70 % sure"
    page.part("correction").find_element("css selector", "option[value='sad:0.7']").click()
    row = page.browser.find_element("css selector", ".line[aria-selected=true]")
    assert "sad:0.7, set right" in row.text
    found = exported(page, tmp_path)
    assert {name: one["emotion"] for name, one in found.items()} == {"shaky": "", "calm_1": "sad:0.7"}
    assert page.errors() == []


@needs_three
def test_the_approved_version_in_turn_with_the_new_one(
    chromium: Chrome, lines: list[ReportLine], tmp_path: Path
) -> None:
    """B shows the version that was approved at the same moment, and the new one again; others have no such button."""
    still = tmp_path / "still.npz"
    formats.write(Take(np.tile(NEUTRAL, (120, 1)), Fraction(60)), still)
    lines[2] = replace(lines[2], approved=still)
    page = Page(chromium, report.write(lines, tmp_path).html)
    page.open("calm_1")
    assert not page.part("version").is_displayed()
    page.open("shaky")
    page.seek(OPEN_S)
    new = page.look(MOUTH)
    page.keys("b")
    assert page.part("version").text == "Approved version" and difference(page.look(MOUTH), new) > 10.0
    page.part("version").click()
    assert page.part("version").text == "New take" and difference(page.look(MOUTH), new) < 1.0
