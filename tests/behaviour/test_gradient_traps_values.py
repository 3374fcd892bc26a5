"""Silent wrong gradients reported against other systems: NaN, ties, shapes and dtypes (14 to 34)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, torch

F = torch.nn.functional
inf, nan = math.inf, math.nan


def leaf(numbers: Any) -> Any:
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


def gradient(function: Callable[[Any], Any], numbers: Any) -> Any:
    x = leaf(numbers)
    (g,) = torch.autograd.grad(function(x).sum(), x)
    return g


def hessian(function: Callable[[Any], Any], numbers: Any) -> list[list[float]]:
    """Rows of second derivatives, by a backward through the recorded backward."""
    x = leaf(numbers)
    (first,) = torch.autograd.grad(function(x), x, create_graph=True)
    rows = []
    for i in range(first.numel()):
        (row,) = torch.autograd.grad(first[i], x, retain_graph=True, materialize_grads=True)
        rows.append(row.tolist())
    return rows


# --- 14 to 21: NaN and boundaries


def test_trap_14_where_keeps_the_nan_of_the_untaken_branch() -> None:
    assert_close(gradient(lambda x: torch.where(x < 0, x, x.sqrt()), [-1.0, 4.0]), [nan, 0.25])


def test_trap_14_double_where_has_no_nan() -> None:
    def safe_sqrt(x: Any) -> Any:
        negative = x < 0
        return torch.where(negative, x, torch.where(negative, torch.ones_like(x), x).sqrt())

    assert_close(gradient(safe_sqrt, [-1.0, 4.0]), [1.0, 0.25])


def test_trap_15_norm_and_std_of_constants() -> None:
    assert_close(gradient(lambda x: x.norm(), [0.0, 0.0]), [0.0, 0.0])
    assert_close(gradient(lambda x: x.norm(dim=0), [[0.0, 3.0], [0.0, 4.0]]), [[0.0, 0.6], [0.0, 0.8]])
    assert_close(gradient(lambda x: x.std(), [2.0, 2.0, 2.0]), [0.0, 0.0, 0.0])
    assert_close(gradient(torch.sqrt, [0.0]), [inf])


def test_trap_16_powers_of_zero() -> None:
    def of_base(exponent: float) -> Any:
        return gradient(lambda x: x**exponent, [0.0])

    def of_exponent(exponent: float) -> Any:
        return gradient(lambda b: torch.zeros(1, dtype=torch.float64) ** b, [exponent])

    assert_close(of_base(0), [0.0])
    assert_close(of_base(1), [1.0])
    assert_close(of_exponent(2.0), [0.0])
    assert_close(of_exponent(0.0), [0.0])
    assert_close(of_exponent(-1.0), [-inf])
    assert_close(gradient(lambda b: torch.tensor([-1.0], dtype=torch.float64) ** b, [2.0]), [nan])


def test_trap_17_prod_and_cumprod_do_not_divide_by_zero() -> None:
    assert_close(gradient(lambda x: x.prod(), [2.0, 0.0, 3.0]), [0.0, 6.0, 0.0])
    assert_close(gradient(lambda x: x.prod(), [0.0, 0.0, 3.0]), [0.0, 0.0, 0.0])
    assert_close(gradient(lambda x: x.prod(1), [[2.0, 0.0], [3.0, 5.0]]), [[0.0, 2.0], [5.0, 3.0]])
    assert_close(gradient(lambda x: x.cumprod(0), [2.0, 0.0, 3.0]), [1.0, 8.0, 0.0])


def test_trap_17_second_derivative_of_prod_with_zeros() -> None:
    assert hessian(lambda x: x.prod(), [0.0, 0.0, 3.0]) == [[0.0, 3.0, 0.0], [3.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert hessian(lambda x: x.prod(), [2.0, 0.0, 3.0]) == [[0.0, 3.0, 0.0], [3.0, 0.0, 2.0], [0.0, 2.0, 0.0]]


def test_trap_17_second_derivative_of_cumprod_with_zeros() -> None:
    assert hessian(lambda x: x.cumprod(0).sum(), [0.0, 0.0, 3.0]) == [
        [0.0, 4.0, 0.0],
        [4.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
    ]


def test_trap_18_softmax_family_at_infinity() -> None:
    assert_close(gradient(lambda x: x.logsumexp(0), [-inf, -inf]), [nan, nan])
    assert_close(gradient(lambda x: x.logsumexp(0), [-inf, 0.0]), [0.0, 1.0])
    assert_close(gradient(lambda x: x.softmax(0)[:1], [-inf, -inf]), [nan, nan])
    assert_close(gradient(lambda x: x.softmax(0)[:1], [0.0, -inf]), [0.0, 0.0])
    assert_close(gradient(F.softplus, [0.0]), [0.5])
    assert_close(gradient(torch.tanh, [1000.0, -1000.0]), [0.0, 0.0])


def test_trap_18_large_logits_do_not_overflow() -> None:
    assert_close(torch.softmax(leaf([1000.0, 1000.0]), 0), [0.5, 0.5])
    assert_close(torch.logsumexp(leaf([1000.0, 1000.0]), 0), 1000 + math.log(2))
    target = torch.tensor([0])
    assert_close(F.cross_entropy(leaf([[1000.0, 0.0]]), target), 0.0)
    ones = torch.ones(1, dtype=torch.float64)
    assert_close(F.binary_cross_entropy_with_logits(leaf([-1000.0]), ones), 1000.0)


def test_trap_19_cross_entropy_with_all_targets_ignored() -> None:
    x = leaf([[1.0, 2.0]])
    loss = F.cross_entropy(x, torch.tensor([-100]))
    loss.backward()
    assert_close(loss, nan)
    assert_close(x.grad, [[0.0, 0.0]])


def test_trap_19_binary_cross_entropy_clamps_its_logarithm() -> None:
    x = leaf([0.0, 1.0])
    loss = F.binary_cross_entropy(x, torch.tensor([1.0, 0.0], dtype=torch.float64))
    assert loss.item() == 100.0


def test_trap_20_mean_of_nothing() -> None:
    assert math.isnan(torch.ones(0).mean().item())


def test_trap_21_xlogy_of_zeros() -> None:
    x, y = leaf([0.0, 0.0, 2.0]), leaf([0.0, 3.0, 4.0])
    value = torch.xlogy(x, y)
    assert_close(value, [0.0, 0.0, 2 * math.log(4)])
    gx, gy = torch.autograd.grad(value.sum(), (x, y))
    assert_close(gx, [0.0, math.log(3), math.log(4)])
    assert_close(gy, [nan, 0.0, 0.5])


# --- 22 to 26: ties and selection


@pytest.mark.parametrize(
    ("name", "expected"), [("max", [0.5, 0.5, 0.0]), ("amax", [0.5, 0.5, 0.0]), ("min", [0.0, 0.0, 1.0])]
)
def test_trap_22_full_reductions_split_ties_evenly(name: str, expected: list[float]) -> None:
    assert_close(gradient(lambda x: getattr(x, name)(), [1.0, 1.0, 0.0]), expected)


def test_trap_22_reductions_along_a_dimension_take_the_first() -> None:
    x = leaf([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]])
    largest, where = x.max(1)
    largest.sum().backward()
    assert where.tolist() == [0, 1]
    assert x.grad.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


def test_trap_22_maximum_and_minimum_split_in_halves() -> None:
    a, b = leaf([1.0]), leaf([1.0])
    (torch.maximum(a, b) + 2 * torch.minimum(a, b)).sum().backward()
    assert a.grad.tolist() == [1.5]
    assert b.grad.tolist() == [1.5]


def test_trap_23_clamp_passes_the_gradient_at_its_bounds() -> None:
    """As in 2.13; PyTorch itself changed this afterwards."""
    assert_close(gradient(lambda x: x.clamp(-1, 1), [-1.0, 1.0, 1.5]), [1.0, 1.0, 0.0])


def test_trap_24_relu_at_zero() -> None:
    assert_close(gradient(torch.relu, [0.0, -0.0, 1e-300]), [0.0, 0.0, 1.0])


def test_trap_25_stable_sort_keeps_the_order_of_ties() -> None:
    x = leaf([1.0, 0.0, 1.0, 0.0])
    ordered, order = torch.sort(x, stable=True)
    assert order.tolist() == [1, 3, 0, 2]
    (ordered * torch.arange(4.0, dtype=torch.float64)).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0, 3.0, 1.0]
    assert torch.sort(x, stable=True, descending=True)[1].tolist() == [0, 2, 1, 3]


def test_trap_26_reading_one_place_twice_accumulates() -> None:
    index = torch.tensor([0, 0, 1])
    for read in (
        lambda x: x[index],
        lambda x: x.gather(0, index),
        lambda x: x.index_select(0, index),
        lambda x: torch.take_along_dim(x, index, 0),
        lambda x: F.embedding(index, x.reshape(2, 1)),
    ):
        assert_close(gradient(read, [3.0, 4.0]), [2.0, 1.0])


def _set(zeros: Any, index: Any, values: Any) -> Any:
    zeros[index] = values
    return zeros


WRITES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "index_put": lambda zeros, index, values: zeros.index_put((index,), values),
    "assignment": _set,
    "scatter": lambda zeros, index, values: zeros.scatter(0, index, values),
    "scatter_": lambda zeros, index, values: zeros.scatter_(0, index, values),
    "index_copy": lambda zeros, index, values: zeros.index_copy(0, index, values),
    "index_copy_": lambda zeros, index, values: zeros.index_copy_(0, index, values),
    "put_": lambda zeros, index, values: zeros.put_(index, values),
}


@differs_from_torch("PyTorch gives the gradient to every value, also to those that were written over")
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_trap_26_of_values_written_to_one_place_one_has_the_gradient(write: Callable[[Any, Any, Any], Any]) -> None:
    values = leaf([1.0, 2.0, 4.0, 8.0])
    written = write(torch.zeros(3, dtype=torch.float64), torch.tensor([2, 0, 2, 2]), values)
    assert written[0].item() == 2.0
    (g,) = torch.autograd.grad((written * torch.tensor([3.0, 5.0, 7.0], dtype=torch.float64)).sum(), values)
    expected = [0.0, 3.0, 0.0, 0.0]
    expected[values.tolist().index(written[2].item())] = 7.0
    assert g.tolist() == expected


@differs_from_torch("PyTorch counts a place as often as it was named")
def test_trap_26_a_value_written_to_one_place_twice_counts_once() -> None:
    value = leaf([5.0])
    zeros = torch.zeros(3, dtype=torch.float64)
    zeros[torch.tensor([1, 1, 0])] = value
    zeros.sum().backward()
    assert value.grad.tolist() == [2.0]


@differs_from_torch("PyTorch gives the gradient to every value, also to those that were written over")
def test_trap_26_rows_written_to_one_place() -> None:
    rows = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for write in (WRITES["index_put"], WRITES["index_copy"]):
        written = write(torch.zeros(2, 2, dtype=torch.float64), torch.tensor([1, 0, 1]), rows)
        (g,) = torch.autograd.grad((written * written).sum(), rows, create_graph=True)
        assert g.tolist() == [[0.0, 0.0], [6.0, 8.0], [10.0, 12.0]]
        (h,) = torch.autograd.grad(g.sum(), rows)
        assert h.tolist() == [[0.0, 0.0], [2.0, 2.0], [2.0, 2.0]]


def test_trap_26_places_named_once() -> None:
    values = leaf([1.0, 2.0])
    for write in WRITES.values():
        written = write(torch.zeros(3, dtype=torch.float64), torch.tensor([2, 0]), values)
        (g,) = torch.autograd.grad((written * torch.arange(3.0, dtype=torch.float64)).sum(), values)
        assert g.tolist() == [2.0, 0.0]


def test_trap_26_adding_to_one_place_twice_accumulates() -> None:
    index = torch.tensor([0, 0])
    source = leaf([1.0, 2.0])
    zeros = torch.zeros(2, dtype=torch.float64)
    for added in (zeros.scatter_add(0, index, source), zeros.index_add(0, index, source)):
        assert added.tolist() == [3.0, 0.0]
        (g,) = torch.autograd.grad(added[0] * 5, source)
        assert g.tolist() == [5.0, 5.0]


# --- 27 to 34: shapes, dtypes, layout

PAIRS = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum}


@pytest.mark.parametrize("function", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("shapes", [((3, 1), (1, 4)), ((), (2, 3)), ((4,), (2, 3, 4)), ((2, 1, 4), (3, 1))], ids=str)
def test_trap_27_broadcast_gradients_are_reduced(function: Any, shapes: Any) -> None:
    a, b = (torch.rand(shape, dtype=torch.float64).add(0.5).requires_grad_() for shape in shapes)
    y = function(a, b)
    y.sum().backward()
    full_a, full_b = (t.detach().expand(y.shape).clone().requires_grad_() for t in (a, b))
    function(full_a, full_b).sum().backward()
    for small, full in ((a, full_a), (b, full_b)):
        assert small.grad.shape == small.shape
        expected = np.array(full.grad.tolist())
        missing = y.ndim - small.ndim
        expected = expected.sum(tuple(range(missing)))
        stretched = tuple(i for i, n in enumerate(small.shape) if n == 1 and expected.shape[i] != 1)
        assert_close(small.grad, expected.sum(stretched, keepdims=True), 1e-12)


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda x: x.t(),
    "every second column": lambda x: x[:, ::2],
    "expanded": lambda x: x[:1].expand(3, 4),
    "flipped": lambda x: x.flip(1),
    "one row": lambda x: x[1:2],
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_trap_28_strided_inputs_and_gradients(layout: Callable[[Any], Any]) -> None:
    x = torch.arange(12.0, dtype=torch.float64).reshape(3, 4).requires_grad_()
    seed = layout(torch.arange(1.0, 13.0, dtype=torch.float64).reshape(3, 4))
    layout(x).exp().backward(seed)

    copy = x.detach().clone().requires_grad_()
    layout(copy).contiguous().exp().backward(seed.contiguous())
    assert_close(x.grad, copy.grad, 1e-14)


def test_trap_28_expanded_gradient_of_a_product() -> None:
    a, b = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf([[1.0, 0.0], [2.0, 1.0]])
    (a.t() @ b.t()).backward(torch.ones(1, 1, dtype=torch.float64).expand(2, 2))
    assert a.grad.tolist() == [[3.0, 3.0], [1.0, 1.0]]
    assert b.grad.tolist() == [[3.0, 7.0], [3.0, 7.0]]


def test_trap_29_strides_of_dimensions_of_one() -> None:
    x = torch.arange(3.0).reshape(1, 3).t()
    assert x.view(3).tolist() == [0.0, 1.0, 2.0]
    assert x.is_contiguous()
    y = torch.arange(3.0)[None].expand(1, 3).requires_grad_()
    (y.view(3) * 2).sum().backward()
    assert y.grad.tolist() == [[2.0, 2.0, 2.0]]


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.argmax(),
        lambda x: x.argsort(),
        lambda x: x > 0,
        lambda x: x == x,
        lambda x: x.isnan(),
        lambda x: x.long(),
        lambda x: x.bool(),
        lambda x: x.max(0)[1],
        lambda x: x.topk(1)[1],
        lambda x: x.sort()[1],
        lambda x: x.nonzero(),
        lambda x: x.logical_not(),
        lambda x: x.any(),
    ],
)
def test_trap_30_integers_and_booleans_never_require_grad(make: Callable[[Any], Any]) -> None:
    y = make(leaf([1.0, 2.0]))
    assert not y.requires_grad
    assert y.grad_fn is None
    assert y.is_leaf


def test_trap_31_casts_to_integers_cut_the_graph() -> None:
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    assert not (x.long().float() * 2).requires_grad
    assert not torch.tensor(x[0].item()).requires_grad


def test_trap_31_casts_between_floats_keep_the_graph_and_the_dtype_of_the_gradient() -> None:
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    y = x.double() * torch.tensor([2.0, 3.0], dtype=torch.float64)
    assert y.dtype == torch.float64
    y.sum().backward()
    assert x.grad.dtype == torch.float32
    assert x.grad.tolist() == [2.0, 3.0]


def test_trap_32_tensor_of_no_dimension_does_not_promote_within_its_kind() -> None:
    vector = torch.ones(2, requires_grad=True)
    scalar = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = vector * scalar
    assert y.dtype == torch.float32
    y.sum().backward()
    assert vector.grad.dtype == torch.float32
    assert scalar.grad.dtype == torch.float64
    assert scalar.grad.item() == 2.0


def test_trap_33_sum_of_many_keeps_its_digits() -> None:
    assert torch.full((1_000_000,), 0.1).sum().item() == pytest.approx(100_000, rel=1e-6)
    assert torch.full((1000, 1000), 0.1).sum(0).sum().item() == pytest.approx(100_000, rel=1e-4)


@pytest.mark.parametrize(
    "function",
    [torch.exp, lambda x: x * x, lambda x: x @ x, lambda x: x.softmax(0)],
    ids=["exp", "mul", "matmul", "softmax"],
)
def test_trap_34_sum_backward_is_backward_of_ones(function: Callable[[Any], Any]) -> None:
    x = torch.rand(3, 3, dtype=torch.float64, requires_grad=True)
    (by_sum,) = torch.autograd.grad(function(x).sum(), x)
    (by_ones,) = torch.autograd.grad(function(x), x, torch.ones(3, 3, dtype=torch.float64))
    assert_close(by_sum, by_ones, 1e-14)
