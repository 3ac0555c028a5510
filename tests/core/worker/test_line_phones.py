"""A line's words and phones over the worker's requests, changed as a host's strip does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facetake import edits, formats
from facetake.errors import FacetakeError
from facetake.worker.channel import Channel
from facetake.worker.requests import Session, act

LINE = Path(__file__).parents[3] / "examples" / "line.wav"
TEXT = "Hold the bridge until the morning bell. I promise you, we will be back before they find the boat."
EMPTY: dict[str, Any] = {}


@pytest.fixture(scope="module")
def session() -> Session:
    """The models, loaded once."""
    return Session()


@pytest.fixture
def line(tmp_path: Path) -> Path:
    """The example in a folder of its own."""
    path = tmp_path / "line.wav"
    path.write_bytes(LINE.read_bytes())
    return path


class Talk:
    """A session, and what it was told."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.told: list[str] = []

    def ask(self, do: str, **fields: object) -> dict[str, Any]:
        """What a request gives."""
        self.told = []
        channel = Channel(1, lambda event: self.told.append(str(event.get("message", ""))))
        return act({"id": 1, "do": do, **fields}, channel, self._session)

    def phones(self, line: Path, change: dict[str, Any] = EMPTY, of: str = "", **said: str) -> dict[str, Any]:
        """The line's phones."""
        return self.ask("phones", audio=str(line), change=change, of=of, **said)


@pytest.fixture
def talk(session: Session) -> Talk:
    """Somebody to ask."""
    return Talk(session)


def test_changes_are_kept_beside_the_sound(talk: Talk, line: Path) -> None:
    """Every kind of change is in the file and in what is shown; putting the state before back is undo, to the byte."""
    path = edits.path_beside(line)
    states = [talk.phones(line, text=TEXT)]
    assert not path.exists() and [one["text"] for one in states[0]["words"]][:3] == ["Hold", "the", "bridge"]
    first = states[0]["phones"]
    moved_s = first[2]["end_s"] - 0.02
    for change in (
        {"do": "move", "place": 2, "edge": "end", "to_s": moved_s},
        {"do": "change", "place": 5, "symbol": "P"},
        {"do": "strengthen", "place": 5, "strength": 1.5},
        {"do": "emphasise", "place": 2, "amount": 1.0},
        {"do": "insert", "at_s": 0.1, "symbol": "M"},
        {"do": "delete", "place": 4},
    ):
        states.append(talk.phones(line, change, states[-1]["edits"], text=TEXT))
        assert path.read_text(encoding="utf-8") == states[-1]["edits"] and not any(talk.told)
    moved = states[1]["phones"][2]
    assert moved["end_s"] == pytest.approx(moved_s, abs=1e-3) and moved["is_edited"] and not first[2]["is_edited"]
    assert states[3]["phones"][5]["symbol"] == "P" and states[3]["phones"][5]["strength"] == 1.5
    assert states[4]["words"][2]["emphasis"] == 1.0
    assert len(states[5]["phones"]) == len(first) + 1 and len(states[6]["phones"]) == len(first)
    for before, now in zip(states[-2::-1], states[:0:-1], strict=True):
        back = talk.phones(line, {"do": "put", "edits": before["edits"]}, now["edits"], text=TEXT)
        assert back == before
    assert not path.exists()


def test_generate_follows_what_was_changed(talk: Talk, line: Path, tmp_path: Path) -> None:
    """A take of the line has the edit, which is told, and says what the words are; without a text, they are known."""
    fields = {"audio": str(line), "out": str(tmp_path / "keys.json"), "text": TEXT}
    plain = talk.ask("generate", **fields, take_out=str(tmp_path / "plain.npz"))
    shown = talk.phones(line, text=TEXT)
    m = next(n for n, one in enumerate(shown["phones"]) if one["symbol"] == "B")
    talk.phones(line, {"do": "change", "place": m, "symbol": "AA"}, shown["edits"], text=TEXT)
    made = talk.ask("generate", **fields, take_out=str(tmp_path / "edited.npz"))

    assert plain["text"] == made["text"] == TEXT
    assert "with the edits of line.edits.toml" in talk.told
    takes = [formats.read(tmp_path / f"{name}.npz").values for name in ("plain", "edited")]
    assert abs(takes[0] - takes[1]).max() > 0.1
    assert edits.read(edits.path_beside(line)).text == TEXT
    assert talk.phones(line)["text"] == TEXT


def test_a_stale_strip_changes_nothing(talk: Talk, line: Path) -> None:
    """Where another program has edited the line meanwhile, the host is shown that, and told; the file stays."""
    shown = talk.phones(line)
    theirs = talk.phones(line, {"do": "delete", "place": 0}, shown["edits"])
    before = edits.path_beside(line).read_bytes()
    again = talk.phones(line, {"do": "delete", "place": 0}, shown["edits"])

    assert again == {**theirs, "is_stale": True} and edits.path_beside(line).read_bytes() == before
    assert any("changed elsewhere meanwhile" in told for told in talk.told)


def test_a_script_in_a_folder(talk: Talk, line: Path, tmp_path: Path) -> None:
    """A file of words, and a folder with one of the sound's name, give what the words give."""
    texts = tmp_path / "texts"
    texts.mkdir()
    (texts / "line.txt").write_text(TEXT, encoding="utf-8")
    expected = talk.phones(line, text=TEXT)

    assert talk.phones(line, script=str(texts)) == expected == talk.phones(line, script=str(texts / "line.txt"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"change": {"do": "turn"}}, "no change 'turn'; use one of move"),
        ({"change": {"do": "delete", "place": 999}}, "place of the phone"),
        ({"change": {"do": "delete"}}, "place of the phone"),
        ({"change": {"do": "move", "place": 1, "edge": "left", "to_s": 1}}, "use start or end"),
        ({"change": {"do": "move", "place": 1, "edge": "end", "to_s": "soon"}}, "to_s"),
        ({"change": {"do": "change", "place": 1, "symbol": "QQ"}}, "no phone 'QQ'"),
        ({"change": {"do": "change", "place": 1, "symbol": 3}}, "no text"),
        ({"change": {"do": "emphasise", "place": 0, "amount": 1}}, "no word to change"),
        ({"change": {"do": "put", "edits": "version = 99"}}, "newer Facetake"),
        ({"text": "a", "script": str(LINE)}, "given once"),
        ({"script": str(LINE)}, "no text that is known"),
        ({"text": "🎤"}, "no word to speak"),
    ],
)
def test_what_cannot_be_is_told(talk: Talk, line: Path, fields: dict[str, Any], said: str) -> None:
    """A sentence that names what is wrong, and no file."""
    with pytest.raises(FacetakeError, match=said):
        talk.ask("phones", audio=str(line), **fields)
    assert not edits.path_beside(line).exists()
