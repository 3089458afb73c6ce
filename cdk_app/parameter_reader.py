"""Reads the TOML file of an environment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path


class ParameterError(Exception):
    """An environment cannot be deployed as its file describes it; `faults` has one line for each reason."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


def names(environments: Path) -> tuple[str, ...]:
    """The environments that have a file in a folder."""
    return tuple(sorted(path.stem for path in environments.glob("*.toml")))


def read_file(path: Path, environment: str, environments: Path) -> Mapping[str, object]:
    """The values of a file. Raises `ParameterError` if it is not the file of that environment, or not TOML."""
    shown = shown_path(path)
    if path.stem != environment and path.resolve().parent == environments.resolve():
        # Production under another environment's name would be deployed without what protects production.
        raise ParameterError([f"{shown}: is the file of {path.stem}, but {environment} is named; name {path.stem}"])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join(names(environments)) or "none yet"
        raise ParameterError([f"{shown}: there is no such file; the environments are {known}"]) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ParameterError([f"{shown}: cannot be read ({fault})"]) from None
    except RecursionError:
        raise ParameterError([f"{shown}: is not an environment's file (it is nested too deeply)"]) from None
    except ValueError as fault:
        raise ParameterError([f"{shown}: is not TOML ({fault})"]) from None


def same_project(project: object, path: Path, environment: str, environments: Path) -> Path | None:
    """The file of another environment that has the same ProjectName."""
    for other in sorted({*environments.glob("*.toml"), *path.parent.glob("*.toml")}):
        replaced = other.parent == environments and other.stem == environment
        if replaced or other.resolve() == path.resolve():
            continue
        try:
            taken = tomllib.loads(other.read_text(encoding="utf-8")).get("ProjectName")
        except (OSError, RecursionError, ValueError):
            # The faults of another environment are reported when that one is synthesised.
            continue
        if taken is not None and taken == project:
            return other
    return None


def shown_path(path: Path) -> str:
    """A path as a message shows it: relative where it can be."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
