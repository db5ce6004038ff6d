"""The first page: the answer, the reasons, what to do."""

from advisor.recommendation import (
    MeasureNext,
)
from advisor.report.sections import first_page
from advisor.report.sections.decision import (
    BEFORE,
    IN_SHORT,
    LEDGER,
    MORE,
    OPTIONS,
    not_in_these_figures,
    without_banner,
)
from advisor.report.sections.risk import break_even
from tests.advisor.report.factories import (
    bare,
    costing,
    flip,
    of,
    section,
    titles,
    turned_down,
    way,
)
from tests.faces import factories as made


def test_a_bare_answer_says_what_was_considered_and_what_is_left_out():
    assert (
        titles(first_page(bare()))
        == [
            *(OPTIONS, "What would change the answer"),
            "Not in these figures",
        ][::2]
    )


def test_the_first_page_has_the_answer_then_the_reasons_then_what_to_do():
    answer = of(
        costing(10.0),
        costing(12.0),
        retraining=made.retraining(),
        training=made.training(),
        experiments=made.experiments(),
        rejected=(turned_down(costing(3.0)),),
        break_even=(flip(),),
        warnings=("mind",),
        measure_next=(MeasureNext(action="do", cost_usd=0.0, saves_usd_per_month=0.0),),
    )

    assert titles(first_page(answer)) == [
        IN_SHORT,
        LEDGER,
        BEFORE,
        MORE,
        OPTIONS,
        "What would change the answer",
        "Not in these figures",
        "Why the others do not qualify",
        "Where each figure changes the answer",
        "Before you rely on it",
        "What to measure next",
    ]
    assert section(first_page(answer), IN_SHORT).facts[0].label == "You pay AWS"
    assert section(first_page(answer), MORE).facts[-1].label == "Experiments"


def test_what_would_have_to_give_is_said_only_where_nothing_is_feasible():
    needs = ("needs.max_p99_latency_ms: 42 ms would do",)

    assert titles(first_page(bare(relaxations=needs)))[0] == "What would have to give"
    assert first_page(bare(relaxations=needs))[0].bullets == needs
    assert "What would have to give" not in titles(first_page(of(way(), relaxations=needs)))


def test_the_flips_are_a_picture_first_and_a_table_later():
    found = first_page(of(way(), break_even=(flip(),)))

    assert section(found, "What would change the answer").tables == ()
    assert section(found, "What would change the answer").chart == "break-even"
    assert len(section(found, "Where each figure changes the answer").tables) == 1


def test_the_nearest_flip_is_a_sentence():
    found = break_even(bare(break_even=(flip(20.0, 320.0), flip(1.0, 2.0, to=None))))

    assert found.sentences == (
        (
            "Nearest: Mean request rate, now 20, changes the answer at 320 1/s to m on ECS on EC2, "
            "c7g.large."
        ),
    )
    assert break_even(bare()).sentences == ()
    assert break_even(bare()).chart is None


def test_what_is_left_out_ends_with_the_age_of_the_prices():
    found = not_in_these_figures(bare(excluded=("Taxes.",)))

    assert found.bullets[0] == "Taxes."
    assert found.bullets[-1].startswith("Prices as of 2026-11-21")


def test_what_stands_in_the_banner_is_not_a_bullet_too():
    stamp = bare().prices.replace(oldest_checked_on=bare().prices.on.replace(month=9))
    told = (
        "Old prices: the oldest was read 61 days ago, on 2026-09-21; 'advisor prices refresh' "
        "reads them again"
    )
    old = bare(prices=stamp, warnings=(told, "mind"))
    alone = bare(prices=stamp, warnings=(told,))

    kept = without_banner(first_page(old), old)
    assert section(kept, "Before you rely on it").bullets == ("mind",)
    assert "Before you rely on it" not in titles(without_banner(first_page(alone), alone))
    fresh = bare(warnings=(told,))
    assert section(without_banner(first_page(fresh), fresh), "Before you rely on it").bullets
