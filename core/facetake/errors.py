"""The errors a user can cause and can mend, one flat level under `FacetakeError`.

Each message says what is wrong, where, and what to do about it, in one or two sentences; the
command line prints it as it stands. A mistake in calling code stays a `ValueError` and is not
listed here. This module knows no other module.
"""

from __future__ import annotations


class FacetakeError(Exception):
    """Something the user can mend: catch this to catch every error below."""


class AudioError(FacetakeError):
    """A sound file that cannot be read, or holds nothing that can be used."""


class TakeError(FacetakeError):
    """A take, or a file of curves, that is incomplete or out of range."""


class RigError(FacetakeError):
    """A control, region or rig that Facetake does not know."""


class ModelError(FacetakeError):
    """A model file that is missing, altered, or made for another version."""


class ConfigError(FacetakeError):
    """A configuration, emotion or option that says something that cannot be."""


class HostError(FacetakeError):
    """Maya, Unreal or another host that did not do what was asked of it."""


class RenderError(FacetakeError):
    """A picture or video that cannot be drawn or written."""


class PortraitError(FacetakeError):
    """A video, an actor's folder or a portrait that cannot be captured, trained or rendered."""


class BatchError(FacetakeError):
    """A manifest or a batch of lines that cannot be run."""


class Notice(UserWarning):
    """What a user should know of this installation, told once; commands show it as one line."""


def sentence(error: BaseException) -> str:
    """An error as one line for a person."""
    if isinstance(error, FacetakeError):
        return str(error).replace("\n", " ")
    if isinstance(error, MemoryError):
        return "this machine ran out of memory; cut the recording into shorter files or close other programs"
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return (
            f"{error.filename2 or error.filename} cannot be used ({error.strerror}); check the path, its permissions, "
            "free space, and whether another program has it open"
        )
    what = f"{type(error).__name__}: {error}".replace("\n", " ")
    return f"something unforeseen went wrong ({what}); FACETAKE_DEBUG=1 shows where"
