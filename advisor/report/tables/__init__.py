"""The recommendation as tables and sentences, the same for every face: a file per topic.

HTML, Markdown, the terminal and the explorer differ in how they draw these; none adds a figure.
"""

from advisor.report.tables.cells import (
    GROUP_NAMES,
    GROUPS,
    PLATFORM_NAMES,
    Cell,
    Column,
    Fact,
    Table,
    group_usd_per_month,
    known,
    platform_name,
    stated,
    thinned,
    weakest,
)
from advisor.report.tables.costs import (
    Crossing,
    bill_table,
    crossing_sentences,
    crossings,
    curve_platforms,
    rate_table,
    stack_table,
)
from advisor.report.tables.evidence import (
    assumptions_table,
    measurements,
    price_sentence,
    reproduce_commands,
)
from advisor.report.tables.latency import load_table, measured_table
from advisor.report.tables.models import ladder_table, learning_table
from advisor.report.tables.options import (
    MOST_RANKED,
    MOST_REJECTED,
    considered_sentence,
    cost_cell,
    options_table,
    p99_cell,
    rejected_table,
    telling_options,
    telling_rejections,
    where_differs,
    why_it_lost,
)
from advisor.report.tables.retraining import (
    decay_table,
    retraining_details,
    retraining_table,
    training_table,
)
from advisor.report.tables.summary import change_table, difference_sentence, facts

__all__ = [
    "GROUPS",
    "GROUP_NAMES",
    "MOST_RANKED",
    "MOST_REJECTED",
    "PLATFORM_NAMES",
    "Cell",
    "Column",
    "Crossing",
    "Fact",
    "Table",
    "assumptions_table",
    "bill_table",
    "change_table",
    "considered_sentence",
    "cost_cell",
    "crossing_sentences",
    "crossings",
    "curve_platforms",
    "decay_table",
    "difference_sentence",
    "facts",
    "group_usd_per_month",
    "known",
    "ladder_table",
    "learning_table",
    "load_table",
    "measured_table",
    "measurements",
    "options_table",
    "p99_cell",
    "platform_name",
    "price_sentence",
    "rate_table",
    "rejected_table",
    "reproduce_commands",
    "retraining_details",
    "retraining_table",
    "stack_table",
    "stated",
    "telling_options",
    "telling_rejections",
    "thinned",
    "training_table",
    "weakest",
    "where_differs",
    "why_it_lost",
]
