"""Further distributions of the host's generator, each computed as PyTorch's CPU does: one number after the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from plugrad.backends.numpy import random_kernels as kernels
from plugrad.backends.numpy.random_engine import CHUNK, MersenneTwister
from plugrad.core.errors import with_hint

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shape = int | tuple[int, ...]

# From this mean on, Poisson numbers come from rejection; below, from a product of uniform numbers.
_LARGE_RATE = 10.0


class Distributions(MersenneTwister):
    """What HostGenerator has beside the distributions that initial values and dropout need."""

    __slots__ = ()

    def _normal_pairs(self, count: int) -> list[float]:
        values: list[float] = []
        if self._next_normal is not None:
            values.append(self._next_normal)
            self._next_normal = None
        missing = (count - len(values) + 1) // 2
        bits = kernels.words64(self._take(4 * missing)).tolist()
        for first, second in zip(bits[::2], bits[1::2], strict=True):
            radius = math.sqrt(-2.0 * math.log1p(-((second & 0x1FFFFFFFFFFFFF) * 2.0**-53)))
            angle = 2.0 * math.pi * ((first & 0x1FFFFFFFFFFFFF) * 2.0**-53)
            values.append(radius * math.cos(angle))
            values.append(radius * math.sin(angle))
        if len(values) > count:
            self._next_normal = values.pop()
        return values

    def cauchy(self, shape: Shape, dtype_name: str, median: float = 0.0, sigma: float = 1.0) -> NDArray[Any]:
        r"""Numbers of Cauchy's distribution.

        .. math:: m + \sigma \tan(\pi (u - \tfrac{1}{2}))

        Args:
            shape: The result's shape.
            dtype_name: "float16", "float32" or "float64"; all are computed in float64.
            median: The median m.
            sigma: Half of the width of the density's peak at half of its height.

        Returns:
            A new array.
        """
        result: NDArray[Any] = np.empty(shape, dtype_name)
        flat = result.reshape(-1)
        with self._lock, np.errstate(over="ignore"):
            for part, words in self._chunks(flat.size, 2):
                tangent = kernels.tan(np.pi * (kernels.uniform_float64(words) - 0.5))
                flat[part] = _cast(kernels.multiply_add(tangent, float(sigma), float(median)), flat.dtype)
        return result

    def log_normal(self, shape: Shape, dtype_name: str, mean: float = 1.0, std: float = 2.0) -> NDArray[Any]:
        r"""Numbers whose logarithms are normally distributed.

        .. math:: e^{\mu + \sigma z}

        The normal numbers are drawn one by one, as ``normal`` draws fewer than 16.

        Args:
            shape: The result's shape.
            dtype_name: "float16", "float32" or "float64"; all are computed in float64.
            mean: The logarithms' mean.
            std: The logarithms' standard deviation.

        Returns:
            A new array.
        """
        result: NDArray[Any] = np.empty(shape, dtype_name)
        flat = result.reshape(-1)
        with self._lock, np.errstate(over="ignore"):
            for start in range(0, flat.size, CHUNK):
                part = flat[start : start + CHUNK]
                normal = kernels.multiply_add(np.array(self._normal_pairs(part.size)), float(std), float(mean))
                part[...] = _cast(kernels.exp(normal), part.dtype)
        return result

    def geometric(self, shape: Shape, dtype_name: str, p: float = 0.5) -> NDArray[Any]:
        r"""How many trials it takes until one succeeds, at least 1.

        .. math:: \lceil \ln u / \ln(1 - p) \rceil

        Args:
            shape: The result's shape.
            dtype_name: Any real dtype; numbers that it can't hold wrap around.
            p: The probability of success of one trial.

        Returns:
            A new array.
        """
        result: NDArray[Any] = np.empty(shape, dtype_name)
        flat = result.reshape(-1)
        scale = math.log1p(-p)
        with self._lock, np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for part, words in self._chunks(flat.size, 2):
                trials = np.ceil(kernels.log(kernels.uniform_float64(words)) / scale)
                flat[part] = _cast(trials if flat.dtype.kind == "f" else trials.astype(np.int64), flat.dtype)
        return result

    def poisson(self, rates: NDArray[Any], shape: Shape, dtype_name: str) -> NDArray[Any]:
        """Numbers of Poisson's distribution, for each rate one.

        Args:
            rates: The means, non-negative.
            shape: Their shape.
            dtype_name: The result's dtype.

        Returns:
            A new array of the rates' shape.

        Raises:
            RuntimeError: A rate is negative or nan.
        """
        if not (rates >= 0).all():
            raise RuntimeError(
                with_hint("invalid Poisson rate, expected rate to be non-negative", "a rate is the mean of a count")
            )
        with self._lock:
            uniform = _Stream(self).next
            counts = [_poisson(rate, uniform) for rate in rates.reshape(-1).astype(np.float64).tolist()]
        return np.array(counts, np.float64).astype(dtype_name).reshape(shape)


class _Stream:
    """Uniform numbers of a generator one by one: how many a distribution takes is known when it has them."""

    def __init__(self, source: MersenneTwister) -> None:
        self._source = source

    def next(self) -> float:
        high, low = self._source._take(2).tolist()
        return float((high << 32 | low) & 0x1FFFFFFFFFFFFF) * 2.0**-53


def _poisson(rate: float, uniform: Any) -> float:
    """One number. Large rates: W. Hoermann, "The transformed rejection method for generating Poisson random
    variables", https://doi.org/10.1016/0167-6687(93)90997-4, algorithm PTRS.
    """
    if rate == 0:
        return 0.0
    if rate < _LARGE_RATE:
        limit, product, count = math.exp(-rate), 1.0, 0
        while True:
            product *= uniform()
            if product <= limit:
                return float(count)
            count += 1
    if math.isinf(rate):
        return rate
    root, logarithm = math.sqrt(rate), math.log(rate)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    accepted = 0.9277 - 3.6224 / (b - 2)
    while True:
        u = uniform() - 0.5
        v = uniform()
        distance = 0.5 - abs(u)
        if distance == 0:
            continue
        k = math.floor((2 * a / distance + b) * u + rate + 0.43)
        if distance >= 0.07 and v <= accepted:
            return float(k)
        if k < 0 or (distance < 0.013 and v > distance):
            continue
        # v is 0 once in 2**53: its logarithm is minus infinity, so that k is taken.
        density = math.log(v) + math.log(inverse_alpha) - math.log(a / (distance * distance) + b) if v else -math.inf
        if density <= -rate + k * logarithm - math.lgamma(k + 1):
            return float(k)


def _cast(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """float16 is rounded from float32, as PyTorch does."""
    return values.astype(np.float32) if dtype == np.float16 else values
