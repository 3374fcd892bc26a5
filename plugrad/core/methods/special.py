"""PyTorch's special functions and further elementwise functions: names, signatures and in-place forms."""

from __future__ import annotations

from typing import Any

from plugrad.core import ops, return_types
from plugrad.core.arguments import mistyped
from plugrad.core.errors import with_hint
from plugrad.core.inplace import in_place, update
from plugrad.core.methods import dimensions
from plugrad.core.methods.arithmetic import tensors_only
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

__all__ = [
    "digamma", "erfc", "erfc_", "erfinv", "frexp", "gcd", "gcd_", "heaviside", "i0", "i0_", "igamma", "igammac",
    "lcm", "lcm_", "ldexp", "ldexp_", "lgamma", "logaddexp2", "logit", "logit_", "mvlgamma", "polygamma", "sinc",
    "sinc_",
]  # fmt: skip

digamma = ops.digamma
erfc = ops.erfc
erfinv = ops.erfinv
gcd = tensors_only(ops.gcd)
i0 = ops.i0
igamma = tensors_only(ops.igamma)
igammac = tensors_only(ops.igammac)
lcm = tensors_only(ops.lcm)
ldexp = tensors_only(ops.ldexp)
lgamma = ops.lgamma
logaddexp2 = tensors_only(ops.logaddexp2)
sinc = ops.sinc

digamma_ = in_place(ops.digamma)
erfc_ = in_place(ops.erfc)
erfinv_ = in_place(ops.erfinv)
gcd_ = in_place(ops.gcd)
i0_ = in_place(ops.i0)
igamma_ = in_place(ops.igamma)
igammac_ = in_place(ops.igammac)
lcm_ = in_place(ops.lcm)
ldexp_ = in_place(ops.ldexp)
lgamma_ = in_place(ops.lgamma)
sinc_ = in_place(ops.sinc)
_step = tensors_only(ops.heaviside)
_step_ = in_place(ops.heaviside)


def _check_step(input: Any, values: Any) -> None:
    for position, (name, x) in enumerate((("input", input), ("values", values)), 1):
        if not isinstance(x, Value):
            raise wrong_type("heaviside", name, position, x)
    if input.dtype is not values.dtype:
        raise RuntimeError(
            with_hint(
                "heaviside is not yet implemented for tensors with different dtypes.",
                f"convert one of them: values.to({input.dtype}).",
            )
        )


def heaviside(input: Any, values: Any) -> Any:
    """Return the unit step: 0 below 0, 1 above, and ``values`` at 0. It has no derivative.

    Args:
        input: A tensor.
        values: The values at 0, of the same dtype.

    Shape:
        - Output: what input and values broadcast to.

    Raises:
        RuntimeError: if the dtypes differ, and for complex numbers.

    Example::

        >>> import plugrad
        >>> plugrad.heaviside(plugrad.tensor([-1.0, 0.0, 2.0]), plugrad.tensor([0.5]))
        tensor([0.0000, 0.5000, 1.0000])
    """
    _check_step(input, values)
    return _step(input, values)


def heaviside_(self: Any, values: Any) -> Any:
    """In-place form of ``heaviside``.

    Returns:
        This tensor.
    """
    _check_step(self, values)
    return _step_(self, values)


def frexp(input: Any) -> Any:
    r"""Split into mantissas and exponents of 2.

    .. math:: input_i = mantissa_i \cdot 2^{exponent_i}, \quad \tfrac{1}{2} \le |mantissa_i| < 1

    Args:
        input: A floating point tensor.

    Returns:
        A named tuple ``(mantissa, exponent)``; the exponents are int32.

    Shape:
        - Output: the input's, both.

    Raises:
        RuntimeError: for other dtypes.

    Example::

        >>> import plugrad
        >>> mantissa, exponent = plugrad.frexp(plugrad.tensor([1.0, 6.0]))
        >>> mantissa, exponent
        (tensor([0.5000, 0.7500]), tensor([1, 3], dtype=plugrad.int32))
    """
    x = dimensions.tensor("frexp", input)
    if not x.dtype.is_floating_point:
        raise RuntimeError(with_hint("torch.frexp() only supports floating-point dtypes", "convert first: x.float()."))
    return return_types.frexp(ops.frexp(x))


def _limit(eps: Any) -> float | None:
    if eps is None or (isinstance(eps, (int, float)) and not isinstance(eps, bool)):
        return eps
    raise mistyped("logit", "eps", 2, "float", eps)


def logit(input: Any, eps: float | None = None) -> Any:
    r"""Return the inverse of the logistic function.

    .. math:: y_i = \log \frac{input_i}{1 - input_i}

    Args:
        input: A tensor of numbers between 0 and 1; others give nan.
        eps: If given, the numbers are first limited to ``[eps, 1 - eps]``; beyond the limits the gradient is 0.

    Shape:
        - Output: the input's.

    Example::

        >>> import plugrad
        >>> plugrad.logit(plugrad.tensor([0.5, 0.9]))
        tensor([0.0000, 2.1972])
    """
    return ops.logit(dimensions.tensor("logit", input), eps=_limit(eps))


def logit_(self: Any, eps: float | None = None) -> Any:
    """In-place form of ``logit``.

    Returns:
        This tensor.
    """
    return update(ops.logit.op, self, (), {"eps": _limit(eps)})


def _order(n: Any) -> int:
    if not isinstance(n, int) or isinstance(n, bool):
        raise mistyped("polygamma", "n", 1, "int", n)
    if n < 0:
        raise RuntimeError(with_hint("polygamma(n, x) does not support negative n.", "n=0 is digamma."))
    return n


def polygamma(n: int, input: Any) -> Any:
    r"""Return the n-th derivative of digamma.

    .. math:: y_i = \frac{d^{n + 1}}{d\, input_i^{n + 1}} \log \Gamma(input_i)

    Args:
        n: The order, from 0.
        input: A tensor.

    Shape:
        - Output: the input's.

    Raises:
        RuntimeError: if ``n`` is negative.

    Example::

        >>> import plugrad
        >>> plugrad.polygamma(1, plugrad.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449])
    """
    order = _order(n)
    if not isinstance(input, Value):
        raise wrong_type("polygamma", "input", 2, input)
    return ops.polygamma(input, n=order)


def _dimension(p: Any) -> int:
    if not isinstance(p, int) or isinstance(p, bool):
        raise mistyped("mvlgamma", "p", 2, "int", p)
    if p < 1:
        raise RuntimeError(with_hint("p has to be greater than or equal to 1", "p=1 is lgamma."))
    return p


def mvlgamma(input: Any, p: int) -> Any:
    r"""Return the logarithm of the multivariate gamma function.

    .. math:: y_i = \frac{p (p - 1)}{4} \log \pi + \sum_{j = 1}^{p} \log \Gamma\left(input_i - \frac{j - 1}{2}\right)

    Args:
        input: A tensor.
        p: The dimension, from 1.

    Shape:
        - Output: the input's.

    Raises:
        RuntimeError: if ``p`` is below 1.

    Example::

        >>> import plugrad
        >>> plugrad.mvlgamma(plugrad.tensor([2.0, 3.0]), p=2)
        tensor([0.4516, 1.5502])
    """
    return ops.mvlgamma(dimensions.tensor("mvlgamma", input), p=_dimension(p))


class SpecialMethods:
    """The methods of this chapter."""

    __slots__ = ()

    digamma = digamma
    digamma_ = digamma_
    erfc = erfc
    erfc_ = erfc_
    erfinv = erfinv
    erfinv_ = erfinv_
    frexp = frexp
    gcd = gcd
    gcd_ = gcd_
    heaviside = heaviside
    heaviside_ = heaviside_
    i0 = i0
    i0_ = i0_
    igamma = igamma
    igamma_ = igamma_
    igammac = igammac
    igammac_ = igammac_
    lcm = lcm
    lcm_ = lcm_
    ldexp = ldexp
    ldexp_ = ldexp_
    lgamma = lgamma
    lgamma_ = lgamma_
    logaddexp2 = logaddexp2
    logit = logit
    logit_ = logit_
    mvlgamma = mvlgamma
    sinc = sinc
    sinc_ = sinc_

    def mvlgamma_(self, p: int) -> Any:
        """In-place form of ``mvlgamma``.

        Returns:
            This tensor.
        """
        return update(ops.mvlgamma.op, self, (), {"p": _dimension(p)})

    def polygamma(self, n: int) -> Any:
        """Return the n-th derivative of digamma; ``plugrad.polygamma(n, x)``."""
        return polygamma(n, self)

    def polygamma_(self, n: int) -> Any:
        """In-place form of ``polygamma``.

        Returns:
            This tensor.
        """
        return update(ops.polygamma.op, self, (), {"n": _order(n)})
