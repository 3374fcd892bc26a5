"""The ops that take complex numbers, with complex samples: gradcheck and gradgradcheck, on every backend.

The samples are those of the op's block, turned in the complex plane. What PyTorch refuses of complex numbers is refused
here too (tests/oracle), so that only the ops listed here get any.
"""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.core import namespace
from plugrad.core.op import OPS
from plugrad.testing import gradcheck, gradgradcheck
from plugrad.testing.samples import cases, sample, to_device

NAMES = [
    "abs",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addr",
    "affine",
    "angle",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "baddbmm",
    "bmm",
    "broadcast_to",
    "clone",
    "column_sums",
    "concat",
    "conj",
    "contiguous",
    "contract",
    "copy",
    "cos",
    "cosh",
    "cumulative_logsumexp",
    "cumulative_prod",
    "cumulative_prod_backward",
    "cumulative_sum",
    "deviation",
    "diagonal",
    "divide",
    "dot",
    "drop_where",
    "embed_diagonal",
    "embedding",
    "exp",
    "exp2",
    "expand_dims",
    "expm1",
    "fill",
    "flip",
    "gather",
    "imag",
    "index",
    "index_accumulate",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_mask",
    "index_select",
    "keep_where",
    "lerp",
    "linear_map",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logsumexp",
    "masked_fill",
    "masked_read",
    "masked_scatter",
    "masked_select",
    "matrix_transpose",
    "mean",
    "mm",
    "multiply",
    "mv",
    "negative",
    "permute_dims",
    "place",
    "positive",
    "pow",
    "pow_backward",
    "prod",
    "products_of_others",
    "project",
    "put_flat",
    "real",
    "reciprocal",
    "repeat_each",
    "reshape",
    "reverse",
    "reverse_recurrence",
    "roll",
    "rsqrt",
    "scatter",
    "scatter_add",
    "scatter_zeros",
    "sgn",
    "sigmoid",
    "sigmoid_backward",
    "sign",
    "silu",
    "silu_backward",
    "sin",
    "sinh",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "take_flat",
    "tan",
    "tanh",
    "tanh_backward",
    "tensordot",
    "tile",
    "trace",
    "tril",
    "triu",
    "unfold",
    "unfold_backward",
    "unstack",
    "variance",
    "vdot",
    "vecdot",
    "vector_norm",
    "view_as_real",
    "where",
]


def _turned(value, rng):
    if isinstance(value, list):
        return [_turned(v, rng) for v in value]
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return np.asarray(value + 1j * rng.uniform(-1, 1, value.shape))
    return value


def _tensors(values):
    for value in values:
        if isinstance(value, list):
            yield from _tensors(value)
        elif isinstance(value, plugrad.Tensor):
            yield value


def _call(name, number, case, device):
    op = OPS[name]
    rng = np.random.default_rng(number)
    values = sample(op, case, number)
    fixed = [i for i, n in enumerate(op.inputs) if n in op.fixed]
    args = [to_device(_turned(a, rng), device, requires_grad=i not in fixed) for i, a in enumerate(values.args)]
    leaves = [t for t in _tensors(args) if t.requires_grad]

    def rebuild(value, fresh):
        if isinstance(value, list):
            return [rebuild(v, fresh) for v in value]
        return next(fresh) if any(value is t for t in leaves) else value

    def function(*new):
        fresh = iter(new)
        result = namespace.FUNCTIONS[name](*[rebuild(a, fresh) for a in args], **values.options)
        return tuple(result) if isinstance(result, (tuple, list)) else result

    return function, leaves


CALLS = [
    pytest.param(name, number, case, id=f"{name}-{number}")
    for name in NAMES
    for number, case in enumerate(cases(OPS[name]))
]


@pytest.mark.parametrize(("name", "number", "case"), CALLS)
def test_complex_gradients(name, number, case, device):
    function, leaves = _call(name, number, case, device)
    if not any(t.is_complex() for t in leaves):
        pytest.skip("a sample of whole numbers")
    size = sum(t.numel() for t in leaves)
    result = function(*leaves)
    outputs = [y for y in (result if isinstance(result, tuple) else (result,)) if y.requires_grad]
    for y in outputs:
        assert y.dtype is y.device.backend.dtype_of(y.raw), "the dtype that dispatch noted is not the array's"
    assert gradcheck(function, tuple(leaves), fast_mode=size > 30)
    seeds = [plugrad.core.ops.ones_like(y.detach()) for y in outputs]
    grads = plugrad.autograd.grad(outputs, leaves, seeds, create_graph=True, allow_unused=True)
    assert all(g is None or g.dtype is t.dtype for g, t in zip(grads, leaves, strict=True))
    if any(g is not None for g in grads) and not OPS[name].facts.get("once_differentiable"):
        assert gradgradcheck(function, tuple(leaves), fast_mode=size > 12)
