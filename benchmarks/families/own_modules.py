"""The modules that a user's own model comes from, read without importing any of them."""

import ast
import importlib.machinery
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST_MODULES = 500
"""Modules of the user's that are followed."""

SETTINGS = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf")
"""Endings of files that a model's settings stand in."""

MOST_SETTINGS_BYTES = 1_000_000
"""Larger files are data. [B]"""

MOST_PATH_CHARACTERS = 200
"""Longer texts name no file."""

LOADERS = {"import_module", "__import__", "exec", "run_path", "spec_from_file_location"}
"""What loads a module by its name or path."""

LISTERS = {"iter_modules", "walk_packages"}
"""What looks for modules."""

NO_MODULES = {"__pycache__", "venv", "env", "site-packages", "node_modules", "build", "dist"}
"""Folders that hold no module of the user's."""


def module_texts(module: str, *, folder: Path) -> list[tuple[str, str]]:
    """Return name and text of a module and of all that it imports of the user's, by name.

    The user's are those that are found in the study's folder, and those of the named module's own
    package wherever it is. Names in texts count too, for `importlib.import_module("helper")`, and
    so do settings that are named there, `open("params.yaml")`. Where a module makes up the name of
    what it loads, every module beside it counts.
    """
    folder = folder.resolve()
    found: dict[str, str] = {}
    start = _path_of(module, folder) or _installed(module)
    roots = (folder, *_own_roots(module, start))
    waiting = [*_parents(module), module]
    while waiting and len(found) < MOST_MODULES:
        name = waiting.pop()
        if name in found:
            continue
        path = next((p for root in roots if (p := _path_of(name, root)) is not None), None)
        path = path or (start if name == module else None)
        if path is None:
            continue
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found[name] = text
        tree = _parsed(text)
        waiting += _imported(tree, name, is_package=path.name == "__init__.py")
        places = dict.fromkeys((path.parent, *roots))
        found |= _settings(tree, places)
        if _makes_names_up(tree):
            found |= _all_beside(path.parent)
    return sorted(found.items())


def _parsed(text: str) -> ast.AST:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _settings(tree: ast.AST, places: Iterable[Path]) -> dict[str, str]:
    """Texts of files of settings that a module names and that are there."""
    found = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if not node.value.lower().endswith(SETTINGS) or len(node.value) > MOST_PATH_CHARACTERS:
            continue
        for place in places:
            path = place / node.value
            try:
                if path.is_file() and path.stat().st_size <= MOST_SETTINGS_BYTES:
                    found[f"file:{node.value}"] = path.read_text(encoding="utf-8", errors="replace")
                    break
            except OSError:
                continue
    return found


def _makes_names_up(tree: ast.AST) -> bool:
    """Whether a module loads others by a name that is no text of its own."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        if called in LISTERS:
            return True
        if called in LOADERS and not all(isinstance(arg, ast.Constant) for arg in node.args[:1]):
            return True
    return False


def _all_beside(folder: Path) -> dict[str, str]:
    """Texts of all modules in a folder and in those within it."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part in NO_MODULES for part in parts[:-1]):
            continue
        if len(found) >= MOST_MODULES:
            break
        try:
            found[f"file:{'/'.join(parts)}"] = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return found


def _path_of(name: str, root: Path) -> Path | None:
    base = root.joinpath(*name.split("."))
    for path in (base / "__init__.py", base.parent / f"{base.name}.py"):
        if path.is_file():
            return path
    return None


def _installed(module: str) -> Path | None:
    """The file of a module that is not in the study's folder, without importing its package."""
    first, *rest = module.split(".")
    try:
        spec = importlib.machinery.PathFinder.find_spec(first)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    for place in spec.submodule_search_locations or ():
        if rest and (path := _path_of(".".join(rest), Path(place))) is not None:
            return path
    return Path(spec.origin) if spec.origin and not rest else None


def _own_roots(module: str, start: Path | None) -> list[Path]:
    """Where the named module's package is; none for what is installed from an index."""
    if start is None:
        return []
    root = start.parent
    for _ in range(module.count(".") + (start.name == "__init__.py")):
        root = root.parent
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), sys.prefix}
    return [] if str(root) in installed else [root]


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _imported(tree: ast.AST, name: str, *, is_package: bool) -> Iterator[str]:
    """Names that a module imports, packages of them among these, and names within its texts."""
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".") if package else []
                above = above[: len(above) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            names = [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            value = node.value
            names = [value] if value.replace(".", "").isidentifier() else []
        for each in names:
            if each:
                yield from _parents(each)
                yield each
