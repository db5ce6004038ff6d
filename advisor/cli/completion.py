"""What the shell offers when Tab is pressed; nothing heavy is loaded for it."""

from pathlib import Path

MOST_OFFERED = 200
"""More than these nobody reads. [names]"""


def studies(incomplete: str) -> list[str]:
    """Return the study files that begin so, and the folders in which others may lie."""
    typed = Path(incomplete)
    folder = typed if incomplete.endswith("/") else typed.parent
    found = [*_yaml_files(folder)]
    if "/" not in incomplete:
        found += [str(path) for path in sorted(Path("advisor-studies").glob("*/advisor.yaml"))]
    try:
        found += [f"{path}/" for path in sorted(folder.iterdir()) if path.is_dir()]
    except OSError:
        return found
    return [
        name
        for name in found
        if name.startswith(incomplete) or Path(name).parent.name.startswith(incomplete)
    ][:MOST_OFFERED]


def _yaml_files(folder: Path) -> list[str]:
    try:
        return [str(path) for path in sorted(folder.glob("*.y*ml")) if path.is_file()]
    except OSError:
        return []


def families(incomplete: str) -> list[str]:
    """Return the model families that begin so."""
    from benchmarks.families import FAMILIES

    return [name for name in FAMILIES if name.startswith(incomplete)]


def keys(incomplete: str) -> list[str]:
    """Return the keys of a study that begin so, each with the `=` that follows it."""
    from advisor.study.figures import study_keys

    return [f"{key}=" for key in study_keys() if key.startswith(incomplete)][:MOST_OFFERED]


def skus(incomplete: str) -> list[str]:
    """Return what is priced under a name that begins so."""
    from pricing.tables import load_book

    found = {row.sku for row in load_book().rows if row.sku.startswith(incomplete)}
    return sorted(found)[:MOST_OFFERED]


def regions(incomplete: str) -> list[str]:
    """Return the regions of the price book that begin so."""
    from pricing.tables import load_book

    return [name for name in load_book().regions if name.startswith(incomplete)]


def services(incomplete: str) -> list[str]:
    """Return the billing services of the price book that begin so."""
    from pricing.tables import load_book

    return [name for name in load_book().services if name.startswith(incomplete)]


def instance_types(incomplete: str) -> list[str]:
    """Return the instance types of the catalogue that begin so."""
    return [name for name in skus(incomplete) if "." in name]


def platforms(incomplete: str) -> list[str]:
    """Return the ways to run a model that begin so."""
    from advisor.study.types import PLATFORM_NAMES

    return [name for name in PLATFORM_NAMES if name.startswith(incomplete)]
