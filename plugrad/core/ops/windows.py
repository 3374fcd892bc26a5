"""Sliding windows over the axes after the second: gathered into columns, and columns added back.

Both are linear, and each is the other's derivative. Sizes, strides and the like are tuples with an item for each
axis that the windows slide along.
"""

from __future__ import annotations

import itertools
from typing import Any

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing

__all__ = ["col2im", "im2col"]


def counts(shape, size, stride, padding, dilation):
    """How many windows there are along each axis."""
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, s, p, d in zip(shape, size, stride, padding, dilation, strict=True)
        ]
    )


def keys(size, count, stride, dilation):
    """For each place in a window, the key that reads it in all windows at once."""
    for offset in itertools.product(*map(range, size)):
        yield (
            ...,
            *[
                slice(o * d, o * d + (n - 1) * s + 1, s)
                for o, n, s, d in zip(offset, count, stride, dilation, strict=True)
            ],
        )


def around(shape, padding):
    """A shape with padding at both ends of its last axes, and the key of what is inside."""
    lead = len(shape) - len(padding)
    wide = (*shape[:lead], *[n + 2 * p for n, p in zip(shape[lead:], padding, strict=True)])
    inside = (
        *[slice(0, n, 1) for n in shape[:lead]],
        *[slice(p, p + n, 1) for n, p in zip(shape[lead:], padding, strict=True)],
    )
    return wide, inside


def with_zeros(xp, x, padding):
    """x with zeros around its last axes."""
    if not any(padding):
        return x
    wide, inside = around(tuple(x.shape), padding)
    return xp.place(x, shape=wide, key=inside)


_SQUARE = {"size": (2, 3), "stride": (1, 2), "padding": (1, 0), "dilation": (1, 2)}
_LINE = {"size": (2,), "stride": (2,), "padding": (1,), "dilation": (1,)}


@op(
    node="Im2Col",
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(2, 3, 4, 7), **_SQUARE),
        case(real(1, 2, 5), **_LINE),
        case(real(1, 1, 3, 3, 3), size=(2, 2, 2), stride=(1, 1, 1), padding=(0, 0, 0), dilation=(1, 1, 1)),
        case(real(0, 2, 5), **_LINE),
    ],
)
def im2col(xp, x, *, size, stride, padding, dilation):
    """All windows: (N, C, ...) becomes (N, C * places in a window, number of windows)."""
    count = counts(x.shape[2:], size, stride, padding, dilation)
    x = with_zeros(xp, x, padding)
    places = [x[key] for key in keys(size, count, stride, dilation)]
    shape = (x.shape[0], x.shape[1] * len(places), addressing.size(count))
    return xp.reshape(xp.stack(places, axis=2), shape=shape)


im2col.vjp(
    x=lambda xp, g, x_shape, size, stride, padding, dilation: xp.col2im(
        g, shape=tuple(x_shape[2:]), size=size, stride=stride, padding=padding, dilation=dilation
    )
)


@op(
    node="Col2Im",
    promote="none",
    linear="all",
    samples=lambda: [
        case(real(2, 18, 10), shape=(4, 7), **_SQUARE),
        case(real(1, 4, 3), shape=(5,), **_LINE),
    ],
)
def col2im(xp, x, *, shape, size, stride, padding, dilation):
    """The sum of windows, each at its place: what ``im2col`` made, added up in (N, C, *shape)."""
    count = counts(shape, size, stride, padding, dilation)
    places = addressing.size(size)
    n, channels = x.shape[0], x.shape[1] // places
    x = xp.reshape(x, shape=(n, channels, places, *count))
    wide, inside = around((n, channels, *shape), padding)
    every = (slice(0, n, 1), slice(0, channels, 1))
    y: Any = None
    for i, key in enumerate(keys(size, count, stride, dilation)):
        part = xp.place(x[:, :, i, ...], shape=wide, key=(*every, *key[1:]))
        y = part if y is None else y + part
    return y[inside] if any(padding) else y


col2im.vjp(
    x=lambda xp, g, size, stride, padding, dilation: xp.im2col(
        g, size=size, stride=stride, padding=padding, dilation=dilation
    )
)
