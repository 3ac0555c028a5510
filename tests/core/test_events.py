"""What is not speech, as the user marks it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facetake import events, inference
from facetake.errors import ConfigError, ModelError
from facetake.events import Event, EventTrack
from facetake.generate import GenerateOptions, generate
from facetake.inference.event_listener import heard_in


def test_events_are_written_in_one_option() -> None:
    """Kind, stretch and amount, joined by +, in any case and with hyphens, come out in order of time."""
    track = events.parse("laugh@2-3.5:0.7+Breath-In@0.5-1.0")

    assert track.events == (Event("breath_in", 0.5, 1.0), Event("laugh", 2.0, 3.5, 0.7))


def test_a_file_holds_one_event_a_line(tmp_path: Path) -> None:
    """Comments and empty lines are left out, commas may be decimal, and a manner may lie over a burst."""
    path = tmp_path / "line.txt"
    path.write_text("# who\n0,80 1,40 laugh:0,7\n\n0.2 0.7\tgasp\n0.0 1.5 whisper\n", encoding="utf-8")
    track = events.parse(str(path))

    assert [one.kind for one in track.events] == ["whisper", "gasp", "laugh"]
    assert track.events[2] == Event("laugh", 0.8, 1.4, 0.7)


def test_what_is_written_is_read_back() -> None:
    """A track as text is the same track again."""
    track = events.parse("sob@0.25-2:1+cough@2.5-3.125")

    assert events.parse(events.written(track)) == track
    assert events.written(EventTrack()) == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("laugh", "is no event; write 'laugh@0.8-1.4:0.7'"),
        ("laugh@1", "is no event"),
        ("giggle@1-2", "unknown event 'giggle'; known: breath_in"),
        ("laughs@1-2", 'did you mean "laugh"?'),
        ("laugh@2-1", "must lie 0.08 s or more after its start"),
        ("laugh@1-1.01", "must lie 0.08 s or more after its start"),
        ("laugh@1-x", "the end of the laugh"),
        ("laugh@nan-2", "the start of the laugh"),
        ("laugh@1-2:1.5", "the amount of the laugh"),
        ("laugh@1-2+sob@1.5-3", "the sob at 1.5 s begins before the laugh ends at 2 s"),
        ("", "is no event"),
        ("nowhere.txt", "cannot read the event cues in nowhere.txt"),
    ],
)
def test_a_mistake_is_told(text: str, says: str) -> None:
    """Each mistake has a sentence that says what is wrong with which event."""
    with pytest.raises(ConfigError, match=r"^.*" + says.replace("?", r"\?").replace("(", r"\(")):
        events.parse(text)


def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    """The place of a wrong line stands before what is wrong with it."""
    path = tmp_path / "line.txt"
    path.write_text("0.1 0.5 gasp\n0.8 laugh\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="line 2: '0.8 laugh' is no event; write start, end and kind"):
        events.parse(str(path))


def test_an_event_begins_within_the_recording() -> None:
    """One that begins at or after the end is refused; one that only ends after it is cut."""
    track = events.parse("laugh@2-3")
    track.check_within(2.5)

    with pytest.raises(ConfigError, match="the laugh at 2 s begins after the end of the recording, which is 2.00 s"):
        track.check_within(2.0)


@pytest.mark.parametrize("wrong", [("yawn", 0.0, 1.0), ("laugh", 1.0, 1.0), ("laugh", -1.0, 1.0)])
def test_an_event_that_cannot_be_is_no_event(wrong: tuple[str, float, float]) -> None:
    """Programmers are told of kinds and times that cannot be."""
    with pytest.raises(ValueError, match="there is no event|cannot last"):
        Event(*wrong)


def test_what_is_heard_gives_way_to_what_is_marked() -> None:
    """Beside `auto` a marked burst stands, and nothing that is heard lies over it."""
    marked = events.parse("auto+laugh@1-2")
    heard = EventTrack((Event("breath_in", 0.2, 0.6), Event("breath_in", 1.5, 2.1)))

    assert events.is_heard("auto+laugh@1-2") and not events.is_heard("laugh@1-2")
    assert [one.kind for one in events.joined(marked, heard).events] == ["breath_in", "laugh"]


def test_an_event_that_is_heard_is_sure_and_long() -> None:
    """Of a probability over time, stretches count that are sure somewhere, not short, not faint, at an end too."""
    probability = np.zeros(300, np.float32)
    probability[0:20] = 0.99  # the recording begins within it
    probability[100:130] = 0.5
    probability[108:115] = 0.97
    probability[160:190] = 0.6  # never sure
    probability[170] = 0.99  # but for a click
    probability[220:224] = 0.99  # too short
    probability[240:270] = 0.99
    energy_db = np.full(300, -40.0, np.float32)
    energy_db[:60] = -10.0  # the voice
    energy_db[235:275] = -90.0  # a gate's silence
    cut, one = heard_in(probability, energy_db, "breath_in", 0.95)

    assert (cut.start_s, cut.end_s) == (0.0, 20 / 60)
    assert (one.start_s, one.end_s, one.amount) == (100 / 60, 130 / 60, None)
    assert one.confidence == pytest.approx(0.97)


def test_hearing_events_without_a_model_is_refused() -> None:
    """No model ships that hears them: one sentence says so."""
    line = Path(__file__).parents[2] / "examples" / "line.wav"
    with pytest.raises(ModelError, match="declares no model named events"):
        generate(line, GenerateOptions(events="auto"), inference.load(None, 1))
