"""The offer files, read from a real HTTP server that behaves and misbehaves as AWS does."""

import multiprocessing
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from pricing.errors import NetworkError, SourceError, TableError
from pricing.parts import Parts
from pricing.refresh import Plan, last_refresh, refresh
from pricing.sources.files import Transport, fetch_rows, require_network, rows_of_blocks
from pricing.sources.offers import OFFER_FILES
from pricing.tables import drop_own_tables, load_book, own_folder, start_book, write_table
from tests.pricing.aws_server import running
from tests.pricing.books import TODAY, row
from tests.pricing.offer_files import ec2_line, line, offer_file

ROOT = Path(__file__).parents[2]
LATER = date(2026, 11, 20)


@pytest.fixture
def aws():
    with running() as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    """A book that holds two machines in Ireland."""
    rows = [
        row("m5.large", 0.107, region="eu-west-1"),
        row("m5.xlarge", 0.214, region="eu-west-1"),
    ]
    write_table(tmp_path / "ec2.csv", rows=rows)
    return tmp_path


def transport(aws, **changes):
    return Transport(base_url=aws.url, wait_s=0.0, attempts=3, timeout_s=5.0)._replace(**changes)


def serve(aws, *lines, code="AmazonEC2", region="eu-west-1"):
    aws.files[code, region] = offer_file(lines, offer=code)


def plan(*services, regions=("eu-west-1",), **changes):
    return Plan(services=services or ("ec2",), regions=regions, **changes)


def run(aws, folder, *services, **changes):
    return refresh(plan(*services, **changes), today=LATER, folder=folder, transport=transport(aws))


def price(folder, sku="m5.large", on=TODAY):
    return load_book(folder).get(service="ec2", sku=sku, region="eu-west-1", on=on)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_new_price_is_a_new_row_and_the_old_one_stays(aws, folder):
    before = files(folder)
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))

    outcome = run(aws, folder)

    assert [str(change) for change in outcome.changes] == [
        "~ ec2 m5.large eu-west-1 on-demand: 0.107 -> 0.12 USD/hour from 2026-11-01 (+12.1 %)",
        "~ ec2 m5.xlarge eu-west-1 on-demand: 0.214 -> 0.24 USD/hour from 2026-11-01 (+12.1 %)",
    ]
    assert price(folder, on=date(2026, 11, 1)).price_usd_per_unit == 0.12
    assert price(folder, on=date(2026, 10, 31)).price_usd_per_unit == 0.107
    assert {name: files(folder)[name] for name in before} == before
    assert files(folder).keys() - before.keys() == {outcome.path.name}


def test_an_unchanged_price_is_confirmed_in_one_line_and_becomes_fresh(aws, folder):
    serve(aws, ec2_line("m5.large", "0.107"), ec2_line("m5.xlarge", "0.214"))

    outcome = run(aws, folder)

    assert outcome.changes == ()
    assert len(outcome.confirmed) == 2
    assert len(outcome.path.read_text().splitlines()) == 2
    assert price(folder).checked_on == LATER
    assert price(folder).valid_from == date(2026, 1, 1)


def test_a_part_that_was_confirmed_leaves_the_rest_as_old_as_it_was(aws, folder):
    serve(aws, ec2_line("m5.large", "0.107"))

    run(aws, folder)

    assert price(folder, "m5.large").checked_on == LATER
    assert price(folder, "m5.xlarge").checked_on == date(2026, 11, 1)


def test_a_dry_run_shows_and_writes_nothing(aws, folder):
    before = files(folder)
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))

    outcome = run(aws, folder, dry_run=True)

    assert len(outcome.changes) == 2
    assert outcome.path is None
    assert files(folder) == before


def test_refreshing_twice_adds_nothing_the_second_time(aws, folder):
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))
    run(aws, folder)
    after_one = load_book(folder).sha256

    outcome = run(aws, folder)

    assert outcome.changes == ()
    assert (
        load_book(folder)
        .known_on(LATER)
        .get(service="ec2", sku="m5.large", region="eu-west-1", on=TODAY)
        .price_usd_per_unit
        == 0.12
    )
    assert len(load_book(folder)) == 4
    assert after_one != load_book(folder).sha256  # the confirmation is known too


def test_one_source_that_fails_keeps_its_rows_and_does_not_stop_the_others(aws, folder):
    serve(
        aws,
        line(
            termtype="OnDemand", usagetype="EU-Fargate-GB-Hours", unit="hours", currency="USD",
            priceperunit="0.004445", effectivedate="2026-11-01", regioncode="eu-west-1",
        ),
        code="AmazonECS",
    )  # fmt: skip

    outcome = run(aws, folder, "ec2", "fargate")

    (failure,) = outcome.failures
    assert (failure.source, failure.region) == ("ec2", "eu-west-1")
    assert "HTTP 404" in failure.message
    assert price(folder).price_usd_per_unit == 0.107
    assert load_book(folder).skus(service="fargate", region="eu-west-1") == ("linux-x86_64-memory",)


@pytest.mark.parametrize("trouble", ["busy", "cut"])
def test_throttling_and_a_cut_connection_are_tried_again(aws, folder, trouble):
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))
    aws.trouble = [trouble, trouble]

    assert run(aws, folder).failures == ()
    assert len(aws.asked) == 3


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [("busy", "HTTP 503 .*3 times"), ("cut", "the connection was cut: .* of .* bytes came")],
)
def test_trouble_that_lasts_is_an_error_that_says_what_to_do(aws, folder, trouble, sentence):
    serve(aws, ec2_line("m5.large", "0.12"))
    aws.trouble = [trouble] * 9

    with pytest.raises(SourceError, match=sentence):
        fetch_rows(OFFER_FILES["ec2"], region="eu-west-1", today=LATER, transport=transport(aws))


def test_waits_grow_between_tries(aws):
    waits = []
    aws.trouble = ["busy"] * 9

    with pytest.raises(SourceError):
        fetch_rows(
            OFFER_FILES["ec2"],
            region="eu-west-1",
            today=LATER,
            transport=transport(aws, wait_s=1.0, attempts=4, sleep=waits.append),
        )

    assert waits == [1.0, 2.0, 4.0]


def test_no_network_is_said_in_one_sentence():
    nowhere = Transport(base_url="http://127.0.0.1:9", wait_s=0.0, attempts=2, timeout_s=2.0)

    with pytest.raises(SourceError, match=r"no answer.*2 times; check the network"):
        fetch_rows(OFFER_FILES["ec2"], region="eu-west-1", today=LATER, transport=nowhere)


def test_without_a_network_two_sources_are_tried_and_the_rest_are_told(folder):
    waits = []
    nowhere = Transport("http://127.0.0.1:9", wait_s=1.0, timeout_s=2.0, sleep=waits.append)

    outcome = refresh(
        plan("ec2", "fargate", "s3", "ecr"), today=LATER, folder=folder, transport=nowhere
    )

    assert waits == [1.0, 2.0] * 2
    assert [failure.message.startswith("not tried") for failure in outcome.failures] == [
        False,
        False,
        True,
        True,
    ]


def test_a_captive_portal_is_not_a_price_list(aws, folder):
    aws.trouble = ["garbage"]

    (failure,) = run(aws, folder).failures
    assert "not an offer file" in failure.message


def test_prices_that_break_a_rule_are_refused_as_a_whole(aws, folder):
    before = files(folder)
    serve(aws, ec2_line("m5.large", "0.0"), ec2_line("m5.xlarge", "0.24"))

    (failure,) = run(aws, folder).failures

    assert "a price of 0" in failure.message
    assert files(folder) == before


def test_one_broken_row_among_many_is_refused_alone_and_told(aws, folder):
    sizes = [f"{n}xlarge" for n in (2, 4, 8, 12, 16, 24)]
    names = [f"{family}.{size}" for family in ("m5", "r5") for size in sizes]
    serve(aws, ec2_line("m5.large", "0.0"), *(ec2_line(name, "0.5") for name in names))

    outcome = run(aws, folder)

    (failure,) = outcome.failures
    assert failure.message.startswith("refused 1 of 13 prices: ec2 m5.large in eu-west-1")
    assert len(outcome.changes) == 12
    assert price(folder).price_usd_per_unit == 0.107


def test_a_price_cut_takes_the_prices_derived_from_it_along(aws, folder):
    derived = row(
        "ml.m5.large", 0.1284, region="eu-west-1", service="sagemaker-hosting", basis="scaled",
        note="DERIVED: EC2 0.107 x 1.2, the family's SageMaker ratio",
    )  # fmt: skip
    write_table(folder / "ml.csv", rows=[derived])
    serve(aws, ec2_line("m5.large", "0.1"), ec2_line("m5.xlarge", "0.2"))

    outcome = run(aws, folder)

    assert outcome.failures == ()
    found = load_book(folder).get(
        service="sagemaker-hosting", sku="ml.m5.large", region="eu-west-1", on=LATER
    )
    assert found.price_usd_per_unit == pytest.approx(0.12)
    assert (found.basis, "EC2 0.1 x 1.2" in found.note) == ("scaled", True)


def test_a_shipped_region_is_confirmed_and_one_odd_size_is_refused(aws, tmp_path):
    """A day on which nothing changed at AWS, but one machine is read as a dedicated one."""
    folder = tmp_path / "book"
    start_book(folder)
    held = _machines_of_ireland()
    odd = held[7].sku
    serve(
        aws,
        *(
            ec2_line(one.sku, f"{one.price_usd_per_unit * (1.08 if one.sku == odd else 1):.10f}")
            for one in held
        ),
    )

    outcome = run(aws, folder)

    (failure,) = outcome.failures
    assert odd in failure.message
    assert "constant-regional-ratio" in failure.message
    assert outcome.changes == ()
    assert len(outcome.confirmed) == len(held) - 1


def test_a_price_that_triples_needs_a_reason(aws, folder):
    serve(aws, ec2_line("m5.large", "0.33"), ec2_line("m5.xlarge", "0.24"))

    (failure,) = run(aws, folder).failures
    assert "went from 0.107 to 0.33" in failure.message

    outcome = run(aws, folder, jump_note="announced by the vendor")
    assert outcome.failures == ()
    assert price(folder).note == "announced by the vendor"


def test_nothing_offered_is_a_failure_and_not_an_empty_success(aws, folder):
    serve(aws, ec2_line("z9.unheard", "0.33"))

    (failure,) = run(aws, folder).failures
    assert "nothing that is known was offered" in failure.message


def test_a_half_empty_region_is_refused(aws, folder):
    write_table(
        folder / "more.csv",
        rows=[row(f"m5.{n}xlarge", 0.1 * n, region="eu-west-1") for n in (2, 4, 8)],
    )
    before = files(folder)
    serve(aws, ec2_line("m5.large", "0.107"), ec2_line("m5.xlarge", "0.214"))

    (failure,) = run(aws, folder).failures

    assert "2 skus came where the book holds 5" in failure.message
    assert files(folder) == before


def test_a_guess_gives_way_to_a_list_price_even_where_they_agree(aws, tmp_path):
    guess = row("m5.large", 0.107, region="eu-west-1", basis="scaled", note="DERIVED: a test")
    write_table(tmp_path / "ec2.csv", rows=[guess])
    serve(aws, ec2_line("m5.large", "0.107"))

    outcome = run(aws, tmp_path)

    assert "was scaled, is list" in str(outcome.changes[0])
    assert price(tmp_path).basis == "list"


def test_an_effective_day_before_our_own_observation_starts_today(aws, folder):
    """What we saw later than the vendor's day was the price then; the new one starts when seen."""
    serve(aws, ec2_line("m5.large", "0.12", effectivedate="2020-01-01"))

    run(aws, folder)

    assert price(folder, on=date(2026, 11, 19)).price_usd_per_unit == 0.107
    assert price(folder, on=LATER).price_usd_per_unit == 0.12


def test_the_progress_of_each_source_is_told(aws, folder):
    serve(aws, ec2_line("m5.large", "0.12"))
    told = []

    refresh(
        plan(),
        today=LATER,
        folder=folder,
        transport=transport(aws),
        report=lambda what, done, of: told.append((what, done, of)),
    )

    size = len(aws.files["AmazonEC2", "eu-west-1"])
    assert told[-1] == ("ec2 eu-west-1", size, size)


def test_a_folder_that_cannot_be_written_to_is_said(aws, folder, monkeypatch):
    serve(aws, ec2_line("m5.large", "0.12"))

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pricing.refresh.write_table", refuse)
    with pytest.raises(TableError, match=r"Read-only file system.*--book"):
        run(aws, folder)


KILLED = """
import sys
from datetime import date
from pathlib import Path
from pricing.refresh import Plan, refresh
from pricing.sources.files import Transport
print("ready", flush=True)
sys.stdin.readline()
refresh(
    Plan(services=("ec2",), regions=("eu-west-1",)),
    today=date(2026, 11, 20),
    folder=Path(sys.argv[1]),
    transport=Transport(base_url=sys.argv[2], wait_s=0.0),
)
"""


@pytest.mark.slow
def test_kill_9_at_twenty_points_leaves_the_old_book_or_the_new_one(aws, tmp_path):
    """A refresh of 200 machines, killed at twenty points spread over its time; then it is run."""
    from pricing.instances import load_catalogue

    names = [shape.instance_type for shape in load_catalogue().shapes][:200]
    old = [row(name, 0.1 + n, region="eu-west-1") for n, name in enumerate(names)]
    serve(aws, *(ec2_line(name, f"{0.2 + n:.4f}") for n, name in enumerate(names)))
    reference = tmp_path / "reference"
    reference.mkdir()
    write_table(reference / "ec2.csv", rows=old)
    old_prices = set(load_book(reference).rows)
    whole_s = _run_and_kill(aws, reference, after_s=None)
    load_book.cache_clear()
    new_prices = set(load_book(reference).rows)
    assert len(new_prices) == 2 * len(old_prices)

    outcomes = set()
    for number in range(20):
        folder = tmp_path / f"book{number}"
        folder.mkdir()
        write_table(folder / "ec2.csv", rows=old)
        _run_and_kill(aws, folder, after_s=whole_s * number / 10)
        load_book.cache_clear()
        found = set(load_book(folder).rows)
        assert found in (old_prices, new_prices)
        outcomes.add(len(found))
    assert outcomes == {len(old_prices), len(new_prices)}


def _refresh_in_child(folder, url, ready):
    ready.set()
    refresh(plan(), today=LATER, folder=folder, transport=Transport(base_url=url, wait_s=0.0))


def _run_and_kill(aws, folder, *, after_s):
    """Run a refresh in a process of its own; kill it after a while, or return how long it took."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "pricing.sources.files", "pricing.sources.offers"])
    ready = context.Event()
    process = context.Process(target=_refresh_in_child, args=(folder, aws.url, ready))
    process.start()
    assert ready.wait(timeout=60)
    start = time.perf_counter()
    if after_s is None:
        process.join(timeout=60)
        assert process.exitcode == 0
    else:
        time.sleep(after_s)
        process.kill()  # SIGKILL
        process.join(timeout=60)
    return time.perf_counter() - start


def test_a_kill_inside_the_writing_itself_leaves_the_old_book(aws, folder):
    """Twenty kills in the last step alone: after each row that is written, before the rename."""
    serve(aws, *(ec2_line(f"m5.{size}", "0.2") for size in ("large", "xlarge")))
    before = set(load_book(folder).rows)
    code = KILLED.replace(
        'print("ready", flush=True)',
        "import os, signal\n"
        "import pricing.tables as tables\n"
        "count = [0]\n"
        "plain = tables.as_text\n"
        "def as_text(row):\n"
        "    count[0] += 1\n"
        "    if count[0] == int(sys.argv[3]):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return plain(row)\n"
        "tables.as_text = as_text",
    )
    for point in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), aws.url, str(point)],
            cwd=ROOT, input="go\n", text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL
        load_book.cache_clear()
        assert set(load_book(folder).rows) == before

    assert run(aws, folder).failures == ()
    assert len(load_book(folder)) == 4


def test_a_refresh_without_a_folder_joins_the_shipped_prices_until_it_is_dropped(
    aws, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    load_book.cache_clear()
    shipped = price(None, on=LATER).price_usd_per_unit
    now = {
        one.sku: one.price_usd_per_unit * (1.01 if one.sku.startswith("m5.") else 1.0)
        for one in _machines_of_ireland()
    }
    serve(aws, *(ec2_line(sku, f"{usd:.10f}") for sku, usd in now.items()))

    outcome = refresh(plan(), today=LATER, transport=transport(aws))

    assert outcome.failures == ()
    assert outcome.path.parent == tmp_path / "advisor" / "prices"
    assert price(None, on=LATER).price_usd_per_unit == pytest.approx(shipped * 1.01)
    assert last_refresh(load_book(), region="eu-west-1") == LATER
    assert last_refresh(load_book(), region="us-east-1") is None
    assert drop_own_tables() == (outcome.path,)
    assert price(None, on=LATER).price_usd_per_unit == shipped


def _machines_of_ireland():
    book = load_book()
    found = [
        book.find(service="ec2", sku=sku, region="eu-west-1", on=LATER)
        for sku in book.skus(service="ec2", region="eu-west-1")
    ]
    return [one for one in found if one is not None and one.basis == "list"]


def test_a_broken_table_of_ones_own_says_how_to_be_rid_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    own_folder().mkdir(parents=True)
    (own_folder() / "refresh-2026-11-20-00000000.csv").write_text("half a li")
    load_book.cache_clear()

    with pytest.raises(TableError, match=r"refresh-2026.*'advisor prices drop' removes"):
        load_book()
    drop_own_tables()
    assert len(load_book()) > 9000


def test_a_refresh_goes_on_where_a_killed_one_stopped(aws, folder):
    """The parts that were read whole are not asked for again; a stranger's address is none."""
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))
    parts = Parts(folder, today=LATER, address=aws.url)
    read = fetch_rows(OFFER_FILES["ec2"], region="eu-west-1", today=LATER, transport=transport(aws))
    parts.save("ec2", "eu-west-1", read)
    asked = len(aws.asked)

    outcome = run(aws, folder)

    assert len(aws.asked) == asked
    assert [change.row for change in outcome.changes] == read
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    "other", [{"today": date(2026, 11, 19)}, {"address": "http://elsewhere.example"}]
)
def test_what_another_day_or_address_gave_is_no_part_of_this_refresh(aws, folder, other):
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))
    stale = Parts(folder, **({"today": LATER, "address": aws.url} | other))
    stale.save("ec2", "eu-west-1", [row("m5.large", 99.0, region="eu-west-1")])

    run(aws, folder)

    assert price(folder, on=LATER).price_usd_per_unit == 0.12


def test_a_part_that_was_cut_is_read_again(aws, folder):
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))
    parts = Parts(folder, today=LATER, address=aws.url)
    parts.save("ec2", "eu-west-1", [row("m5.large", 0.5, region="eu-west-1")])
    (path,) = folder.glob(".refresh-*/*.csv")
    path.write_text(path.read_text()[:-20])

    run(aws, folder)

    assert price(folder, on=LATER).price_usd_per_unit == 0.12


def test_two_refreshes_at_once_end_in_one_book(aws, folder):
    serve(aws, ec2_line("m5.large", "0.12"), ec2_line("m5.xlarge", "0.24"))

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run(aws, folder), range(2)))

    assert all(outcome.failures == () for outcome in both)
    load_book.cache_clear()
    assert price(folder, on=LATER).price_usd_per_unit == 0.12
    assert len({one for one in load_book(folder).rows if one.valid_from.month == 11}) == 2


def test_many_files_are_read_at_a_time_and_told_in_the_order_of_the_plan(aws, folder):
    regions = ("eu-west-1", "us-east-1", "us-west-2", "eu-central-1", "eu-west-2")
    for region in regions:
        serve(aws, ec2_line("m5.large", "0.12", regioncode=region), region=region)

    outcome = run(aws, folder, regions=regions)

    assert [change.row.region for change in outcome.changes] == list(regions)


def test_a_line_that_never_ends_is_refused_with_its_name_and_not_kept_in_memory():
    blocks = (b"x" * (1 << 20) for _ in range(10_000))

    with pytest.raises(SourceError, match=r"http://x.*a line of [\d,]+ bytes"):
        rows_of_blocks(
            blocks, service=OFFER_FILES["ec2"], region="eu-west-1", today=LATER, url="http://x"
        )


def test_nobody_there_is_said_at_once():
    waits = []

    with pytest.raises(NetworkError, match=r"cannot be reached .*prices are as they were"):
        require_network(Transport("http://127.0.0.1:9", sleep=waits.append))

    assert waits == []
