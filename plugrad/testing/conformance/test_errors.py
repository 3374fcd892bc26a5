"""Refusals: what is refused on the CPU is refused everywhere, with the same text, and before anything is changed."""

from __future__ import annotations

import re
import warnings

import pytest

import plugrad
from plugrad import nn
from plugrad.testing.conformance.calls import values

F = nn.functional


def _ones(*shape, **options):
    return lambda d: plugrad.ones(*shape, device=d, **options)


def _backward_twice(d):
    x = plugrad.ones(2, device=d, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    y.backward()


def _changed(d):
    x = plugrad.ones(2, device=d, requires_grad=True)
    y = x.sigmoid()
    y.mul_(2)
    y.sum().backward()


def _leaf(d):
    plugrad.ones(2, device=d, requires_grad=True).add_(1)


def _of_a_view(d):
    x = plugrad.ones(2, device=d, requires_grad=True)
    x[0].zero_()


REFUSALS = {
    "shapes that do not broadcast": lambda d: _ones(2, 3)(d) + _ones(4)(d),
    "shapes of comparisons": lambda d: _ones(2, 3)(d) < _ones(2)(d),
    "shapes of where": lambda d: plugrad.where(_ones(2)(d) > 0, _ones(3)(d), 1.0),
    "matrix products": lambda d: _ones(2, 3)(d) @ _ones(2, 3)(d),
    "matrix products of dtypes": lambda d: _ones(2, 3)(d) @ plugrad.ones(3, 2, device=d).long(),
    "dot": lambda d: plugrad.dot(_ones(2)(d), _ones(3)(d)),
    "mm": lambda d: plugrad.mm(_ones(2)(d), _ones(3)(d)),
    "bmm": lambda d: plugrad.bmm(_ones(2, 2, 2)(d), _ones(3, 2, 2)(d)),
    "reshape": lambda d: _ones(2, 3)(d).reshape(4, 2),
    "reshape with two unknowns": lambda d: _ones(2, 3)(d).reshape(-1, -1),
    "view": lambda d: _ones(2, 3)(d).view(7),
    "permute": lambda d: _ones(2, 3)(d).permute(0, 0),
    "transpose": lambda d: _ones(2, 3)(d).transpose(0, 4),
    "squeeze": lambda d: _ones(2, 3)(d).squeeze(5),
    "expand": lambda d: _ones(2, 3)(d).expand(4, 4),
    "cat of shapes": lambda d: plugrad.cat([_ones(2, 3)(d), _ones(2, 4)(d)]),
    "cat of nothing": lambda d: plugrad.cat([]),
    "stack": lambda d: plugrad.stack([_ones(2)(d), _ones(3)(d)]),
    "split": lambda d: _ones(5)(d).split([2, 2]),
    "an index beyond": lambda d: _ones(2)(d)[5],
    "too many indices": lambda d: _ones(2)(d)[0, 0],
    "a mask of another shape": lambda d: _ones(2)(d)[plugrad.ones(3, device=d) > 0],
    "an index of floats": lambda d: _ones(2)(d)[_ones(1)(d)],
    "a negative step": lambda d: _ones(3)(d)[::-1],
    "assignment of a shape": lambda d: _ones(2, 3)(d).__setitem__(0, _ones(2)(d)),
    "assignment beyond": lambda d: _ones(2)(d).__setitem__(7, 1.0),
    "gather": lambda d: plugrad.gather(_ones(2, 2)(d), 0, plugrad.tensor([[5, 0]], device=d)),
    "gather by floats": lambda d: plugrad.gather(_ones(2, 2)(d), 0, _ones(1, 2)(d)),
    "scatter": lambda d: _ones(2, 2)(d).scatter(0, plugrad.tensor([[5, 0]], device=d), 1.0),
    "index_select": lambda d: plugrad.index_select(_ones(2)(d), 0, plugrad.tensor([2], device=d)),
    "a dimension of sum": lambda d: _ones(2)(d).sum(dim=3),
    "a dimension twice": lambda d: _ones(2, 2)(d).sum(dim=(0, 0)),
    "mean of integers": lambda d: plugrad.ones(2, device=d).long().mean(),
    "max of nothing": lambda d: plugrad.zeros(0, device=d).max(),
    "argmax of nothing": lambda d: plugrad.zeros(0, device=d).argmax(),
    "topk": lambda d: _ones(2)(d).topk(3),
    "cumsum": lambda d: _ones(2)(d).cumsum(4),
    "negation of booleans": lambda d: -(_ones(2)(d) > 0),
    "subtraction of booleans": lambda d: (_ones(2)(d) > 0) - (_ones(2)(d) > 0),
    "bits of floats": lambda d: _ones(2)(d) & _ones(2)(d),
    "order of complex numbers": lambda d: plugrad.ones(2, device=d).to(plugrad.complex64) < 1,
    "a float into integers": lambda d: plugrad.ones(2, device=d).long().add_(0.5),
    "exp_ of integers": lambda d: plugrad.ones(2, device=d).long().exp_(),
    "a result that does not fit": lambda d: _ones(2)(d).add_(_ones(2, 2)(d)),
    "copy_": lambda d: _ones(2)(d).copy_(_ones(3)(d)),
    "a leaf in place": _leaf,
    "a view of a leaf in place": _of_a_view,
    "backward of several": lambda d: plugrad.ones(2, device=d, requires_grad=True).exp().backward(),
    "backward of nothing": lambda d: _ones(1)(d).backward(),
    "backward twice": _backward_twice,
    "a saved value that was changed": _changed,
    "integers that require grad": lambda d: plugrad.ones(2, device=d).long().requires_grad_(),
    "item of several": lambda d: _ones(2)(d).item(),
    "bool of several": lambda d: bool(_ones(2)(d)),
    "cholesky": lambda d: plugrad.linalg.cholesky(-plugrad.eye(2, device=d)),
    "inverse": lambda d: plugrad.linalg.inv(plugrad.zeros(2, 2, device=d)),
    "solve": lambda d: plugrad.linalg.solve(_ones(2, 3)(d), _ones(2)(d)),
    "linear": lambda d: F.linear(_ones(2, 3)(d), _ones(4, 5)(d)),
    "a layer": lambda d: nn.Linear(3, 2).to(d)(_ones(2, 4)(d)),
    "convolution": lambda d: F.conv2d(_ones(1, 3, 5, 5)(d), _ones(2, 4, 3, 3)(d)),
    "a kernel too large": lambda d: F.conv2d(_ones(1, 1, 2, 2)(d), _ones(1, 1, 3, 3)(d)),
    "pooling": lambda d: F.max_pool2d(_ones(1, 1, 2, 2)(d), 3),
    "batch norm": lambda d: F.batch_norm(_ones(1, 2)(d), None, None, training=True),
    "layer norm": lambda d: F.layer_norm(_ones(2, 3)(d), (4,)),
    "embedding": lambda d: F.embedding(plugrad.tensor([7], device=d), _ones(3, 2)(d)),
    "cross entropy of a class beyond": lambda d: F.cross_entropy(_ones(1, 3)(d), plugrad.tensor([5], device=d)),
    "cross entropy of shapes": lambda d: F.cross_entropy(_ones(2, 3)(d), plugrad.tensor([1], device=d)),
    "one_hot": lambda d: F.one_hot(plugrad.tensor([-1], device=d)),
    "dropout": lambda d: F.dropout(_ones(2)(d), 1.5),
    "multinomial": lambda d: plugrad.multinomial(plugrad.zeros(2, device=d), 1),
    "einsum": lambda d: plugrad.einsum("ij,jk", _ones(2, 3)(d), _ones(2, 3)(d)),
    "attention": lambda d: F.scaled_dot_product_attention(_ones(1, 2, 4)(d), _ones(1, 2, 5)(d), _ones(1, 2, 4)(d)),
    "negative size": lambda d: plugrad.zeros(-1, device=d),
    "ragged lists": lambda d: plugrad.tensor([[1.0], [1.0, 2.0]], device=d),
    "arange": lambda d: plugrad.arange(0, 3, 0, device=d),
}


def _error(call, where):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(where)
        except Exception as error:
            return error
    return None


def _text(error, device):
    """The first lines, without the device and without the name of a tensor's type on it."""
    text = str(error).partition("\nHint:")[0]
    kind = device.partition(":")[0]
    text = re.sub(rf"plugrad\.{kind}\.(\w+Tensor)", r"plugrad.\1", text)
    text = re.sub(rf", device='{kind}(:\d+)?'", "", text)
    return re.sub(rf"\b{kind}(:\d+)?\b", "cpu", text)


@pytest.mark.parametrize("call", REFUSALS.values(), ids=REFUSALS)
def test_the_cpus_text(call, device):
    expected, found = _error(call, "cpu"), _error(call, device)
    assert expected is not None, "the CPU refuses nothing"
    if isinstance(found, (TypeError, NotImplementedError)) and re.match(r"backend '\w+' has no ", str(found)):
        pytest.skip(str(found).partition("\n")[0])
    assert found is not None, f"nothing was refused; the CPU says {expected}"
    assert type(found) is type(expected), f"{found!r} instead of {expected!r}"
    assert _text(found, device) == _text(expected, "cpu")


def test_nothing_is_changed_by_what_is_refused(device):
    x = plugrad.ones(2, 3, device=device)
    version = x._version
    for refused in (
        lambda: x.add_(plugrad.ones(2, device=device)),
        lambda: x.copy_(plugrad.ones(7, device=device)),
        lambda: x.__setitem__(0, plugrad.ones(2, device=device)),
        lambda: x.__setitem__(5, 2.0),
        lambda: x.index_add_(0, plugrad.tensor([0, 9], device=device), plugrad.ones(2, 3, device=device)),
    ):
        with pytest.raises((RuntimeError, IndexError)):
            refused()
    assert values(x).tolist() == [[1, 1, 1], [1, 1, 1]]
    assert x._version == version
