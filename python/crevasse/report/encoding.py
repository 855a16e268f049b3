"""Pictures and figures as bytes: the same ones give the same bytes."""

from __future__ import annotations

import base64
import io
from typing import Any

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray


def png(picture: NDArray[Any]) -> bytes:
    """An RGB image."""
    target = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}
    imsave(target, picture, format="png", metadata=metadata)
    return target.getvalue()


def render(figure: Figure, suffix: str, dpi: int = 150) -> bytes:
    """A figure as "png" or "svg": no date, ids from a fixed salt."""
    target = io.BytesIO()
    metadata: dict[str, Any] = {"Date" if suffix == "svg" else "Software": None}
    with rc_context({"svg.hashsalt": "crevasse", "svg.fonttype": "none"}):
        figure.savefig(target, format=suffix, dpi=dpi, metadata=metadata)
    return target.getvalue()


def data_url(content: bytes) -> str:
    """A PNG as the address of an image that needs no file."""
    return "data:image/png;base64," + base64.b64encode(content).decode()


def inline(svg: bytes) -> Markup:
    """An SVG as a part of a page."""
    text = svg.decode()
    return Markup(text[text.index("<svg") :])
