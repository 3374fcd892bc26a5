"""fill_, zero_, copy_, and the in-place forms of shape ops: values, histories, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_equal

REBINDING = {
    "squeeze_": (lambda x: x.squeeze_(), (2, 3)),
    "squeeze_ of one": (lambda x: x.squeeze_(1), (2, 3)),
    "squeeze_ of several": (lambda x: x.squeeze_((0, 1)), (2, 3)),
    "unsqueeze_": (lambda x: x.unsqueeze_(-1), (2, 1, 3, 1)),
    "transpose_": (lambda x: x.transpose_(0, 2), (3, 1, 2)),
    "swapaxes_": (lambda x: x.swapaxes_(0, 1), (1, 2, 3)),
    "swapdims_": (lambda x: x.swapdims_(0, 1), (1, 2, 3)),
    "t_": (lambda x: x.squeeze_(1).t_(), (3, 2)),
}


@pytest.mark.parametrize("name", REBINDING)
def test_rebinding(name, device):
    call, shape = REBINDING[name]
    x = plugrad.arange(6.0, device=device).reshape(2, 1, 3).clone()
    expected = call(x.clone()).tolist()
    before = x._version
    y = call(x)
    assert y is x
    assert tuple(x.shape) == shape == np.shape(expected)
    assert x._version > before
    assert x._base is None


@pytest.mark.parametrize("name", REBINDING)
def test_rebinding_is_recorded(name, device):
    call, _ = REBINDING[name]
    leaf = plugrad.ones(2, 1, 3, device=device, requires_grad=True)
    x = leaf * 2
    call(x)
    (x * x).sum().backward()
    assert_equal(leaf.grad, np.full((2, 1, 3), 8.0))


@pytest.mark.parametrize("name", REBINDING)
def test_leaves_are_not_rebound(name, device):
    x = plugrad.ones(2, 1, 3, device=device, requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        REBINDING[name][0](x)
    assert x.shape == (2, 1, 3)


def test_views_of_a_rebound_tensor_stay_right(device):
    x = plugrad.zeros(2, 3, device=device)
    row, outside = x[1], x.detach()
    x.t_()
    x[2, 1] = 5
    assert_equal(row, [0, 0, 5])
    row[0] = 7
    assert_equal(x, [[0, 7], [0, 0], [0, 5]])
    outside[0, 1] = 2
    assert_equal(x, [[0, 7], [2, 0], [0, 5]])


def test_gradients_through_views_of_a_rebound_tensor(device):
    leaf = plugrad.ones(2, 3, device=device, requires_grad=True)
    x = leaf * 1
    row = x[1]
    x.t_()
    row.mul_(10)
    x.sum().backward()
    assert_equal(leaf.grad, [[1, 1, 1], [10, 10, 10]])


def test_a_view_is_rebound_to_another_view(device):
    x = plugrad.zeros(2, 3, device=device)
    y = x[:, :2]
    y.t_()
    y[0] = 1
    assert_equal(x, [[1, 0, 0], [1, 0, 0]])
    assert y._base is x


def test_zero_and_fill(device):
    x = plugrad.ones(2, 2, device=device)
    assert x.zero_() is x
    assert_equal(x, np.zeros((2, 2)))
    assert_equal(x.fill_(2.5), np.full((2, 2), 2.5))
    assert_equal(x.fill_(plugrad.tensor(3, device=device)), np.full((2, 2), 3.0))
    assert_equal(x.fill_(np.float64(4)), np.full((2, 2), 4.0))
    assert_equal(plugrad.zeros(2, dtype=plugrad.int64, device=device).fill_(2.7), [2, 2])
    assert_equal(plugrad.zeros(2, dtype=plugrad.bool, device=device).fill_(3), [True, True])
    assert x._version == 4


def test_zero_of_a_number(device):
    x = plugrad.tensor(3.0, device=device)
    assert_equal(x.zero_(), 0.0)
    assert_equal(x.fill_(2), 2.0)
    assert_equal(x.copy_(plugrad.tensor(5, device=device)), 5.0)


def test_overwriting_cuts_the_history(device):
    leaf = plugrad.ones(3, device=device, requires_grad=True)
    for overwrite in (lambda x: x.zero_(), lambda x: x.fill_(1.0), lambda x: x.copy_(plugrad.zeros(3, device=device))):
        leaf.grad = None
        x = leaf * 2
        overwrite(x)
        assert x.requires_grad
        x.sum().backward()
        assert leaf.grad is None or (leaf.grad == 0).all()


def test_copy_sends_gradients_to_the_source(device):
    source = plugrad.tensor([1.0, 2.0, 3.0], dtype=plugrad.float64, device=device, requires_grad=True)
    x = plugrad.zeros(2, 3, dtype=plugrad.float32, device=device)
    assert x.copy_(source) is x
    assert_equal(x, [[1, 2, 3], [1, 2, 3]])
    assert x.grad_fn.name() == "CopyBackwards"
    (2 * x).sum().backward()
    assert source.grad.dtype is plugrad.float64
    assert_equal(source.grad, [4, 4, 4])


def test_fill_sends_the_sum_to_the_value(device):
    value = plugrad.tensor(2.0, device=device, requires_grad=True)
    x = plugrad.zeros(2, 3, device=device)
    x.fill_(value)
    (x * plugrad.arange(6.0, device=device).reshape(2, 3)).sum().backward()
    assert_equal(value.grad, 15.0)


def test_copy_into_a_part(device):
    leaf = plugrad.ones(4, device=device, requires_grad=True)
    source = plugrad.tensor([5.0, 6.0], device=device, requires_grad=True)
    x = leaf * 1
    x[1:3].copy_(source)
    (x * plugrad.tensor([1.0, 2.0, 3.0, 4.0], device=device)).sum().backward()
    assert_equal(x, [1, 5, 6, 1])
    assert_equal(leaf.grad, [1, 0, 0, 4])
    assert_equal(source.grad, [2, 3])


def test_copy_converts(device):
    x = plugrad.zeros(3, dtype=plugrad.int64, device=device)
    x.copy_(plugrad.tensor([1.7, -1.7, 2.0], device=device))
    assert_equal(x, [1, -1, 2])
    assert_equal(plugrad.zeros(2, device=device).copy_(True), [1, 1])


def test_triangles_and_scans_in_place(device):
    leaf = plugrad.ones(2, 2, device=device, requires_grad=True)
    x = leaf * 1
    assert x.tril_() is x
    x.cumsum_(0)
    assert_equal(x, [[1, 0], [2, 1]])
    x.sum().backward()
    assert_equal(leaf.grad, [[2, 0], [1, 1]])
    y = plugrad.tensor([2, 3], dtype=plugrad.int8, device=device)
    assert y.cumprod_(0).dtype is plugrad.int8
    assert_equal(y, [2, 6])
    assert_equal(plugrad.ones(2, 2, device=device).triu_(1), [[0, 1], [0, 0]])


@pytest.mark.parametrize(
    ("error", "text", "call"),
    [
        (RuntimeError, r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]", lambda x: x.copy_(plugrad.ones(2, 3))),
        (RuntimeError, r"The size of tensor a \(3\) must match the size of tensor b \(2\)", lambda x: x.copy_(plugrad.ones(2))),
        (TypeError, r"copy_\(\): argument 'other' \(position 1\) must be Tensor, not list", lambda x: x.copy_([1, 2, 3])),
        (RuntimeError, "fill_ only supports 0-dimension value tensor but got tensor with 1 dimensions", lambda x: x.fill_(plugrad.ones(1))),
        (RuntimeError, "value cannot be converted to type float without overflow", lambda x: x.fill_(1j)),
        (TypeError, r"fill_\(\) received an invalid combination of arguments - got \(str\)", lambda x: x.fill_("a")),
        (RuntimeError, "more than one element of the written-to tensor refers to a single memory location", lambda x: x[:1].expand(3).copy_(x)),
        (RuntimeError, "some elements of the input tensor and the written-to tensor refer to a single memory", lambda x: x[1:].copy_(x[:2])),
        (RuntimeError, "a leaf Variable that requires grad", lambda x: x.requires_grad_().zero_()),
        (RuntimeError, "a leaf Variable that requires grad", lambda x: x.requires_grad_().fill_(1)),
        (RuntimeError, "a leaf Variable that requires grad", lambda x: x.requires_grad_().copy_(plugrad.ones(3))),
    ],
)  # fmt: skip
def test_refused(error, text, call):
    x = plugrad.tensor([1.0, 2.0, 3.0])
    with pytest.raises(error, match=text):
        call(x)
    assert_equal(x, [1, 2, 3])
    assert x._version == 0


def test_overwritten_values_that_backward_needs_are_noticed(device):
    for overwrite in (lambda x: x.zero_(), lambda x: x.fill_(1), lambda x: x.copy_(x * 2), lambda x: x.t_()):
        x = plugrad.ones(2, 2, device=device)
        y = plugrad.ones(2, 2, device=device, requires_grad=True) * x
        overwrite(x)
        with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
            y.sum().backward()
