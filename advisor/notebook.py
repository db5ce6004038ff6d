"""The product in a notebook: `from advisor import Study, recommend`.

answer = recommend("churn.yaml")                                  # shows as a page in Jupyter
answer = recommend("churn.yaml", {"workload.requests_per_s": 200})
answer.to_frame()                                                 # the options, for pandas
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from advisor.errors import AdvisorError
from advisor.evidence import load_evidence
from advisor.recommend import recommend as answer_of
from advisor.recommendation import Recommendation
from advisor.study.file import load_study
from advisor.study.types import Study

if TYPE_CHECKING:
    import pandas as pd

FRAMES = ("options", "bill", "curve", "assumptions")
"""What an answer can be turned into."""


class Answer(Recommendation):
    """A recommendation that shows itself in a notebook."""

    def _repr_html_(self) -> str:
        """Return the first page of the report, for Jupyter."""
        from advisor.report.html import render_fragment

        return render_fragment(self)

    def __str__(self) -> str:
        """Return the verdict."""
        return self.verdict

    def __repr__(self) -> str:
        """Return the verdict, for a prompt that shows no pages."""
        return f"<Answer for {self.study!r}: {self.verdict}>"

    def to_html(self) -> str:
        """Return the whole report as one page."""
        from advisor.report import render

        return render(self, format="html")

    def to_frame(
        self, what: Literal["options", "bill", "curve", "assumptions"] = "options"
    ) -> "pd.DataFrame":
        """Return a part of the answer as a data frame, figures in full precision.

        Args:
            what: `options`, one row per option that is listed, the chosen one first and those that
                lost last; `bill`, the chosen option's lines; `curve`, cost against request rate;
                `assumptions`, every number that was not measured.

        Raises:
            AdvisorError: `what` is none of these.
        """
        import pandas as pd

        if what not in FRAMES:
            raise AdvisorError(f"unknown frame {what!r}: one of {', '.join(FRAMES)}")
        if what == "options":
            return pd.DataFrame(self._options())
        parts = {
            "bill": self.best.lines if self.best else (),
            "curve": self.cost_curve,
            "assumptions": self.assumptions,
        }[what]
        return pd.DataFrame([part.model_dump(exclude={"quote"}) for part in parts])

    def _options(self) -> list[dict[str, Any]]:
        from advisor.report.tables import why_it_lost

        ranked = [
            {
                "chosen": option == self.best,
                "feasible": True,
                **_flat(option),
                "reasons": "" if option == self.best else why_it_lost(option, self),
            }
            for option in self.ranked
        ]
        lost = [
            {
                "chosen": False,
                "feasible": False,
                **_flat(rejection.option),
                "reasons": "; ".join(rejection.reasons),
            }
            for rejection in self.rejected
        ]
        return ranked + lost


def _flat(option: Any) -> dict[str, Any]:
    kept: dict[str, Any] = option.model_dump(exclude={"lines"})
    return kept


def recommend(
    study: Study | Path | str,
    changes: Mapping[str, Any] | None = None,
    *,
    store: Path | str | None = None,
    on: date | str | None = None,
) -> Answer:
    """Rank every way to run a study's candidates and explain the answer.

    Args:
        study: a study file, or a study that was made here.
        changes: figures to change, by dotted key, as `--set` does; for a study file only.
        store: folder with the runs; `.advisor` beside the study file, or in the working folder.
        on: the day whose prices apply, a date or `YYYY-MM-DD`; today by default.

    Returns:
        The answer: it shows as a page in Jupyter, and `to_frame()` has it as a table.

    Raises:
        StudyError: the study or a change is wrong.
        NoRunsError: nothing was measured yet: run `advisor bench STUDY`.
        AdvisorError: an argument is of another kind.

    Example:
        answer = recommend("churn.yaml", {"workload.requests_per_s": 200})
        answer.verdict                       # the answer in a sentence
        answer.best.usd_per_month            # [USD/month]
        answer.to_frame()                    # every option that is listed, and why it lost
    """
    day = _day(on)
    if not isinstance(study, Study | Path | str):
        raise AdvisorError(
            f"recommend takes a study file or a Study, not {type(study).__name__}: "
            "recommend('churn.yaml')"
        )
    if changes is not None and not isinstance(changes, Mapping):
        raise AdvisorError(
            "changes are a mapping of dotted keys to values: {'workload.requests_per_s': 200}"
        )
    if isinstance(study, Study):
        if changes:
            raise AdvisorError("changes are for a study file: make another Study instead")
        path, question = Path("study.yaml"), study
    else:
        path = Path(study)
        question = load_study(
            path, [f"{key}={_word(value)}" for key, value in (changes or {}).items()]
        )
    evidence = load_evidence(path, question, store=Path(store) if store is not None else None)
    found = answer_of(question, evidence, on=day)
    return Answer(**{name: getattr(found, name) for name in Recommendation.model_fields})


def _day(on: date | str | None) -> date:
    """Return the day whose prices apply.

    Raises:
        AdvisorError: it is no day.
    """
    if on is None:
        return datetime.now(UTC).date()
    if isinstance(on, datetime):
        return on.date()
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on)
    except (TypeError, ValueError):
        raise AdvisorError(f"on={on!r}: write a day as YYYY-MM-DD, or give a date") from None


def _word(value: Any) -> str:
    """Return a Python value as `--set` reads it: words stay words, whatever is in them."""
    import json

    return json.dumps(value, default=str)
