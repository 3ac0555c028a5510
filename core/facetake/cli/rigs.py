"""What commands share that write values of another rig: its options, the map, and visemes where the map needs them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from facetake.errors import ConfigError

if TYPE_CHECKING:
    from facetake.arrays import F32
    from facetake.rig.maps import RigMap
    from facetake.take import Take


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--rig-map",
        metavar="NAME|FILE",
        help="values of another rig: vrm, facs, audio2face ... ('facetake rig-map list') or a .toml of your own",
    )
    parser.add_argument(
        "--mesh", type=Path, metavar="GLB", help="your character: a copy with its morph targets animated"
    )


def chosen(arguments: argparse.Namespace) -> RigMap | None:
    """The map that is asked for, or that fits the mesh best; None where neither is named.

    Raises:
        RigError, ConfigError: the map is unknown or says something that cannot be, or none fits.
        TakeError: the mesh cannot be read.
    """
    if not arguments.rig_map and arguments.mesh is None:
        return None
    from facetake.formats import gltf_morph
    from facetake.rig import maps

    names = gltf_morph.names_in(arguments.mesh) if arguments.mesh else ()
    asked = arguments.rig_map or maps.best_for(names)
    if asked is None:
        raise ConfigError(
            f"{arguments.mesh}: its morph targets ({', '.join(names[:3])} ...) are of no convention that ships; write "
            "a map with 'facetake rig-map new' and name it with --rig-map"
        )
    return maps.load(asked)


def read_files(arguments: argparse.Namespace) -> list[Path]:
    """Files that the options name, which nothing may replace."""
    own = [Path(arguments.rig_map)] if arguments.rig_map and Path(arguments.rig_map).suffix else []
    return own + ([arguments.mesh] if arguments.mesh else [])


def visemes_of(take: Take, rig_map: RigMap, model: Path | None = None) -> F32 | None:
    """Weights (T, 16) of the visemes on a take's lips; None where the map needs none. ModelError."""
    if not rig_map.needs("visemes"):
        return None
    from facetake import inference, visemes

    return visemes.weights(inference.load_classifier(model).seen(take), take.rate)
