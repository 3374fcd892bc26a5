"""Every in-place method on every kind of tensor: leaf, computed, view, one of several views, expanded, inference.

What is refused is refused with PyTorch's type before anything is written; what is done has PyTorch's values, version, and
gradients, of the tensor itself, of its base and of other views of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import Draw, Sample, _build, host, ours, real
from tests.oracle.test_ops import TABLE

NAMES = sorted(
    name
    for name, row in TABLE.items()
    if row.method and hasattr(real.Tensor, name + "_") and hasattr(ours.Tensor, name + "_")
)

#: How the tensor that is changed comes about, from a leaf that requires gradients.
TARGETS: dict[str, Callable[[Any, Any], Any]] = {
    "leaf": lambda lib, x: x,
    "plain": lambda lib, x: x.detach().clone(),
    "computed": lambda lib, x: x * 1,
    "view of a leaf": lambda lib, x: x[...],
    "view": lambda lib, x: (x * 1)[...],
    "part": lambda lib, x: lib.stack([x, x])[1],
    "transposed part": lambda lib, x: lib.stack([x, x], -1)[..., 0],
    "one of several views": lambda lib, x: lib.stack([x, x]).unbind()[0],
    "view made without gradients": lambda lib, x: _without(lib.no_grad, x),
    "view made in inference mode": lambda lib, x: _without(lib.inference_mode, x),
    "detached": lambda lib, x: (x * 1).detach(),
    "expanded": lambda lib, x: x.detach()[:1].expand(x.shape) if x.ndim and x.shape[0] > 1 else x,
    "view of a plain one": lambda lib, x: lib.stack([x.detach(), x.detach()])[0],
}


def _without(mode: Any, x: Any) -> Any:
    y = x * 1
    with mode():
        return y[...]


def _samples(name: str) -> Iterator[Sample]:
    """The first few whose first argument is a tensor of floats."""
    row = TABLE[name]
    dtype = "float64" if "float64" in row.dtypes else row.dtypes[0]
    found = (s for s in row.samples(Draw(dtype)) if s.args and isinstance(s.args[0], np.ndarray))
    return islice((s for s in found if s.args[0].dtype.kind == "f"), 2)


def _numbers(x: Any) -> np.ndarray:
    try:
        return host(x)
    except RuntimeError:
        return np.zeros(0)


def _told(lib: Any, name: str, given: Sample, kind: str, under: str) -> Any:
    """All that can be seen of one change."""
    leaf = _build(lib, np.array(given.args[0]), [], False).requires_grad_()
    others: list[Any] = []
    args, kwargs = _build(lib, given.args[1:], others, True), _build(lib, given.kwargs, others, True)
    x = TARGETS[kind](lib, leaf)
    if x.is_inference():
        return None
    base = x._base if x._base is not None else x
    second = None if base.requires_grad and base.is_leaf else base.view(base.shape)
    version, before = x._version, _numbers(base)
    try:
        with lib.no_grad() if under == "no_grad" else lib.enable_grad():
            back = getattr(x, name + "_")(*args, **kwargs)
    except Exception as error:
        untouched = np.array_equal(_numbers(base), before, equal_nan=True) and x._version == version
        return type(error) if untouched or lib is real else f"written before {error!r}"
    assert back is x
    seen: list[Any] = [_numbers(x), _numbers(base), x._version - version, x.requires_grad]
    for y in (x, base, second):
        if y is None or not y.requires_grad or not y.is_floating_point():
            seen.append(None)
            continue
        leaves = [leaf, *others]
        weights = np.cos(1.3 * np.arange(y.numel()).reshape(tuple(y.shape)))
        try:
            found = lib.autograd.grad(
                y, leaves, _build(lib, weights, [], False).to(y.dtype), retain_graph=True, allow_unused=True
            )
        except Exception as error:
            seen.append(type(error))
            continue
        seen.append(
            [np.zeros(tuple(v.shape)) if g is None else _numbers(g) for g, v in zip(found, leaves, strict=True)]
        )
    return seen


#: Names whose samples are of integers.
WITHOUT_FLOATS = {
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
}  # fmt: skip


def _same(right: Any, got: Any) -> bool:
    if right is NotImplementedError:
        return True  # no derivative of the in-place form there
    if isinstance(right, np.ndarray) and isinstance(got, np.ndarray):
        return right.shape == got.shape and np.allclose(got, right, rtol=1e-6, atol=1e-8, equal_nan=True)
    if isinstance(right, list) and isinstance(got, list):
        return len(right) == len(got) and all(map(_same, right, got))
    return bool(right == got)


#: What PyTorch does on its own: names, in which mode (or both), and what it does.
ELSEWHERE = {
    "as_strided": "its views of views are those of the base's memory",
    "fill_diagonal": "it counts two changes where it wraps",
    "floor_divide": "through a view, a gradient of zero where there is no derivative: silently wrong",
    "heaviside": "through a view, a gradient of zero where there is no derivative: silently wrong",
    "logical_and": "leaves keep their history: silently wrong",
    "logical_not": "leaves keep their history: silently wrong",
    "logical_or": "leaves keep their history: silently wrong",
    "logical_xor": "leaves keep their history: silently wrong",
    "scatter": "it has no gradient for a source larger than the index",
    "scatter_reduce": "it has no gradient for a source larger than the index",
}
#: Under no_grad the history of these has the old shape there, and backward fails.
SHAPES = {"squeeze", "swapaxes", "swapdims", "t", "transpose", "unsqueeze"}


@pytest.mark.parametrize("under", ["grad", "no_grad"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_in_place_form(name: str, under: str) -> None:
    if name in SHAPES and under == "no_grad":
        pytest.skip("PyTorch's backward fails")
    differences = []
    compared = 0
    for given in _samples(name):
        for kind in TARGETS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                right, got = (_told(lib, name, given, kind, under) for lib in (real, ours))
            compared += 1
            if kind == "expanded" and got is RuntimeError:
                continue  # PyTorch lets some ops write to it
            if not _same(right, got):
                differences.append(f"{kind}, {given}\n  is       {got}\n  expected {right}")
    assert not differences, "\n".join(differences)
    assert compared or name in WITHOUT_FLOATS
