"""Training the restyler and the viseme classifier: their examples, their losses, and models made of their runs."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from facetake import formats, inference, rig  # noqa: E402  after the skip
from facetake.config import load_config  # noqa: E402
from facetake.emotion import EMOTIONS  # noqa: E402
from facetake.errors import ConfigError, ModelError  # noqa: E402
from facetake.inference.restyling import CONTEXT_FRAMES  # noqa: E402
from facetake.networks.facts import Discriminator, SequenceNetSize  # noqa: E402
from facetake.take import Take  # noqa: E402
from facetake_training import facts, shipping, viseme  # noqa: E402
from facetake_training.cli import main  # noqa: E402
from facetake_training.dataset import SourceConfig  # noqa: E402
from facetake_training.facts import FactsConfig, FactsLoss  # noqa: E402
from facetake_training.measure import restyle  # noqa: E402
from facetake_training.styles import UNKNOWN, StyleConfig, Styles  # noqa: E402
from facetake_training.viseme import VisemeConfig  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "training" / "configs"
SIZE = SequenceNetSize(hidden=12, blocks=1, layers=1, dropout=0.0)


def data(corpus: Path, **changes: object) -> StyleConfig:
    """Two actors on the small corpus."""
    config = StyleConfig((SourceConfig(corpus),), ("house", "ada"), frames=20, windows=3)
    return replace(config, **changes)  # type: ignore[arg-type]


def hearing(folder: Path, corpus: Path) -> VisemeConfig:
    """A run of the classifier of two rounds."""
    return VisemeConfig(folder, data(corpus), SIZE, steps=2, lines=2, workers=0, threads=1)


@pytest.fixture
def classifier(tmp_path: Path, corpus: Path) -> Path:
    """The folder of a finished run of the classifier."""
    return viseme.train(hearing(tmp_path / "viseme", corpus)).parent


def tiny(tmp_path: Path, corpus: Path, classifier: Path, **loss: object) -> FactsConfig:
    """A run of the restyler of two rounds with every loss."""
    weights = replace(FactsLoss(own=1.0, paired=1.0), **loss)  # type: ignore[arg-type]
    return FactsConfig(
        tmp_path / "facts",
        classifier,
        data(corpus),
        SIZE,
        SIZE,
        as_change=True,
        loss=weights,
        steps=2,
        lines=2,
        workers=0,
        threads=1,
        every=2,
    )


def test_windows_come_in_pairs(corpus: Path) -> None:
    """A target is the source in the asked style: nothing moves that style does not, own styles give the source back."""
    lines = Styles(data(corpus, noise=0.0), "train", 0)
    drawn = [lines.draw(np.random.default_rng(seed)) for seed in range(80)]

    for item in drawn:
        assert item["curves"].shape == item["target"].shape == (3, 20, 174) and item["visemes"].shape == (3, 20)
        assert all((item[name].sum(1) == 2).all() for name in ("own", "wanted"))
        assert (item["asked"] <= item["wanted"]).all()
        same = bool((item["own"] == item["wanted"]).all())
        assert same == bool((item["curves"] - item["target"]).abs().max() < 1e-6)
    kinds = {(bool(i["asked"][0, :7].any()), bool(i["asked"][0, 7:].any())) for i in drawn}
    assert kinds == {(True, False), (False, True), (True, True)}


def test_sources_look_as_other_tools_give_them(corpus: Path, tiny_model: Path) -> None:
    """Sources are seen through ARKit, scaled, or made by the generator; the change asked of them stays the same."""
    plain, captured, made = (
        Styles(data(corpus, noise=0.0, **changes), "train", 0).draw(np.random.default_rng(1))
        for changes in ({}, {"captured": 1.0}, {"generated": 1.0, "generator": tiny_model})
    )
    tongue = rig.region_mask("tongue")

    assert not captured["curves"][..., tongue].any() and plain["curves"][..., tongue].any()
    assert not torch.equal(made["curves"], plain["curves"])
    assert (made["own"][:, 7] == 1).all()


def test_a_studio_s_takes_keep_their_style(tmp_path: Path) -> None:
    """Lines with curves of their own are known by their emotion and their speaker, and are never paired but with
    themselves.
    """
    (tmp_path / "takes").mkdir()
    values = np.random.default_rng(0).uniform(0, 0.5, (90, 174)).astype(np.float32)
    np.savez(tmp_path / "takes" / "a.npz", values=values)
    row = {"id": "a", "audio": "a.flac", "take": "takes/a.npz", "emotion": "sad", "speaker": "zoe", "split": "train"}
    (tmp_path / "lines.jsonl").write_text(json.dumps({**row, "duration_s": 1.5}) + "\n")
    lines = Styles(StyleConfig((SourceConfig(tmp_path),), ("zoe",), frames=20, windows=2), "train", 0)
    drawn = [lines.draw(np.random.default_rng(seed)) for seed in range(40)]

    assert all((item["own"][:, [EMOTIONS.index("sad"), 7]] == 1).all() for item in drawn)
    assert all((item["visemes"] == UNKNOWN).all() for item in drawn)
    assert {float(item["paired"][0]) for item in drawn} == {0.0, 1.0}
    assert all(item["paired"][0] == float((item["own"] == item["wanted"]).all()) for item in drawn)
    with pytest.raises(ConfigError, match="no actor 'bob'.*zoe"):
        Styles(StyleConfig((SourceConfig(tmp_path),), ("bob",)), "train", 0)


def test_the_classifier_learns(tmp_path: Path, corpus: Path) -> None:
    """Eighty rounds halve the loss that two leave."""
    size = replace(SIZE, hidden=24)
    run = VisemeConfig(tmp_path / "run", data(corpus), size, learning_rate=1e-2, lines=3, workers=0, threads=1)
    networks = []
    for steps in (2, 80):
        viseme.train(replace(run, steps=steps, every=80))
        networks.append(viseme.load(run.out))
    batch = next(viseme.stream(run.data, 12, 9, 0))
    before, after = (float(viseme.losses(network, batch, 0.3)) for network in networks)

    assert after < 0.5 * before
    assert 0 <= viseme.agreement(networks[1], run.data, lines=2).visemes <= 1


@pytest.mark.parametrize("mouth", ["viseme", "cosine", "none"])
def test_a_run_of_the_restyler(tmp_path: Path, corpus: Path, classifier: Path, mouth: str) -> None:
    """A run resumes where it stopped, with any way to hold the lips."""
    config = tiny(tmp_path, corpus, classifier, mouth=mouth)
    facts.train(config)
    best = facts.train(replace(config, steps=3))

    assert best.is_file() and json.loads((config.out / "generator.json").read_text())["step"] == 3
    assert ("lips" in json.loads((config.out / "best.json").read_text())["losses"]) == (mouth != "none")


def test_losses_are_the_paper_s(tmp_path: Path, corpus: Path, classifier: Path) -> None:
    """A generator that changes nothing has no cycle or own-style loss; one that shifts every control has, and lips."""
    config = tiny(tmp_path, corpus, classifier)
    generator = facts.build(config)
    critic = Discriminator(config.data.groups, SIZE)
    for weight in generator.net.last.parameters():
        torch.nn.init.zeros_(weight)
    network = viseme.load(classifier)
    batch = Styles(config.data, "train", 0).draw(np.random.default_rng(3))
    with torch.no_grad():
        still = facts.generator_losses(generator, critic, network, batch, config.loss)
        torch.nn.init.constant_(generator.net.last.bias, 0.2)
        moved = facts.generator_losses(generator, critic, network, batch, config.loss)
        alone = facts.generator_losses(generator, critic, network, batch, FactsLoss(0, 0, 0, mouth="cosine"))

    assert float(still["cycle"]) == float(still["own"]) == 0.0
    assert float(moved["own"]) == pytest.approx(174 * 0.04, rel=1e-4)
    assert float(moved["cycle"]) == pytest.approx(174 * 0.16, rel=1e-4)
    assert float(moved["lips"]) > float(still["lips"])
    assert set(alone) == {"lips"} and 0 < float(alone["lips"]) < 1


def test_runs_become_models(tmp_path: Path, corpus: Path, classifier: Path) -> None:
    """Exported models are found by name beside each other, know their actors, and act as the network does."""
    config = tiny(tmp_path, corpus, classifier)
    facts.train(config)
    out = tmp_path / "model"
    shipping.export_restyler_run(config, "tiny.toml", out)
    shipping.export_classifier_run(hearing(classifier, corpus), "tiny.toml", out)
    models = inference.load_restyling(out)
    values = np.random.default_rng(0).uniform(0, 0.3, (50, 174)).astype(np.float32)
    code = np.eye(9, dtype=np.float32)[2]
    held = np.pad(values, ((CONTEXT_FRAMES, CONTEXT_FRAMES), (0, 0)), mode="edge")  # as windows hold a take's ends
    expected = restyle.network_change(config)(held, 2)[CONTEXT_FRAMES:-CONTEXT_FRAMES]

    assert models.restyler.actors == ("house", "ada") and models.restyler.styles[:7] == EMOTIONS
    assert np.abs(models.restyler.restyle(values, code) - rig.clamp(expected)).max() < 1e-4
    assert models.classifier.read(values)[0].sum(axis=1) == pytest.approx(1, abs=1e-3)
    assert set(inference.declarations(out)) == {"restyler", "viseme_classifier"}
    assert viseme.load(out).groups == (7, 2)
    with pytest.raises(ModelError, match="no model named ear"):
        inference.load(out)


def write_config(folder: Path, config: FactsConfig, name: str) -> Path:
    """A file that says what `tiny` says, as far as its network goes."""
    source = f'[[data.sources]]\nfolder = "{config.data.sources[0].folder}"\n'
    network = "hidden = 12\nblocks = 1\nlayers = 1\ndropout = 0.0\n"
    text = f'out = "{config.out}"\nclassifier = "{config.classifier}"\nas_change = true\n'
    text += f'[data]\nactors = ["house", "ada"]\n{source}[network]\n{network}'
    (folder / f"{name}.toml").write_text(text)
    return folder / f"{name}.toml"


def test_tables_and_bars_can_be_measured(tmp_path: Path, corpus: Path, classifier: Path) -> None:
    """An untrained restyler misses bars, and the tables name every run."""
    config = tiny(tmp_path, corpus, classifier)
    facts.train(config)
    out = tmp_path / "model"
    shipping.export_restyler_run(config, "tiny.toml", out)
    shipping.export_classifier_run(hearing(classifier, corpus), "tiny.toml", out)
    report = restyle.measure(inference.load_restyling(out), classifier, [corpus], "emil", 2)
    configs = [write_config(tmp_path, config, name) for name in ("ours", "theirs")]
    tables = restyle.tables(configs, classifier, [corpus], "emil", 3)

    assert not report.is_met and "MISSED" in str(report)
    assert [line.split()[0] for line in tables.lines[1:]] == ["source", "performed", "ours", "theirs", "ours"]
    assert "ours over theirs: lips 0%  naturalness 0%  emotion 0%" in tables.lines[-1]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("facts*.toml")) + sorted((CONFIGS / "facts_table1").iterdir()))
def test_reference_configs_of_the_restyler_can_be_read(path: Path) -> None:
    """Every reference run is a configuration that this version understands."""
    config = load_config(FactsConfig, path)

    assert config.loss.penalty == 10.0
    if path.stem == "facts_paper":
        assert (config.network.hidden, config.network.dropout, config.learning_rate) == (256, 0.4, 1e-4)
        assert (config.data.frames, config.lines * config.data.windows, config.as_change) == (30, 32, False)
        assert config.loss.own == config.loss.paired == 0.0


@pytest.mark.parametrize("name", ["viseme_shipped", "viseme_judge"])
def test_reference_configs_of_the_classifier_can_be_read(name: str) -> None:
    """Those of the classifier too; the actor kept aside is unknown to what ships and known to the judge."""
    assert ("emil" in load_config(VisemeConfig, CONFIGS / f"{name}.toml").data.actors) == (name == "viseme_judge")


def test_a_folder_of_takes_trains_another_restyler(tmp_path: Path) -> None:
    """One command turns labelled takes into a model that knows their actors; the classifier is the shipped one."""
    for actor, emotion in (("zoe", "angry"), ("zoe", "sad"), ("yan", "happy")):
        (tmp_path / "in" / actor).mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(0).uniform(0, 0.4, (70, 174)).astype(np.float32)
        formats.write(Take(values, Fraction(30)), tmp_path / "in" / actor / f"{emotion}_1.csv")

    assert main(["styles", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--steps", "2"]) == 0
    assert inference.load_restyling(tmp_path / "out").restyler.actors == ("yan", "zoe")


@pytest.mark.parametrize(("names", "says"), [((), "no takes"), (("sad_1", "sad_2"), "2 takes of one style")])
def test_a_folder_of_one_style_teaches_nothing(
    tmp_path: Path, names: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No takes, or takes of one style, are refused with what is wanted."""
    (tmp_path / "in").mkdir()
    for name in names:
        formats.write(Take(np.zeros((9, 174), np.float32), Fraction(30)), tmp_path / "in" / f"{name}.csv")

    assert main(["styles", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 2
    assert says in capsys.readouterr().err
