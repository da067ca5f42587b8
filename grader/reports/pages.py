"""Render self-contained pages. Everything is inline, and a policy in the page tells the browser to fetch nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("templates")


def page(template: str, *, script: str = "", **facts: object) -> str:
    """Render `template`. The page's policy names its style and its script by digest, so the browser accepts no other."""
    css = _inline("style.css")
    code = _inline(script) if script else ""
    allowed = f"script-src '{_digest(code)}'; " if code else ""
    policy = f"default-src 'none'; {allowed}style-src '{_digest(css)}'; base-uri 'none'; form-action 'none'"
    inline = {"policy": Markup(policy), "css": Markup(css), "script": Markup(code)}
    return _environment().get_template(template).render(**inline, **facts)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _inline(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
