"""The documentation: generated pages are up to date, the site builds, the examples are true."""

import functools
import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import notebook
from advisor.cli import run
from advisor.cli.help_texts import TeachingCommand
from advisor.report import render
from advisor.study.template import study_template
from pricing.usage import read_usage
from pricing.yaml_text import load_yaml
from tests.faces.factories import hostile, infeasible, recommendation
from tests.faces.pages import measured_study

ROOT = Path(__file__).resolve().parents[1]


def reference_builder():
    path = ROOT / "scripts" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_reference_pages_are_what_the_program_says():
    found = {
        name: (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        for name in reference_builder().pages()
    }

    stale = [name for name, text in reference_builder().pages().items() if found[name] != text]
    assert stale == [], "run make reference"


def test_every_command_and_every_key_of_a_study_stands_in_the_reference():
    from advisor.cli import app
    from advisor.study.types import Study

    pages = reference_builder().pages()

    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"## advisor {name}" in pages["cli.md"]
    for key in Study.model_fields:
        assert f"`{key}`" in pages["study.md"]


def test_the_site_builds_offline_with_warnings_as_errors(tmp_path):
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )

    assert built.returncode == 0, built.stderr
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    fetched = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(https?://[^\"]+)", page)
    assert fetched == [], "the site fetches from elsewhere"


def _blocks(language):
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8")
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        ):
            yield pytest.param(block, id=f"{path.relative_to(ROOT)}-{number}")


@pytest.mark.parametrize("block", list(_blocks("yaml")))
def test_every_piece_of_a_study_in_the_docs_is_valid(block):
    from advisor.study.file import parse_study
    from advisor.study.types import Study

    given = load_yaml(block)
    if isinstance(given, dict) and set(given) <= {"region", "on", "lines", "discounts"}:
        line = {"service": "ecr", "gb_months": 1}
        whole = {"region": "us-east-1", "on": "2026-11-21", "lines": [line]} | given
        assert read_usage(whole).lines
        return
    if not isinstance(given, dict) or not set(given) <= set(Study.model_fields):
        pytest.skip("not a study")
    whole = {"data": {"source": "builtin:digits"}} | given

    assert parse_study(whole, where="docs").data


@pytest.mark.slow
@pytest.mark.parametrize("block", list(_blocks("python")))
def test_every_python_example_in_the_docs_runs(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if "churn.yaml" in block:
        study = measured_study(tmp_path).rename(tmp_path / "churn.yaml")
        lines = study.read_text(encoding="utf-8").splitlines(keepends=True)
        study.write_text("".join(line for line in lines if "peak_" not in line), encoding="utf-8")
        decided = functools.partial(notebook.answer_of, what_if=False)
        monkeypatch.setattr(notebook, "answer_of", decided)

    exec(compile(block, "docs", "exec"), {"__name__": "docs"})


def command_lines():
    """Return each line of the docs that calls the program, with the page that it stands on."""
    for path in [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]:
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(
            r"^```(?:bash|console)?\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE
        )
        for line in "".join(blocks).replace("\\\n", " ").splitlines():
            found = re.match(r"\s*(?:\$ )?(?:\.venv/bin/)?advisor ([a-z].+)", line)
            if found and "..." not in line and path.name != "cli.md":
                yield pytest.param(found[1], id=f"{path.stem}: {found[1]}")


@pytest.mark.parametrize("line", list(command_lines()))
def test_every_command_line_of_the_docs_is_one_that_the_program_takes(line, monkeypatch, capsys):
    called = []
    monkeypatch.setattr(TeachingCommand, "invoke", lambda _, ctx: called.append(ctx.command_path))
    words = shlex.split(line, comments=True)
    ends = [words.index(mark) for mark in ("|", "||", "&&", ">", "2>") if mark in words]

    code = run(words[: min(ends, default=len(words))])
    assert code == 0, capsys.readouterr().err
    assert called or "--help" in words


@pytest.mark.parametrize("make", [recommendation, infeasible, hostile])
def test_an_answer_as_json_follows_the_published_schema(make):
    import jsonschema

    folder = ROOT / "docs" / "reference" / "schemas"
    schema = json.loads((folder / "recommendation.schema.json").read_text(encoding="utf-8"))
    told = json.loads(render(make(), format="json"))

    checker = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in checker.iter_errors(told)] == []
    assert list(checker.iter_errors(told | {"verdict": 3})) != []


def test_the_study_of_init_follows_the_published_schema():
    import jsonschema

    folder = ROOT / "docs" / "reference" / "schemas"
    schema = json.loads((folder / "study.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(load_yaml(study_template("churn")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"data": {"path": "a.csv"}, "workloads": {}}, schema)


def test_the_recipe_of_a_platform_is_the_toy_that_the_tests_add():
    from tests.advisor.platforms.toy.installed import ROW

    recipe = (ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
    toy = ROOT / "tests" / "advisor" / "platforms" / "toy" / "toy_host.py"

    assert toy.read_text(encoding="utf-8") in recipe
    assert f"+{ROW}" in recipe
