"""One call in plugrad and in PyTorch on the same numbers: everything that can be seen is compared.

A :class:`Row` says how an op is called and draws samples of its arguments. NumPy arrays among the arguments
become tensors of either library, :class:`Laid` ones with the memory layout that they ask for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from tests.support import library

ours: Any = library.torch
try:
    real: Any = importlib.import_module("torch")
except ImportError:  # the tables are read without PyTorch too, for the documentation; no test runs then
    real = ours

LARGE = 1000  # above, arrays go in and out whole: lists would take seconds
TOLERANCE = {"float64": 1e-10, "float32": 1e-5, "float16": 2e-3, "complex128": 1e-10, "complex64": 1e-5}


@dataclass(frozen=True)
class Laid:
    """An array laid out as ``transposed``, ``stepped`` or ``expanded`` memory; or ``fixed``: no gradient."""

    array: np.ndarray
    layout: str

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    def __repr__(self) -> str:
        return f"{self.layout} {self.array.dtype}{list(self.array.shape)}"


def fixed(array: np.ndarray) -> Laid:
    """An input that PyTorch takes no derivative by."""
    return Laid(array, "fixed")


@dataclass(frozen=True)
class Sample:
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        def short(value: Any) -> str:
            if isinstance(value, np.ndarray):
                return f"{value.dtype}{list(value.shape)}"
            if isinstance(value, (list, tuple)):
                return "[" + ", ".join(map(short, value)) + "]"
            return repr(value)

        named = [f"{key}={short(value)}" for key, value in self.kwargs.items()]
        return "(" + ", ".join([*map(short, self.args), *named]) + ")"


def sample(*args: Any, **kwargs: Any) -> Sample:
    return Sample(args, kwargs)


class Draw:
    """Numbers for samples, in one float dtype, the same in every run."""

    def __init__(self, dtype: str, seed: int = 0) -> None:
        self.dtype = dtype
        self.random = np.random.default_rng(seed)

    def __call__(self, *shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
        found = np.asarray(self.random.uniform(low, high, shape))
        if self.dtype.startswith("complex"):
            # Of the right size, in any direction.
            found = found * np.exp(1j * self.random.uniform(-1.5, 1.5, shape))
        return np.asarray(found).astype(self.dtype)

    def ints(self, *shape: int, low: int = -5, high: int = 6, dtype: str = "int64") -> np.ndarray:
        return np.asarray(self.random.integers(low, high, shape)).astype(dtype)

    def bools(self, *shape: int) -> np.ndarray:
        return np.asarray(self.random.random(shape) < 0.5)

    def distinct(self, *shape: int) -> np.ndarray:
        """Numbers far from each other, so that no library sorts them otherwise."""
        count = int(np.prod(shape))
        return ((self.random.permutation(count) - count / 2) / 4).reshape(shape).astype(self.dtype)

    def layouts(self, array: np.ndarray) -> Iterator[Laid]:
        yield Laid(array, "transposed")
        yield Laid(array, "stepped")
        yield Laid(np.broadcast_to(array[:1], array.shape), "expanded")


@dataclass(frozen=True)
class Row:
    """How one name is called and on what."""

    samples: Callable[[Draw], Iterator[Sample]]
    #: how it is called besides ``torch.name(...)``; the method of the same name is found by itself
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)
    function: bool = True
    method: bool = True
    second: bool = True
    dtypes: tuple[str, ...] = ("float32", "float64")
    tolerance: dict[str, float] = field(default_factory=dict)


def resolve(lib: Any, path: str) -> Any:
    for part in path.split("."):
        lib = getattr(lib, part)
    return lib


def _function(path: str, lib: Any, *args: Any, **kwargs: Any) -> Any:
    return resolve(lib, path)(*args, **kwargs)


def _method(name: str, lib: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return getattr(x, name)(*args, **kwargs)


def forms(name: str, row: Row) -> dict[str, Callable[..., Any]]:
    """Every way to call an op: as a function, as a method, and the row's own."""
    found: dict[str, Callable[..., Any]] = {}
    if row.function:
        found["function"] = partial(_function, name)
    if row.method and "." not in name and hasattr(real.Tensor, name):
        found["method"] = partial(_method, name)
    return found | row.calls


def _tensor(lib: Any, given: np.ndarray | Laid, leaves: list[Any], grad: bool) -> Any:
    layout = given.layout if isinstance(given, Laid) else "plain"
    array = np.array(given.array) if isinstance(given, Laid) else given
    if layout == "transposed":
        array = np.ascontiguousarray(array.T)
    elif layout == "stepped":
        array = np.repeat(array, 2, axis=-1)
    elif layout == "expanded":
        array = np.array(array[:1])
    if array.size == 0:
        tensor = lib.zeros(array.shape, dtype=getattr(lib, array.dtype.name))
    else:
        numbers = array if array.size > LARGE else array.tolist()
        tensor = lib.tensor(numbers, dtype=getattr(lib, array.dtype.name))
    if grad and array.dtype.kind in "fc" and layout != "fixed":
        tensor.requires_grad_()
        leaves.append(tensor)
    if layout == "transposed":
        return tensor.permute(tuple(reversed(range(array.ndim))))
    if layout == "stepped":
        return tensor[..., ::2]
    if layout == "expanded":
        return tensor.expand(given.array.shape)
    return tensor


def _build(lib: Any, value: Any, leaves: list[Any], grad: bool) -> Any:
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, (np.ndarray, Laid)):
        return _tensor(lib, value, leaves, grad)
    if isinstance(value, np.dtype):
        return getattr(lib, value.name)
    if isinstance(value, (list, tuple)):
        return type(value)(_build(lib, item, leaves, grad) for item in value)
    return value


def flat(result: Any) -> list[Any]:
    if isinstance(result, (list, tuple)):
        return [item for part in result for item in flat(part)]
    return [result]


def host(value: Any) -> np.ndarray:
    if value is None:
        return np.zeros(())
    if hasattr(value, "detach"):
        value = value.detach()
        if type(value) is real.Tensor:
            value = value.clone()  # its zero gradients may have no memory to list
        if value.numel() > LARGE:
            return np.array(value.numpy())
        return np.array(value.tolist()).reshape(tuple(value.shape))
    return np.asarray(value)


def dtype_name(value: Any) -> str:
    return str(value.dtype).rpartition(".")[2] if hasattr(value, "dtype") else type(value).__name__


def _seeds(lib: Any, outputs: list[Any], phase: float) -> list[Any]:
    """Weights for the outputs, no two alike, so that no error cancels out."""
    made = []
    for i, output in enumerate(outputs):
        count = int(np.prod(output.shape))
        numbers = np.cos(1.3 * np.arange(count) + i + phase).reshape(tuple(output.shape))
        if dtype_name(output).startswith("complex"):
            numbers = numbers + 1j * np.sin(1.7 * np.arange(count) + i - phase).reshape(tuple(output.shape))
        made.append(_tensor(lib, numbers.astype(dtype_name(output)), [], grad=False))
    return made


@dataclass
class Outcome:
    error: Exception | None = None
    no_derivative: Exception | None = None
    values: list[tuple[str, Any]] = field(default_factory=list)
    traits: list[Any] = field(default_factory=list)


def outcome(lib: Any, call: Callable[..., Any], given: Sample, grad: bool, second: bool) -> Outcome:
    """Values, gradients and second derivatives of a call, or the error that it raised."""
    leaves: list[Any] = []
    args = _build(lib, given.args, leaves, grad)
    kwargs = {key: _build(lib, value, leaves, grad) for key, value in given.kwargs.items()}
    try:
        result = call(lib, *args, **kwargs)
    except Exception as error:
        return Outcome(error)
    outputs = flat(result)
    found = Outcome(values=[(f"output {i}", host(output)) for i, output in enumerate(outputs)])
    found.traits = [(dtype_name(o), getattr(o, "requires_grad", None)) for o in outputs]
    recorded = [output for output in outputs if getattr(output, "requires_grad", False)]
    if leaves and recorded:
        try:
            _differentiate(lib, found, recorded, leaves, second)
        except RuntimeError as error:
            found.no_derivative = error
    return found


def _differentiate(lib: Any, found: Outcome, recorded: list[Any], leaves: list[Any], second: bool) -> None:
    first = lib.autograd.grad(recorded, leaves, _seeds(lib, recorded, 0.0), allow_unused=True, create_graph=second)
    for i, (gradient, leaf) in enumerate(zip(first, leaves, strict=True)):
        found.values.append((f"gradient {i}", np.zeros(leaf.shape) if gradient is None else host(gradient)))
        found.traits.append(dtype_name(leaf if gradient is None else gradient))
    again = [gradient for gradient in first if gradient is not None and gradient.requires_grad]
    if second and again:
        twice = lib.autograd.grad(again, leaves, _seeds(lib, again, 0.5), allow_unused=True)
        for i, (gradient, leaf) in enumerate(zip(twice, leaves, strict=True)):
            value = np.zeros(leaf.shape) if gradient is None else host(gradient)
            found.values.append((f"second derivative {i}", value))


def _tolerance(row_tolerance: dict[str, float], dtype: str) -> float:
    return row_tolerance.get(dtype, TOLERANCE.get(dtype, 0.0))


def difference(
    call: Callable[..., Any],
    given: Sample,
    dtype: str,
    *,
    grad: bool = True,
    second: bool = False,
    refused: bool = True,
    scaled: bool = False,
    tolerance: dict[str, float] | None = None,
) -> str | None:
    """What differs between the two libraries, in words; None where nothing does."""
    expected = outcome(real, call, given, grad, second)
    actual = outcome(ours, call, given, grad, second)
    if expected.error is not None:
        if not refused:
            return f"PyTorch refuses this sample: {expected.error!r}"
        if actual.error is None:
            return f"PyTorch raises {expected.error!r}; plugrad returns {actual.values}"
        if not isinstance(actual.error, type(expected.error)):
            return f"PyTorch raises {expected.error!r}; plugrad {actual.error!r}"
        return None
    if actual.error is not None:
        return f"plugrad raises {actual.error!r}"
    if actual.no_derivative is not None and expected.no_derivative is None:
        return f"plugrad raises {actual.no_derivative!r} in backward"
    # Where PyTorch has no derivative (it has none of scatter with a larger source), what it has is compared.
    count = len(expected.traits)
    if actual.traits[:count] != expected.traits:
        return f"dtypes and requires_grad are {actual.traits}, expected {expected.traits}"
    limit = _tolerance(tolerance or {}, dtype)
    theirs = dict(expected.values)
    mine = dict(actual.values)
    for what, right in theirs.items():
        got = mine.get(what, np.zeros(right.shape))
        if got.shape != right.shape:
            return f"{what} has shape {got.shape}, expected {right.shape}"
        # Sums of many cancel: what is left is as exact as the largest result, not as itself.
        slack = limit * max(1.0, float(np.abs(right[np.isfinite(right)]).max(initial=0))) if scaled else limit
        if not np.allclose(got, right, rtol=limit, atol=slack, equal_nan=True):
            return f"{what} is\n{got}\nexpected\n{right}"
    for what in mine.keys() - theirs.keys():
        if expected.no_derivative is None and not np.all(mine[what] == 0):
            return f"{what} is {mine[what]}, PyTorch has none"
    return None


def assert_no_difference(
    call: Callable[..., Any], samples: Iterator[Sample], dtype: str, *, refused: bool = True, **options: Any
) -> None:
    """Every sample alike in both libraries, and at least one there; refused ones too, unless a slip."""
    found, count = [], 0
    for given in samples:
        count += 1
        words = difference(call, given, dtype, refused=refused, **options)
        if words is not None:
            found.append(f"{given}: {words}")
    assert count
    assert not found, f"{len(found)} of {count} samples differ\n" + "\n".join(found[:10])
