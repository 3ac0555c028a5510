"""TOML into frozen structs: what is read, and what is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetake.config import from_table, load_config, read_table
from facetake.errors import ConfigError
from facetake.timebase import Rate


@dataclass(frozen=True)
class Optimiser:
    """A nested table."""

    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)


@dataclass(frozen=True)
class Run:
    """One of every kind of setting."""

    corpus: Path
    steps: int
    encoder: Literal["mel", "wav2vec2"] = "mel"
    optimiser: Optimiser = field(default_factory=Optimiser)
    voices: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    fps: Fraction = Fraction(60)
    speed: Rate = Fraction(60)
    resume: Path | None = None
    stages: tuple[Optimiser, ...] = ()
    shuffle: bool = True

    def __post_init__(self) -> None:
        """Refuse what no type can."""
        if self.steps < 1:
            raise ValueError("steps must be at least 1")


FULL = """
corpus = "corpus"
steps = 10
encoder = "wav2vec2"
voices = ["slt", "kal"]
fps = "24000/1001"
resume = "last"
shuffle = false
stages = [{ rate = 1 }, { rate = 0.5 }]
[optimiser]
rate = 2
betas = [0.8, 0.9]
[shares]
real = 0.25
"""


def test_every_kind_of_setting_is_read(tmp_path: Path) -> None:
    """Paths, numbers, choices, lists, nested tables and fractions arrive in their types."""
    path = tmp_path / "run.toml"
    path.write_text(FULL, encoding="utf-8")
    expected = Run(
        corpus=Path("corpus"),
        steps=10,
        encoder="wav2vec2",
        optimiser=Optimiser(2.0, (0.8, 0.9)),
        voices=("slt", "kal"),
        shares={"real": 0.25},
        fps=Fraction(24000, 1001),
        resume=Path("last"),
        stages=(Optimiser(1.0), Optimiser(0.5)),
        shuffle=False,
    )
    assert load_config(Run, path) == expected


def test_defaults_fill_what_is_left_out() -> None:
    """Only settings without a default must be given."""
    assert from_table(Run, {"corpus": "c", "steps": 1}, "here") == Run(Path("c"), 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"setps": 3}, 'here: there is no setting "setps"; did you mean "steps"'),
        ({"qqqq": 3}, 'there is no setting "qqqq"; use one of corpus, steps'),
        ({"optimiser": {"rat": 1}}, 'here: optimiser: there is no setting "rat"'),
        ({"steps": "10"}, "here: steps must be a whole number, not '10'"),
        ({"steps": True}, "steps must be a whole number, not True"),
        ({"steps": 1.5}, "steps must be a whole number"),
        ({"steps": 0}, "here: steps must be at least 1"),
        ({"shuffle": 1}, "shuffle must be true or false"),
        ({"encoder": "hubert"}, "encoder must be one of mel, wav2vec2, not 'hubert'"),
        ({"optimiser": {"betas": [0.9]}}, "betas must be a list of 2, not of 1"),
        ({"optimiser": 3}, "optimiser must be a table"),
        ({"voices": "slt"}, "voices must be a list"),
        ({"voices": ["a", 2]}, r"voices\[1\] must be text"),
        ({"shares": {"real": "much"}}, "shares.real must be a number"),
        ({"fps": "fast"}, "here: fps: 'fast' is no time"),
        ({"fps": "1e999999999"}, "here: fps: .* is no time"),
        ({"optimiser": {"rate": float("nan")}}, "here: optimiser: rate is nan, not a number"),
        ({"optimiser": {"rate": 10**400}}, "rate is a number of some 401 digits, not a number that can be used"),
        ({"steps": 2**63}, "here: steps is 9223372036854775808, not a whole number"),
        ({"encoder": 1 << 40000}, "encoder must be one of mel, wav2vec2, not a number of some 12042 digits"),
        ({"speed": "1/1000"}, "here: speed: .* is no frame rate"),
        ({"fps": "1/0"}, "here: fps: '1/0' is no time"),
        ({"resume": 3}, "resume must be a path"),
        ({"stages": [{"rate": 1}, {"rte": 1}]}, r'stages\[1\]: there is no setting "rte"'),
    ],
)
def test_wrong_settings_are_named(change: dict[str, object], message: str) -> None:
    """Each mistake is answered with the setting's name and what it should be."""
    with pytest.raises(ConfigError, match=message):
        from_table(Run, {"corpus": "c", "steps": 1, **change}, "here")


def test_a_missing_setting_is_named() -> None:
    """A setting without a default that is not given is asked for."""
    with pytest.raises(ConfigError, match='the setting "steps" is missing'):
        from_table(Run, {"corpus": "c"}, "here")


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing file, a folder, broken TOML and broken text are each answered with the path."""
    broken = tmp_path / "broken.toml"
    broken.write_text("steps = = 3", encoding="utf-8")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"steps = '\xff\xfe'")
    endless = tmp_path / "endless.toml"
    endless.write_text(f"steps = {'9' * 5000}", encoding="utf-8")
    deep = tmp_path / "deep.toml"
    deep.write_text(f"steps = {'[' * 50_000}", encoding="utf-8")
    dotted = tmp_path / "dotted.toml"
    dotted.write_text(f"steps{'.a' * 50_000} = 1", encoding="utf-8")
    holes = tmp_path / "holes.toml"
    with holes.open("wb") as file:
        file.truncate(10_000_000_000)
    for path in (tmp_path / "absent.toml", tmp_path, broken, binary, endless, deep, dotted, holes):
        with pytest.raises(ConfigError, match="cannot be read|not valid TOML|not UTF-8") as caught:
            load_config(Run, path)
        assert str(path) in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_a_setting(tmp_path: Path) -> None:
    """A file that Windows' editor saved is read as any other."""
    (tmp_path / "run.toml").write_text('corpus = "c"\nsteps = 3', encoding="utf-8-sig")
    assert load_config(Run, tmp_path / "run.toml").steps == 3


def test_only_dataclasses_can_be_read() -> None:
    """Asking for another class is a programmer's mistake."""
    with pytest.raises(ValueError, match="no dataclass"):
        from_table(int, {}, "here")


ANYTHING = st.one_of(st.integers(), st.text(), st.booleans(), st.lists(st.integers()))


@given(st.dictionaries(st.sampled_from(["corpus", "steps", "voices", "fps", "x"]), ANYTHING))
def test_no_table_brings_anything_but_a_config_error(table: dict[str, object]) -> None:
    """Any table at all is read or refused with a ConfigError."""
    try:
        run = from_table(Run, table, "here")
    except ConfigError as error:
        assert str(error).startswith("here")
    else:
        assert run.corpus == Path(str(table["corpus"]))


def test_a_byte_order_mark_is_no_statement(tmp_path: Path) -> None:
    """A file that Notepad saved is read as any other."""
    path = tmp_path / "notepad.toml"
    path.write_bytes(b"\xef\xbb\xbfrate = 60\r\n")
    assert read_table(path) == {"rate": 60}
