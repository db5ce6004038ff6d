"""Rules of the house that a machine can check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = ("advisor", "benchmarks", "pricing")
PACKAGES = (*SHIPPED, "evaluation")


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def test_no_value_is_made_without_being_checked():
    """`model_copy` and `model_construct` skip validation: a price of -5 would pass."""
    skips = re.compile(r"\.model_(copy|construct)\(")

    assert [str(p) for p in sources() if skips.search(p.read_text(encoding="utf-8"))] == []


def test_every_module_says_what_it_is_for():
    assert [str(p) for p in sources() if not p.read_text(encoding="utf-8").startswith('"""')] == []


@pytest.mark.parametrize("path", documents(), ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_in_the_docs_leads_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    local = [t for t in targets if "://" not in t and not t.startswith("mailto:")]

    assert [t for t in local if not (path.parent / t).exists()] == []


def test_every_command_in_the_docs_exists():
    from advisor.cli import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    shown = {
        (path.name, word)
        for path in documents()
        for word in re.findall(
            r"(?:^|(?<!from)[`/ ])advisor ([a-z]+)\b", _code(path), flags=re.MULTILINE
        )
    }

    assert {(name, word) for name, word in shown if word not in known} == set()


def _code(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, flags=re.DOTALL)
    spans = re.findall(r"`(advisor [^`]+)`", text)
    return "\n".join([*blocks, *spans])


def test_every_family_and_source_has_its_file():
    from benchmarks.families import FAMILIES
    from pricing.sources import SOURCES

    families = {p.stem for p in (ROOT / "benchmarks" / "families").glob("*.py")}
    assert set(FAMILIES) <= families
    assert len(SOURCES) > 0


def test_the_two_commands_are_the_ones_the_readme_names():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    for target in ("demo", "test", "app", "check"):
        assert f"make {target}" in (ROOT / "README.md").read_text(encoding="utf-8")
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)
    assert "make test" in ci


def test_the_constraints_hold_what_the_project_asks_for():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~! ]", line)[0].lower().replace("_", "-") for line in wanted}
    locked = {
        line.split("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }

    assert names - locked == set()


def test_every_locked_package_has_hashes_and_the_set_up_asks_for_them():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\S)", text.strip())
    cpu = (ROOT / "scripts" / "torch-cpu.txt").read_text(encoding="utf-8")
    torch = next(block for block in blocks if block.startswith("torch=="))

    assert [block for block in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}", block)] == []
    assert re.search(r"^# torch (\S+)$", cpu, re.MULTILINE)[1] == torch.split()[0].split("==")[1]
    for line in cpu.splitlines()[1:]:
        assert f"--hash=sha256:{line.split()[0]}" in torch
    assert (ROOT / "scripts" / "setup").read_text(encoding="utf-8").count("--require-hashes") >= 4


def test_the_wheel_holds_the_product_and_not_the_suites_that_judge_it():
    from hatchling.builders.wheel import WheelBuilder

    held = {
        file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_selected_project_files()
    }

    assert {path.split("/")[0] for path in held} == {*SHIPPED}
    assert "advisor/cli/__init__.py" in held
    assert [path for path in held if "evaluation" in path] == []


@pytest.mark.parametrize("suite", ["cadence", "decision", "queueing", "serving", "transfer"])
def test_the_suites_still_run_under_the_name_that_the_docs_give(suite):
    shown = subprocess.run(
        [sys.executable, "-m", f"advisor.evaluation.{suite}", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (shown.returncode, f"python -m advisor.evaluation.{suite}" in shown.stdout) == (0, True)


def test_nothing_half_written_is_tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert [name for name in tracked if name.endswith((".tmp", ".pyc", ".orig", ".rej"))] == []
    assert [name for name in tracked if name.startswith(("out/", ".venv/"))] == []


def _modules_with_examples() -> list[str]:
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in sources()
        if ">>> " in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("name", _modules_with_examples())
def test_the_examples_in_docstrings_run(name):
    import doctest
    import importlib

    found = doctest.testmod(importlib.import_module(name))

    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("package", SHIPPED)
def test_a_type_checker_of_a_user_may_read_the_types(package):
    """PEP 561: without this file the types of an installed package are not looked at."""
    assert (ROOT / package / "py.typed").is_file()
