"""Figures of a notebook as `data:` addresses, after a look at what they really are."""

from __future__ import annotations

import base64
import binascii

from grader.feedback.text import clean, join_lines

MAGIC = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}
SVG = "image/svg+xml"
FIGURE_NAMES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", SVG: "SVG"}
"""Media types of figures in the order of preference, with the names that people know."""
MAX_PIXELS = 50_000_000
"""A file of a few kilobytes can unfold to gigabytes of pixels in the reader's browser."""


def figure_address(kind: str, data: object) -> str | None:
    """Return a figure as a `data:` address, None when it is not of the kind that it claims to be."""
    content = _read_svg(join_lines(data)) if kind == SVG else _read_bitmap(kind, join_lines(data))
    if not content:
        return None
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _read_bitmap(kind: str, text: str) -> bytes:
    """Return the decoded file, empty when it is no sound file of its kind."""
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
    if not content.startswith(MAGIC[kind]) or _pixels(kind, content) > MAX_PIXELS:
        return b""
    return content


def _pixels(kind: str, content: bytes) -> int:
    """Return width times height as PNG and GIF have them in their first bytes; a JPEG cannot unfold as far."""
    if kind == "image/png":
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if kind == "image/gif":
        return int.from_bytes(content[6:8], "little") * int.from_bytes(content[8:10], "little")
    return 0


def _read_svg(text: str) -> bytes:
    """Return an SVG from its first tag on: what stands before may declare entities or another encoding.

    In an `<img>` a browser runs no script of it and loads nothing that it names.
    """
    start = text.find("<svg")
    return clean(text[start:]).encode() if start >= 0 else b""
