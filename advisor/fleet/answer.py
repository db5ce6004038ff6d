"""The answer for many models: what `fleet recommend --json` prints and its reports are made of."""

from advisor.records import Record


class ModelAnswer(Record):
    """One model in the fleet."""

    study: str
    """Its path below the fleet's folder, or its name in the table."""
    platform: str
    """Where it runs."""
    place: str
    """The option in words, or the shared machine."""
    interval_days: float | None
    """How often it is retrained; null where no interval is planned. [days]"""
    phase_days: float | None
    """First release after the calendar's start; null without an interval. [days]"""
    usd_per_month: float
    """Its bill in the fleet: its own lines, and its part of what is shared. [USD/month]"""
    saves_usd_per_month: float
    """What the fleet saves on it: bill and errors of its single answer less those here; negative
    where it pays for the others. [USD/month]"""
    single_usd_per_month: float
    """Bill of its single answer. [USD/month]"""
    changed: tuple[str, ...] = ()
    """What the fleet changed of it, in words."""
    runs: int | None = None
    """Runs behind its next release; null without a budget of experiments."""
    warning: str | None = None
    """What a reader must know of it."""


class SharedMachine(Record):
    """A machine that several models share."""

    name: str
    """Its number and type."""
    sku: str
    """EC2 type."""
    copies: int
    """Copies, one a zone. [machines]"""
    usd_per_month: float
    """Machines and their balancer. [USD/month]"""
    studies: tuple[str, ...]
    """Who is on it."""


class FamilyCommitment(Record):
    """A commitment for a year over one family of services."""

    family: str
    """`compute` or `sagemaker`."""
    discount_fraction: float
    """What it takes off the list, as `fleet.yaml` gives it."""
    usd_per_hour: float
    """What to commit to. [USD/h]"""
    covers_usd_per_hour: float
    """List spend that it covers: that quantile of the year's drawn hours. [USD/h]"""
    list_usd_per_hour: float
    """Mean drawn list spend. [USD/h]"""
    saves_usd_per_month: float
    """Expected saving. [USD/month]"""
    alone_saves_usd_per_month: float
    """What it would be if each model bought its own. [USD/month]"""


class CalendarAnswer(Record):
    """The calendar of all releases."""

    slot_days: float
    """One slot. [days]"""
    hours_per_slot: tuple[float, ...]
    """Hours of each slot of one turn. [h]"""
    mean_hours: float
    """Mean slot: the lower bound of the busiest. [h]"""
    peak_hours: float
    """Busiest slot. [h]"""
    together_hours: float
    """Busiest slot if all started together. [h]"""
    limit_hours: float | None
    """What the team has for a slot; null for no limit. [h]"""
    is_feasible: bool
    """Whether the mean slot keeps to it."""
    usd_per_hour: float
    """Price of an hour at which the intervals fit; 0 where they fit as they are. [USD/h]"""
    stretched: tuple[str, ...]
    """Models whose interval was made longer for it."""


class ExperimentsAnswer(Record):
    """One budget of experiments."""

    budget_usd: float
    """As given. [USD]"""
    spend_usd: float
    """What is worth spending of it. [USD]"""
    gain_usd: float
    """Expected gain over the life of the next releases. [USD]"""
    last_dollar_gain_usd: float
    """Gain of the last dollar. [USD]"""
    equal_gain_usd: float
    """Gain if every model got the same money. [USD]"""
    models: int
    """Models that get more than one run."""
    spread_basis: str
    """What the spreads rest on."""


class Infeasible(Record):
    """A model without a feasible option."""

    study: str
    """Which."""
    reasons: tuple[str, ...]
    """Why, and what to relax."""


class FleetAnswer(Record):
    """The whole answer."""

    name: str
    """Title."""
    verdict: str
    """One line."""
    models: tuple[ModelAnswer, ...]
    """One a model that can run, by name."""
    platforms: tuple[str, ...]
    """Platforms that are kept."""
    usd_per_month: float
    """All that is counted: AWS, labels, people. [USD/month]"""
    machines_usd_per_month: float
    """Serving, before commitments. [USD/month]"""
    hours_per_month: float
    """People's hours: platforms and releases. [h/month]"""
    aws_usd_per_month: float
    """What AWS invoices, commitments used. [USD/month]"""
    sum_of_single_answers_usd_per_month: float
    """What adding up the single answers would wrongly say: every one charges its platform's whole
    upkeep. [USD/month]"""
    shared_machines: tuple[SharedMachine, ...]
    """Machines that several models share."""
    fewest_shared_machines: int
    """Lower bound of their number, by load and memory; one copy each."""
    commitment: tuple[FamilyCommitment, ...]
    """One a family with a discount."""
    calendar: CalendarAnswer | None
    """Null where nothing is retrained by plan."""
    experiments: ExperimentsAnswer | None
    """Null without a budget."""
    infeasible: tuple[Infeasible, ...]
    """Models that nothing runs."""
    notes: tuple[str, ...]
    """What a reader must know, each with what to do."""
    on: str
    """Day of the prices."""
