"""Dropout: the op takes the mask, of which the draw is made outside; or a seed, from which any kernel makes it."""

from __future__ import annotations

from plugrad.core.facts import booleans, case, real
from plugrad.core.op import op
from plugrad.core.ops import addressing

__all__ = ["dropout_by_seed", "dropout_mask"]


@op(linear="all", node="Mul", promote="none", samples=lambda: [case(real(3, 4), booleans(3, 4), scale=2.0)])
def dropout_mask(xp, x, mask, *, scale):
    """``scale * x`` where the mask is true, else 0 times x: nan stays nan, as in PyTorch."""
    return x * (scale * xp.astype(mask, x.dtype))


dropout_mask.vjp(x=lambda xp, g, mask, scale: xp.dropout_mask(g, mask, scale=scale))


def _product(xp, constant, x):
    """The high and the low 32 bits of a product of numbers of 32 bits. No step takes more than 49 bits."""
    low = constant * xp.bitwise_and(x, 0xFFFF)
    high = constant * xp.bitwise_right_shift(x, 16) + xp.bitwise_right_shift(low, 16)
    lower = xp.bitwise_and(low, 0xFFFF) + 0x10000 * xp.bitwise_and(high, 0xFFFF)
    return xp.bitwise_right_shift(high, 16), lower


def philox(xp, counter, seed):
    """The four words of 32 bits that Philox 4x32-10 makes of each counter, an int64.

    Salmon, Moraes, Dror and Shaw, 2011, https://doi.org/10.1145/2063384.2063405.
    """
    a, b = xp.bitwise_and(counter, 0xFFFFFFFF), xp.bitwise_right_shift(counter, 32)
    c = d = xp.zeros_like(counter)
    key, other_key = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        first_high, first = _product(xp, 0xD2511F53, a)
        second_high, second = _product(xp, 0xCD9E8D57, c)
        a, b = xp.bitwise_xor(xp.bitwise_xor(second_high, b), key), second
        c, d = xp.bitwise_xor(xp.bitwise_xor(first_high, d), other_key), first
        key, other_key = (key + 0x9E3779B9) & 0xFFFFFFFF, (other_key + 0xBB67AE85) & 0xFFFFFFFF
    return a, b, c, d


@op(
    linear="all",
    node="NativeDropout",
    promote="none",
    samples=lambda: [
        case(real(3, 5), p=0.3, seed=7),
        case(real(2, 3, 4), p=0.5, seed=0xFEDCBA9876543210),
        case(real(), p=0.5, seed=1),
        case(real(5), p=1.0, seed=1),
    ],
)
def dropout_by_seed(xp, x, *, p, seed):
    """What dropout_mask makes of a mask that is a function of a seed: no mask has to be kept for backward.

    The number at position i is kept if word i % 4 of Philox's counter i // 4 is below (1 - p) * 2**32.
    """
    n = addressing.size(x.shape)
    words = philox(xp, addressing.counting(xp, x, (n + 3) // 4), seed)
    mask = xp.less(xp.reshape(xp.stack(words, axis=1), shape=(-1,))[:n], threshold(p))
    mask = xp.reshape(mask, shape=tuple(x.shape))
    return x * ((1 / (1 - p) if p < 1 else 0.0) * xp.astype(mask, x.dtype))


def threshold(p):
    """The words below this keep a number."""
    return round((1 - p) * 2**32)


dropout_by_seed.vjp(x=lambda xp, g, p, seed: xp.dropout_by_seed(g, p=p, seed=seed))
