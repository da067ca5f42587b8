"""Provide the trial course."""

from trial import trial

__all__ = ["trial"]
