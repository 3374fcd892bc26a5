"""Views: which memory they share, when a shape can be viewed at all, and gradients through them."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.fixture
def x(device):
    return plugrad.tensor(X.tolist(), dtype=plugrad.float64, device=device)


VIEWS = {
    "view": (lambda x: x.view(4, 6), lambda v: v.reshape(4, 6)),
    "view -1": (lambda x: x.view(2, -1), lambda v: v.reshape(2, 12)),
    "view of a list": (lambda x: x.view([6, 4]), lambda v: v.reshape(6, 4)),
    "view_as": (lambda x: x.view_as(plugrad.zeros(3, 8)), lambda v: v.reshape(3, 8)),
    "reshape": (lambda x: x.reshape(-1), lambda v: v.reshape(-1)),
    "reshape by name": (lambda x: plugrad.reshape(x, shape=(8, 3)), lambda v: v.reshape(8, 3)),
    "flatten": (lambda x: x.flatten(1), lambda v: v.reshape(2, 12)),
    "unflatten": (lambda x: x.unflatten(2, (2, -1)), lambda v: v.reshape(2, 3, 2, 2)),
    "ravel": (lambda x: plugrad.ravel(x), lambda v: v.ravel()),
    "permute": (lambda x: x.permute(2, 0, -2), lambda v: v.transpose(2, 0, 1)),
    "transpose": (lambda x: x.transpose(0, -1), lambda v: v.swapaxes(0, 2)),
    "swapaxes": (lambda x: plugrad.swapaxes(x, axis0=0, axis1=1), lambda v: v.swapaxes(0, 1)),
    "mT": (lambda x: x.mT, lambda v: v.swapaxes(1, 2)),
    "t": (lambda x: x[0].t(), lambda v: v[0].T),
    "T": (lambda x: x[1].T, lambda v: v[1].T),
    "movedim": (lambda x: x.movedim((0, 1), (2, 0)), lambda v: np.moveaxis(v, (0, 1), (2, 0))),
    "moveaxis": (lambda x: plugrad.moveaxis(x, -1, 0), lambda v: np.moveaxis(v, -1, 0)),
    "unsqueeze": (lambda x: x.unsqueeze(-2), lambda v: v[:, :, None, :]),
    "squeeze": (lambda x: x[:1].squeeze(0), lambda v: v[0]),
    "squeeze all": (lambda x: x[:1, :, :1].squeeze(), lambda v: v[0, :, 0]),
    "squeeze some": (lambda x: x[:1, :, :1].squeeze((0, 1)), lambda v: v[0][:, :1]),
    "expand": (lambda x: x[:, :1].expand(5, -1, 3, 4), lambda v: np.broadcast_to(v[:, :1], (5, 2, 3, 4))),
    "expand_as": (lambda x: x[0, 0].expand_as(x), lambda v: np.broadcast_to(v[0, 0], v.shape)),
    "broadcast_to": (lambda x: x[0].broadcast_to((2, 3, 4)), lambda v: np.broadcast_to(v[0], v.shape)),
    "diagonal": (lambda x: x.diagonal(1, 1, 2), lambda v: v.diagonal(1, 1, 2)),
    "unfold": (lambda x: x.unfold(2, 2, 1), lambda v: np.lib.stride_tricks.sliding_window_view(v, 2, 2)),
    "unfold apart": (lambda x: x.unfold(1, 1, 2), lambda v: v[:, ::2][..., None]),
    "narrow": (lambda x: x.narrow(2, 1, 2), lambda v: v[..., 1:3]),
    "split": (lambda x: x.split(2, 1)[1], lambda v: v[:, 2:]),
    "split sizes": (lambda x: x.split([1, 3], dim=2)[1], lambda v: v[..., 1:]),
    "chunk": (lambda x: x.chunk(2, 2)[1], lambda v: v[..., 2:]),
    "tensor_split": (lambda x: x.tensor_split(3, 2)[0], lambda v: v[..., :2]),
    "unbind": (lambda x: x.unbind(1)[2], lambda v: v[:, 2]),
}


@pytest.mark.parametrize("name", VIEWS)
def test_values_and_gradients(name, x):
    function, numpys = VIEWS[name]
    expected = numpys(X)
    assert_equal(function(x), expected)
    x.requires_grad_()
    y = function(x)
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape)
    (y * plugrad.tensor(weights.tolist(), dtype=plugrad.float64, device=x.device)).sum().backward()
    gradient = np.zeros_like(X)
    places = numpys(np.arange(X.size).reshape(X.shape))
    np.add.at(gradient.reshape(-1), places.ravel(), weights.ravel())
    assert_close(x.grad, gradient, 1e-12)


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_memory_and_count_changes_together(name, x):
    y = VIEWS[name][0](x)
    assert y._base is x
    backend = x.device.backend
    if backend.capabilities.views and not backend.shares_memory(x.raw, y.raw):
        # The generic definition of unfold copies: rather refused than forgotten.
        assert name.startswith("unfold")
        with pytest.raises(RuntimeError, match="neither of the two can be changed in place"):
            x.mul_(2)
        return
    before = y._version
    x.mul_(2)
    assert y._version == before + 1
    assert_equal(y, 2 * VIEWS[name][1](X))


def test_what_is_written_to_a_view_is_in_the_base(device):
    x = plugrad.zeros(2, 3, device=device)
    x.view(6)[5] = 1
    x.t()[0, 0] = 2
    x.unsqueeze(0).squeeze(0)[0, 1] = 3
    x.diagonal()[1] = 4
    x[0].split(2)[1].fill_(5)
    x[:, 0].unbind()[1].fill_(6)
    assert_equal(x, [[2, 3, 5], [6, 4, 1]])


def test_copies_are_no_views(x):
    for y in (
        x.flip(0),
        x.flip(()),
        x.clone(),
        x.repeat(1, 1, 1),
        x.tile(1),
        x.roll(0, 0),
        x.tril(5),
        x.contiguous().clone(),
    ):
        y.fill_(-1)
        assert_equal(x, X)
        assert y._base is None


def test_what_stays_the_same_tensor():
    x = plugrad.zeros(2, 3)
    assert x.contiguous() is x
    assert x.flatten(1) is x
    assert plugrad.broadcast_tensors(x, plugrad.zeros(3))[0] is x
    assert x.reshape(2, 3) is not x
    assert x.expand(2, 3) is not x


VIEWABLE = [
    ((2, 3, 4), (0, 1, 2), (4, 6), True),
    ((2, 3, 4), (1, 0, 2), (6, 4), False),
    ((2, 3, 4), (1, 0, 2), (3, 2, 2, 2), True),
    ((2, 3, 4), (1, 0, 2), (3, 2, 4, 1), True),
    ((2, 3, 4), (0, 2, 1), (2, 12), False),
    ((2, 3, 4), (0, 2, 1), (2, 2, 2, 3), True),
    ((2, 3, 4), (2, 1, 0), (24,), False),
    ((1, 3, 1), (2, 1, 0), (3,), True),
    ((2, 1, 4), (1, 0, 2), (8,), True),
    ((2, 3), (1, 0), (6,), False),
    ((2, 3), (1, 0), (3, 1, 2), True),
    ((1, 6), (1, 0), (2, 3), True),
    ((0, 3), (1, 0), (0,), True),
]


@pytest.mark.parametrize(("shape", "order", "wanted", "possible"), VIEWABLE, ids=str)
def test_only_what_needs_no_copy_can_be_viewed(shape, order, wanted, possible):
    x = plugrad.arange(float(np.prod(shape))).reshape(shape).permute(order)
    expected = np.arange(float(np.prod(shape))).reshape(shape).transpose(order).reshape(wanted)
    assert_equal(x.reshape(wanted), expected)
    if possible:
        y = x.view(wanted)
        assert_equal(y, expected)
        assert y._is_view() or not y.numel()
    else:
        with pytest.raises(RuntimeError, match="view size is not compatible with input tensor's size and stride"):
            x.view(wanted)


def test_strides_and_contiguity():
    x = plugrad.zeros(2, 3)
    assert x.stride() == (3, 1)
    assert x.stride(-1) == 1
    assert x.t().stride() == (1, 3)
    assert x.expand(4, 2, 3).stride() == (0, 3, 1)
    assert plugrad.tensor(1.0).stride() == ()
    assert plugrad.zeros(2, 0, 3).stride() == (3, 3, 1)
    assert x.is_contiguous()
    assert not x.t().is_contiguous()
    assert x.t().contiguous().stride() == (2, 1)
    assert x.t().clone().stride() == (1, 3)
    assert plugrad.zeros(1, 3).expand(2, 3).clone().stride() == (3, 1)
    assert plugrad.zeros(1, 3).t().is_contiguous()


def test_contiguous_is_recorded():
    x = plugrad.rand(2, 3, requires_grad=True)
    x.t().contiguous().view(6)[1].backward()
    assert_equal(x.grad, [[0, 0, 0], [1, 0, 0]])


def test_dtype_views(x):
    assert_equal(x.view(plugrad.float64), X)
    with pytest.raises(NotImplementedError, match="does not read the memory"):
        x.view(plugrad.int64)


@pytest.mark.parametrize("shape", [(3,), (2, 3, 4)])
def test_t_of_other_tensors_is_warned_about(shape):
    x = plugrad.zeros(shape)
    with pytest.warns(UserWarning, match="The use of `x.T` on tensors of dimension other than 2"):
        assert x.T.shape == shape[::-1]
    number = plugrad.tensor(1.0)
    with pytest.warns(UserWarning, match=r"Tensor\.T is deprecated on 0-D tensors"):
        assert number.T.shape == ()
    with pytest.warns(UserWarning, match=r"Tensor\.mT is deprecated on 0-D tensors"):
        assert number.mT.shape == ()


def test_changes_through_views_reach_the_gradient(device):
    x = plugrad.ones(2, 3, dtype=plugrad.float64, device=device, requires_grad=True)
    y = x * 2
    y.t()[0].mul_(10)
    y.view(6)[5] = 0
    y.sum().backward()
    assert_equal(x.grad, [[20, 2, 2], [20, 2, 0]])
    assert y.grad_fn.name() in ("AsStridedBackward0", "CopySlices", "CopySlicesBackward0")


def test_views_of_several_outputs_refuse_changes(device):
    x = plugrad.ones(4, 2, device=device, requires_grad=True) * 1
    for part in (*x.split(2), *x.unbind(1), *x.chunk(2)):
        with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
            part.add_(1)
