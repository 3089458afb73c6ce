"""The size of the worker's image above its base, if `make test-image` has built one on this machine."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tests.image.engine import Engine, NoEngine
from tests.image.layers import Layer, own_layers
from tests.run_harness import ROOT

IMAGE, BASE = "lxp-sync-image-test:by-hand", "lxp-sync-image-test:base"
"""What `tests/image` builds, and leaves."""

_PACKAGE = "app/worker/"


@dataclass(frozen=True)
class Size:
    """`megabytes` is None where there is nothing to measure; `told` says why, or of what it is the size."""

    megabytes: float | None
    told: str


def measure(directory: Path) -> Size:
    """Look, and never build."""
    try:
        engine = Engine.found(os.environ, directory)
    except NoEngine:
        return Size(None, "no container engine answers here: make test-image says more")
    if any(engine.call("image", "inspect", name).code for name in (IMAGE, BASE)):
        return Size(None, "not built here: make test-image")
    layers = own_layers(engine, IMAGE, BASE, directory)
    told = "compressed, as make test-image left it" + ("" if _is_of_now(layers) else ", BUILT FROM OTHER SOURCES")
    return Size(sum(layer.compressed for layer in layers) / 1e6, told)


def _is_of_now(layers: list[Layer]) -> bool:
    built = {
        path.removeprefix(_PACKAGE): one.content
        for layer in layers
        for path, one in layer.files.items()
        if path.startswith(_PACKAGE) and path.endswith(".py")
    }
    worker = ROOT / "worker"
    return built == {
        str(path.relative_to(worker)): hashlib.sha256(path.read_bytes()).hexdigest() for path in worker.rglob("*.py")
    }
