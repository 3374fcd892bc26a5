"""Convolution along any number of axes, and its two derivatives, which are ops of their own.

The three are one trilinear form of input, weight and gradient: each one's derivatives are the other two. The
derivative by the input is also the transposed convolution.

Shapes: input (N, channels in, ...), weight (channels out, channels in / groups, ...), gradient
(N, channels out, ...). Strides and the like are tuples with an item for each of the axes after the second.
"""

from __future__ import annotations

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.ops.windows import counts

__all__ = ["convolution", "convolution_input", "convolution_transposed", "convolution_weight"]

_LINE = {"stride": (2,), "padding": (1,), "dilation": (1,), "groups": 1}
_SQUARE = {"stride": (1, 2), "padding": (1, 0), "dilation": (2, 1), "groups": 1}
_GROUPS = {"stride": (1, 1), "padding": (0, 1), "dilation": (1, 1), "groups": 2}
_CUBE = {"stride": (1, 1, 2), "padding": (0, 1, 0), "dilation": (1, 1, 1), "groups": 1}


def _grouped(xp, x, groups, *shape):
    """An array in another shape, with an axis of the groups in front of the last two where there are several."""
    return xp.reshape(x, shape=shape if groups == 1 else (*shape[:-2], groups, shape[-2] // groups, shape[-1]))


def _rows(xp, weight, groups):
    """A weight as matrices: a row for each channel out."""
    places = addressing.size(weight.shape[2:])
    return _grouped(xp, weight, groups, weight.shape[0], weight.shape[1] * places)


def _added(xp, y, bias):
    return y if bias is None else y + xp.reshape(bias, shape=(bias.shape[0], *[1] * (y.ndim - 2)))


@op(
    node="Convolution",
    promote="none",
    samples=lambda: [
        case(real(2, 3, 5), real(4, 3, 2), real(4), **_LINE),
        case(real(2, 3, 5, 4), real(2, 3, 2, 2), None, **_SQUARE),
        case(real(1, 4, 3, 3), real(6, 2, 2, 2), real(6), **_GROUPS),
        case(real(1, 2, 2, 3, 4), real(2, 2, 2, 2, 1), None, **_CUBE),
        case(real(2, 3, 4, 4), real(4, 3, 1, 1), real(4), stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1),
    ],
)
def convolution(xp, x, weight, bias=None, *, stride, padding, dilation, groups):
    """Each channel out: the sum of all windows of its group of channels in times its weight."""
    size = tuple(weight.shape[2:])
    count = counts(x.shape[2:], size, stride, padding, dilation)
    columns = xp.im2col(x, size=size, stride=stride, padding=padding, dilation=dilation)
    columns = _grouped(xp, columns, groups, *columns.shape)
    y = xp.matmul(_rows(xp, weight, groups), columns)
    return _added(xp, xp.reshape(y, shape=(x.shape[0], weight.shape[0], *count)), bias)


def _by_input(xp, g, weight, x_shape, stride, padding, dilation, groups):
    return xp.convolution_input(
        g, weight, shape=tuple(x_shape[2:]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def _by_weight(xp, g, x, weight_shape, stride, padding, dilation, groups):
    return xp.convolution_weight(
        g, x, shape=tuple(weight_shape[2:]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )


def _by_bias(xp, g):
    return xp.sum(g, axis=(0, *range(2, g.ndim)))


convolution.vjp(x=_by_input, weight=_by_weight, bias=_by_bias)


@op(
    node="Convolution",
    promote="none",
    linear="each",
    samples=lambda: [
        case(real(2, 4, 3), real(4, 3, 2), shape=(5,), **_LINE),
        case(real(2, 2, 5, 2), real(2, 3, 2, 2), shape=(5, 4), **_SQUARE),
        case(real(1, 6, 2, 4), real(6, 2, 2, 2), shape=(3, 3), **_GROUPS),
    ],
)
def convolution_input(xp, grad, weight, *, shape, stride, padding, dilation, groups):
    """The gradient of the input, (N, channels in, *shape): every window's gradient added at its place."""
    n, out = grad.shape[:2]
    g = _grouped(xp, grad, groups, n, out, addressing.size(grad.shape[2:]))
    columns = xp.matmul(xp.matrix_transpose(_rows(xp, weight, groups)), g)
    size = tuple(weight.shape[2:])
    rows = weight.shape[1] * groups * addressing.size(size)
    columns = xp.reshape(columns, shape=(n, rows, g.shape[-1]))
    return xp.col2im(columns, shape=shape, size=size, stride=stride, padding=padding, dilation=dilation)


def _by_gradient(xp, g, weight, stride, padding, dilation, groups):
    return xp.convolution(g, weight, None, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _by_weight_of_input(xp, g, grad, weight_shape, stride, padding, dilation, groups):
    return xp.convolution_weight(
        grad, g, shape=tuple(weight_shape[2:]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )


convolution_input.vjp(grad=_by_gradient, weight=_by_weight_of_input)


@op(
    promote="none",
    linear="each",
    samples=lambda: [
        case(real(2, 4, 3), real(2, 3, 5), shape=(2,), **_LINE),
        case(real(2, 2, 5, 2), real(2, 3, 5, 4), shape=(2, 2), **_SQUARE),
        case(real(1, 6, 2, 4), real(1, 4, 3, 3), shape=(2, 2), **_GROUPS),
    ],
)
def convolution_weight(xp, grad, x, *, shape, stride, padding, dilation, groups):
    """The gradient of the weight, (channels out, channels in / groups, *shape): a convolution of both."""
    columns = xp.im2col(x, size=shape, stride=stride, padding=padding, dilation=dilation)
    columns = _grouped(xp, columns, groups, *columns.shape)
    n, out = grad.shape[:2]
    g = _grouped(xp, grad, groups, n, out, columns.shape[-1])
    y = xp.sum(xp.matmul(g, xp.matrix_transpose(columns)), axis=0)
    return xp.reshape(y, shape=(out, x.shape[1] // groups, *shape))


def _by_gradient_of_weight(xp, g, x, stride, padding, dilation, groups):
    return xp.convolution(x, g, None, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _by_input_of_weight(xp, g, grad, x_shape, stride, padding, dilation, groups):
    return xp.convolution_input(
        grad, g, shape=tuple(x_shape[2:]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )


convolution_weight.vjp(grad=_by_gradient_of_weight, x=_by_input_of_weight)


@op(
    node="Convolution",
    promote="none",
    samples=lambda: [
        case(real(2, 4, 3), real(4, 3, 2), real(3), shape=(5,), **_LINE),
        case(real(1, 6, 2, 4), real(6, 2, 2, 2), None, shape=(3, 3), **_GROUPS),
    ],
)
def convolution_transposed(xp, x, weight, bias=None, *, shape, stride, padding, dilation, groups):
    """The derivative of a convolution by its input, as a layer: what it makes has the size ``shape``."""
    y = xp.convolution_input(x, weight, shape=shape, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return _added(xp, y, bias)


def _by_weight_of_transposed(xp, g, x, weight_shape, stride, padding, dilation, groups):
    return xp.convolution_weight(
        x, g, shape=tuple(weight_shape[2:]), stride=stride, padding=padding, dilation=dilation, groups=groups
    )


convolution_transposed.vjp(x=_by_gradient, weight=_by_weight_of_transposed, bias=_by_bias)
