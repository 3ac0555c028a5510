"""What `facetake-train` is given by mistake: one sentence each, and before any work is done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "training" / "configs"
WITHOUT = "import sys; sys.modules['{}'] = None; from facetake_training.cli import main; sys.exit(main(sys.argv[1:]))"
COMMANDS = [
    ("emoface", CONFIGS / "emoface_taught.toml"),
    ("viseme", CONFIGS / "viseme_shipped.toml"),
    ("facts", CONFIGS / "facts_shipped.toml"),
    ("lip-teacher", CONFIGS / "lip_teacher.toml"),
    ("audio-emotion", CONFIGS / "audio_emotion_shipped.toml"),
    ("audio-emotion-paper", CONFIGS / "audio_emotion_paper.toml"),
    ("export", CONFIGS / "emoface_taught.toml"),
    ("evaluate", CONFIGS / "emoface_taught.toml"),
    ("finetune", ROOT / "examples"),
    ("styles", ROOT / "examples"),
]


@pytest.mark.parametrize(("command", "given"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_without_torch_the_extra_is_named(command: str, given: Path, tmp_path: Path) -> None:
    """Each command that needs torch says so and how to get it."""
    out = ["-o", str(tmp_path / "out")] if command in ("export", "finetune", "styles") else []
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format("torch"), command, str(given), *out],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert 'pip install "facetake[train]"' in done.stderr


torch = pytest.importorskip("torch", reason="torch comes with the train extra")

DRAWS = ("numba", "av", "PIL", "skimage", "librosa", "mediapipe")


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (["import", "takes", "-o", "out"], "nothing to import in takes"),
        (["finetune", "takes", "-o", "out"], "nothing to import in takes"),
        (["styles", "takes", "-o", "out"], "takes holds no takes"),
        (["export", "gone.toml", "-o", "out"], "gone.toml"),
        (["measure", "lips", "--truth", "gone.npz", "--audio", "takes"], "gone.npz"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_train_extra_alone_serves_takes(order: list[str], says: str, tmp_path: Path) -> None:
    """What draws faces comes with other extras, and learning from takes asks for none of it."""
    (tmp_path / "takes").mkdir()
    absent = f"import sys; sys.modules |= dict.fromkeys({DRAWS}); "
    done = subprocess.run(
        [sys.executable, "-c", absent + "from facetake_training.cli import main; sys.exit(main(sys.argv[1:]))", *order],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and says in done.stderr, done.stderr


from facetake_training.cli import main  # noqa: E402  after the skip


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line that a command ends with."""
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("facetake-train: error: "), said
    return said


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 5000, "[" * 20_000, "\0", "out = 3", ""])
@pytest.mark.parametrize("command", ["corpus", "emoface", "viseme", "facts", "lip-teacher", "audio-emotion", "export"])
def test_configurations_that_are_none(
    command: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Brackets without end, numbers without end, no TOML, other types and nothing at all."""
    (tmp_path / "run.toml").write_text(text, encoding="utf-8")
    out = ["-o", str(tmp_path / "out")] if command == "export" else []
    assert "run.toml" in told(capsys, command, str(tmp_path / "run.toml"), *out)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("audio_emotion_paper", "the network of audio-emotion-paper is there"),
        ("audio_emotion_former", "the network of audio-emotion-paper is there"),
        ("lip_teacher", "a teacher of lips makes no model"),
        ("corpus_shipped", "a corpus is no model"),
        ("corpus_real", "a corpus is no model"),
    ],
)
def test_what_is_not_exported_says_what_is(
    name: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that makes no model names what to export in its place."""
    line = told(capsys, "export", str(CONFIGS / f"{name}.toml"), "-o", str(tmp_path))
    assert f"{name}.toml is not exportable: {says}" in line and "export" in line.partition(says)[2]


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.toml")), ids=lambda path: path.stem)
def test_no_shipped_configuration_is_misread_by_export(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each one is told to be without a checkpoint or not exportable; of none a setting is unknown."""
    monkeypatch.chdir(tmp_path)
    line = told(capsys, "export", str(path), "-o", str(tmp_path / "out"))
    assert "there is no setting" not in line and "unforeseen" not in line


def test_a_teacher_s_missing_weights_are_told_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two encoders the second one's file is missing: nothing is heard before that is told."""
    from facetake_training import lip_teacher

    def hear(*_: object) -> None:
        pytest.fail("a sound was heard")

    monkeypatch.setattr(lip_teacher, "read", hear)
    monkeypatch.setattr(lip_teacher, "clips", hear)
    (tmp_path / "run.toml").write_text(
        f'out = "{tmp_path.as_posix()}/out"\nencoders = [{{files = ["W"], width = 384, layers = 1}}]\n'
        '[[tracked]]\ntruth = "lips.npz"\naudio = "audio"\n',
        encoding="utf-8",
    )
    assert "W" in told(capsys, "lip-teacher", str(tmp_path / "run.toml"))
