"""Print the table of the house: files, lines, lengths, documents, tests, circles, names.

`python scripts/house_table.py` prints it as Markdown; `--long` lists what is longer than the aims.
"""

import argparse
import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("advisor", "benchmarks", "pricing")

LONGEST_FILE, LONGEST_FUNCTION, NINETY = 450, 80, 28
"""Aims: lines of a file, lines of a function's body, and of nine functions in ten."""


class Function(NamedTuple):
    """One function."""

    path: Path
    name: str
    lines: int
    """Of its body, its docstring not counted."""
    is_public: bool
    has_docstring: bool


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Print the table of the house.")
    parser.add_argument("--long", action="store_true", help="list what is longer than the aims")
    asked = parser.parse_args()
    rooms = [*(Path(p) for p in PACKAGES), *(Path("advisor") / r for r in _rooms())]
    print("| room | files | lines | file: middle, 90%, longest | function: 90%, longest | told |")
    print("|---|---|---|---|---|---|")
    for name, paths in [("all", _files(PACKAGES)), *((str(r), _files([str(r)])) for r in rooms)]:
        print(_row(name, paths))
    source, tests = (_lines(_files(names)) for names in (PACKAGES, ["tests"]))
    print("\n`function`: lines of a body, of nine in ten and of the longest")
    print(f"tests : source {tests / source:.2f} in lines ({tests:,} : {source:,})")
    print(f"modules in import circles: {len(_circles(_files(PACKAGES)))}")
    untested = sorted(_untested("advisor/decision") | _untested("advisor/report"))
    print(f"modules of decision and report that no test imports: {len(untested)}")
    if asked.long:
        _print_long(untested)
    return 0


def _rooms() -> list[str]:
    return ["decision", "report", "platforms", "options", "retraining", "study"]


def _files(names: "list[str] | tuple[str, ...]") -> list[Path]:
    return [path for name in names for path in sorted((ROOT / name).rglob("*.py"))]


def _lines(paths: list[Path]) -> int:
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def _row(name: str, paths: list[Path]) -> str:
    sizes = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
    functions = [f for path in paths for f in _functions(path)]
    lengths = sorted(f.lines for f in functions)
    public = [f for f in functions if f.is_public]
    told = sum(f.has_docstring for f in public) / max(1, len(public))
    return (
        f"| {name} | {len(paths)} | {sum(sizes):,} | {statistics.median(sizes):.0f} / "
        f"{_ninety(sizes)} / {sizes[-1]} | {_ninety(lengths)} / {lengths[-1]} | {told:.0%} |"
    )


def _ninety(values: list[int]) -> int:
    return values[min(len(values) - 1, int(0.9 * len(values)))]


def _functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        body = node.body
        docstring = ast.get_docstring(node) is not None
        rest = body[1:] if docstring else body
        lines = (rest[-1].end_lineno or 0) - rest[0].lineno + 1 if rest else 0
        yield Function(path, node.name, lines, not node.name.startswith("_"), docstring)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, known: set[str]) -> set[str]:
    """Return the modules that a file imports when it is imported itself.

    Of `from package import module` it is the module; its package only names the way to it.
    """
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= named & known
            if named - known:
                found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _circles(paths: list[Path]) -> set[str]:
    """Return the modules that can be reached from themselves."""
    known = {_module(path): path for path in paths}
    arrows = {
        name: _imports(path, set(known)) & set(known) - {name} for name, path in known.items()
    }
    found = set()
    for name in known:
        seen, waiting = set(), list(arrows[name])
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += arrows[one]
        if name in seen:
            found.add(name)
    return found


def _untested(room: str) -> set[str]:
    imported: set[str] = set()
    for path in _files(["tests"]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {
        _module(path)
        for path in _files([room])
        if path.name != "__init__.py" and _module(path) not in imported
    }


def _print_long(untested: list[str]) -> None:
    print(f"\nlonger than {LONGEST_FILE} lines:")
    for path in _files(PACKAGES):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            print(f"  {path.relative_to(ROOT)}: {lines}")
    print(f"functions longer than {LONGEST_FUNCTION} lines:")
    for path in _files(PACKAGES):
        for one in _functions(path):
            if one.lines > LONGEST_FUNCTION:
                print(f"  {path.relative_to(ROOT)}: {one.name} {one.lines}")
    print("not imported by any test:")
    for name in untested:
        print(f"  {name}")


if __name__ == "__main__":
    sys.exit(main())
