"""The report card of a backend: the conformance kit, run and summed up for each op."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TextIO

import pytest

from plugrad._version import __version__
from plugrad.core import registry
from plugrad.testing import inventory

#: The columns of an op's row, and the tests whose worst outcome stands there.
COLUMNS: Final = {
    "forward": ("test_forward_equals_the_generic_definition", "test_non_contiguous"),
    "gradient": (
        "test_gradients", "test_walks_agree", "test_derivatives_of_packed_values",
        "test_nothing_is_kept_beside_what_is_packed",
    ),
    "second gradient": ("test_second_gradients",),
    "transforms": ("test_vmap_equals_a_loop", "test_jvp_equals_differences", "test_vjp_equals_the_plain_walk"),
    "dtypes": ("test_float32_stays_float32", "test_half_types_as_on_the_cpu"),
}  # fmt: skip

_WORST: Final = ("failed", "xfailed", "passed", "skipped", "-")
_SHOWN: Final = {"passed": "ok", "failed": "FAILED", "xfailed": "known"}
_NATIVE: Final = {"kernel": "native", "library": "native", "generic": "generic", "missing": "unsupported"}
_KIT: Final = "plugrad.testing.conformance"


class NotStartedError(RuntimeError):
    """The kit could not run: an option is wrong, or pytest failed before the first test."""


class Outcome:
    """One test that ran: its id, its op or None, how it ended, why, and how long it took."""

    __slots__ = ("op", "outcome", "reason", "seconds", "test")

    def __init__(self, test: str, op: str | None) -> None:
        self.test = test
        self.op = op
        self.outcome = "passed"
        self.reason = ""
        self.seconds = 0.0


class _Collector:
    """A plugin of pytest's that notes how each test ends."""

    def __init__(self, stream: TextIO | None) -> None:
        self.found: dict[str, Outcome] = {}
        self.errors: list[str] = []
        self.stream = stream if stream is not None and stream.isatty() else None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = report.nodeid.rpartition("/")[2]
        if test not in self.found:
            self.found[test] = Outcome(test, None)
        noted = self.found[test]
        noted.op = next((str(value) for key, value in report.user_properties if key == "plugrad_op"), noted.op)
        noted.seconds += report.duration
        known = getattr(report, "wasxfail", None)
        if report.failed:
            noted.outcome, noted.reason = "failed", _last_line(report.longreprtext)
        elif report.skipped and known is not None:
            noted.outcome, noted.reason = "xfailed", str(known).removeprefix("reason: ")
        elif report.skipped:
            noted.reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
            noted.outcome = "unsupported" if noted.reason.startswith("backend '") else "skipped"
        if self.stream is not None and report.when == "teardown" and len(self.found) % 50 == 0:
            self.stream.write(f"\r{len(self.found)} tests, at {test[:70]:70}")
            self.stream.flush()

    def pytest_sessionfinish(self) -> None:
        if self.stream is not None:
            self.stream.write("\r" + " " * 100 + "\r")


def _last_line(text: str) -> str:
    """What went wrong, of a traceback: the exception, with its hint."""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return lines[0] if lines else text.strip().rpartition("\n")[2]


class Card:
    """What a backend can do, as tests showed it.

    Attributes:
        about: The backend, its distribution, the level, and the versions of what it ran with.
        ops: For each op that was tested: ``how`` ("native", "generic" or "unsupported"), ``source``, ``reason`` where
            it or a dtype of it is unsupported, each of ``COLUMNS``, and the ``seconds`` that its tests took.
        parts: For each file of the kit, how many of its tests passed, failed and so on.
        failures: The tests that failed, with the error's first line.
        known: The tests that are known to fail and did, with the reason.
    """

    def __init__(self, about: dict[str, str], found: Iterable[Outcome], rows: Iterable[inventory.OpRow]) -> None:
        outcomes = list(found)
        self.about = about
        self.failures = {o.test: o.reason for o in outcomes if o.outcome == "failed"}
        self.known = {o.test: o.reason for o in outcomes if o.outcome == "xfailed"}
        self.parts: dict[str, Counter[str]] = {}
        by_op: dict[str, list[Outcome]] = {}
        for o in outcomes:
            self.parts.setdefault(o.test.partition("::")[0], Counter())[o.outcome] += 1
            if o.op is not None:
                by_op.setdefault(o.op, []).append(o)
        self.ops = {row.op: _row(row, by_op[row.op]) for row in rows if row.op in by_op}

    @property
    def ok(self) -> bool:
        """Whether no test failed."""
        return not self.failures

    @property
    def totals(self) -> dict[str, int]:
        """How many ops are native, generic and unsupported, and how the tests ended."""
        how = Counter(row["how"] for row in self.ops.values())
        ended: Counter[str] = sum(self.parts.values(), Counter())
        outcomes = {word: ended[word] for word in ("passed", "failed", "xfailed", "unsupported", "skipped")}
        return {"ops": len(self.ops), **{word: how[word] for word in ("native", "generic")},
                "unsupported ops": how["unsupported"], "tests": ended.total(), **outcomes}  # fmt: skip

    def slowest(self, count: int = 10) -> list[tuple[str, float]]:
        """The ops whose tests took longest, with the seconds."""
        return sorted(((op, row["seconds"]) for op, row in self.ops.items()), key=lambda pair: -pair[1])[:count]

    def text(self) -> str:
        """The card as ``plugrad check`` prints it."""
        parts = [" · ".join(f"{key} {value}" for key, value in self.about.items())]
        if self.ops:
            parts.append(inventory.as_table([("op", "how", "from", *COLUMNS), *self._cells()]))
        parts += [text for text in (self._listed("unsupported", self._unsupported()),
                                    self._listed("known failures", self.known),
                                    self._listed("failures", self.failures)) if text]  # fmt: skip
        rows: list[tuple[str, ...]] = [("file", "passed", "failed", "known", "unsupported", "skipped")]
        rows += [(part.removesuffix(".py"), *(str(count[w]) for w in _ENDED)) for part, count in self.parts.items()]
        parts.append(inventory.as_table(rows))
        parts.append("slowest: " + ", ".join(f"{op} {seconds:.2f} s" for op, seconds in self.slowest()))
        parts.append(self._summary())
        return "\n\n".join(parts)

    def _summary(self) -> str:
        t = self.totals
        return (
            f"{t['ops']} ops: {t['native']} native, {t['generic']} generic, {t['unsupported ops']} unsupported\n"
            f"{t['tests']} tests: {t['passed']} passed, {t['failed']} failed, {t['xfailed']} known failures, "
            f"{t['unsupported']} unsupported, {t['skipped']} skipped\n"
            + ("The backend conforms." if self.ok else "The backend does not conform.")
        )

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (op, row["how"], row["source"], *(_SHOWN.get(row[column], row[column]) for column in COLUMNS))
            for op, row in self.ops.items()
        ]

    def _unsupported(self) -> dict[str, str]:
        return {op: row["reason"] for op, row in self.ops.items() if row["reason"]}

    @staticmethod
    def _listed(title: str, entries: dict[str, str]) -> str:
        return "\n".join([f"{title}:", *(f"    {name}  {why}" for name, why in entries.items())]) if entries else ""

    def json(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return {
            "about": self.about, "ok": self.ok, "totals": self.totals, "ops": self.ops,
            "parts": {part: dict(count) for part, count in self.parts.items()},
            "failures": self.failures, "known": self.known, "slowest": dict(self.slowest()),
        }  # fmt: skip

    def markdown(self) -> str:
        """The card as a page."""
        lines = [f"# plugrad check {self.about['backend']}", "", self._summary().replace("\n", "  \n"), ""]
        lines += [f"- {key}: {value}" for key, value in self.about.items()]
        lines += ["", *_table(("op", "how", "from", *COLUMNS), self._cells())]
        for title, entries in (
            ("Unsupported", self._unsupported()), ("Known failures", self.known), ("Failures", self.failures),
        ):  # fmt: skip
            if entries:
                lines += ["", f"## {title}", "", *_table(("", "reason"), entries.items())]
        rows = [(part.removesuffix(".py"), *(str(count[w]) for w in _ENDED)) for part, count in self.parts.items()]
        lines += ["", "## Files", "", *_table(("file", "passed", "failed", "known", "unsupported", "skipped"), rows)]
        lines += ["", "## Slowest", "", *_table(("op", "seconds"), [(op, f"{s:.2f}") for op, s in self.slowest()])]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> list[Path]:
        """Write ``card.json`` and ``card.md`` into a folder, which is made if need be; returns their paths."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / "card.json", folder / "card.md"]
        paths[0].write_text(json.dumps(self.json(), indent=1) + "\n", encoding="utf-8")
        paths[1].write_text(self.markdown(), encoding="utf-8")
        return paths


_ENDED: Final = ("passed", "failed", "xfailed", "unsupported", "skipped")


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table in Markdown."""
    lines = [heading, ("---",) * len(heading), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def _row(row: inventory.OpRow, outcomes: list[Outcome]) -> dict[str, Any]:
    """One op's line of the card."""
    cells = {column: _worst(outcomes, tests) for column, tests in COLUMNS.items()}
    how, reason = _NATIVE[row.kind], ""
    refused = [o.reason for o in outcomes if o.outcome == "unsupported"]
    if refused:
        how, reason = "unsupported" if cells["forward"] == "unsupported" else how, refused[0]
    seconds = round(sum(o.seconds for o in outcomes), 4)
    return {"how": how, "source": row.source, "reason": reason, **cells, "seconds": seconds}


def _worst(outcomes: list[Outcome], tests: tuple[str, ...]) -> str:
    """How a column's tests ended. The first of them says most: others may have nothing to do on a backend."""
    found = [{o.outcome for o in outcomes if f"::{test}[" in o.test} for test in tests]
    every = set().union(*found)
    if "unsupported" in every and not every & {"failed", "xfailed"}:
        return "partly" if "passed" in found[0] else "unsupported"
    return next(word for word in _WORST if word in every or word == "-")


def check(
    name: str, level: str = "full", ops: str | None = None, xfails: Path | None = None, stream: TextIO | None = None
) -> Card:
    """Run the conformance kit on a backend.

    Args:
        name: The backend's name.
        level: "quick" or "full".
        ops: Names or patterns of ops, with commas; None for all ops and the tests that are not of ops.
        xfails: A file of tests that are known to fail.
        stream: Where to show progress, if it is a terminal.

    Returns:
        The report card.

    Raises:
        BackendError: if the backend can't be loaded.
        NotStartedError: if an option is wrong, or the kit can't be collected.

    Example::

        >>> from plugrad.testing import report
        >>> card = report.check("numpy", level="quick", ops="exp")
        >>> card.ok, card.ops["exp"]["gradient"]
        (True, 'passed')
    """
    backend = registry.load(name)
    reason = registry.why_unusable(backend)
    if reason is not None:
        raise NotStartedError(f"backend '{name}' can't be used: {reason}")
    arguments = [
        "-p", "plugrad_pytest", "-p", "no:cacheprovider", "-p", "no:terminal", "-c", os.devnull,
        "--rootdir", str(Path(__file__).parent), "--pyargs", _KIT, f"--plugrad-backend={name}", f"--level={level}",
    ]  # fmt: skip
    arguments += [f"--ops={ops}"] if ops is not None else []
    arguments += [f"--plugrad-xfails={xfails}"] if xfails is not None else []
    collector = _Collector(stream)
    status = pytest.main(arguments, plugins=[collector])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or collector.errors:
        causes = "\n".join(collector.errors) or "see the message above"
        raise NotStartedError(f"the kit did not run ({pytest.ExitCode(status).name.lower()}): {causes}")
    about = {
        "backend": name,
        "of": registry.origin(name),
        "level": level,
        "ops": ops or "all",
        "plugrad": __version__,
        "Python": platform.python_version(),
        "NumPy": importlib.metadata.version("numpy"),
    }
    return Card(about, collector.found.values(), inventory.list_ops(name))
