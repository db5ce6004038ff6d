"""Files of every kind, damaged at random: an answer or one line, never a traceback or a hang."""

import io
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from tests.attack.tries import Kind, told

SEED = 18
SPICES: tuple[bytes, ...] = (
    b"\x00",
    b"\xff\xfe",
    b"[" * 3_000,
    b"{" * 500,
    b'"',
    b"'",
    b"\n\n",
    b"\r",
    b"nan",
    b"-1e400",
    b"9" * 400,
    b"0001-01-01",
    b"9999-12-31",
    b"2025-02-30",
    b"\xe2\x80\xae",
    b"=1+1",
    b"!!python/x",
    b"&a [*a]",
    b"\t",
    b",,,,",
    b";",
    b"\x1b]0;x\x07",
    b"a" * 5_000,
    b"\xed\xa0\x80",
    b"1e999",
    b"~",
    b"../../etc/passwd",
    b"<script>",
    b"${HOME}",
    b"%00",
    b"true",
    b"null",
    b"-",
    b"0x10",
)


def damaged(text: bytes, lot: random.Random) -> bytes:
    """Change a text in one to four places."""
    for _ in range(lot.randint(1, 4)):
        place = lot.randrange(len(text) + 1)
        way = lot.randrange(6)
        if way == 0:
            text = text[:place] + lot.choice(SPICES) + text[place:]
        elif way == 1:
            text = text[:place] + text[place + lot.randint(1, 40) :]
        elif way == 2:
            text = text[:place]
        elif way == 3 and text:
            place = min(place, len(text) - 1)
            text = text[:place] + bytes([lot.randrange(256)]) + text[place + 1 :]
        elif way == 4:
            lines = text.split(b"\n")
            lot.shuffle(lines)
            text = b"\n".join(lines)
        else:
            words = text.split(b",")
            if len(words) > 1:
                words[lot.randrange(len(words))] = lot.choice(SPICES)
            text = b",".join(words)
    return text


def table() -> bytes:
    rows = [
        f"2025-{m:02d}-{d:02d},{m * d},{m + d / 10},{'ab'[d % 2]}"
        for m in range(1, 7)
        for d in range(1, 20)
    ]
    return ("day,n,x,y\n" + "\n".join(rows) + "\n").encode()


def parquet() -> bytes:
    import pandas as pd

    out = io.BytesIO()
    pd.read_csv(io.BytesIO(table())).to_parquet(out)
    return out.getvalue()


def traffic() -> bytes:
    return b"time,requests\n" + b"".join(
        b"2025-03-%02d %02d:00,%d\n" % (d, h, 10 * h) for d in range(1, 9) for h in range(24)
    )


def log() -> bytes:
    return b"".join(
        b'1.2.3.4 - - [%02d/Mar/2025:%02d:00:00 +0000] "GET / HTTP/1.1" 200 12\n' % (d, h)
        for d in range(1, 9)
        for h in range(24)
    )


def matrix() -> bytes:
    return b"trained_at,scored_at,n,error\n" + b"".join(
        b"2025-%02d-01,2025-%02d-01,500,%.3f\n" % (s, t, 0.1 + 0.01 * (t - s))
        for s in range(1, 9)
        for t in range(s + 1, 10)
    )


def sqlite(build: Callable[[Path], str], folder: Path) -> bytes:
    return Path(build(folder).removeprefix("sqlite:///")).read_bytes()


def kinds(
    folder: Path, study: Path
) -> Iterator[tuple[str, str, bytes, Callable[[Path], list[str]], int]]:
    """Name, file, right content, command and number of tries of each kind of file."""
    from pricing.examples import EXAMPLES
    from tests.advisor.imports.test_records import TWO, mlflow, optuna, plain

    usage = b"region: us-east-1\nlines:\n- {service: fargate, sku: vcpu, quantity: 10}\n"
    yield "a study", "s.yaml", study.read_bytes(), lambda p: ["data", "show", str(p)], 170
    yield "a table", "t.csv", table(), lambda p: ["data", "show", str(p), "--target", "y"], 200
    yield "Parquet", "t.parquet", parquet(), lambda p: ["data", "show", str(p)], 120
    yield "traffic", "t.csv", traffic(), lambda p: ["traffic", str(p)], 120
    yield "a log", "t.log", log(), lambda p: ["traffic", str(p)], 50
    yield (
        "an error matrix",
        "m.csv",
        matrix(),
        lambda p: ["cadence", "--error-matrix", str(p), "--error-cost-usd", "2"],
        60,
    )
    yield "a usage file", "u.yaml", usage, lambda p: ["bill", str(p)], 60
    yield "worked examples", "w.yaml", EXAMPLES.read_bytes()[:2_000], lambda p: ["bill", str(p)], 20
    for name, build, option in (
        ("MLflow", lambda f: mlflow(f, plain(5)), "--mlflow"),
        ("Optuna", lambda f: optuna(f, TWO), "--optuna"),
    ):
        scratch = folder / name
        scratch.mkdir()
        right = sqlite(build, scratch)
        prefix = "sqlite:///" if name == "MLflow" else ""
        yield (
            f"a store of {name}",
            "x.db",
            right,
            lambda p, o=option, q=prefix: ["experiments", o, f"{q}{p}"],
            60,
        )


def damaged_files(folder: Path, study: Path) -> Kind:
    """Damage each kind of file and read it."""
    kind = Kind("damaged files")
    lot = random.Random(SEED)
    for name, file, right, words, count in kinds(folder, study):
        for number in range(count):
            path = folder / file
            path.write_bytes(damaged(right, lot))
            told(kind, words(path), f"{name} {number}")
            path.unlink()
    for number, rows in enumerate(odd_cells(lot)):
        path = folder / "x.db"
        path.unlink(missing_ok=True)
        told(kind, ["experiments", "--mlflow", odd_store(path, rows)], f"odd cell {number}")
    return kind


def odd_cells(lot: random.Random) -> Iterator[tuple[object, ...]]:
    odd = ["x", b"\xff", None, -1, 2**62, 1e308, "", "2025", float("inf")]
    for _ in range(60):
        yield tuple(lot.choice(odd) for _ in range(5))


def odd_store(path: Path, odd: tuple[object, ...]) -> str:
    from tests.advisor.imports.test_records import MLFLOW

    with closing(sqlite3.connect(path)) as database:
        database.executescript(MLFLOW)
        row = ("r", "FINISHED", odd[0], odd[1], 1)
        database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, 'active', ?)", row)
        database.execute("INSERT INTO tags VALUES ('mlflow.parentRunId', ?, 'r')", (odd[2],))
        database.execute("INSERT INTO latest_metrics VALUES ('auc', ?, 0, 'r')", (odd[3],))
        database.execute("INSERT INTO model_versions VALUES ('m', 1, 'r', ?, '')", (odd[4],))
        database.commit()
    return f"sqlite:///{path}"


def odd_places(folder: Path, study: Path) -> Kind:
    """Pipes, devices, links, folders and files that may not be read, wherever a file is named."""
    import os

    kind = Kind("pipes, devices, links, folders")
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (folder / "nowhere.csv").symlink_to(folder / "missing")
    (folder / "empty.csv").touch()
    places = [
        *(str(folder / f"{name}.csv") for name in ("pipe", "folder", "loop", "nowhere", "empty")),
        "/dev/zero",
        "/proc/self/mem",
        "~nobody/x.csv",
        "a\x00b.csv",
        "x" * 5_000,
        "",
        "/",
        "-",
    ]
    readers = [
        ["data", "show"],
        ["traffic"],
        ["cadence"],
        ["cadence", "--error-matrix"],
        ["bill"],
        ["recommend"],
        ["bench"],
        ["experiments", "--optuna"],
        ["experiments", "--mlflow"],
        ["report"],
    ]
    for words in readers:
        for place in places:
            told(kind, [*words, place], f"{place[:30]!r}")
    del study
    return kind


def odd_stores(folder: Path, study: Path) -> Kind:
    """Runs that are damaged, of another version, from the future, or no files at all."""
    import os

    from benchmarks.storage.store import RUNS

    kind = Kind("damaged and odd stores")
    lot = random.Random(SEED)
    runs = study.parent / ".advisor" / RUNS
    right = next(iter(sorted(runs.glob("*.json")))).read_bytes()
    changes = [
        {"format": 99},
        {"started_at": "2099-01-01T00:00:00Z"},
        {"training": []},
        {"id": 5},
        {"inference": []},
        {"device": "abacus"},
        {"a_new_field": 1},
    ]
    texts = [json.dumps(json.loads(right) | change).encode() for change in changes]
    texts += [damaged(right, lot) for _ in range(30)]
    for number, text in enumerate(texts):
        path = runs / "zz-odd.json"
        path.write_bytes(text)
        told(kind, ["bench", "show", str(study)], f"run {number}")
        path.unlink()
    pipe = runs / "pipe.json"
    os.mkfifo(pipe)
    told(kind, ["bench", "show", str(study)], "a pipe among the runs")
    pipe.unlink()
    pipe.symlink_to("/dev/zero")
    told(kind, ["bench", "show", str(study)], "a device among the runs")
    pipe.unlink()
    del folder
    return kind
