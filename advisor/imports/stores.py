"""The stores that a study names, read into histories."""

from pathlib import Path

from advisor.imports.history import RunHistory
from advisor.study.types import History

SQLITE = "sqlite:///"


def read_histories(asked: History, *, folder: Path) -> tuple[RunHistory, ...]:
    """Read the MLflow store, then the Optuna storage; none where the study names none.

    Args:
        asked: the study's section.
        folder: where relative paths start, the study's own folder.

    Raises:
        AdvisorError: a store is not there, is of another kind, or holds no run.
    """
    found: list[RunHistory] = []
    if asked.mlflow is not None:
        from advisor.imports.mlflow import read_mlflow

        found.append(
            read_mlflow(
                _from_folder(asked.mlflow, folder),
                machine_tag=asked.machine_tag,
                metric=asked.metric,
                metric_is_error=asked.metric_is_error,
            )
        )
    if asked.optuna is not None:
        from advisor.imports.optuna import read_optuna

        found.append(read_optuna(_from_folder(asked.optuna, folder)))
    return tuple(found)


def _from_folder(uri: str, folder: Path) -> str:
    """Let a relative path start at the study's folder; a URL stays as it is.

    Example:
        >>> _from_folder("sqlite:///runs/mlflow.db", Path("/studies"))
        'sqlite:////studies/runs/mlflow.db'
        >>> _from_folder("http://tracking.test", Path("/studies"))
        'http://tracking.test'
    """
    if uri.startswith(SQLITE):
        return SQLITE + str(folder / Path(uri.removeprefix(SQLITE)).expanduser())
    if "://" in uri:
        return uri
    return str(folder / Path(uri).expanduser())
