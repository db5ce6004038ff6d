"""The command line starts light, and `import advisor` needs no framework."""

import re
import subprocess
import sys

import pytest

from tests.faces.pages import measured_study

HEAVY = ("torch", "sklearn", "boto3", "streamlit", "pandas", "altair", "pyarrow")


def loaded_by(code: str) -> set[str]:
    script = (
        f"{code}\nimport sys\nprint(' '.join(sorted(m.partition('.')[0] for m in sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(found.stdout.split())


@pytest.mark.parametrize("module", ["advisor", "advisor.cli", "advisor.study.types"])
def test_importing_loads_no_framework(module):
    assert loaded_by(f"import {module}").isdisjoint(HEAVY)


def test_the_engine_loads_none_of_the_frameworks_either():
    assert loaded_by("import advisor.recommend").isdisjoint(
        {"torch", "sklearn", "boto3", "streamlit"}
    )


def test_the_command_line_loads_neither_pydantic_nor_numpy_for_its_help():
    code = "from advisor.cli import run; import io, contextlib\n"
    code += "with contextlib.redirect_stdout(io.StringIO()): run(['--help'])"

    assert loaded_by(code).isdisjoint({*HEAVY, "pydantic", "numpy", "ruamel", "jinja2"})


def test_the_program_starts_as_a_module_too():
    shown = subprocess.run(
        [sys.executable, "-m", "advisor", "--version"], capture_output=True, text=True, check=True
    )

    assert re.fullmatch(r"advisor \d+\.\d+\.\d+\n", shown.stdout)


def test_offered_names_are_loaded_on_demand():
    import advisor

    assert advisor.Study.__module__ == "advisor.study.types"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = advisor.nothing


@pytest.mark.slow
def test_a_reader_that_stops_reading_is_no_error(tmp_path):
    """As `advisor recommend STUDY | head -1` does."""
    study = measured_study(tmp_path)
    code = f"from advisor.cli import run; raise SystemExit(run(['recommend', {str(study)!r}]))"
    writer = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    writer.stdout.close()

    assert writer.wait(timeout=120) == 0
    assert writer.stderr is not None
    assert "Traceback" not in writer.stderr.read()
    writer.stderr.close()
