"""One column of any file -> its values and what it was taken for, on what ground.

All values are looked at. Where at most `FEW` of them are not of the type of the rest, they are
missing, and a note names the first with its row; where more are, the column stays text and the
reading asks what it is. `data.types` of a study answers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.data.column_types.column import (
    FEW,
    ColumnKind,
    ColumnReading,
    Distinct,
    Misfit,
    TypedColumn,
    listed,
    matches,
    shown,
    to_numpy,
)
from benchmarks.data.column_types.numbers import PLAIN, Mark, Numbers, read_numbers
from benchmarks.data.column_types.times import (
    TIME_NAME,
    Times,
    looks_like_times,
    read_times,
    seconds_of_day,
    share_of_times,
    times_of_numbers,
)
from benchmarks.data.column_types.words import MISSING, MISSING_MARKS, TRUTH, YES_AND_NO
from benchmarks.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["feature", "target", "time", "ignored"]
"""What a study uses a column for."""

HEAD: Final = 1_000
"""Values at the start that tell which way of reading is tried first."""

LARGEST_EXACT: Final = 2**53
"""Whole numbers beyond this are not kept exactly by a float."""

IDENTIFIER_SHARE: Final = 0.98
"""Different values per row from which a column of texts tells rows apart and nothing else."""

FREE_TEXT_CHARACTERS: Final = 40
"""Mean length from which different texts are prose. [characters]"""

CODE_DIGITS: Final = 4
"""Whole numbers of one length from here on, some with a 0 in front, are codes, not amounts."""


@dataclass(frozen=True)
class Setting:
    """What a file and a study say beside the column itself."""

    role: Role = "feature"
    said: ColumnKind | None = None
    """What the study says that the column is; null to tell it from the values."""
    decimal: Mark | None = None
    """Decimal mark of the file's other columns; null where they do not tell."""
    delimiter: str | None = None
    """What separates the file's columns; null where it is no such file."""
    rows: NDArray[np.int64] | None = None
    """Row of the file of each value, 1 the first; null where it is not known."""
    where: str = ""
    """File, for errors."""


def read_texts(name: str, texts: Any, setting: Setting) -> TypedColumn:
    """Tell what a column of texts holds, and read it.

    Args:
        name: of the column.
        texts: Arrow array of strings; empty and null are missing.
        setting: what the file and the study say.

    Raises:
        DataError: the values cannot be told and none of them can be used as they are, such as dates
            that are read with day or month first alike.
    """
    if setting.said == "ignore" or setting.role == "ignored":
        return _ignored(name, len(texts), "as the study says")
    quick = _quick(name, texts, setting)
    if quick is not None:
        return quick
    distinct = Distinct(texts)
    if distinct.value_count == 0:
        return _empty(name, len(texts))
    return _Reader(name, distinct, setting).read()


def decimal_mark(texts: Any, *, delimiter: str | None) -> Mark | None:
    """Return the decimal mark that a column surely has, so that others can be read by it."""
    import pyarrow.compute as pc

    head = pc.unique(_chunk(texts.slice(0, 20 * HEAD)))
    marked = head.filter(pc.match_substring_regex(head, r"^[^A-Za-z:]*\d[.,]\d[^A-Za-z:]*$"))
    if not len(marked):
        return None
    trimmed = Distinct(marked)
    found = read_numbers(trimmed.texts, trimmed.counts, decimal=None, delimiter=delimiter)
    if found is None or found.fits.mean() < 1 - FEW:
        return None
    return found.decimal


def _chunk(texts: Any) -> Any:
    """A chunked array in one piece."""
    import pyarrow as pa

    if not isinstance(texts, pa.ChunkedArray):
        return texts
    joined = texts.combine_chunks()
    return joined if not isinstance(joined, pa.ChunkedArray) else pa.concat_arrays(joined.chunks)


# Fast ways ----------------------------------------------------------------------------------------


def _quick(name: str, texts: Any, setting: Setting) -> TypedColumn | None:
    """Read plain numbers and ISO times at once, without looking at each different text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if setting.said == "category":
        return None
    blank = pc.equal(texts, "")
    filled = texts
    if pc.any(blank).as_py():
        filled = pc.if_else(blank, pa.scalar(None, texts.type), texts)
    count = len(filled) - filled.null_count
    if not count:
        return _empty(name, len(texts))
    head = _chunk(filled.slice(0, HEAD).drop_null())
    if len(head) == 0:
        return None
    if matches(head, PLAIN).all():
        return _quick_numbers(name, filled, head, setting)
    if setting.said in {None, "time"} and matches(head, r"^\d{4}-\d{2}-\d{2}").all():
        try:
            stamps = pc.cast(filled, pa.timestamp("us"))
        except pa.ArrowInvalid:
            return None
        series = _stamps_series(to_numpy(stamps))
        reading = _reading(name, "time", "ISO dates", filled, head)
        return TypedColumn(series, reading)
    return None


def _quick_numbers(name: str, filled: Any, head: Any, setting: Setting) -> TypedColumn | None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    dotted = matches(head, r"\.")
    if dotted.any() and not matches(head, r"^[+-]?\d*\.(\d{0,2}|\d{4,})([eE]|$)|^[+-]?0\.").any():
        return None  # 1.234 throughout: thousands or decimals, the whole column must tell
    try:
        if not dotted.any() and not matches(head, "[eE]").any():
            whole = pc.cast(filled, pa.int64())
            return _quick_whole(name, whole, filled, head, setting)
    except pa.ArrowInvalid:
        pass
    try:
        numbers = pc.cast(filled, pa.float64())
    except pa.ArrowInvalid:
        return None
    values = np.asarray(to_numpy(numbers), dtype=float)
    if not dotted.any():
        finite = np.abs(values[np.isfinite(values)])
        if len(finite) and finite.max() > LARGEST_EXACT:
            return None
    if setting.role == "time" or setting.said == "time":
        return None
    missing = int(np.isnan(values).sum())
    reading = _reading(name, "number", "numbers", filled, head, missing=missing)
    return TypedColumn(pd.Series(values, copy=False), reading)


def _quick_whole(
    name: str, whole: Any, filled: Any, head: Any, setting: Setting
) -> TypedColumn | None:
    import pandas as pd
    import pyarrow.compute as pc

    extent = pc.min_max(whole).as_py()
    low, high = extent["min"], extent["max"]
    is_time = setting.role == "time" or setting.said == "time"
    if is_time or max(abs(low), abs(high)) > LARGEST_EXACT:
        return None
    may_be_times = setting.said is None and (
        low > 190_000 or (low >= 20_000 and TIME_NAME.search(name) is not None)
    )
    if may_be_times or (setting.said is None and _some_are_padded(filled)):
        return None
    reading = _reading(name, "number", "whole numbers", filled, head, whole=whole)
    if whole.null_count:
        return TypedColumn(pd.Series(np.asarray(to_numpy(whole), dtype=float), copy=False), reading)
    return TypedColumn(pd.Series(to_numpy(whole), copy=False), reading)


def _some_are_padded(filled: Any) -> bool:
    """Whether a whole number has a 0 in front."""
    import pyarrow.compute as pc

    noughts = filled.filter(pc.starts_with(filled, "0"))
    return bool(len(noughts) and (pc.max(pc.binary_length(noughts)).as_py() or 0) > 1)


def _reading(
    name: str,
    kind: ColumnKind,
    ground: str,
    filled: Any,
    head: Any,
    *,
    missing: int | None = None,
    whole: Any = None,
) -> ColumnReading:
    """Describe a column that was read at once.

    Its different values are counted where that may tell something: in whole numbers of which the
    first are all different, and where the first are all the same.
    """
    import pyarrow.compute as pc

    missing_count = filled.null_count if missing is None else missing
    different = pc.unique(head)
    distinct_count = len(different)
    if len(filled) > HEAD and distinct_count == 1:
        distinct_count = int(pc.count_distinct(filled).as_py())
    elif len(filled) > HEAD and distinct_count == len(head) and whole is not None:
        distinct_count = int(pc.count_distinct(whole).as_py())
    return ColumnReading(
        name=name,
        kind=kind,
        ground=_with_spread(ground, kind, distinct_count, len(filled) - missing_count),
        examples=tuple(str(each) for each in different[:3]),
        value_count=len(filled) - missing_count,
        missing_count=missing_count,
        distinct_count=distinct_count,
    )


def _with_spread(ground: str, kind: ColumnKind, distinct_count: int, value_count: int) -> str:
    if distinct_count == 1:
        return f"{ground}, one value only"
    if ground == "whole numbers" and kind == "number" and distinct_count == value_count > 20:
        return f"{ground}, each different: an identifier?"
    return ground


# Any column of texts ------------------------------------------------------------------------------


class _Reader:
    """Reads one column of texts by its different values."""

    def __init__(self, name: str, distinct: Distinct, setting: Setting) -> None:
        self.name, self.distinct, self.setting = name, distinct, setting
        lowered = np.array([word.lower() for word in distinct.words], dtype=object)
        self.lowered = lowered
        self.is_missing = np.array([word in MISSING for word in lowered], dtype=bool)
        self.is_mark = np.array([word in MISSING_MARKS for word in lowered], dtype=bool)
        self.rest = ~(self.is_missing | self.is_mark)
        """Texts that are neither empty nor a word for missing."""
        self.rest_rows = int(distinct.counts[self.rest].sum())

    def read(self) -> TypedColumn:
        said, role = self.setting.said, self.setting.role
        if said == "category":
            return self.category("as the study says")
        if self.rest_rows == 0:
            return self.category() if role in {"feature", "target"} else self.not_a_time()
        if said != "number" and role != "target":
            times = self.times()
            if times is not None:
                return times
        if said == "time" or role == "time":
            return self.not_a_time()
        truth = self.truth()
        if truth is not None:
            return truth
        numbers = self.numbers()
        if numbers is not None:
            return numbers
        if said == "number":
            raise DataError(
                f"{self.setting.where}: data.types: {self.name!r} is said to be a number, and too "
                f"many of its values are none ({self.first_of(self.rest)}): clean them, or say "
                "category"
            )
        return self.category()

    # Booleans

    def truth(self) -> TypedColumn | None:
        """True and false in any case; yes and no in several spellings become two words."""
        import pandas as pd

        words = set(self.lowered[self.rest])
        if not words <= set(TRUTH) or self.setting.said == "number":
            return None
        if self.setting.role == "target" or self.distinct.counts[~self.rest].sum() == 0:
            values = np.array([word == TRUTH[0] for word in self.lowered], dtype=object)
            values[~self.rest] = None
            series = pd.Series(self.distinct.spread(values, missing=None))
            if series.notna().all():
                series = series.astype(bool)
        else:
            numbers = np.where(self.rest, self.lowered == TRUTH[0], np.nan).astype(float)
            series = pd.Series(self.distinct.spread(numbers, missing=np.nan))
        return TypedColumn(series, self.reading("number", "booleans: true is 1", fits=self.rest))

    # Numbers

    def numbers(self) -> TypedColumn | None:
        import pandas as pd

        texts = self.distinct.texts.filter(_mask(self.rest))
        counts = self.distinct.counts[self.rest]
        infinite = matches(texts, r"(?i)^[+-]?inf(inity)?$")
        setting = self.setting
        found = read_numbers(texts, counts, decimal=setting.decimal, delimiter=setting.delimiter)
        if found is None:
            return self.of_day()
        fits = found.fits | infinite
        share = counts[fits].sum() / max(1, counts.sum())
        enough = 0.5 if setting.said == "number" else 1 - FEW
        if share < enough:
            return None
        values = np.where(infinite, np.inf, found.values)
        negative = infinite & matches(texts, "^-")
        values = np.where(negative, -np.inf, values)
        if found.is_whole and not infinite.any() and setting.said is None:
            special = self.whole_numbers(texts, counts, values, found)
            if special is not None:
                return special
        full_fits = _widen(fits, self.rest)
        series = pd.Series(self.distinct.spread(_widen(values, self.rest), missing=np.nan))
        series = series.astype(float)
        if setting.role == "target" and found.is_whole and series.notna().all():
            series = series.astype("int64")
        return TypedColumn(series, self.reading_of_numbers(found, full_fits, series))

    def reading_of_numbers(
        self, found: Numbers, fits: NDArray[np.bool_], series: "pd.Series[Any]"
    ) -> ColumnReading:
        notes = [] if found.is_plain or found.ground == "numbers" else [f"taken for {found.ground}"]
        question = None
        if found.doubt is not None:
            question = f"{found.doubt}: taken for {found.ground}"
        hint = None
        if found.is_whole and self.setting.role == "feature" and self.setting.said is None:
            hint = looks_like_times(series.to_numpy(), name=self.name)
        if hint is not None:
            notes.append(
                f"taken for numbers, could be {hint}: data.types: {{{self.name}: time}} says so"
            )
        ground = "whole numbers" if found.is_whole and found.ground == "numbers" else found.ground
        return self.reading("number", ground, fits=fits, notes=notes, question=question)

    def whole_numbers(
        self, texts: Any, counts: NDArray[np.int64], values: NDArray[np.float64], found: Numbers
    ) -> TypedColumn | None:
        """Whole numbers that are something else: codes, exact identifiers, dates in digits."""
        if self.setting.role == "target":
            return None
        largest = np.nanmax(np.abs(values))
        exact = _exact(texts, found) if largest > LARGEST_EXACT else values
        times = None
        if exact is not None:
            times = times_of_numbers(exact, counts, asked=False, name=self.name)
        if times is not None:
            return self.of_times(times)
        if largest > LARGEST_EXACT:
            return self.category("numbers of too many digits to count with, kept as they are")
        lengths = {len(str(text)) for text in texts}
        if len(lengths) == 1 and lengths.pop() >= CODE_DIGITS and matches(texts, "^0").any():
            return self.category("codes with a 0 in front", told="kept as codes: some begin with 0")
        return None

    def of_day(self) -> TypedColumn | None:
        """Times of the day, as seconds since midnight."""
        import pandas as pd

        texts = self.distinct.texts.filter(_mask(self.rest))
        seconds = seconds_of_day(texts)
        if seconds is None:
            return None
        fits = ~np.isnan(seconds)
        counts = self.distinct.counts[self.rest]
        if counts[fits].sum() < (1 - FEW) * counts.sum():
            return None
        series = pd.Series(self.distinct.spread(_widen(seconds, self.rest), missing=np.nan))
        ground = "times of the day, as seconds since midnight"
        reading = self.reading(
            "number", ground, fits=_widen(fits, self.rest), notes=[f"taken for {ground}"]
        )
        return TypedColumn(series.astype(float), reading)

    # Times

    def times(self) -> TypedColumn | None:
        """Texts that are times; numbers too where the study says that it is a time."""
        texts = self.distinct.texts.filter(_mask(self.rest))
        counts = self.distinct.counts[self.rest]
        asked = self.setting.role == "time" or self.setting.said == "time"
        found = read_times(texts, counts)
        if found is not None:
            if found.doubt is not None:
                raise DataError(self.ambiguous(found.doubt))
            return self.of_times(found)
        if not asked:
            return None
        numbers = read_numbers(texts, counts, decimal=".", delimiter=None)
        if numbers is None or counts[numbers.fits].sum() < (1 - FEW) * counts.sum():
            return None
        values: NDArray[Any] = numbers.values
        if numbers.is_whole:
            exact = _exact(texts, numbers)
            values = values if exact is None else exact
        as_times = times_of_numbers(values, counts, asked=True, name=self.name)
        if as_times is not None:
            return self.of_times(as_times)
        if self.setting.said == "time":
            return None
        return self.plain_order(numbers)

    def plain_order(self, numbers: Numbers) -> TypedColumn:
        """Numbers that are no time stamps: only their order is known."""
        import pandas as pd

        series = pd.Series(
            self.distinct.spread(_widen(numbers.values, self.rest), missing=np.nan)
        ).astype(float)
        ground = "a plain order"
        note = (
            "its numbers are no time stamps (dates, yyyymmdd, seconds or milliseconds since 1970): "
            "only their order is used"
        )
        fits = _widen(numbers.fits, self.rest)
        return TypedColumn(series, self.reading("number", ground, fits=fits, notes=[note]))

    def of_times(self, found: Times) -> TypedColumn:
        stamps = np.full(len(self.rest), np.datetime64("NaT", "us"))
        stamps[self.rest] = found.stamps
        fits = _widen(found.fits, self.rest)
        series = _stamps_series(self.distinct.spread(stamps, missing=np.datetime64("NaT", "us")))
        notes = list(found.notes)
        if "first" in found.ground:
            notes.insert(0, f"taken for {found.ground}")
        return TypedColumn(series, self.reading("time", found.ground, fits=fits, notes=notes))

    def ambiguous(self, doubt: str) -> str:
        key = "data.time" if self.setting.role == "time" else "data"
        ignoring = "" if self.setting.role == "time" else ", or leave it out (data.types: ignore)"
        return (
            f"{self.setting.where}: {key}: column {self.name!r}: {doubt} "
            f"({listed([shown(e) for e in self.distinct.examples(self.rest)])}): "
            f"write the dates as 2026-01-31{ignoring}"
        )

    def not_a_time(self) -> TypedColumn:
        _, found = self.distinct.misfits(self.rest, self.setting.rows)
        bad = shown(found[0].text) if found else "no value"
        row = f" (row {found[0].row:,})" if found and found[0].row is not None else ""
        key = "data.types" if self.setting.said == "time" else "data.time"
        raise DataError(
            f"{self.setting.where}: {key}: column {self.name!r} holds {bad}, which is no "
            f"time{row}: write times as 2026-01-31T12:00:00, or leave the key out"
        )

    # Words

    def category(self, why: str | None = None, *, told: str | None = None) -> TypedColumn:
        import pandas as pd

        distinct = self.distinct
        words: NDArray[Any] = distinct.words.copy()
        notes: list[str] = [] if told is None else [told]
        fits = ~distinct.empty
        folded = None if why is not None else self.fold_truth()
        if folded is not None:
            words = folded
            if len(set(folded[self.rest])) < int(self.rest.sum()):
                notes.append(
                    f"spellings of yes and no were put together: "
                    f"{listed([shown(w) for w in distinct.words[self.rest]], most=6)}"
                )
        if distinct.blank_variant_count and self.setting.role == "target":
            notes.append("blanks around values were cut off")
        values = np.where(fits, words, np.nan)
        series = pd.Series(distinct.spread(values, missing=np.nan), dtype=object, copy=False)
        question = None if why is not None else self.doubt()
        ground = why or self.ground_of_words(folded is not None)
        reading = self.reading("category", ground, fits=fits, notes=notes, question=question)
        return TypedColumn(series, reading)

    def fold_truth(self) -> NDArray[np.object_] | None:
        """Yes and no in one spelling each, the most frequent; None where it is something else."""
        words = {str(word) for word in self.lowered[self.rest]}
        pair = next((pair for pair in YES_AND_NO if words == set(pair)), None)
        if pair is None:
            return None
        folded = self.distinct.words.copy()
        for word in pair:
            own = self.rest & (self.lowered == word)
            folded[own] = self.distinct.words[
                int(np.argmax(np.where(own, self.distinct.counts, -1)))
            ]
        return folded

    def ground_of_words(self, is_truth: bool) -> str:
        distinct_count = int((~self.distinct.empty).sum())
        value_count = self.distinct.value_count
        if distinct_count == 1:
            return "one value only"
        if is_truth:
            return "booleans: yes and no"
        if value_count >= 20 and distinct_count >= IDENTIFIER_SHARE * value_count:
            mean = float(np.mean([len(word) for word in self.distinct.words]))
            return "free text" if mean >= FREE_TEXT_CHARACTERS else "an identifier: values differ"
        return f"{distinct_count:,} different texts"

    def doubt(self) -> str | None:
        """Say where many texts look like numbers or times and too many do not."""
        if self.rest_rows < 20:
            return None
        texts = self.distinct.texts.filter(_mask(self.rest))
        counts = self.distinct.counts[self.rest]
        look = matches(texts, r"^[^\p{L}]*\d[^\p{L}]*$")
        if not look.any() or counts[look].sum() < 0.2 * self.rest_rows:
            return None
        found = read_numbers(
            texts, counts, decimal=self.setting.decimal, delimiter=self.setting.delimiter
        )
        what, fits = "numbers", np.zeros(len(texts), dtype=bool)
        if found is not None:
            fits = found.fits
        share = counts[fits].sum() / max(1, counts.sum())
        if share < 0.2 and share_of_times(texts, counts) >= 0.2:
            return "some of its values look like times, too many do not: taken as a category"
        if share < 0.2:
            return None
        others = _widen(~fits, self.rest)
        count = int(self.distinct.counts[others].sum())
        return (
            f"{count:,} of {self.rest_rows:,} values are no {what} ({self.first_of(others)}): "
            "taken as a category"
        )

    # Shared

    def first_of(self, mask: NDArray[np.bool_]) -> str:
        _, found = self.distinct.misfits(mask, self.setting.rows)
        return str(found[0]) if found else "no value"

    def reading(
        self,
        kind: ColumnKind,
        ground: str,
        *,
        fits: NDArray[np.bool_],
        notes: list[str] | None = None,
        question: str | None = None,
    ) -> ColumnReading:
        """Describe the column; values that do not fit are missing, and told."""
        distinct, row_count = self.distinct, len(self.distinct.codes)
        odd = ~fits & ~self.is_missing & ~distinct.empty
        misfit_count, misfits = distinct.misfits(odd, self.setting.rows)
        value_count = int(distinct.counts[fits].sum())
        found = list(notes or ())
        if misfit_count:
            found.append(_misfit_note(kind, misfit_count, distinct.value_count, misfits))
        if question is not None:
            found.append(f"{question}; data.types: {{{self.name}: ...}} says what it is")
        return ColumnReading(
            name=self.name,
            kind=kind,
            ground=_with_spread(ground, kind, int(fits.sum()), value_count),
            examples=distinct.examples(fits & (self.rest | ~odd)),
            value_count=value_count,
            missing_count=row_count - value_count,
            distinct_count=int(fits.sum()),
            misfit_count=misfit_count,
            misfits=misfits,
            notes=tuple(f"column {self.name!r}: {note}" for note in found),
            question=question,
        )


def _misfit_note(
    kind: ColumnKind, count: int, value_count: int, misfits: tuple[Misfit, ...]
) -> str:
    what = "time" if kind == "time" else "number"
    verb = "is" if count == 1 else "are"
    return (
        f"{count:,} of {value_count:,} values {verb} no {what} "
        f"({listed(misfits) + (' ...' if count > len(misfits) == 3 else '')}): taken as missing"
    )


def _mask(mask: NDArray[np.bool_]) -> Any:
    import pyarrow as pa

    return pa.array(mask)


def _widen(part: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """Put values of some texts at their places among all, NaN or False elsewhere."""
    full = np.full(len(mask), False if part.dtype == bool else np.nan, dtype=part.dtype)
    full[mask] = part
    return full


def _exact(texts: Any, found: Numbers) -> NDArray[Any] | None:
    """Whole numbers as they are, beyond what a float keeps; None where they do not fit an int64."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not found.fits.all():
        return None
    try:
        return to_numpy(pc.cast(texts, pa.int64()))
    except pa.ArrowInvalid:
        return None


def _stamps_series(stamps: NDArray[Any]) -> "pd.Series[Any]":
    import pandas as pd

    return pd.Series(stamps.astype("datetime64[us]", copy=False), copy=False)


def _ignored(name: str, row_count: int, why: str) -> TypedColumn:
    import pandas as pd

    series = pd.Series(np.full(row_count, np.nan))
    return TypedColumn(series, ColumnReading(name, "ignore", why))


def _empty(name: str, row_count: int) -> TypedColumn:
    import pandas as pd

    series = pd.Series(np.full(row_count, np.nan))
    notes = (f"column {name!r} has no values and was left out",)
    reading = ColumnReading(name, "ignore", "no values", missing_count=row_count, notes=notes)
    return TypedColumn(series, reading)
