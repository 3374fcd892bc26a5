"""Sample calls of every op, made from the facts in its block: what the op suite and the conformance kit run."""

from __future__ import annotations

import zlib
from typing import Any, Final, NamedTuple

import numpy as np

from plugrad.core import dispatch, registry
from plugrad.core.dtypes import NAMES
from plugrad.core.facts import Array, Case, real
from plugrad.core.namespace import DEFINITIONS, Namespace
from plugrad.core.op import Op
from plugrad.core.tensor import Tensor

#: Where samples are drawn from, by the domain an op states.
DOMAINS: Final = {
    "real": (-2.0, 2.0),
    "positive": (0.2, 3.0),
    "nonnegative": (0.2, 3.0),
    "nonzero": (0.3, 2.0),
    "unit": (-0.9, 0.9),
    "above one": (1.1, 3.0),
    "probability": (0.05, 0.95),
}

_UNARY_SHAPES: Final = ((3, 4), (), (2, 1, 3), (0, 3))
_BINARY_SHAPES: Final = (((3, 4), (3, 4)), ((3, 1), (1, 4)), ((4,), (2, 3, 4)), ((), (3,)), ((), ()), ((2, 0), (1,)))

# Samples keep this far away from kinks, where finite differences mean nothing.
_DISTANCE: Final = 0.05


class Sample(NamedTuple):
    """One call with values: host arrays (in lists where the op takes a sequence), numbers, None; and options."""

    args: tuple[Any, ...]
    options: dict[str, Any]


def cases(op: Op) -> list[Case]:
    """The calls by which an op is tested.

    Raises:
        LookupError: if the op is not elementwise and its block states no samples.
    """
    stated = op.facts.get("samples")
    if stated is not None:
        return list(stated())
    if not dispatch.is_elementwise(op):
        raise LookupError(f"op '{op.name}' states no samples, and none can be made for it")
    if len(op.inputs) == 1:
        return [Case((real(*shape),), {}) for shape in _UNARY_SHAPES]
    return [Case((real(*a), real(*b)), {}) for a, b in _BINARY_SHAPES]


def sample(op: Op, case: Case, number: int) -> Sample:
    """Values for a case, the same in every run."""
    rng = np.random.default_rng([zlib.crc32(op.name.encode()), number])
    domain = op.facts.get("domain", "real")
    kinks = op.facts.get("kinks", ())
    args = []
    for i, arg in enumerate(case.args):
        # `domain=` may be one word for all inputs, or one for each; prose counts as "nonzero divisor" does.
        word = domain[i] if isinstance(domain, tuple) and i < len(domain) else domain
        if isinstance(arg, list):
            args.append([_values(rng, a, word, kinks) for a in arg])
        else:
            args.append(_values(rng, arg, word, kinks))
    return Sample(tuple(args), case.options)


def _values(rng: np.random.Generator, array: Any, domain: Any, kinks: tuple[float, ...]) -> Any:
    if not isinstance(array, Array):
        return array
    shape = array.shape
    if array.kind == "boolean":
        return rng.random(shape) < 0.5
    if array.kind == "complex":
        return np.asarray(rng.uniform(array.low, array.high, shape) + 1j * rng.uniform(array.low, array.high, shape))
    if array.kind == "integer":
        if array.distinct:
            return (
                np.array(rng.permutation(np.arange(array.low, array.high))[: int(np.prod(shape))])
                .reshape(shape)
                .astype("int64")
            )
        return rng.integers(int(array.low), int(array.high), shape)
    low, high = array.low, array.high
    if (low, high) == (-2.0, 2.0):
        low, high = DOMAINS.get(domain if isinstance(domain, str) else "real", DOMAINS["real"])
    if array.distinct:
        # Neighbours at least a step apart, so that a finite difference selects the same elements.
        size = int(np.prod(shape))
        steps = np.linspace(low, high, size + 2)[1:-1] if size else np.zeros(0)
        return rng.permutation(steps).reshape(shape)
    values = np.asarray(rng.uniform(low, high, shape))
    if domain in ("nonzero", "nonzero divisor"):
        values = np.asarray(np.where(rng.random(shape) < 0.5, values, -values))
    for kink in kinks:
        near = np.abs(values - kink) < _DISTANCE
        values = np.asarray(np.where(near, kink + np.where(values < kink, -2, 2) * _DISTANCE, values))
    return values


def through(op: Op, xp: Any, args: Any) -> Any:
    """The arrays as the op gets them: samples that must be symmetric, say, are made so by a function of the block.

    It is a part of the function under test, so that differences between samples stay in the op's domain.
    """
    function = op.facts.get("through")
    return args if function is None else function(xp, *args)


def to_device(value: Any, device: str, dtype: str = "float64", requires_grad: bool = False) -> Any:
    """A host array (or a list of them) as Tensors of the device; real values in ``dtype``. Others as they are.

    Complex values take the precision of ``dtype``.
    """
    if isinstance(value, list):
        return [to_device(v, device, dtype, requires_grad) for v in value]
    if not isinstance(value, np.ndarray):
        return value
    where = registry.resolve(device)
    assert where.backend is not None
    inexact = value.dtype.kind in "fc"
    if value.dtype.kind == "c":
        dtype = NAMES[dtype].to_complex().name
    host = value.astype(dtype) if inexact else value
    tensor = Tensor(
        where.backend.from_host(np.ascontiguousarray(host).reshape(host.shape), where.index),
        where,
        NAMES[host.dtype.name],
    )
    return tensor.requires_grad_() if inexact and requires_grad else tensor


def to_host(value: Any) -> Any:
    """A Tensor's values (or those of each in a tuple) as a NumPy array."""
    if isinstance(value, (tuple, list)):
        return tuple(to_host(v) for v in value)
    return value.device.backend.to_host(value.raw).copy()


class _NumPyGeneric(Namespace):
    """Generic definitions over plain NumPy: the reference that kernels and other backends are held against."""

    def __init__(self) -> None:
        backend = registry.load("numpy")
        # Only what NumPy spells differently from the standard comes from the backend; fused kernels do not.
        adapters = {k: v for k, v in backend.kernels().items() if k in _STANDARD_ADAPTERS}
        super().__init__("reference", np, adapters)


_STANDARD_ADAPTERS: Final = frozenset(("astype", "clip", "sort", "argsort", "take", "reshape", "round", "searchsorted"))


def reference(op: Op, values: Sample) -> Any:
    """The op's generic definition on NumPy's float64 arrays."""
    xp = _NumPyGeneric()
    args = [tuple(a) if isinstance(a, list) else a for a in through(op, xp, values.args)]
    options = dict(values.options)
    if op.takes_dtype and options.get("dtype") is not None:
        options["dtype"] = np.dtype(options["dtype"].name)
    with np.errstate(all="ignore"):
        return DEFINITIONS[op.name](xp, *args, **options)
