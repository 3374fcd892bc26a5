"""The host's random generator: the numbers of PyTorch's CPU generator for the same seed.

Equal to PyTorch 2.13 bit for bit on x86-64: ``uniform``, ``normal``, ``integers``, ``permutation``,
``bernoulli``, ``exponential``, ``multinomial``, what random_distributions.py has, and the state. The exceptions:

* Where PyTorch is built with MKL and runs on an Intel processor, it draws ``bernoulli`` with a number for p
  (so ``dropout``) and ``exponential`` (so ``multinomial`` without replacement, or of one sample) from a
  generator of that library. The numbers here are those that it draws on every other processor.
* Ties in ``multinomial`` without replacement: float16 weights, or fewer positive weights than samples.
* About one float32 ``normal`` in 20 million is off by its last bit, where a fused multiply-add computed in
  float64 gets rounded twice.
* float64 ``normal`` and ``exponential`` come from the C library's functions, here and in PyTorch: other
  C libraries round some last bits otherwise.
* ``permutation`` of more than 2**32 / 20 elements.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from plugrad.backends.numpy import random_kernels as kernels
from plugrad.backends.numpy.random_distributions import Distributions
from plugrad.backends.numpy.random_engine import CHUNK
from plugrad.core.errors import with_hint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shape = int | tuple[int, ...]

# PyTorch's thresholds: wider ranges take 64 bits per number, larger permutations another algorithm.
_WIDE_RANGE = 1 << 28
_LARGE_PERMUTATION = (2**32 - 1) // 20

_REAL = {"complex64": "float32", "complex128": "float64"}


class HostGenerator(Distributions):
    """A stream of random numbers on the host, PyTorch's for the same seed and the same calls.

    Every method that draws takes the shape and dtype of a new array and returns it; draws from several
    threads exclude one another. Shapes are tuples or an int; dtypes go by name.

    Args:
        seed: Any integer from -2**63 to 2**64 - 1; PyTorch's default seed by default.

    Example::

        >>> from plugrad.backends.numpy.random import HostGenerator
        >>> generator = HostGenerator(0)
        >>> generator.uniform((2,), "float32").tolist()
        [0.49625658988952637, 0.7682217955589294]
    """

    __slots__ = ()

    def uniform(self, shape: Shape, dtype_name: str, low: float = 0.0, high: float = 1.0) -> NDArray[Any]:
        """Numbers equally likely in [low, high).

        The scaling has to happen here: PyTorch computes ``u * (high - low) + low`` with a fused multiply-add
        (in float32 for float16 too), and replaces what rounds up to ``high`` by ``low``.

        Args:
            shape: The result's shape.
            dtype_name: "float16", "float32", "float64", "complex64" or "complex128". The two parts of a
                complex number are drawn one after the other.
            low: The smallest possible number.
            high: The bound above, which is never returned unless it equals ``low``.

        Returns:
            A new array.

        Raises:
            RuntimeError: ``low`` is greater than ``high``.
        """
        if not low <= high:
            text = f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}"
            raise RuntimeError(with_hint(text, "the lower bound comes first"))
        result, flat = _empty(shape, dtype_name)
        with self._lock:
            if flat.dtype == np.float64:
                self._uniform_float64(flat, float(low), float(high))
            elif low == 0.0 and high == 1.0 and flat.dtype == np.float32:
                for part, words in self._chunks(flat.size):
                    flat[part] = kernels.uniform_float32(words)
            else:
                self._uniform_float32(flat, np.float32(low), np.float32(high))
        return result

    def _uniform_float32(self, flat: NDArray[Any], low: np.float32, high: np.float32) -> None:
        """Fill with float32, or float16 rounded from it. Products of 24 bits are exact in float64."""
        width, shift = float(high - low), float(low)
        dtype = flat.dtype.type
        low, high = dtype(low), dtype(high)
        rounds_up = dtype(np.float32((1 - 2.0**-24) * width + shift)) == high
        for part, words in self._chunks(flat.size):
            words &= 0xFFFFFF
            wide = words.view(np.int32) * (width * 2.0**-24)
            wide += shift
            flat[part] = wide if dtype is np.float32 else wide.astype(np.float32)
            if rounds_up:
                _replace(flat[part], high, low)

    def _uniform_float64(self, flat: NDArray[Any], low: float, high: float) -> None:
        width = high - low
        rounds_up = kernels.multiply_add(1 - 2.0**-53, width, low) == high
        for part, words in self._chunks(flat.size, 2):
            values = kernels.uniform_float64(words)
            flat[part] = values if width == 1.0 and low == 0.0 else kernels.multiply_add(values, width, low)
            if rounds_up:
                _replace(flat[part], high, low)

    def normal(self, shape: Shape, dtype_name: str, mean: float = 0.0, std: float = 1.0) -> NDArray[Any]:
        r"""Normally distributed numbers, by Box and Muller's transform of uniform ones.

        .. math:: \mu + \sigma \sqrt{-2 \ln(1 - u_1)} \cos(2\pi u_2), \quad
            \mu + \sigma \sqrt{-2 \ln(1 - u_1)} \sin(2\pi u_2)

        As in PyTorch, fewer than 16 numbers are drawn one by one in float64, where the second of a pair waits
        for the next such call; 16 and more are drawn in blocks of 16 in their own dtype (float16 in
        float32). The scaling has to happen here: it is one fused multiply-add, in float64 for the former.

        Args:
            shape: The result's shape.
            dtype_name: "float16", "float32", "float64", "complex64" or "complex128". The two parts of a
                complex number each have half of the variance.
            mean: The mean, of both parts of a complex number.
            std: The standard deviation.

        Returns:
            A new array.

        Raises:
            RuntimeError: ``std`` is negative.
        """
        if not std >= 0.0:
            text = f"normal expects std >= 0.0, but found std {std:g}"
            raise RuntimeError(with_hint(text, "a standard deviation is not negative"))
        result, flat = _empty(shape, dtype_name)
        if dtype_name in _REAL:
            std = std / math.sqrt(2.0)
        # What overflows the dtype is infinite, silently, as in PyTorch.
        with self._lock, np.errstate(over="ignore", invalid="ignore"):
            if flat.size >= 16:
                self._normal_blocks(flat, float(mean), float(std))
            elif flat.size:
                values = np.array(self._normal_pairs(flat.size))
                values = kernels.multiply_add(values, float(std), float(mean))
                flat[...] = values if flat.dtype != np.float16 else values.astype(np.float32)
        return result

    def _normal_blocks(self, flat: NDArray[Any], mean: float, std: float) -> None:
        double = flat.dtype == np.float64
        whole = flat.size & ~15
        partial = flat.size - whole
        # Where 16 does not divide the size, the last 16 numbers are made anew. For float32 and float64,
        # PyTorch has drawn the words of the partial block by then, and drops them.
        tail = 0 if partial == 0 else 16 if flat.dtype == np.float16 else partial + 16
        for start in range(0, whole, CHUNK):
            stop = min(start + CHUNK, whole)
            count = stop - start
            extra = tail if stop == whole else 0
            words = self._take((count + extra) * (2 if double else 1))
            values: Any = kernels.uniform_float64(words) if double else kernels.uniform_float32(words)
            if extra:
                values[count : count + 16] = values[-16:].copy()
                values = values[: count + 16]
            if double:
                kernels.box_muller_float64(values)
                if mean != 0.0 or std != 1.0:
                    values = kernels.multiply_add(values, std, mean)
            else:
                kernels.box_muller_float32(values)
                if mean != 0.0 or std != 1.0:
                    wide = values * np.float64(np.float32(std))
                    wide += float(np.float32(mean))
                    values = wide.astype(np.float32)
            flat[start:stop] = values[:count]
            if extra:
                flat[-16:] = values[count:]

    def integers(self, low: int, high: int, shape: Shape, dtype_name: str, wide: bool | None = None) -> NDArray[Any]:
        """Integers equally likely in [low, high): ``low + word % (high - low)``.

        As in PyTorch, a word has 64 bits for a range of 2**28 and more, and 32 for a narrower one. So the
        remainder favours no integer over another by more than one part in 16, for ranges near 2**28.

        Args:
            low: The smallest possible integer.
            high: The bound above, which is never returned.
            shape: The result's shape.
            dtype_name: Any real dtype that holds the range, or "bool".
            wide: Whether words have 64 bits, whatever the range: PyTorch's ``random_()`` decides by the dtype.

        Returns:
            A new array.

        Raises:
            RuntimeError: ``low`` is not less than ``high``.
        """
        low, high = operator.index(low), operator.index(high)
        if low >= high:
            text = f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            raise RuntimeError(with_hint(text, "the upper bound is exclusive"))
        width = high - low
        result, flat = _empty(shape, dtype_name)
        with self._lock:
            if width >= _WIDE_RANGE if wide is None else wide:
                shift = np.uint64(low % (1 << 64))
                signed = np.uint64 if high > 1 << 63 else np.int64
                for part, words in self._chunks(flat.size, 2):
                    bits = kernels.words64(words)
                    if width < 1 << 64:
                        bits = kernels.remainder(bits, width)
                    bits += shift
                    flat[part] = bits.view(signed)
            else:
                for part, words in self._chunks(flat.size):
                    offsets = kernels.remainder(words, width)
                    flat[part] = offsets if low == 0 else offsets + np.int64(low)
        return result

    def permutation(self, n: int, dtype_name: str = "int64") -> NDArray[Any]:
        """The integers below n in random order, by Fisher and Yates' shuffle.

        Args:
            n: How many.
            dtype_name: Any real dtype that holds n - 1.

        Returns:
            A new array of shape (n,).

        Raises:
            RuntimeError: n is negative.
        """
        n = operator.index(n)
        if n < 0:
            text = f"Trying to create tensor with negative dimension {n}: [{n}]"
            raise RuntimeError(with_hint(text, "a permutation has zero or more elements"))
        with self._lock:
            if n < 2:
                return np.arange(n, dtype=dtype_name)
            if n < _LARGE_PERMUTATION:
                return kernels.shuffle(self._take(n - 1)).astype(dtype_name, copy=False)
            # The remainder of 32 bits would favour some orders; NumPy's own shuffle draws without bias.
            result: NDArray[Any] = self._shuffled(n).astype(dtype_name, copy=False)
            return result

    def bernoulli(self, p: float | NDArray[Any], shape: Shape, dtype_name: str = "float32") -> NDArray[Any]:
        """Ones with probability p, else zeros: ``u < p``.

        As in PyTorch, u has 53 bits for a number and for float64 probabilities, and 24 for narrower ones.

        Args:
            p: A probability, or an array of them that broadcasts to the shape.
            shape: The result's shape.
            dtype_name: Any dtype, "bool" included.

        Returns:
            A new array.

        Raises:
            RuntimeError: A probability is not in [0, 1].
        """
        result, flat = _empty(shape, dtype_name)
        if isinstance(p, (np.ndarray, np.generic)):
            chances: Any = np.broadcast_to(p, result.shape).reshape(-1)
            if not ((chances >= 0) & (chances <= 1)).all():
                text = (
                    "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be "
                    "improved?  If so, please report an enhancement request to PyTorch.)"
                )
                raise RuntimeError(with_hint(text, "every probability must lie in [0, 1]"))
        else:
            if not 0.0 <= p <= 1.0:
                text = f"bernoulli_ expects p to be in [0, 1], but got p={p:g}"
                raise RuntimeError(with_hint(text, "p is the probability of a one"))
            chances = None
            # u < p for u = k / 2**53 is k < p * 2**53, which is exact, so that no float is needed.
            bound = np.uint64(math.ceil(p * 2.0**53))
        with self._lock:
            if chances is None:
                for part, words in self._chunks(flat.size, 2):
                    bits = kernels.words64(words)
                    bits &= (1 << 53) - 1
                    flat[part] = bits < bound
            elif chances.dtype == np.float64:
                for part, words in self._chunks(flat.size, 2):
                    flat[part] = kernels.uniform_float64(words) < chances[part]
            else:
                for part, words in self._chunks(flat.size):
                    flat[part] = kernels.uniform_float32(words) < chances[part]
        return result

    def exponential(self, shape: Shape, dtype_name: str, lambd: float = 1.0) -> NDArray[Any]:
        r"""Exponentially distributed numbers, computed in float64 for every dtype.

        .. math:: -\frac{1}{\lambda} \ln(1 - u)

        Args:
            shape: The result's shape.
            dtype_name: "float16", "float32" or "float64".
            lambd: The rate, one over the mean.

        Returns:
            A new array.

        Raises:
            RuntimeError: ``lambd`` is not positive.
        """
        if not lambd > 0.0:
            text = f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}"
            raise RuntimeError(with_hint(text, "lambda is the rate, one over the mean"))
        result, flat = _empty(shape, dtype_name)
        # A last bit of float64 is lost in the narrower dtypes anyway.
        log1p = kernels.log1p if flat.dtype == np.float64 else np.log1p
        with self._lock, np.errstate(over="ignore", invalid="ignore"):
            for part, words in self._chunks(flat.size, 2):
                values = kernels.uniform_float64(words)
                values = log1p(np.negative(values, out=values))
                values *= -1.0 / lambd
                flat[part] = values if flat.dtype != np.float16 else values.astype(np.float32)
        return result

    def multinomial(self, weights: NDArray[Any], n: int, replacement: bool = False) -> NDArray[np.int64]:
        r"""Indices drawn with probabilities proportional to weights.

        With replacement, the index is where a uniform number falls in the cumulative weights. Without, and
        for one sample, the indices are those of the n greatest :math:`w_i / e_i` with exponential :math:`e_i`
        (Efraimidis and Spirakis, 2006), the greatest first.

        Args:
            weights: Non-negative, finite and not all zero, of shape (categories,) or (rows, categories).
            n: How many indices per row.
            replacement: Whether an index may be drawn again.

        Returns:
            A new int64 array of shape (n,) or (rows, n).

        Raises:
            RuntimeError: The weights are no distribution, or fewer than the samples without replacement.
        """
        if weights.ndim not in (1, 2):
            raise RuntimeError(with_hint("prob_dist must be 1 or 2 dim", f"its shape is {weights.shape}"))
        if weights.dtype.kind != "f":
            text = f"multinomial only supports floating-point dtypes for input, got: {weights.dtype}"
            raise RuntimeError(with_hint(text, "convert the weights to a floating dtype"))
        if n <= 0:
            raise RuntimeError(with_hint("cannot sample n_sample <= 0 samples", f"{n} were asked for"))
        if not replacement and n > weights.shape[-1]:
            text = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
            raise RuntimeError(with_hint(text, f"{n} of {weights.shape[-1]} were asked for"))
        quick = not replacement or n == 1
        _check_weights(weights, quick)
        if weights.size == 0:
            return np.empty((*weights.shape[:-1], n), np.int64)
        if not quick:
            return self._multinomial_search(weights, n)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            ratio = weights / self.exponential(weights.shape, weights.dtype.name)
        # 0 / 0, which float16 can meet, would count as the greatest.
        ratio[weights == 0] = 0
        if n == 1:
            best: NDArray[np.int64] = ratio.argmax(axis=-1, keepdims=True).astype(np.int64, copy=False)
            return best
        return _greatest(ratio, n)

    def _multinomial_search(self, weights: NDArray[Any], n: int) -> NDArray[np.int64]:
        rows = weights.reshape(-1, weights.shape[-1])
        # float16 is summed in float32; the others in their own dtype, one after the other, as NumPy does.
        dtype = np.float32 if rows.dtype == np.float16 else rows.dtype
        with np.errstate(over="ignore"):
            cumulative: NDArray[Any] = np.cumsum(rows, axis=-1, dtype=dtype)
        total = cumulative[:, -1:].copy()
        if not np.isfinite(total).all():
            text = "invalid multinomial distribution (sum of probabilities is not finite)"
            raise RuntimeError(with_hint(text, f"the weights' sum overflows {cumulative.dtype}"))
        cumulative /= total
        cumulative[:, -1] = 1
        uniform = self.uniform((len(rows), n), "float64")
        result = np.empty(uniform.shape, np.int64)
        for row, levels in enumerate(cumulative):
            result[row] = levels.searchsorted(uniform[row])
        return result if weights.ndim == 2 else result[0].copy()


def _empty(shape: Shape, dtype_name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """A new array that owns its memory, and a flat view of its real numbers."""
    result: NDArray[Any] = np.empty(shape, dtype_name)
    flat = result.reshape(-1)
    real = _REAL.get(dtype_name)
    return result, flat if real is None else flat.view(real)


def _replace(values: NDArray[Any], old: Any, new: Any) -> None:
    values[values == old] = new


def _check_weights(weights: NDArray[Any], quick: bool) -> None:
    """Refuse what is no distribution, with the text of the one of PyTorch's algorithms that meets it."""
    negative = not (weights >= 0).all()
    if negative or not np.isfinite(weights).all():
        text = "probability tensor contains either `inf`, `nan` or element < 0"
        if not quick:
            entry = "< 0" if negative else "= infinity or NaN"
            text = f"invalid multinomial distribution (encountering probability entry {entry})"
        raise RuntimeError(with_hint(text, "weights are non-negative and finite"))
    if not (weights > 0).any(axis=-1).all():
        text = "invalid multinomial distribution (sum of probabilities <= 0)"
        raise RuntimeError(with_hint(text, "every row needs a positive weight"))


def _greatest(ratio: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Indices of the n greatest of each row, the greatest first."""
    size = ratio.shape[-1]
    if 8 * n > size:
        return np.argsort(-ratio, axis=-1, kind="stable")[..., :n].astype(np.int64)
    best = np.argpartition(ratio, size - n, axis=-1)[..., size - n :]
    order = np.argsort(-np.take_along_axis(ratio, best, axis=-1), axis=-1, kind="stable")
    return np.take_along_axis(best, order, axis=-1).astype(np.int64, copy=False)
