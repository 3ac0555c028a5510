"""What can go wrong in front of a person: one sentence that says what happened and what to do."""

from __future__ import annotations


class HostProblem(Exception):  # noqa: N818  a person reads it, not a traceback
    """Ends a job; the scene is as it was."""


class JobCancelled(Exception):  # noqa: N818  it is no error
    """The person no longer wants it; the scene is as it was."""
