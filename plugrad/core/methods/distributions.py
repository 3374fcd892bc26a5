"""Distributions beside the uniform and the normal one: numbers of theirs in the place of a tensor's values."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import dtypes
from plugrad.core.arguments import as_number, mistyped
from plugrad.core.errors import with_hint
from plugrad.core.generator import draw, readable
from plugrad.core.inplace import check_writable
from plugrad.core.methods.random import check_floating, drawn, replaced
from plugrad.core.value import Value

__all__ = ["poisson"]


# C++'s names, which only some of PyTorch's texts show.
_C_NAMES: Final = {
    "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int", "int64": "long int",
    "uint16": "short unsigned int", "uint32": "unsigned int", "uint64": "long unsigned int", "bool": "bool",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def _check_continuous(name: str, dtype: dtypes.dtype, shown: str) -> None:
    if not dtype.is_floating_point:
        raise RuntimeError(
            with_hint(
                f"{name} distribution is a continuous probability distribution. dtype must be a floating point but "
                f"you specified {shown}",
                "use a floating dtype.",
            )
        )


def _check_real(kernel: str, dtype: dtypes.dtype) -> None:
    """Refuse the dtypes that PyTorch has no kernel for."""
    if not dtype.is_floating_point:
        check_floating(kernel, dtype)
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{dtype.legacy_name}'", "use a real floating dtype.")
        )


def poisson(input: Any, generator: Any = None) -> Any:
    r"""Draw numbers of Poisson's distribution: counts of what happens at a rate, for each element one.

    .. math:: P(k) = \frac{\lambda^k e^{-\lambda}}{k!}

    Its gradient is zero.

    Args:
        input: The rates :math:`\lambda`, which are the means.
        generator: Where the random numbers come from; the device's default generator by default.

    Returns:
        Counts, of the dtype of ``input``.

    Shape:
        That of ``input``.

    Raises:
        RuntimeError: if a rate is negative.
        NotImplementedError: for rates that are no floating point numbers.

    Example::

        >>> import plugrad
        >>> plugrad.poisson(plugrad.tensor([0.0, 1000.0])) > plugrad.tensor([0.0, 500.0])
        tensor([False,  True])
    """
    if not isinstance(input, Value):
        raise mistyped("poisson", "input", 1, "Tensor", input)
    _check_real("poisson_cpu", input.dtype)
    shape = tuple(input.raw.shape)
    rates = readable(input, generator, "poisson")
    return drawn(
        input, draw("poisson", input.device, input.dtype, generator, "poisson", rates, shape), "PoissonBackward0"
    )


class DistributionMethods:
    """The methods of this chapter, which change the tensor and return it."""

    __slots__ = ()

    def exponential_(self, lambd: float = 1.0, *, generator: Any = None) -> Any:
        r"""Put exponentially distributed numbers into this tensor.

        .. math:: f(x) = \lambda e^{-\lambda x}

        Args:
            lambd: The rate, one over the mean.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``lambd`` is not positive, for integers, or if the tensor can't be changed in
                place.

        Example::

            >>> import plugrad
            >>> bool((plugrad.empty(3).exponential_() >= 0).all())
            True
        """
        x: Any = self
        rate = float(as_number("exponential_", "lambd", 1, lambd))
        check_writable(x)
        _check_continuous("Exponential", x.dtype, x.dtype.legacy_name)
        if not rate > 0:
            raise RuntimeError(
                with_hint(
                    f"exponential_ expects lambda > 0.0, but found lambda={rate:g}",
                    "it is one over the mean.",
                )
            )
        shape = tuple(x.raw.shape)
        raw = draw("exponential", x.device, x.dtype, generator, "exponential_", shape, lambd=rate)
        return replaced(x, raw, "ExponentialBackward0")

    def cauchy_(self, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> Any:
        r"""Put numbers of Cauchy's distribution into this tensor.

        .. math:: f(x) = \frac{1}{\pi} \frac{\sigma}{(x - m)^2 + \sigma^2}

        Args:
            median: The median m. There is no mean.
            sigma: Half of the width of the density's peak at half of its height.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``sigma`` is not positive, for integers, or if the tensor can't be changed in place.

        Example::

            >>> import plugrad
            >>> plugrad.empty(3).cauchy_(2.0, 1e-30)
            tensor([2., 2., 2.])
        """
        x: Any = self
        centre, width = float(as_number("cauchy_", "median", 1, median)), float(as_number("cauchy_", "sigma", 2, sigma))
        check_writable(x)
        if not width > 0:
            raise RuntimeError(with_hint(f"cauchy_ expects sigma > 0.0, but found sigma={width:g}", "it is a width."))
        _check_continuous("Cauchy", x.dtype, _C_NAMES.get(x.dtype.name, ""))
        shape = tuple(x.raw.shape)
        raw = draw("cauchy", x.device, x.dtype, generator, "cauchy_", shape, median=centre, sigma=width)
        return replaced(x, raw, "CauchyBackward0")

    def log_normal_(self, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> Any:
        r"""Put numbers into this tensor whose logarithms are normally distributed.

        .. math:: f(x) = \frac{1}{x \sigma \sqrt{2\pi}} \exp\left(-\frac{(\ln x - \mu)^2}{2\sigma^2}\right)

        Args:
            mean: The mean of the logarithms.
            std: The standard deviation of the logarithms.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``std`` is not positive, or the tensor can't be changed in place.
            NotImplementedError: for integers.

        Example::

            >>> import plugrad
            >>> bool((plugrad.empty(3).log_normal_() > 0).all())
            True
        """
        x: Any = self
        centre, width = float(as_number("log_normal_", "mean", 1, mean)), float(as_number("log_normal_", "std", 2, std))
        check_writable(x)
        if not width > 0:
            raise RuntimeError(
                with_hint(f"log_normal_ expects std > 0.0, but found std={width:g}", "it is of the logarithms.")
            )
        _check_real("log_normal_cpu", x.dtype)
        shape = tuple(x.raw.shape)
        raw = draw("log_normal", x.device, x.dtype, generator, "log_normal_", shape, mean=centre, std=width)
        return replaced(x, raw, "LogNormalBackward0")

    def geometric_(self, p: float, *, generator: Any = None) -> Any:
        r"""Put into this tensor how many trials it takes until one succeeds, at least 1.

        .. math:: P(k) = (1 - p)^{k - 1} p

        Args:
            p: The probability of success of one trial.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``p`` is not between 0 and 1, or the tensor can't be changed in place.
            NotImplementedError: for boolean and complex tensors.

        Example::

            >>> import plugrad
            >>> plugrad.empty(3).geometric_(1 - 1e-15)
            tensor([1., 1., 1.])
        """
        x: Any = self
        chance = float(as_number("geometric_", "p", 1, p))
        check_writable(x)
        if not 0 < chance < 1:
            raise RuntimeError(
                with_hint(f"geometric_ expects p to be in (0, 1), but got p={chance:g}", "it is a probability.")
            )
        if x.dtype is dtypes.bool_ or x.dtype.is_complex:
            raise NotImplementedError(
                with_hint(f"\"geometric_cpu\" not implemented for '{x.dtype.legacy_name}'", "use a number's dtype.")
            )
        raw = draw("geometric", x.device, x.dtype, generator, "geometric_", tuple(x.raw.shape), p=chance)
        return replaced(x, raw, "GeometricBackward0")
