"""Heads: the shipped one that previews show, and differentiable face models, shipped and from users' files."""
