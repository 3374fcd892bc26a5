"""What the kit tells pytest: the backend, which tests to make and which of them are known to fail."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from plugrad.core import default_device, dtypes, modes, registry
from plugrad.core.backend import Backend
from plugrad.core.errors import BackendError, KernelNotFoundError
from plugrad.core.namespace import STANDARD
from plugrad.core.op import OPS

HERE = Path(__file__).parent


class Xfail(NamedTuple):
    """A line of a list of tests that are known to fail."""

    part: str
    reason: str


def read_xfails(path: Path) -> list[Xfail]:
    """The entries of a file.

    Raises:
        pytest.UsageError: if it can't be read, or an entry has no reason.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise pytest.UsageError(f"--plugrad-xfails: {path}: {error.strerror}") from error
    found = []
    for number, line in enumerate(lines, 1):
        part, _, reason = (piece.strip() for piece in line.partition("#"))
        if part and not reason:
            raise pytest.UsageError(
                f"{path}:{number}: '{part}' has no reason\nHint: write `{part}  # why it can't pass on this backend`."
            )
        if part:
            found.append(Xfail(part, reason))
    return found


def mark_xfails(items: Sequence[pytest.Item], entries: Sequence[Xfail]) -> list[Xfail]:
    """Mark the tests that are known to fail; returns the entries that match none."""
    unmatched = list(entries)
    for item in items:
        for entry in entries:
            if entry.part in item.nodeid:
                item.add_marker(pytest.mark.xfail(reason=entry.reason, strict=True))
                if entry in unmatched:
                    unmatched.remove(entry)
    return unmatched


def chosen_ops(config: pytest.Config) -> frozenset[str] | None:
    """The ops that --ops names, or None for all.

    Raises:
        pytest.UsageError: if a pattern matches no op.
    """
    text = config.getoption("ops", None)
    if text is None:
        return None
    found: set[str] = set()
    for pattern in filter(None, (word.strip() for word in text.split(","))):
        matched = fnmatch.filter(OPS, pattern)
        if not matched:
            raise pytest.UsageError(f"--ops: no op is called '{pattern}'\nHint: python -c 'import plugrad; "
                                    f"help(plugrad.core.ops)' lists them; patterns are as the shell's.")  # fmt: skip
        found.update(matched)
    return frozenset(found)


def is_quick(config: pytest.Config) -> bool:
    """Whether one small sample of each op is enough."""
    return bool(config.getoption("level", "full") == "quick")


def on_samples(samples: Callable[[bool], Sequence[Any]]) -> Callable[[Any], Any]:
    """Run a test once for each of these: a function of whether --level is quick, that gives parameters of pytest's.

    Each has an op's name as its first value.
    """

    def decorate(test: Any) -> Any:
        test.plugrad_samples = samples
        return test

    return decorate


def generate(metafunc: pytest.Metafunc) -> None:
    """Make the tests of a function that is decorated with ``on_samples``."""
    samples = getattr(metafunc.function, "plugrad_samples", None)
    if samples is None:
        return
    ops = chosen_ops(metafunc.config)
    found = [p for p in samples(is_quick(metafunc.config)) if ops is None or p.values[0] in ops]
    metafunc.parametrize(("name", "number", "case"), found)


def op_of(item: pytest.Item) -> str | None:
    """The op that a test is about, if it is about one."""
    if getattr(getattr(item, "function", None), "plugrad_samples", None) is None:
        return None
    found = getattr(item, "callspec").params.get("name")  # noqa: B009 - a generated test has one
    return found if isinstance(found, str) else None


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the kit's tests that --ops leaves out, and those without any sample."""
    ops = chosen_ops(config)
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        ours = item.path.parent == HERE
        generated = hasattr(getattr(item, "function", None), "plugrad_samples")
        fits = not ours or (op_of(item) is not None if generated else ops is None)
        (kept if fits else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def is_whole(config: pytest.Config, items: Sequence[pytest.Item]) -> bool:
    """Whether these are all of the kit's tests, before any is deselected."""
    if is_quick(config) or chosen_ops(config) is not None or any("::" in argument for argument in config.args):
        return False
    return {item.path.name for item in items} == {path.name for path in HERE.glob("test_*.py")}


#: Functions of the standard that a library without data-dependent shapes lacks.
DATA_DEPENDENT = frozenset(("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"))


def lacking(error: BaseException, item: pytest.Item) -> str | None:
    """What the backend lacks that it may lack, if that is what an error in a test says.

    It may lack what neither the standard's main namespace has nor plugrad can define: eigenvalues of general matrices,
    SciPy's functions. And a dtype that a sample asks for by name.
    """
    found = tested_backend(item.config)
    text = str(error).partition("\n")[0]
    if isinstance(error, KernelNotFoundError):
        names = re.findall(r"'(\w+)'", text)[1:]
        excused = names and names[0] in DATA_DEPENDENT and not found.capabilities.data_dependent_shapes
        return text if names and (excused or names[0] not in STANDARD) else None
    asked = re.fullmatch(r"backend '\w+' has no plugrad\.(\w+)", text)
    if not isinstance(error, TypeError) or asked is None or dtypes.NAMES[asked[1]] in found.dtypes:
        return None
    case = repr(getattr(item, "callspec").params.get("case")) if op_of(item) else ""  # noqa: B009 - a test of the kit has one
    named = f"plugrad.{asked[1]}" in case or (asked[1].startswith("complex") and "kind='complex'" in case)
    doubled = asked[1] == "complex128" and "plugrad.float64" in case
    return text if named or doubled else None


def tested_backend(config: pytest.Config) -> Backend:
    """The backend that --plugrad-backend names.

    Raises:
        pytest.UsageError: with the reason, where it can't be used.
    """
    name = config.getoption("plugrad_backend")
    try:
        found = registry.load(name)
    except BackendError as error:
        raise pytest.UsageError(f"--plugrad-backend={name}: {error}") from error
    reason = registry.why_unusable(found)
    if reason is not None:
        raise pytest.UsageError(f"--plugrad-backend={name}: the backend can't be used: {reason}")
    return found


def check_options(config: pytest.Config) -> None:
    """Refuse options that can't be meant, before anything is collected.

    Raises:
        pytest.UsageError: if the backend can't be used, an op does not exist, or the list of failures can't be read.
    """
    tested_backend(config)
    chosen_ops(config)
    file = config.getoption("plugrad_xfails")
    if file is not None:
        read_xfails(Path(file))


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> Backend:
    """The backend chosen by --plugrad-backend."""
    return tested_backend(request.config)


@pytest.fixture(scope="session")
def device(backend: Backend) -> str:
    """The device string of the chosen backend."""
    return backend.devices[0]


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """A test that leaves grad mode, the default dtype or the default device changed fails."""
    before = modes.mode(), dtypes.get_default_dtype(), default_device.get_default_device()
    yield
    after = modes.mode(), dtypes.get_default_dtype(), default_device.get_default_device()
    modes.set_mode(before[0])
    dtypes.set_default_dtype(before[1])
    default_device.set_default_device(before[2])
    assert after == before, "the test left grad mode, the default dtype or the default device changed"
