"""What each row of the tables was seen to do: derivative, forward mode, batches, complex numbers, kernels.

Nothing here is claimed by hand. The first samples of a row are computed, differentiated backward and forward, and
batched; the three are compared with each other (the values and gradients themselves are compared with PyTorch by the
tests of this folder). The documentation's table of ops is made of it, and tests/docs holds every row to it.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests import oracle
from tests.oracle.harness import Draw, Laid, Row, flat, host, ours, resolve

#: How many samples of a row are looked at.
SAMPLES = 6
YES, NO, NOTHING = "yes", "no", ""


#: Modules of functions, as PyTorch has them.
CHAPTERS = ("", "linalg", "fft", "special", "nn.functional")

#: Public functions that are no ops of PyTorch's, beside those of test_names.NOT_OPS.
OTHERS = ("is_debug_enabled", "register_backend", "set_debug_enabled", "vmap")


@cache
def tables() -> dict[str, dict[str, Row]]:
    """The rows of every module of this folder that has some."""
    found = {}
    for module in pkgutil.iter_modules(oracle.__path__):
        if not module.name.startswith("test_"):
            rows = getattr(importlib.import_module(f"tests.oracle.{module.name}"), "ROWS", None)
            if rows is not None:
                found[module.name] = rows
    return found


def all_rows() -> dict[str, Row]:
    """Every row by its PyTorch name. Names that tests gave themselves (with a space) are no functions of PyTorch's."""
    return {name: row for rows in tables().values() for name, row in rows.items() if " " not in name}


def tested_rows() -> set[str]:
    """The names of the rows that a test module takes up in its TABLE."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(oracle.__path__):
        if module.name.startswith("test_"):
            try:
                found |= set(getattr(importlib.import_module(f"tests.oracle.{module.name}"), "TABLE", ()))
            except ModuleNotFoundError as error:
                # What imports PyTorch itself takes up no rows: those that do can be read without it.
                if error.name != "torch":
                    raise
            except pytest.skip.Exception:
                continue
    return found


def random_functions() -> set[str]:
    """Functions of nn.functional whose numbers are random: compared with PyTorch's for the same seed."""
    from tests.oracle.test_functional import RANDOM

    return {f"nn.functional.{name}" for name in RANDOM}


def is_covered(name: str) -> bool:
    """By a row of its own, as another name of a function that has one, as its in-place form, or by other tests."""
    from tests.oracle.test_creation import CREATED
    from tests.oracle.test_names import NOT_OPS

    rows = all_rows()
    if name in rows or name in CREATED or name in NOT_OPS or name in OTHERS or name in random_functions():
        return True
    if name.endswith("_"):
        return is_covered(name[:-1])
    same = _named(name)
    return same is not None and any(_named(row) is same for row in rows)


def without_a_row() -> list[str]:
    """Public functions that no row covers."""
    missing = []
    for place in CHAPTERS:
        try:
            module = importlib.import_module(f"{ours.__name__}.{place}" if place else ours.__name__)
        except ImportError:
            continue
        for name, value in vars(module).items():
            if not name.startswith("_") and inspect.isroutine(value) and name not in OTHERS:
                full = f"{place}.{name}" if place else name
                if not is_covered(full) and not is_covered(name):
                    missing.append(full)
    return missing


def without_a_test() -> list[str]:
    """Rows that no test takes up."""
    return sorted(set(all_rows()) - tested_rows())


def _named(name: str) -> Any:
    """A function of plugrad, without what gives it ``out=``."""
    try:
        return inspect.unwrap(resolve(ours, name))
    except AttributeError:
        return None


def called(name: str, row: Row) -> Callable[..., Any] | None:
    """How plugrad is called: as a function, else as a method, else as the row says; None if it has no such name."""
    if row.function:
        try:
            function = resolve(ours, name)
        except AttributeError:
            return None
        return lambda *args, **kwargs: function(*args, **kwargs)
    if row.method and hasattr(ours.Tensor, name):
        return lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)
    if row.calls:
        call = next(iter(row.calls.values()))
        return lambda *args, **kwargs: call(ours, *args, **kwargs)
    if hasattr(ours.Tensor, f"{name}_"):
        return lambda x, *args, **kwargs: getattr(x.clone(), f"{name}_")(*args, **kwargs)
    return None


@dataclass
class Facts:
    """What was seen of one row."""

    name: str
    ops: tuple[str, ...] = ()
    derivative: str = NO
    forward: str = NOTHING
    batched: str = NOTHING
    complex: str = NOTHING
    #: What went wrong in forward mode and in batches, to explain a "no".
    reasons: dict[str, str] | None = None


def _array(value: Any) -> Any:
    return np.array(value.array) if isinstance(value, Laid) else value


def _tensor(array: Any, dtype: str | None = None) -> Any:
    array = np.asarray(array)
    name = dtype or array.dtype.name
    if array.size == 0:
        return ours.zeros(array.shape, dtype=getattr(ours, name))
    return ours.tensor(array.tolist(), dtype=getattr(ours, name))


class Call:
    """One sample of a row: its floating point arrays apart from all else."""

    def __init__(self, function: Callable[..., Any], sample: Any) -> None:
        self.function = function
        self.variables: list[Any] = []
        self.free: list[bool] = []
        self.args = [self._taken(a) for a in sample.args]
        self.kwargs = {key: self._taken(value) for key, value in sample.kwargs.items()}

    def _taken(self, value: Any) -> Any:
        if isinstance(value, (np.ndarray, np.generic, Laid)):
            array = _array(value)
            if np.asarray(array).dtype.kind not in "fc":
                return _tensor(array)
            self.variables.append(_tensor(array))
            self.free.append(not (isinstance(value, Laid) and value.layout == "fixed"))
            return _Place(len(self.variables) - 1)
        if isinstance(value, np.dtype):
            return getattr(ours, value.name)
        if isinstance(value, (list, tuple)):
            return type(value)(self._taken(item) for item in value)
        return value

    def __call__(self, *variables: Any) -> Any:
        def filled(value: Any) -> Any:
            if isinstance(value, _Place):
                return variables[value.number]
            if type(value) in (list, tuple):
                return type(value)(filled(item) for item in value)
            return value

        kwargs = {key: filled(value) for key, value in self.kwargs.items()}
        return self.function(*[filled(a) for a in self.args], **kwargs)

    def outputs(self, *free: Any) -> tuple[Any, ...]:
        """The tensors that come out, as a function of the inputs that are differentiated by."""
        given = iter(free)
        values = self(*[next(given) if f else v for f, v in zip(self.free, self.variables, strict=True)])
        return tuple(y for y in flat(values) if isinstance(y, ours.Tensor))

    def of_free(self, *free: Any) -> tuple[Any, ...]:
        """Those of floating point and complex numbers."""
        return tuple(y for y in self.outputs(*free) if y.is_floating_point() or y.is_complex())


@dataclass(frozen=True)
class _Place:
    """Where a floating point array was among the arguments."""

    number: int


def calls(name: str, row: Row) -> Iterator[Call]:
    function = called(name, row)
    if function is None:
        return
    dtype = "float64" if "float64" in row.dtypes else row.dtypes[-1]
    for number, sample in enumerate(row.samples(Draw(dtype))):
        if number == SAMPLES:
            return
        yield Call(function, sample)


def traced(call: Call) -> list[str]:
    """The names that a call asks of the CPU's namespace, in order."""
    device = ours.zeros(1).device
    names: list[str] = []
    namespace = device.xp

    class Tracing:
        def __getattr__(self, name: str) -> Any:
            names.append(name)
            return getattr(namespace, name)

    device.xp = Tracing()
    try:
        with ours.no_grad():
            call(*call.variables)
    finally:
        device.xp = namespace
    return names


def _likes(call: Call, seed: int) -> list[Any]:
    """Other values of the shapes of the inputs that are differentiated by."""
    random = np.random.default_rng(seed)
    free = [v for v, f in zip(call.variables, call.free, strict=True) if f]
    return [_numbers(random.standard_normal(tuple(v.shape)), v) for v in free]


def _numbers(numbers: np.ndarray, like: Any) -> Any:
    return _tensor(numbers * (1 - 0.7j) if like.is_complex() else numbers)


def derivative(call: Call) -> tuple[list[Any], list[Any], list[Any]] | None:
    """Incoming gradients, outputs and gradients; None where nothing is differentiable."""
    free = [v.detach().clone().requires_grad_() for v, f in zip(call.variables, call.free, strict=True) if f]
    outputs = [y for y in call.of_free(*free) if y.requires_grad] if free else []
    if not outputs:
        return None
    seeds = [_numbers(np.cos(1.3 * np.arange(y.numel()) + i).reshape(tuple(y.shape)), y) for i, y in enumerate(outputs)]
    found = ours.autograd.grad(outputs, free, seeds, allow_unused=True)
    return seeds, outputs, [ours.zeros_like(v) if g is None else g for g, v in zip(found, free, strict=True)]


def _product(tangents: Any, gradients: Any) -> float:
    """Re(sum conj(g) t), which for real numbers is the plain product."""
    return sum(float(np.sum(np.conj(host(g)) * host(t)).real) for t, g in zip(tangents, gradients, strict=True))


def agrees_forward(call: Call) -> str | None:
    """Whether <g, J v> equals <J^T g, v>: what is wrong, or None."""
    backward = derivative(call)
    if backward is None:
        return None
    seeds, outputs, gradients = backward
    free = [v.detach() for v, f in zip(call.variables, call.free, strict=True) if f]
    tangents = _likes(call, 1)

    def recorded(*variables: Any) -> tuple[Any, ...]:
        return call.of_free(*variables)

    _, moved = ours.func.jvp(recorded, tuple(free), tuple(tangents))
    if len(moved) != len(outputs):
        # Some outputs are not differentiable: they move by 0.
        ys = recorded(*[v.clone().requires_grad_() for v in free])
        moved = [t for t, y in zip(moved, ys, strict=True) if y.requires_grad]
    left, right = _product(moved, seeds), _product(tangents, gradients)
    if not (abs(left - right) <= 1e-8 * (1 + abs(left)) or (left != left and right != right)):
        return f"forward {left}, backward {right}"
    return None


def agrees_batched(call: Call) -> str | None:
    """Whether a batch of three gives what the three give one by one: what is wrong, or None."""
    free = [v for v, f in zip(call.variables, call.free, strict=True) if f]
    # Near the sample's own values, so that all are in the domain.
    points = [[v + 0.01 * i * v for v in free] for i in range(3)]
    expected = [call.outputs(*point) for point in points]
    if not expected[0]:
        return "nothing comes out that could be batched"
    batch = [ours.stack([point[k] for point in points]) for k in range(len(free))]
    got = ours.vmap(call.outputs)(*batch)
    for k, y in enumerate(got):
        want = np.stack([host(e[k]) for e in expected])
        if y.shape != want.shape or not np.allclose(host(y), want, rtol=1e-9, atol=1e-10, equal_nan=True):
            return f"output {k} of a batch is\n{host(y)}\nexpected\n{want}"
    return None


def _complex(call: Call) -> str:
    """Whether a call takes complex numbers: and, with them, has a derivative."""
    variables = [v.to(ours.complex128) * (1 + 0.5j) for v in call.variables]
    outputs = flat(call(*variables))
    return YES if any(isinstance(y, ours.Tensor) for y in outputs) else NO


def facts(name: str, row: Row) -> Facts:
    """What the row's samples show."""
    found = Facts(name, reasons={})
    ops: list[str] = []
    seen: dict[str, set[str]] = {"derivative": set(), "forward": set(), "batched": set(), "complex": set()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in calls(name, row):
            try:
                ops += traced(call)
            except Exception:
                continue
            _look(call, seen, found)
    found.ops = tuple(dict.fromkeys(ops))
    for what, results in seen.items():
        if results and what == "complex":
            found.complex = YES if YES in results else NO
        elif results:
            setattr(found, what, NO if NO in results else YES)
    return found


def _look(call: Call, seen: dict[str, set[str]], found: Facts) -> None:
    differentiable = False
    try:
        differentiable = derivative(call) is not None
    except Exception as error:
        found.reasons.setdefault("derivative", repr(error))
    if differentiable:
        seen["derivative"].add(YES)
    checks = {
        "forward": agrees_forward if differentiable else None,
        "batched": agrees_batched if any(call.free) else None,
    }
    for what, check in checks.items():
        if check is None:
            continue
        try:
            wrong = check(call)
        except Exception as error:
            wrong = repr(error)
        seen[what].add(YES if wrong is None else NO)
        if wrong is not None:
            found.reasons.setdefault(what, wrong)
    if call.variables:
        try:
            seen["complex"].add(_complex(call))
        except Exception:
            seen["complex"].add(NO)
