"""Data that come by name: scikit-learn's bundled sets, OpenML, and our own drifting streams."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

CACHE = Path("~/.cache/model-deployment-advisor")
"""Where downloaded data sets are kept."""


def load_source(source: str) -> tuple["pd.DataFrame", str | None, str | None]:
    """Return the frame of a source, its own target and its own time column."""
    scheme, _, name = source.partition(":")
    loaders: dict[str, Callable[[str], tuple[pd.DataFrame, str | None, str | None]]] = {
        "builtin": _load_builtin,
        "openml": _load_openml,
        "simulated": _load_simulated,
    }
    if scheme not in loaders:
        raise DataError(
            f"data.source: unknown source {source!r}: it starts with builtin:, openml: or "
            "simulated:; a file is named under data.path"
        )
    return loaders[scheme](name)


BUILTIN = ("breast_cancer", "digits", "wine", "diabetes")
"""Real data sets that scikit-learn brings along."""


def _load_builtin(name: str) -> tuple["pd.DataFrame", str | None, str | None]:
    if name not in BUILTIN:
        raise DataError(
            f"data.source: no built-in data set {name!r}: {did_you_mean(name, BUILTIN)}"
        )
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bunch.frame.copy()
    names = getattr(bunch, "target_names", None)
    if names is not None and name != "digits":
        frame["target"] = [str(names[int(code)]) for code in frame["target"]]
    return frame, "target", None


def _load_openml(name: str) -> tuple["pd.DataFrame", str | None, str | None]:
    from sklearn.datasets import fetch_openml

    cache = CACHE.expanduser() / "openml"
    try:
        bunch = fetch_openml(name, version="active", as_frame=True, data_home=str(cache))
    except ValueError as error:
        raise DataError(
            f"data.source: OpenML has no usable data set {name!r} "
            f"({str(error).partition('.')[0]}): search openml.org for its exact name"
        ) from None
    except (OSError, TimeoutError) as error:
        raise DataError(
            f"data.source: openml:{name} could not be fetched ({error}): connect to the network "
            f"once (it is then cached in {cache}), or give a file under data.path"
        ) from None
    target = bunch.target.name if bunch.target is not None else None
    return bunch.frame.copy(), target, None


def _load_simulated(name: str) -> tuple["pd.DataFrame", str | None, str | None]:
    from benchmarks.data.drift_streams import make_stream

    try:
        frame = make_stream(f"simulated:{name}")
    except ValueError as error:
        raise DataError(f"data.source: simulated:{name}: {error}") from None
    return frame, "y", "ts"
