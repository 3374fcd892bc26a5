"""Sampling at any places: the elements around each, with weights that depend on where between them it is."""

from __future__ import annotations

import itertools

from plugrad.core.facts import case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing

__all__ = ["grid_sample"]


def _unnormalized(x, n, corners):
    """From [-1, 1] to places: of the outer elements' centres, or of their outer edges."""
    return (x + 1) * ((n - 1) / 2) if corners else ((x + 1) * n - 1) / 2


def _reflected(xp, x, n, corners):
    """A place mirrored at the borders until it is inside."""
    low, span = (0.0, float(n - 1)) if corners else (-0.5, float(n))
    if span == 0:
        return xp.multiply(x, 0)
    x = x - low
    x = xp.where(xp.less(x, 0), -x, x)
    flips = xp.floor(xp.divide(x, span))
    rest = x - flips * span
    return low + xp.where(xp.equal(xp.remainder(flips, 2), 0), rest, span - rest)


def _kept_inside(xp, x, n, padding, corners):
    """Places as the padding mode has them; at and beyond a border they have no slope."""
    if padding == "zeros":
        return x
    if padding == "reflection":
        x = _reflected(xp, x, n, corners)
    return xp.hardtanh(x, min_val=0.0, max_val=float(n - 1))


def _cubic_weights(t):
    def near(x):
        return ((-0.75 + 2) * x - (-0.75 + 3)) * x * x + 1

    def far(x):
        return ((-0.75 * x + 5 * 0.75) * x - 8 * 0.75) * x + 4 * 0.75

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def _taps(xp, place, n, mode, padding, corners):
    """Pairs of an element's place and its weight (None for 1), for one axis."""
    if mode == "nearest":
        return [(xp.round(_kept_inside(xp, place, n, padding, corners)), None)]
    if mode == "bicubic":
        low = xp.floor(place)
        weights = _cubic_weights(place - low)
        return [(_kept_inside(xp, low + (k - 1), n, padding, corners), w) for k, w in enumerate(weights)]
    place = _kept_inside(xp, place, n, padding, corners)
    low = xp.floor(place)
    weight = place - low
    return [(low, 1 - weight), (low + 1, weight)]


@op(
    promote="none",
    samples=lambda: (
        [
            case(real(2, 3, 4, 5), real(2, 2, 3, 2, low=-0.97, high=0.97), mode=mode, padding=padding, corners=corners)
            for mode, padding, corners in (
                ("bilinear", "zeros", False),
                ("bilinear", "border", True),
                ("nearest", "reflection", False),
                ("bicubic", "zeros", True),
            )
        ]
        + [
            case(
                real(1, 2, 3, 2, 3),
                real(1, 2, 1, 2, 3, low=-0.9, high=0.9),
                mode="bilinear",
                padding="zeros",
                corners=True,
            )
        ]
    ),
)
def grid_sample(xp, x, grid, *, mode, padding, corners):
    """The values of x (N, C, ...) at the places of a grid (N, ..., coordinates, those of the last axis first)."""
    sizes = tuple(x.shape[2:])
    n, channels = x.shape[:2]
    count = len(sizes)
    axes = [
        _taps(xp, _unnormalized(grid[..., count - 1 - i], size, corners), size, mode, padding, corners)
        for i, size in enumerate(sizes)
    ]
    flat = xp.reshape(x, shape=(n, channels, addressing.size(sizes)))
    out = tuple(grid.shape[1:-1])
    places = addressing.size(out)
    total = None
    for combination in itertools.product(*axes):
        inside = index = weight = None
        for (place, factor), size in zip(combination, sizes, strict=True):
            fits = xp.logical_and(xp.greater_equal(place, 0), xp.less_equal(place, size - 1))
            where = xp.astype(xp.where(fits, place, 0), dtype=xp.int64)
            inside = fits if inside is None else xp.logical_and(inside, fits)
            index = where if index is None else index * size + where
            if factor is not None:
                weight = factor if weight is None else weight * factor
        index = xp.broadcast_to(xp.reshape(index, shape=(n, 1, places)), shape=(n, channels, places))
        part = xp.gather(flat, index, axis=2)
        part = xp.where(xp.reshape(inside, shape=(n, 1, places)), part, 0)
        if weight is not None:
            part = part * xp.reshape(weight, shape=(n, 1, places))
        total = part if total is None else total + part
    return xp.reshape(total, shape=(n, channels, *out))
