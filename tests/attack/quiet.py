"""No command asks a host that the user did not name: every socket is watched."""

import sys
from pathlib import Path

from tests.attack.tries import Kind, command

OWN = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "::", "")
asked: list[str] = []
_installed: list[bool] = []


def watch() -> None:
    """Note each host that this process asks for; a watch cannot be taken off again."""
    if _installed:
        return
    _installed.append(True)

    def hook(event: str, given: tuple[object, ...]) -> None:
        if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            host = str(given[0] or "")
        elif event in {"socket.connect", "socket.sendto"} and isinstance(given[1], tuple):
            host = str(given[1][0])
        else:
            return
        if host not in OWN:
            asked.append(f"{event} {host}")

    sys.addaudithook(hook)


def commands(folder: Path, study: Path) -> dict[str, list[str]]:
    """Every command that reads and decides, and what it is given."""
    from tests.attack.inputs import matrix, table, traffic

    for name, text in (("t.csv", table()), ("r.csv", traffic()), ("m.csv", matrix())):
        (folder / name).write_bytes(text)
    s, out = str(study), str(folder)
    return {
        "--version": ["--version"],
        "--help": ["--help"],
        "init": ["init", f"{out}/i.yaml", "--no-ask"],
        "data show": ["data", "show", f"{out}/t.csv"],
        "doctor": ["doctor"],
        "bench --dry-run": ["bench", s, "--dry-run"],
        "bench show": ["bench", "show", s],
        "bench export": ["bench", "export", s, "--to", "mlflow", "-o", f"sqlite:///{out}/m.db"],
        "runs merge": ["runs", "merge", str(study.parent), "--into", f"{out}/merged"],
        "recommend": ["recommend", s],
        "recommend --json": ["recommend", s, "--json"],
        **{
            f"report {end}": ["report", s, "-o", f"{out}/r.{end}"]
            for end in ("html", "md", "pdf", "json", "csv")
        },
        "deploy": ["deploy", s, "-o", f"{out}/deploy"],
        "explain": ["explain", s],
        "gate": ["gate", s, "--against", f"{out}/r.json"],
        "cadence": ["cadence", "--error-matrix", f"{out}/m.csv", "--error-cost-usd", "2"],
        "experiments": ["experiments"],
        "traffic": ["traffic", f"{out}/r.csv"],
        "hardware": ["hardware", "show", "m7i.large"],
        "prices show": ["prices", "show", "m7g.xlarge"],
        "prices check": ["prices", "check"],
        "prices compare": ["prices", "compare", "m7g.xlarge", "--region", "us-east-1"],
        "prices coverage": ["prices", "coverage"],
        "remote plan": ["remote", "plan", s],
    }


def nothing_is_asked(folder: Path, study: Path) -> Kind:
    """Run each command and look at what it asked for."""
    watch()
    kind = Kind("hosts that nobody named")
    for name, words in commands(folder, study).items():
        asked.clear()
        code, text = command(words)
        kind.check(not asked and "Traceback" not in text, f"{name} (exit {code}): {asked[:3]}")
    return kind
