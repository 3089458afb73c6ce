"""The content of an image by layer, read from the archive that `save` writes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.image.engine import Engine

_WHITEOUT = ".wh."


@dataclass(frozen=True)
class Entry:
    """A file, directory or link, without times."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    link: str
    content: str


@dataclass(frozen=True)
class Layer:
    """The entries of one layer by path, and about its compressed size in a registry."""

    entries: Mapping[str, Entry]
    compressed: int

    @property
    def files(self) -> dict[str, Entry]:
        """The entries except directories and whiteouts."""
        return {
            path: one
            for path, one in self.entries.items()
            if one.kind != tarfile.DIRTYPE and not Path(path).name.startswith(_WHITEOUT)
        }

    @property
    def deleted(self) -> set[str]:
        """The paths that the layer deletes from the layers below it."""
        return {str(Path(path).with_name(name.removeprefix(_WHITEOUT))) for path, name in self._whiteouts()}

    def _whiteouts(self) -> list[tuple[str, str]]:
        return [(path, Path(path).name) for path in self.entries if Path(path).name.startswith(_WHITEOUT)]


def own_layers(engine: Engine, image: str, base: str, directory: Path) -> list[Layer]:
    """Return the layers that an image has above its base."""
    below, own = (engine.inspect(one)["RootFS"]["Layers"] for one in (base, image))
    assert own[: len(below)] == below
    archive = directory / "image.tar"
    engine.must("save", "--output", str(archive), image)
    try:
        with tarfile.open(archive) as whole:
            (manifest,) = json.loads(_member(whole, "manifest.json").read())
            return [_layer(_member(whole, name)) for name in manifest["Layers"][len(below) :]]
    finally:
        archive.unlink()


def _member(whole: tarfile.TarFile, name: str) -> IO[bytes]:
    file = whole.extractfile(name)
    assert file is not None
    return file


def _layer(file: IO[bytes]) -> Layer:
    body = file.read()
    if body.startswith(b"\x1f\x8b"):
        body = gzip.decompress(body)
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        entries = {one.name: _entry(tar, one) for one in tar}
    return Layer(entries, len(gzip.compress(body, compresslevel=6)))


def _entry(tar: tarfile.TarFile, one: tarfile.TarInfo) -> Entry:
    file = tar.extractfile(one) if one.isreg() else None
    content = hashlib.sha256(file.read()).hexdigest() if file is not None else ""
    return Entry(one.type, one.mode, (one.uid, one.gid), one.linkname, content)
