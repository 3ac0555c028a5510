"""Signs a film by C2PA with a certificate of the user's own, so that who made it and how can be proved.

Needs c2pa-python (the `c2pa` extra). Nothing goes to the network: there is no time stamp of an authority, which would
have to be asked. Knows films and what they say about themselves; does not know portraits.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from facetake import __version__, files
from facetake.errors import RenderError
from facetake.files import json_text
from facetake.render.video import SOURCE_TYPE, Provenance

KINDS: Final = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime"}
"""Containers that can hold a C2PA manifest; Matroska has no place for one."""
MOST: Final = 1 << 20
"""Bytes of a certificate chain or a key: a megabyte is ample."""


def check(out: Path, certificate: Path, key: Path) -> None:
    """Finds out whether a film can be signed, before it is made.

    Raises:
        RenderError: the container cannot hold a manifest, the library is missing, or a file cannot be used.
    """
    if out.suffix.lower() not in KINDS:
        raise RenderError(f"{out} cannot carry content credentials; name it .mp4 or .mov, or leave out --c2pa-cert")
    _signer(certificate, key).close()


def sign(film: Path, about: Provenance, certificate: Path, key: Path) -> None:
    """Signs a film in its place, whole or not at all.

    Args:
        film: an MP4 or QuickTime film.
        about: what it says.
        certificate: PEM, the certificate that signs first, then those that vouch for it.
        key: PEM, its private key, without a password.

    Raises:
        RenderError: it cannot be signed.
    """
    c2pa = _library()
    part = film.with_name(f".{film.name}.{os.getpid()}.signed")
    try:
        with (
            _signer(certificate, key) as signer,
            c2pa.Builder(json_text.dump(_manifest(film, about))) as builder,
            film.open("rb") as plain,
            part.open("w+b") as signed,
        ):
            builder.sign(signer, KINDS[film.suffix.lower()], plain, signed)
        files.replace(part, film)
    except OSError as error:
        raise RenderError(f"{film}: {files.unwritten(error, film)}") from error
    except c2pa.C2paError as error:
        raise RenderError(f"{film} cannot be signed with {certificate} ({files.reason(error)}); use another") from error
    finally:
        with suppress(OSError):
            files.remove(part)


def _manifest(film: Path, about: Provenance) -> dict[str, object]:
    agent = {"name": "Facetake", "version": __version__}
    created = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE, "softwareAgent": agent}
    return {
        "claim_generator_info": [agent],
        "title": film.name,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "facetake.provenance", "data": about.facts},
        ],
    }


def _library() -> Any:
    try:
        return import_module("c2pa")
    except ImportError as error:
        raise RenderError('signing films needs c2pa-python; pip install "facetake[c2pa]"') from error


def _signer(certificate: Path, key: Path) -> Any:
    """What signs. RenderError where the files are no certificate and its key."""
    c2pa = _library()
    try:
        chain, secret = (files.read_bytes(path, MOST) for path in (certificate, key))
    except OSError as error:
        raise RenderError(f"{certificate} and {key} cannot be read ({files.reason(error)}); check the paths") from error
    try:
        return c2pa.Signer.from_info(c2pa.C2paSignerInfo(_algorithm(secret), chain, secret, None))
    except (c2pa.C2paError, TypeError, ValueError) as error:
        raise RenderError(
            f"{certificate} and {key} cannot sign ({files.reason(error)}); give a certificate chain and its key "
            "without a password, both as PEM"
        ) from error


def _algorithm(secret: bytes) -> str:
    """C2PA's name of the way in which a key signs. ValueError or TypeError for one that cannot be read or used."""
    serialization: Any = import_module("cryptography.hazmat.primitives.serialization")  # c2pa-python brings it
    key = serialization.load_pem_private_key(secret, None)
    curve = getattr(key, "curve", None)
    if curve is not None:
        return {256: "es256", 384: "es384", 521: "es512"}.get(curve.key_size, "es256")
    return "ps256" if hasattr(key, "key_size") else "ed25519"
