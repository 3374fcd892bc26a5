"""The losses' ops: shapes, special values, large arrays, second derivatives and refusals, on the chosen backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import plugrad
import plugrad.nn.functional as F
from plugrad.core import ops, registry
from plugrad.core.namespace import DEFINITIONS
from tests.support.compare import assert_close, assert_equal

INF, NAN = math.inf, math.nan
REDUCTIONS = ("none", "mean", "sum")


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape))


def leaf(values: Any, device: str, dtype: Any = plugrad.float64) -> Any:
    values = np.asarray(values)
    return plugrad.tensor(values.tolist(), dtype=dtype, device=device).reshape(values.shape).requires_grad_()


def whole(values: Any, device: str) -> Any:
    values = np.asarray(values, dtype=np.int64)
    return plugrad.tensor(values.tolist(), dtype=plugrad.int64, device=device).reshape(values.shape)


def cross_entropy(
    x: np.ndarray, target: np.ndarray, weight: Any, ignore: int, reduction: str, smoothing: float
) -> tuple[np.ndarray, np.ndarray]:
    """The loss and its gradient (of the sum of losses), row by row, in float64."""
    axis = 1 if x.ndim > 1 else 0
    rows = np.moveaxis(x, axis, -1).reshape(target.size, x.shape[axis])
    w = np.ones(x.shape[axis]) if weight is None else weight
    losses, slopes, counts = np.zeros(len(rows)), np.zeros(rows.shape), np.zeros(len(rows))
    for i, (row, t) in enumerate(zip(rows, target.reshape(-1), strict=True)):
        if t == ignore:
            continue
        log_p = row - row.max() - np.log(np.exp(row - row.max()).sum())
        wanted = smoothing / len(row) * w
        wanted[t] += (1 - smoothing) * w[t]
        losses[i] = -(wanted * log_p).sum()
        slopes[i] = wanted.sum() * np.exp(log_p) - wanted
        counts[i] = w[t]
    slope = np.moveaxis(slopes.reshape(*target.shape, x.shape[axis]), -1, axis)
    if reduction == "none":
        return losses.reshape(target.shape), slope
    divisor = counts.sum() if reduction == "mean" else 1.0
    return np.asarray(losses.sum() / divisor), slope / divisor


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignore", [-100, 1])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 3, 5), (2, 3, 2, 2), (1, 1), (5, 1), (0, 3), (2, 3, 0)], ids=str)
def test_cross_entropy(
    shape: tuple[int, ...], reduction: str, ignore: int, weighted: bool, smoothing: float, device: str
) -> None:
    x, classes = draw(*shape), shape[1 if len(shape) > 1 else 0]
    rest = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = np.asarray(np.random.default_rng(1).integers(0, classes, rest))
    weight = np.linspace(0.5, 2.0, classes) if weighted else None
    if reduction == "mean" and (target == ignore).all():
        pytest.skip("nan: a test of its own")
    loss, slope = cross_entropy(x, target, weight, ignore, reduction, smoothing)
    inputs = leaf(x, device)
    y = ops.cross_entropy(
        inputs,
        whole(target, device),
        None if weight is None else leaf(weight, device).detach(),
        ignore_index=ignore,
        reduction=reduction,
        label_smoothing=smoothing,
    )
    assert_close(y, loss, 1e-12)
    y.sum().backward()
    assert_close(inputs.grad, slope, 1e-12)


ALL_IGNORED = {"mean": NAN, "sum": 0.0, "none": [0.0, 0.0]}


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize(("reduction", "value"), ALL_IGNORED.items())
def test_all_ignored(reduction: str, value: Any, smoothing: float, device: str) -> None:
    x = leaf(draw(2, 3), device)
    target = whole([-100, -100], device)
    y = ops.cross_entropy(x, target, reduction=reduction, label_smoothing=smoothing)
    assert_equal(y, value)
    y.sum().backward()
    assert_equal(x.grad, np.zeros((2, 3)))
    if not smoothing:
        x = leaf(draw(2, 3), device)
        y = ops.nll_loss(x, target, reduction=reduction)
        assert_equal(y, value)
        y.sum().backward()
        assert_equal(x.grad, np.zeros((2, 3)))


def test_infinite_logits(device: str) -> None:
    rows = [[-INF, 0.0, 1.0], [2.0, 0.0, 1.0]]
    x = leaf(rows, device)
    y = ops.cross_entropy(x, whole([1, 0], device))
    y.backward()
    assert_close(y, (math.log(1 + math.e) + math.log(math.e**2 + math.e + 1) - 2) / 2, 1e-12)
    assert np.isfinite(np.array(x.grad.tolist())).all()
    y = ops.cross_entropy(leaf(rows, device), whole([0, 0], device), reduction="none")
    assert y.tolist()[0] == INF
    # Of a smoothed target every class counts.
    y = ops.cross_entropy(leaf(rows, device), whole([1, 0], device), label_smoothing=0.1)
    assert_equal(y, INF)


def test_ignored_rows_count_for_nothing_even_infinite_ones(device: str) -> None:
    x = leaf([[-INF, 0.0], [INF, 0.0]], device)
    y = ops.nll_loss(x, whole([1, -100], device), reduction="none")
    assert_equal(y, [-0.0, 0.0])
    y.sum().backward()
    assert_equal(x.grad, [[0.0, -1.0], [0.0, 0.0]])


def test_large_logits_do_not_overflow(device: str) -> None:
    x = leaf([[1000.0, 0.0], [-1000.0, 0.0]], device)
    y = ops.cross_entropy(x, whole([0, 0], device), reduction="none")
    assert_close(y, [0.0, 1000.0], 1e-12)


@pytest.mark.parametrize("loss", [ops.cross_entropy, ops.nll_loss], ids=["cross_entropy", "nll_loss"])
@pytest.mark.parametrize(("bad", "shape"), [(3, (2, 3)), (-1, (2, 3)), (7, (2, 3, 4)), (3, (3,)), (0, (2, 0))])
def test_target_out_of_bounds(loss: Any, bad: int, shape: tuple[int, ...], device: str) -> None:
    rest = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = np.full(rest, 0)
    target[(-1,) * len(rest)] = bad
    with pytest.raises(IndexError) as info:
        loss(leaf(draw(*shape), device), whole(target, device))
    assert str(info.value).split("\n")[0] == f"Target {bad} is out of bounds."


def test_ignored_target_may_be_out_of_bounds(device: str) -> None:
    y = ops.cross_entropy(leaf(draw(2, 3), device), whole([99, 0], device), ignore_index=99)
    assert math.isfinite(y.item())


def test_class_to_be_ignored_may_be_a_class(device: str) -> None:
    x = draw(3, 3)
    y = ops.cross_entropy(leaf(x, device), whole([2, 0, 2], device), ignore_index=2)
    assert_close(y, cross_entropy(x, np.array([2, 0, 2]), None, 2, "mean", 0.0)[0], 1e-12)


def test_targets_of_bytes(device: str) -> None:
    x = draw(3, 300)
    target = plugrad.tensor([2, 0, 255], dtype=plugrad.uint8, device=device)
    expected, slope = cross_entropy(x, np.array([2, 0, 255]), None, -100, "mean", 0.0)
    inputs = leaf(x, device)
    y = ops.cross_entropy(inputs, target)
    y.backward()
    assert_close(y, expected, 1e-12)
    assert_close(inputs.grad, slope, 1e-12)


FIXED = {
    "nll_loss": ("nll_loss_forward", lambda x, t, w: ops.nll_loss(x, t, w)),
    "cross_entropy": ("nll_loss_forward", lambda x, t, w: ops.cross_entropy(x, t, w)),
    "smoothed": ("nll_loss_forward", lambda x, t, w: ops.cross_entropy(x, t, w, label_smoothing=0.1)),
    "bce": ("binary_cross_entropy", lambda x, t, w: ops.binary_cross_entropy(x.sigmoid(), x.detach().sigmoid(), w)),
    "bce with logits": (
        "binary_cross_entropy_with_logits",
        lambda x, t, w: ops.binary_cross_entropy_with_logits(x, x.detach().sigmoid(), w),
    ),
}


@pytest.mark.parametrize(("name", "loss"), FIXED.values(), ids=FIXED)
def test_weights_have_no_gradient(name: str, loss: Any, device: str) -> None:
    x, t, w = leaf(draw(2, 3), device), whole([0, 1], device), leaf([1.0, 2.0, 3.0], device)
    with pytest.raises(RuntimeError) as info:
        loss(x, t, w)
    text = f"The function '{name}' is not differentiable with respect to argument 'weight'. "
    assert str(info.value).split("\n")[0] == text + "This input cannot have requires_grad True."
    loss(x, t, w.detach()).backward()
    with plugrad.no_grad():
        loss(x, t, w)


def test_pos_weight_has_no_gradient(device: str) -> None:
    x, w = leaf(draw(2, 3), device), leaf([1.0, 2.0, 3.0], device)
    with pytest.raises(RuntimeError, match="not differentiable with respect to argument 'pos_weight'"):
        ops.binary_cross_entropy_with_logits(x, x.detach().sigmoid(), None, w)


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.3}, {"reduction": "sum", "ignore_index": 1}], ids=str)
def test_cross_entropy_to_third_order(options: dict[str, Any], device: str) -> None:
    x, target = leaf(draw(4, 3), device), whole([2, 0, 1, 2], device)
    assert plugrad.autograd.gradgradcheck(lambda t: ops.cross_entropy(t, target, **options), (x,))

    def second(t: Any) -> Any:
        (g,) = plugrad.autograd.grad(ops.cross_entropy(t, target, **options), t, create_graph=True)
        (h,) = plugrad.autograd.grad((g**3).sum(), t, create_graph=True)
        return h

    assert plugrad.autograd.gradcheck(second, (x,), atol=1e-4)


def test_second_derivative_of_ignored_rows_is_zero(device: str) -> None:
    x = leaf(draw(2, 3), device)
    for target in ([-100, 1], [-100, -100]):
        (g,) = plugrad.autograd.grad(ops.cross_entropy(x, whole(target, device), reduction="sum"), x, create_graph=True)
        (h,) = plugrad.autograd.grad((g * g).sum(), x)
        assert_equal(h[0], np.zeros(3))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(400, 1000), (30000, 11), (70000, 3), (6, 7, 9000)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_cross_entropy_in_parts(shape: tuple[int, ...], weighted: bool, smoothing: float, dtype: str) -> None:
    """The fused kernel of many rows, threads included, against the generic definition."""
    rng = np.random.default_rng(3)
    x = (4 * draw(*shape)).astype(dtype)
    target = rng.integers(0, shape[1], shape[:1] + shape[2:])
    target[rng.random(target.shape) < 0.1] = -100
    weight = np.linspace(0.5, 2.0, shape[1]).astype(dtype) if weighted else None
    xp = registry.resolve("cpu").xp
    exact = DEFINITIONS["cross_entropy_of_classes"](
        xp, x.astype("f8"), target, None if weight is None else weight.astype("f8"), label_smoothing=smoothing
    )
    found = xp.cross_entropy_of_classes(x, target, weight, label_smoothing=smoothing)
    tolerance = 3e-5 if dtype == "float32" else 1e-11
    np.testing.assert_allclose(found[0], exact[0], rtol=tolerance)
    scale = np.abs(exact[1]).max()
    np.testing.assert_allclose(found[1] / scale, exact[1] / scale, rtol=tolerance, atol=tolerance)
    assert found[0].dtype == found[1].dtype == x.dtype


def test_cross_entropy_of_layouts() -> None:
    x = draw(12, 8)
    xp = registry.resolve("cpu").xp
    for laid in (x.T, x[::2], x[:, ::-1], np.broadcast_to(x[:1], (5, 8)), np.asfortranarray(x)):
        target = np.arange(len(laid)) % laid.shape[1]
        loss, slope = xp.cross_entropy_of_classes(laid, target, None)
        expected = cross_entropy(np.array(laid), target, None, -100, "mean", 0.0)
        np.testing.assert_allclose(loss, expected[0], rtol=1e-12)
        np.testing.assert_allclose(slope, expected[1], rtol=1e-12, atol=1e-15)


def test_cross_entropy_of_probabilities_has_its_parts_as_nodes(device: str) -> None:
    x, p = leaf(draw(4, 3), device), leaf(np.abs(draw(4, 3)), device)
    y = ops.cross_entropy(x, p, label_smoothing=0.1)
    assert type(y.grad_fn).__name__.startswith("Div")
    assert plugrad.autograd.gradcheck(lambda s, t: ops.cross_entropy(s, t, label_smoothing=0.1), (x, p))


# -- numbers and two classes


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shapes", [((3, 4), (3, 4)), ((3, 1), (1, 4)), ((), ()), ((0, 3), (0, 3)), ((0, 3), (1, 3))])
def test_mse_of_shapes_that_broadcast(shapes: Any, reduction: str, device: str) -> None:
    a, b = draw(*shapes[0]), draw(*shapes[1], seed=1)
    x, t = leaf(a, device), leaf(b, device)
    y = ops.mse_loss(x, t, reduction=reduction)
    each = (a - b) ** 2
    with np.errstate(invalid="ignore"):
        expected = {"none": each, "sum": each.sum(), "mean": each.sum() / np.float64(each.size)}[reduction]
    assert_close(y, expected, 1e-12)
    y.sum().backward()
    assert tuple(x.grad.shape) == a.shape
    assert tuple(t.grad.shape) == b.shape
    if each.size:
        assert plugrad.autograd.gradcheck(lambda s, u: ops.mse_loss(s, u, reduction=reduction), (x, t))


def test_large_mse() -> None:
    a, b = draw(700, 900).astype("f"), draw(700, 900, seed=1).astype("f")
    x = plugrad.tensor(a).requires_grad_()
    y = F.mse_loss(x, plugrad.tensor(b))
    np.testing.assert_allclose(y.item(), ((a.astype("f8") - b) ** 2).mean(), rtol=1e-6)
    y.backward()
    np.testing.assert_allclose(x.grad.raw, 2 * (a - b) / a.size, rtol=1e-6, atol=1e-12)


def test_smooth_l1_and_huber_at_their_edges(device: str) -> None:
    values = [0.0, 1.0, -1.0, 2.0, -3.0, 0.5]
    zeros = plugrad.zeros(6, dtype=plugrad.float64, device=device)
    for loss in (ops.smooth_l1_loss, ops.huber_loss):
        x = leaf(values, device)
        y = loss(x, zeros, reduction="none")
        assert_close(y, [0.0, 0.5, 0.5, 1.5, 2.5, 0.125], 1e-12)
        y.sum().backward()
        assert_close(x.grad, [0.0, 1.0, -1.0, 1.0, -1.0, 0.5], 1e-12)


def test_bce_at_certainty(device: str) -> None:
    x, t = leaf([0.0, 1.0, 0.0, 1.0], device), leaf([0.0, 0.0, 1.0, 1.0], device)
    y = ops.binary_cross_entropy(x, t, reduction="none")
    assert_equal(y, [0.0, 100.0, 100.0, 0.0])
    y.sum().backward()
    # The divisor x (1 - x) is float32's 1e-12, in every dtype.
    assert_close(x.grad, [0.0, 1000000003995.8029, -1000000003995.8029, 0.0], 1e-12)
    assert_equal(t.grad, [INF, -INF, INF, -INF])


@pytest.mark.parametrize(("value", "target"), [(1.5, 0.5), (-0.5, 0.5), (NAN, 0.5), (0.5, 3.0), (0.5, -1.0)])
def test_bce_of_no_probability(value: float, target: float, device: str) -> None:
    x, t = leaf([0.5, value], device), leaf([0.5, target], device).detach()
    which = "input" if target == 0.5 else "target"
    with pytest.raises(RuntimeError, match=f"all elements of {which} should be between 0 and 1"):
        F.binary_cross_entropy(x, t)


LOGITS = {
    "far negative": (-800.0, 0.0, None, 0.0, 0.0),
    "far positive": (800.0, 1.0, None, 0.0, 0.0),
    "wrong": (-800.0, 1.0, None, 800.0, -1.0),
    "weighted": (-800.0, 1.0, 2.0, 1600.0, -2.0),
    "-inf": (-INF, 0.0, None, NAN, 0.0),
    "+inf": (INF, 1.0, None, NAN, 0.0),
    "middle": (0.0, 0.25, None, math.log(2), 0.25),
}


@pytest.mark.parametrize(("x", "t", "p", "loss", "slope"), LOGITS.values(), ids=LOGITS)
def test_bce_with_logits_at_special_points(x: float, t: float, p: Any, loss: float, slope: float, device: str) -> None:
    for shape in ((), (1,), (1, 1)):
        logits = leaf(np.full(shape, x), device)
        positive = None if p is None else leaf([p], device).detach()
        target = leaf(np.full(shape, t), device).detach()
        y = ops.binary_cross_entropy_with_logits(logits, target, None, positive, reduction="none")
        y.sum().backward()
        assert_close(y.reshape(shape), np.full(shape, loss), 1e-12)
        assert_close(logits.grad, np.full(shape, slope), 1e-12)


def test_bce_with_logits_gradient_of_the_target(device: str) -> None:
    x, t = leaf([-INF, INF, 0.0, 800.0, -800.0], device), leaf([0.0, 1.0, 0.3, 1.0, 1.0], device)
    (g,) = plugrad.autograd.grad(ops.binary_cross_entropy_with_logits(x, t, reduction="sum"), t)
    assert_equal(g, [INF, -INF, -0.0, -800.0, 800.0])
    two = leaf([2.0], device).detach()
    (g,) = plugrad.autograd.grad(ops.binary_cross_entropy_with_logits(x, t, None, two, reduction="sum"), t)
    assert_close(g, [INF, -INF, math.log(2), -800.0, 1600.0], 1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_losses_keep_their_dtype(dtype: str, device: str) -> None:
    d = getattr(plugrad, dtype)
    if registry.resolve(device).backend.dtypes.get(d) is None:
        pytest.skip(f"no {dtype} here")
    x = leaf(draw(4, 3), device, d)
    p = plugrad.full((4, 3), 0.5, dtype=d, device=device)
    for y in (
        ops.cross_entropy(x, whole([0, 1, 2, 0], device)),
        ops.cross_entropy(x, whole([0, 1, 2, 0], device), p[0], label_smoothing=0.1),
        ops.nll_loss(x, whole([0, 1, 2, 0], device)),
        ops.mse_loss(x, p),
        ops.binary_cross_entropy(p * 1.0 + 0.0 * x, p),
        ops.binary_cross_entropy_with_logits(x, p),
    ):
        assert y.dtype is d
        (g,) = plugrad.autograd.grad(y, x)
        assert g.dtype is d


@pytest.mark.parametrize(
    ("kernel", "loss"),
    {
        "mse_cpu": lambda x, t: ops.mse_loss(x, x),
        "log_softmax_lastdim_kernel_impl": lambda x, t: ops.cross_entropy(x, t),
        "nll_loss_out_frame": lambda x, t: ops.nll_loss(x, t),
    }.items(),
)
def test_losses_of_integers(kernel: str, loss: Any, device: str) -> None:
    with pytest.raises(NotImplementedError, match=f"\"{kernel}\" not implemented for 'Long'"):
        loss(whole([[1, 2], [3, 4]], device), whole([0, 1], device))
