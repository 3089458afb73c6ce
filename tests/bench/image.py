"""The size of the worker's image above its base, if `make test-image` has built it on this machine."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tests.image.engine import Engine, NoEngine
from tests.image.layers import Layer, own_layers
from tests.run_harness import ROOT

IMAGE, BASE = "lxp-sync-image-test:by-hand", "lxp-sync-image-test:base"
"""The images that `tests/image` builds and keeps."""

_PACKAGE = "app/worker/"


@dataclass(frozen=True)
class Size:
    """`megabytes` is None if there is nothing to measure; `note` says why, or what was measured."""

    megabytes: float | None
    note: str


def measure(directory: Path) -> Size:
    """Measure the built image; never build it."""
    try:
        engine = Engine.found(os.environ, directory)
    except NoEngine:
        return Size(None, "no container engine answers: see make test-image")
    if any(engine.call("image", "inspect", name).code for name in (IMAGE, BASE)):
        return Size(None, "not built here: make test-image")
    layers = own_layers(engine, IMAGE, BASE, directory)
    note = "compressed, as built by make test-image" + ("" if _is_current(layers) else ", BUILT FROM OTHER SOURCES")
    return Size(sum(layer.compressed for layer in layers) / 1e6, note)


def _is_current(layers: list[Layer]) -> bool:
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
