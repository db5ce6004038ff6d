"""Hostile words through every face, and outputs that are cut."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

from tests.attack.tries import ROOT, Kind

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\x1b]0;owned\x07",
    "\u202egnp.exe",
    "=cmd|'/C calc'!A0",
    "![i](http://e.org/x.png)",
    "[a](javascript:alert(1))",
    "@team #1",
    "\x00\x01\x02",
    "{{7*7}}",
    "</style><script>",
    "\u2066\u200b|a|b|",
)
NEVER = ("\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\x00")


def hostile_words() -> Kind:
    """Write each payload as study, candidate and data set into each format."""
    from advisor.report import render_bytes
    from tests.faces.factories import option, recommendation

    kind = Kind("hostile words in reports")
    for payload, form in itertools.product(PAYLOADS, ("md", "csv", "json", "html", "focus")):
        ranked = (option(candidate=payload), option(candidate="dummy"))
        try:
            said = recommendation(study=payload, ranked=ranked)
            text = render_bytes(said, format=form).decode()
        except Exception as error:
            kind.check(False, f"{form} {payload!r}: {type(error).__name__}: {error}")
            continue
        bad = [mark for mark in NEVER if mark in text]
        live = form == "html" and payload.startswith("<") and payload in text
        formula = form == "csv" and any(
            cell.startswith(("=", '"=', "@", '"@')) for cell in text.replace("\n", ",").split(",")
        )
        kind.check(
            not bad and not live and not formula, f"{form} {payload!r}: {bad} {live} {formula}"
        )
    return kind


def cut_outputs(study: Path) -> Kind:
    """An output that is cut is an error, under any buffering; a full disk leaves no half a file."""
    kind = Kind("outputs that are cut")
    commands = (
        ["recommend", str(study)],
        ["recommend", str(study), "--json"],
        ["bench", "show", str(study)],
        ["prices", "show", "m7g.xlarge"],
        ["--help"],
    )
    for words, unbuffered in itertools.product(commands, ("", "1")):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "advisor", *words],
                stdout=full,
                stderr=subprocess.PIPE,
                env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
                text=True,
                check=False,
                timeout=120,
            )
        held = done.returncode != 0 and "Traceback" not in done.stderr
        kind.check(
            held,
            f"{words[0]} unbuffered={unbuffered!r}: exit {done.returncode}: {done.stderr[-150:]}",
        )
    return kind
