"""`facetake portrait capture --method regress`: a video into an actor's folder by the network of AudioDVP 3.1.

Landmarks, crop and pictures are found as in any capture, by `facetake.portrait.capture.clip_capture`; then a network
is trained on them and its reading takes the place of the fit. Until that is done the folder is no
actor yet, and the same command goes on where it stopped.

    regress/actor.json         what is captured; comes back into the folder when all is done
    regress/regress.json       which face model and settings
    regress/kept-*             the network and its optimiser, until the end
    regress/regressor.safetensors    the network, then
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from facetake import files
from facetake.errors import PortraitError
from facetake.portrait.capture import actor
from facetake.portrait.capture.clip_capture import PLAN, Order, capture
from facetake.portrait.capture.fitting import FitSettings
from facetake.portrait.capture.posed_face import OpenedFaceModel
from facetake.portrait.regress.regression import NETWORK, Regression
from facetake.portrait.regress.settings import RegressionSettings
from facetake.portrait.storage import read_json
from facetake.portrait.training import training_dir
from facetake.pretrained import resolve

REGRESS = "regress"
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Regressed:
    """What came of it.

    actor: as any capture makes it; told: what is worth telling; landmarks_px: mean distance of the fitted landmarks
    from the seen ones, in pixels of the crop; first_px: that of the same crop fitted to landmarks alone.
    """

    actor: actor.CapturedActor
    told: list[str]
    landmarks_px: float
    first_px: float


def regress(
    order: Order, face: OpenedFaceModel, settings: RegressionSettings, weights: Path | None, progress: Progress
) -> Regressed:
    """Captures an actor by regression, or goes on where it was stopped.

    Args:
        order: what to capture, and where to; the weights of its fit are not used.
        face: the face model.
        settings: of the regression.
        weights: a folder with VGGFace2's file.
        progress: called with a share 0..1 and what is being done.

    Raises:
        PortraitError: the video or the folder cannot be used.
        ModelError: the network's file is missing where it must be there, or cannot be used.
    """
    if settings.start == "vggface2":
        resolve("vggface2", weights)  # before the long part begins
    held = order.out / REGRESS / actor.ABOUT
    told = [] if held.is_file() else _prepared(order, face, held, progress)
    _check_same(order, face)
    begun = actor.read_actor(order.out, f"{REGRESS}/{actor.ABOUT}")
    regression = Regression(begun, face.model, settings, weights)
    regression.train(order.out / REGRESS, lambda share: progress(0.2 + 0.8 * share, "regression"))
    fit = regression.fit()
    result = regression.distance_px(fit), regression.distance_px(begun.fit)
    actor.write_fit(order.out, fit)
    training_dir.show(order.out / REGRESS, NETWORK)
    training_dir.forget(order.out / REGRESS, NETWORK)
    files.replace(held, order.out / actor.ABOUT)
    return Regressed(actor.read_actor(order.out), [*told, regression.started], *result)


def _prepared(order: Order, face: OpenedFaceModel, held: Path, progress: Progress) -> list[str]:
    """Finds landmarks, crop and pictures, and takes the mark of a finished actor away."""
    landmarks_alone = replace(order, settings=FitSettings(colour=0.0, fov_deg=order.settings.fov_deg))
    found, told = capture(landmarks_alone, face, lambda share, what: progress(0.2 * share, what))
    held.parent.mkdir(exist_ok=True)
    files.replace(found.folder / actor.ABOUT, held)
    for sheet in order.out.glob("overlay-*.png"):  # they show the fit that is to be replaced
        files.remove(sheet)
    return told


def _check_same(order: Order, face: OpenedFaceModel) -> None:
    """Refuses a folder whose regression was begun with something else; the settings are looked at by the regression."""
    plan = read_json(order.out / PLAN)
    wanted = {
        "video": files.hash_of(order.video, PortraitError),
        "face_sha256": face.sha256,
        "size": order.size,
        "first_s": order.first_s,
        "last_s": order.last_s,
    }
    if {name: plan.get(name) for name in wanted} != wanted:
        raise PortraitError(
            f"{order.out} holds an unfinished regression of another video, range, face model or size; name a new folder"
        )
