"""What is in an image, layer by layer, read from the archive that `save` writes."""

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

_GONE = ".wh."


@dataclass(frozen=True)
class Entry:
    """A file, directory or link, without its times."""

    kind: bytes
    mode: int
    owner: tuple[int, int]
    link: str
    content: str


@dataclass(frozen=True)
class Layer:
    """What one step added, by path, and about how much a registry keeps of it."""

    entries: Mapping[str, Entry]
    compressed: int

    @property
    def files(self) -> dict[str, Entry]:
        """What is there to be read: neither directories nor marks of what is gone."""
        return {
            path: one
            for path, one in self.entries.items()
            if one.kind != tarfile.DIRTYPE and not Path(path).name.startswith(_GONE)
        }

    @property
    def gone(self) -> set[str]:
        """What it takes away from the layers under it."""
        return {str(Path(path).with_name(name.removeprefix(_GONE))) for path, name in self._marks()}

    def _marks(self) -> list[tuple[str, str]]:
        return [(path, Path(path).name) for path in self.entries if Path(path).name.startswith(_GONE)]


def own_layers(engine: Engine, image: str, base: str, directory: Path) -> list[Layer]:
    """The layers that an image has above its base."""
    under, all_of_it = (engine.inspect(one)["RootFS"]["Layers"] for one in (base, image))
    assert all_of_it[: len(under)] == under
    archive = directory / "image.tar"
    engine.must("save", "--output", str(archive), image)
    try:
        with tarfile.open(archive) as whole:
            (manifest,) = json.loads(_member(whole, "manifest.json").read())
            return [_layer(_member(whole, name)) for name in manifest["Layers"][len(under) :]]
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
