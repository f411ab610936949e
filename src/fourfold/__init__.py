"""Fourfold: the picture, the decisions, the victim care and the public account that preventing crime needs."""

from __future__ import annotations

__version__ = "0.1.0"
