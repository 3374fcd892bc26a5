"""Values and gradients at kinks, ties, zeros, infinities and NaNs are PyTorch 2.13's, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.support.compare import assert_close, assert_signs_of_zero
from tests.support.library import torch

F = torch.nn.functional
inf, nan = math.inf, math.nan

Numbers = float | Sequence[float]
Row = tuple[Callable[..., Any], Sequence[Numbers], Numbers, Sequence[Numbers]]


def float64(numbers: Numbers) -> Any:
    return torch.tensor(numbers, dtype=torch.float64)


def index(*numbers: int) -> Any:
    return torch.tensor(numbers)


def put(source: Any) -> Any:
    base = torch.zeros(2, dtype=torch.float64)
    base[index(0, 0)] = source
    return base


def weighted(y: Any) -> Any:
    """Outputs that count differently, so that the gradient tells which input each came from."""
    weights = torch.arange(1.0, y.shape[0] + 1, dtype=y.dtype)
    return y + ((weights - 1) * (y - y.detach()))


# name: function, inputs, value, gradient of the sum for each input
ROWS: dict[str, Row] = {
    # --- pointwise
    "abs 0": (torch.abs, [[0.0]], [0.0], [[0.0]]),
    "abs -0": (torch.abs, [[-0.0]], [0.0], [[0.0]]),
    "relu 0": (torch.relu, [[0.0]], [0.0], [[0.0]]),
    "relu nan": (torch.relu, [[nan]], [nan], [[1.0]]),
    "clamp at its bounds": (
        lambda x: x.clamp(-1, 1),
        [[-1.0, 0.0, 1.0]],
        [-1.0, 0.0, 1.0],
        [[1.0, 1.0, 1.0]],
    ),
    "clamp outside": (lambda x: x.clamp(-1, 1), [[-2.0, 2.0]], [-1.0, 1.0], [[0.0, 0.0]]),
    "clamp min tensor tie": (lambda x, low: x.clamp(min=low), [[0.0], [0.0]], [0.0], [[1.0], [0.0]]),
    "clamp min above max": (lambda x: x.clamp(1, -1), [[0.0]], [-1.0], [[0.0]]),
    "clamp nan": (lambda x: x.clamp(-1, 1), [[nan]], [nan], [[0.0]]),
    "maximum tie": (torch.maximum, [[1.0], [1.0]], [1.0], [[0.5], [0.5]]),
    "minimum tie": (torch.minimum, [[1.0], [1.0]], [1.0], [[0.5], [0.5]]),
    "maximum nan": (torch.maximum, [[nan, 1.0], [1.0, 2.0]], [nan, 2.0], [[1.0, 0.0], [1.0, 1.0]]),
    "sqrt 0": (torch.sqrt, [[0.0]], [0.0], [[inf]]),
    "rsqrt 0": (torch.rsqrt, [[0.0]], [inf], [[-inf]]),
    "log 0": (torch.log, [[0.0]], [-inf], [[inf]]),
    "asin 1": (torch.asin, [[1.0]], [math.pi / 2], [[inf]]),
    "acos 1": (torch.acos, [[1.0]], [0.0], [[-inf]]),
    "atan2 0 0": (torch.atan2, [[0.0], [0.0]], [0.0], [[0.0], [-0.0]]),
    "tan pi/2": (torch.tan, [[math.pi / 2]], [1.633123935319537e16], [[2.6670937881135714e32]]),
    "sign 0": (torch.sign, [[0.0]], [0.0], [[0.0]]),
    "round 0.5": (torch.round, [[0.5]], [0.0], [[0.0]]),
    "floor": (torch.floor, [[1.5]], [1.0], [[0.0]]),
    "fmod": (torch.fmod, [[5.0], [3.0]], [2.0], [[1.0], [-1.0]]),
    "remainder": (torch.remainder, [[5.0], [3.0]], [2.0], [[1.0], [-1.0]]),
    "div floor": (lambda a, b: torch.div(a, b, rounding_mode="floor"), [[5.0], [3.0]], [1.0], [[0.0], [0.0]]),
    "div trunc": (
        lambda a, b: torch.div(a, b, rounding_mode="trunc"),
        [[-5.0], [3.0]],
        [-1.0],
        [[0.0], [0.0]],
    ),
    "lerp": (torch.lerp, [[0.0], [1.0], [0.5]], [0.5], [[0.5], [0.5], [1.0]]),
    "sigmoid far out": (torch.sigmoid, [[-1000.0, 1000.0]], [0.0, 1.0], [[0.0, 0.0]]),
    "tanh far out": (torch.tanh, [[-1000.0, 1000.0]], [-1.0, 1.0], [[0.0, 0.0]]),
    "softplus 0": (F.softplus, [[0.0]], [math.log(2)], [[0.5]]),
    "softplus threshold": (F.softplus, [[20.0, 21.0]], [20.0, 21.0], [[1.0, 1.0]]),
    "gelu 0": (F.gelu, [[0.0]], [0.0], [[0.5]]),
    "gelu tanh 0": (lambda x: F.gelu(x, approximate="tanh"), [[0.0]], [0.0], [[0.5]]),
    "silu -1000": (F.silu, [[-1000.0]], [-0.0], [[-0.0]]),
    # --- powers
    "0 ** 0": (lambda x: x**0, [[0.0]], [1.0], [[0.0]]),
    "0 ** 2": (lambda x: x**2, [[0.0]], [0.0], [[0.0]]),
    "0 ** 0.5": (lambda x: x**0.5, [[0.0]], [0.0], [[inf]]),
    "pow tensors 0 0": (torch.pow, [[0.0], [0.0]], [1.0], [[0.0], [0.0]]),
    "pow tensors 0 1": (torch.pow, [[0.0], [1.0]], [0.0], [[1.0], [0.0]]),
    "pow tensors 0 -1": (torch.pow, [[0.0], [-1.0]], [inf], [[-inf], [-inf]]),
    "pow tensors -1 2": (torch.pow, [[-1.0], [2.0]], [1.0], [[-2.0], [nan]]),
    "pow tensors -2 0.5": (torch.pow, [[-2.0], [0.5]], [nan], [[nan], [nan]]),
    "scalar 0 ** 2": (lambda x: 0.0**x, [[2.0]], [0.0], [[0.0]]),
    # --- reductions
    "max tie": (lambda x: x.max(), [[1.0, 1.0, 0.0]], 1.0, [[0.5, 0.5, 0.0]]),
    "min tie": (lambda x: x.min(), [[1.0, 0.0, 0.0]], 0.0, [[0.0, 0.5, 0.5]]),
    "max along a dimension tie": (lambda x: x.max(0)[0], [[1.0, 1.0, 0.0]], 1.0, [[1.0, 0.0, 0.0]]),
    "min along a dimension tie": (lambda x: x.min(0)[0], [[1.0, 0.0, 0.0]], 0.0, [[0.0, 1.0, 0.0]]),
    "amax tie": (lambda x: x.amax(0), [[1.0, 1.0, 0.0]], 1.0, [[0.5, 0.5, 0.0]]),
    "amin tie": (lambda x: x.amin(0), [[1.0, 0.0, 0.0]], 0.0, [[0.0, 0.5, 0.5]]),
    "norm 2 of zeros": (lambda x: x.norm(), [[0.0, 0.0]], 0.0, [[0.0, 0.0]]),
    "norm 1 of a zero": (lambda x: x.norm(p=1), [[0.0, 1.0]], 1.0, [[0.0, 1.0]]),
    "norm inf tie": (lambda x: x.norm(p=inf), [[1.0, 1.0]], 1.0, [[0.5, 0.5]]),
    "norm 0.5 of a zero": (lambda x: x.norm(p=0.5), [[0.0, 1.0]], 1.0, [[0.0, 1.0]]),
    "norm 3 of zeros": (lambda x: x.norm(p=3), [[0.0, 0.0]], 0.0, [[0.0, 0.0]]),
    "std of a constant": (lambda x: x.std(), [[2.0, 2.0, 2.0]], 0.0, [[0.0, 0.0, 0.0]]),
    "std of one": (lambda x: x.std(), [[2.0]], nan, [[nan]]),
    "var of one": (lambda x: x.var(), [[2.0]], nan, [[nan]]),
    "prod with a zero": (lambda x: x.prod(), [[2.0, 0.0, 3.0]], 0.0, [[0.0, 6.0, 0.0]]),
    "prod with two zeros": (lambda x: x.prod(), [[0.0, 0.0, 3.0]], 0.0, [[0.0, 0.0, 0.0]]),
    "cumprod with a zero": (lambda x: x.cumprod(0), [[2.0, 0.0, 3.0]], [2.0, 0.0, 0.0], [[1.0, 8.0, 0.0]]),
    "cumprod with two zeros": (
        lambda x: x.cumprod(0),
        [[0.0, 2.0, 0.0, 3.0]],
        [0.0, 0.0, 0.0, 0.0],
        [[3.0, 0.0, 0.0, 0.0]],
    ),
    "logsumexp of -inf": (lambda x: x.logsumexp(0), [[-inf, -inf]], -inf, [[nan, nan]]),
    "logsumexp with inf": (lambda x: x.logsumexp(0), [[inf, 0.0]], inf, [[nan, 0.0]]),
    "mean of nothing": (lambda x: x[:0].mean(), [[1.0]], nan, [[0.0]]),
    "sum of nothing": (lambda x: x[:0].sum(), [[1.0]], 0.0, [[0.0]]),
    "prod of nothing": (lambda x: x[:0].prod(), [[1.0]], 1.0, [[0.0]]),
    # --- selection
    "sort": (lambda x: weighted(x.sort()[0]), [[2.0, 3.0, 0.0]], [0.0, 2.0, 3.0], [[2.0, 3.0, 1.0]]),
    "stable sort tie": (
        lambda x: weighted(torch.sort(x, stable=True)[0]),
        [[1.0, 0.0, 1.0]],
        [0.0, 1.0, 1.0],
        [[2.0, 1.0, 3.0]],
    ),
    "topk tie": (lambda x: x.topk(1)[0], [[1.0, 1.0]], [1.0], [[1.0, 0.0]]),
    "where with nan untaken": (
        lambda x: torch.where(x < 0, x, x.sqrt()),
        [[-1.0, 4.0]],
        [-1.0, 2.0],
        [[nan, 0.25]],
    ),
    "where with a division untaken": (
        lambda x: torch.where(x == 0, torch.ones_like(x), 1 / x),
        [[0.0]],
        [1.0],
        [[nan]],
    ),
    "masked_fill of nan": (lambda x: x.sqrt().masked_fill(x < 0, 0.0), [[-1.0]], [0.0], [[nan]]),
    "duplicate indices read": (lambda x: x[index(0, 0, 1)], [[1.0, 2.0]], [1.0, 1.0, 2.0], [[2.0, 1.0]]),
    "duplicate indices added": (
        lambda x: torch.zeros(2, dtype=x.dtype).scatter_add(0, index(0, 0), x),
        [[1.0, 2.0]],
        [3.0, 0.0],
        [[1.0, 1.0]],
    ),
    # --- neural
    "softmax of -inf": (lambda x: x.softmax(0)[:1], [[-inf, -inf]], [nan], [[nan, nan]]),
    "log_softmax with -inf": (lambda x: x.log_softmax(0)[:1], [[0.0, -inf]], [0.0], [[0.0, 0.0]]),
    "l1_loss 0": (lambda x: F.l1_loss(x, torch.zeros_like(x)), [[0.0]], 0.0, [[0.0]]),
    "binary_cross_entropy at 0 and 1": (
        lambda x: F.binary_cross_entropy(x, float64([1.0, 0.0])),
        [[0.0, 1.0]],
        100.0,
        [[-500000001997.9014, 500000001997.9014]],
    ),
    "cross_entropy all ignored mean": (
        lambda x: F.cross_entropy(x.reshape(1, 2), index(-100)),
        [[1.0, 2.0]],
        nan,
        [[0.0, 0.0]],
    ),
    "cross_entropy all ignored sum": (
        lambda x: F.cross_entropy(x.reshape(1, 2), index(-100), reduction="sum"),
        [[1.0, 2.0]],
        0.0,
        [[0.0, 0.0]],
    ),
    "layer_norm of a constant": (lambda x: F.layer_norm(x, [2]), [[1.0, 1.0]], [0.0, 0.0], [[0.0, 0.0]]),
}

SIGNS_OF_ZERO = {"abs 0", "abs -0", "relu 0", "atan2 0 0", "silu -1000", "sign 0", "floor", "round 0.5"}


@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")
@pytest.mark.parametrize("name", ROWS)
def test_value_and_gradient(name: str) -> None:
    function, given, value, gradients = ROWS[name]
    inputs = [float64(numbers).requires_grad_() for numbers in given]
    y = function(*inputs)
    y.sum().backward()

    assert_close(y, value)
    for x, gradient in zip(inputs, gradients, strict=True):
        assert_close(x.grad, gradient)
    if name in SIGNS_OF_ZERO:
        assert_signs_of_zero(y, value)
        for x, gradient in zip(inputs, gradients, strict=True):
            assert_signs_of_zero(x.grad, gradient)


@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0:UserWarning")
@pytest.mark.parametrize("name", ROWS)
def test_gradient_is_the_same_where_it_is_recorded(name: str) -> None:
    """``create_graph=True`` runs the rules on Tensors: another path through the engine, the same numbers."""
    function, given, _, gradients = ROWS[name]
    inputs = [float64(numbers).requires_grad_() for numbers in given]
    recorded = torch.autograd.grad(function(*inputs).sum(), inputs, create_graph=True)
    for actual, gradient in zip(recorded, gradients, strict=True):
        assert_close(actual, gradient)
