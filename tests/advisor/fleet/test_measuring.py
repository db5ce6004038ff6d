from advisor.fleet.engines import Outcome
from advisor.fleet.measuring import Measured, bench_fleet, measure_study


class Told:
    """An engine that measures nothing: one study comes out well, the next cannot be read."""

    name = "told"

    def __init__(self):
        self.items, self.exclusive, self.function = [], None, None

    def map(self, function, items, *, exclusive):
        self.function, self.items, self.exclusive = function, list(items), exclusive
        yield Outcome(1, error="no such column")
        yield Outcome(0, (3, 1))


def test_each_study_of_a_table_is_measured_once_with_its_machine_to_itself(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text("data: {source: 'builtin:wine'}\n")
    table = tmp_path / "models.csv"
    table.write_text("name,study\nx,a.yaml\ny,b.yaml\nz,a.yaml\n")
    engine, steps = Told(), []

    found = list(bench_fleet(table, engine=engine, progress=lambda *step: steps.append(step)))

    paths = [str((tmp_path / f"{name}.yaml").resolve()) for name in ("a", "b")]
    assert engine.items == [(path, "fast") for path in paths]
    assert (engine.exclusive, engine.function) == (True, measure_study)
    assert found == [Measured(paths[1], error="no such column"), Measured(paths[0], 3, 1)]
    assert steps == [(0, 2), (1, 2), (2, 2)]
