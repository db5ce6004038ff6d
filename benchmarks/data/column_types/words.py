"""Words that people write for missing values and for yes and no."""

from typing import Final

MISSING: Final = frozenset(
    {
        *("", "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#n/a", "#na", "#n/a n/a"),
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    }
)
"""What programs write for a missing number or time, in small letters: no note is needed."""

MISSING_MARKS: Final = frozenset(
    {
        *("-", "--", "---", "?", "??", ".", "..", "*", "/", "–", "—", "nil", "(null)", "\\n"),
        *("n.a.", "n.a", "na.", "n. a.", "#n/a!", "#value!", "#ref!", "#div/0!", "#num!", "#name?"),
        *("#null!", "unknown", "missing", "not available", "not known", "undefined", "k.a.", "nd"),
        *("n.d.", "s/d", "nv", "tbd", "nat", "empty", "blank", "none.", "not applicable"),
    }
)
"""What people write for the same, in small letters: however many, they are missing, and told."""

TRUTH: Final = ("true", "false")
"""Words that programs write for a boolean, true first."""

YES_AND_NO: Final = tuple(
    (frozenset(yes.split()), frozenset(no.split()))
    for yes, no in (
        ("yes y", "no n"),
        ("true t", "false f"),
        ("on", "off"),
        ("ja j", "nein n"),
        ("ja j", "nej n"),
        ("ja j", "nee n"),
        ("oui o", "non n"),
        ("si sí s", "no n"),
        ("sim s", "não nao n"),
        ("tak t", "nie n"),
        ("wahr", "falsch"),
        ("vrai", "faux"),
        ("verdadero", "falso"),
        ("да", "нет"),
        ("はい", "いいえ"),
        ("是", "否"),
    )
)
"""What people write for it in one language, in small letters, true first."""

FOOTERS: Final = frozenset(
    {
        *("total", "totals", "grand total", "subtotal", "sum", "sums", "average", "mean", "count"),
        *("summe", "gesamt", "gesamtsumme", "somme", "totaal", "totale", "итого", "合計"),
        *(
            "suma",
            "razem",
            "somma",
            "totalt",
            "итог",
            "合计",
            "总计",
            "grand totals",
            "std",
            "min",
            "max",
        ),
        *("end", "eof", "end of file", "-- end --"),
    }
)
"""First fields of a last line that is no row of the data, in small letters, without a colon."""
