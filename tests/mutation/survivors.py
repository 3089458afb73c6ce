"""The score of a mutation run, and every survivor without an explanation: run by `make test-mutation`."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

EXPLAINED = Path(__file__).with_name("explained.toml")
KILLED = ("killed", "timeout", "segfault")
REFUSED = "caught by type check"


def function_of(mutant: str) -> str:
    """Return `step` for mutmut's `worker.planning.planner.xǁViewǁstep__mutmut_12`, wherever the function moves."""
    return mutant.partition("__mutmut_")[0].rpartition(".")[2].rpartition("ǁ")[2].removeprefix("x_")


def difference(mutant: str, path: Path) -> str:
    """Return the lines that differ, without indent, so that they stay the same when code moves."""
    lines = [line for line in get_diff_for_mutant(mutant, path=path).splitlines()[2:] if line[0] in "-+"]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines)


def mutants(root: Path) -> Iterator[tuple[str, Path, str]]:
    """Yield every mutant, its file and its status."""
    for meta in sorted(root.rglob("*.meta")):
        path = meta.relative_to(root).with_suffix("")
        for mutant, code in json.loads(meta.read_text())["exit_code_by_key"].items():
            yield mutant, path, status_by_exit_code[code]


def explains(entry: dict[str, Any], function: str, text: str) -> bool:
    """Return whether an entry covers this mutant, alone or by its class."""
    if "pattern" in entry:
        return re.search(entry["pattern"], text) is not None
    return entry["function"] == function and text in entry["mutants"]


def report(found: Iterable[tuple[str, Path, str]], entries: list[dict[str, Any]]) -> int:
    """Print the score and the unexplained mutants; return 1 for these or for an unused explanation."""
    counted: Counter[tuple[str, str]] = Counter()
    used: set[int] = set()
    unexplained = 0
    for mutant, path, status in found:
        result = "killed" if status in KILLED else status
        if result not in ("killed", REFUSED):
            function, text = function_of(mutant), difference(mutant, path)
            matching = [number for number, entry in enumerate(entries) if explains(entry, function, text)]
            used.update(matching)
            result = "explained" if matching else "unexplained"
            if not matching:
                unexplained += 1
                print(f"\n{mutant}: {status}\n{text}")
        counted[str(path.parent), result] += 1
    score(counted)
    for number in sorted(set(range(len(entries))) - used):
        print(f"explains nothing: {entries[number].get('function', entries[number].get('pattern'))}")
    return 1 if unexplained or len(used) < len(entries) else 0


def score(counted: Counter[tuple[str, str]]) -> None:
    """Print a line for each package and a total."""
    packages = [*sorted({package for package, _ in counted}), "all"]
    for (_, column), count in [*counted.items()]:
        counted["all", column] += count
    columns = ("killed", "explained", "unexplained", REFUSED)
    print(f"\n{'':20}" + "".join(f"{column:>22}" for column in columns) + f"{'score':>10}")
    for package in packages:
        row = [counted[package, column] for column in columns]
        share = 100 * row[0] / max(1, sum(row[:3]))
        print(f"{package:20}" + "".join(f"{count:22}" for count in row) + f"{share:8.1f} %")


if __name__ == "__main__":
    sys.exit(report(mutants(Path("mutants")), tomllib.loads(EXPLAINED.read_text())["explained"]))
