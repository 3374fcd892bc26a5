"""Special functions, under the names of PyTorch's ``torch.special``.

Those that `nn` needs are defined over the standard's functions and run on every backend. The others are SciPy's on the
host (``pip install "plugrad[scipy]"``); a backend without a kernel of its own refuses them.
"""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import ops
from plugrad.core.arguments import type_name as _type_name
from plugrad.core.methods.arithmetic import xlogy as xlogy
from plugrad.core.methods.neural import log_softmax as log_softmax
from plugrad.core.methods.neural import softmax as softmax
from plugrad.core.methods.pointwise import erf as erf
from plugrad.core.methods.pointwise import exp2 as exp2
from plugrad.core.methods.pointwise import expm1 as expm1
from plugrad.core.methods.pointwise import log1p as log1p
from plugrad.core.methods.pointwise import sigmoid as expit
from plugrad.core.methods.reduction import logsumexp as logsumexp
from plugrad.core.methods.selection import round as round  # noqa: A004 - PyTorch's name
from plugrad.core.methods.special import digamma as digamma
from plugrad.core.methods.special import erfc as erfc
from plugrad.core.methods.special import erfinv as erfinv
from plugrad.core.methods.special import i0 as i0
from plugrad.core.methods.special import igamma as gammainc
from plugrad.core.methods.special import igammac as gammaincc
from plugrad.core.methods.special import lgamma as gammaln
from plugrad.core.methods.special import logit as logit
from plugrad.core.methods.special import mvlgamma as multigammaln
from plugrad.core.methods.special import polygamma as polygamma
from plugrad.core.methods.special import sinc as sinc
from plugrad.core.value import Value

__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t", "chebyshev_polynomial_u",
    "chebyshev_polynomial_v", "chebyshev_polynomial_w", "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2",
    "expit", "expm1", "gammainc", "gammaincc", "gammaln", "hermite_polynomial_h", "hermite_polynomial_he", "i0", "i0e",
    "i1", "i1e", "laguerre_polynomial_l", "legendre_polynomial_p", "log1p", "log_ndtr", "log_softmax", "logit",
    "logsumexp", "modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
    "multigammaln", "ndtr", "ndtri", "polygamma", "psi", "round", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "sinc", "softmax", "spherical_bessel_j0",
    "xlog1py", "xlogy", "zeta",
]  # fmt: skip

airy_ai = ops.airy_ai
bessel_j0 = ops.bessel_j0
bessel_j1 = ops.bessel_j1
bessel_y0 = ops.bessel_y0
bessel_y1 = ops.bessel_y1
chebyshev_polynomial_t = ops.chebyshev_polynomial_t
chebyshev_polynomial_u = ops.chebyshev_polynomial_u
chebyshev_polynomial_v = ops.chebyshev_polynomial_v
chebyshev_polynomial_w = ops.chebyshev_polynomial_w
entr = ops.entr
erfcx = ops.erfcx
hermite_polynomial_h = ops.hermite_polynomial_h
hermite_polynomial_he = ops.hermite_polynomial_he
i0e = ops.i0e
i1 = ops.i1
i1e = ops.i1e
laguerre_polynomial_l = ops.laguerre_polynomial_l
legendre_polynomial_p = ops.legendre_polynomial_p
log_ndtr = ops.log_ndtr
modified_bessel_k0 = ops.modified_bessel_k0
modified_bessel_k1 = ops.modified_bessel_k1
ndtri = ops.ndtri
psi = digamma
scaled_modified_bessel_k0 = ops.scaled_modified_bessel_k0
scaled_modified_bessel_k1 = ops.scaled_modified_bessel_k1
shifted_chebyshev_polynomial_t = ops.shifted_chebyshev_polynomial_t
shifted_chebyshev_polynomial_u = ops.shifted_chebyshev_polynomial_u
shifted_chebyshev_polynomial_v = ops.shifted_chebyshev_polynomial_v
shifted_chebyshev_polynomial_w = ops.shifted_chebyshev_polynomial_w
spherical_bessel_j0 = ops.spherical_bessel_j0


def _two(name: str, input: Any, other: Any) -> None:
    if not isinstance(input, Value) and not isinstance(other, Value):
        raise TypeError(
            f"special_{name}() received an invalid combination of arguments - got ({_type_name(input)}, "
            f"{_type_name(other)}), but expected one of:\n * (Tensor input, Tensor other)\n * (Number self, Tensor "
            "other)\n * (Tensor input, Number other)\n"
        )


def xlog1py(input: Any, other: Any) -> Any:
    r"""Return x log(1 + y), which is 0 where x is 0, unless y is nan.

    .. math:: y_i = input_i \log(1 + other_i)

    Args:
        input: A tensor or a number.
        other: A tensor or a number.

    Shape:
        - Output: what input and other broadcast to.

    Example::

        >>> import plugrad
        >>> plugrad.special.xlog1py(plugrad.tensor([0.0, 2.0]), plugrad.tensor([-1.0, 0.5]))
        tensor([0.0000, 0.8109])
    """
    _two("xlog1py", input, other)
    return ops.xlog1py(input, other)


def zeta(input: Any, other: Any) -> Any:
    r"""Return Hurwitz's zeta function. It is differentiated by ``other``.

    .. math:: y_i = \sum_{k=0}^\infty \frac{1}{(k + other_i)^{input_i}}

    Differs from PyTorch: where ``other`` is negative and no integer, it is nan.

    Args:
        input: A tensor or a number; from 1.
        other: A tensor or a number.

    Shape:
        - Output: what input and other broadcast to.

    Example::

        >>> import plugrad
        >>> plugrad.special.zeta(2.0, plugrad.tensor([1.0, 2.0]))
        tensor([1.6449, 0.6449])
    """
    _two("zeta", input, other)
    return ops.zeta(input, other)


def ndtr(input: Any) -> Any:
    r"""Return the cumulative normal distribution, accurate where it is small.

    .. math:: y_i = \Phi(input_i) = \tfrac{1}{2} \operatorname{erfc}\left(-\tfrac{input_i}{\sqrt 2}\right)

    Args:
        input: A tensor.

    Shape:
        - Output: the input's.

    Example::

        >>> import plugrad
        >>> plugrad.special.ndtr(plugrad.tensor([0.0, -3.0]))
        tensor([0.5000, 0.0013])
    """
    return 0.5 * erfc(-math.sqrt(0.5) * _floating(input))


def _floating(x: Any) -> Any:
    """Integers as floats before they are scaled."""
    return x if not isinstance(x, Value) or x.dtype.is_inexact else ops.multiply(x, 1.0)


def _constant(x: Any) -> Any:
    return x.detach() if isinstance(x, Value) else x  # type: ignore[attr-defined]  # every Value users have is a Tensor


def modified_bessel_i0(input: Any) -> Any:
    """Return the modified Bessel function of the first kind of order 0. It has no derivative; that of ``i0`` has.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.special.modified_bessel_i0(plugrad.tensor([0.0, 1.0]))
        tensor([1.0000, 1.2661])
    """
    return i0(_constant(input))


def modified_bessel_i1(input: Any) -> Any:
    """Return the modified Bessel function of the first kind of order 1. It has no derivative; that of ``i1`` has.

    Args:
        input: A tensor.

    Example::

        >>> import plugrad
        >>> plugrad.special.modified_bessel_i1(plugrad.tensor([0.0, 1.0]))
        tensor([0.0000, 0.5652])
    """
    return i1(_constant(input))
