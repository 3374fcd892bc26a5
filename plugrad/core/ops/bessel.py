"""Special functions that have no definition here: a backend's library computes them, on the host SciPy.

Their rules are PyTorch's, which has none for most.
"""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.refusals import COMPLEX, INTEGER, lacks

__all__ = [
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t",
    "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "hermite_polynomial_h",
    "hermite_polynomial_he", "igamma", "igammac", "laguerre_polynomial_l", "legendre_polynomial_p",
    "modified_bessel_k0", "modified_bessel_k1", "ndtri", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
    "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w", "spherical_bessel_j0",
]  # fmt: skip

_TESTED = "tests/oracle/special.py"


def _by_hand():
    raise LookupError("no definition to test: the oracle's tests do")


def _op(node=None, kernel="", called=None, **settings):
    """An op that a kernel computes, or nothing."""
    return op(
        node=node, called=called, promote=settings.pop("promote", "float"),
        refuse=lacks(kernel, *settings.pop("refused", (COMPLEX,))),
        generic=False, samples=_by_hand, tested=_TESTED, **settings,
    )  # fmt: skip


@_op(node="SpecialNdtri", kernel="ndtri_cpu")
def ndtri(xp, x):
    r"""Return the inverse of the cumulative normal distribution: nan outside of [0, 1].

    On the host it is SciPy's: ``pip install "plugrad[scipy]"``.

    .. math:: \Phi(y_i) = input_i

    Example::

        >>> import plugrad
        >>> plugrad.special.ndtri(plugrad.tensor([0.25, 0.5]))
        tensor([-0.6745,  0.0000])
    """


ndtri.vjp(x=lambda xp, g, y: g * (math.sqrt(2 * math.pi) * xp.exp(0.5 * (y * y))))


def _no_order(name):
    def rule(xp, g):
        raise NotImplementedError(f"the derivative for '{name}: input' is not implemented.")

    return rule


def _gamma_density(xp, x1, x2):
    """x2**(x1 - 1) e**-x2 / gamma(x1)."""
    return xp.exp((x1 - 1) * xp.log(x2) - x2 - xp.lgamma(x1))


@_op(node="Igamma", kernel="igamma_cpu", promote="same", refused=(0, INTEGER, COMPLEX))
def igamma(xp, x1, x2):
    r"""Return the regularized lower incomplete gamma function. It is differentiated by ``other``.

    On the host it is SciPy's: ``pip install "plugrad[scipy]"``.

    .. math:: y_i = \frac{1}{\Gamma(input_i)} \int_0^{other_i} t^{input_i - 1} e^{-t} \, dt

    Example::

        >>> import plugrad
        >>> plugrad.igamma(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 2.0]))
        tensor([0.6321, 0.5940])
    """


igamma.vjp(x1=_no_order("igamma"), x2=lambda xp, g, x1, x2: g * _gamma_density(xp, x1, x2))


@_op(node="Igammac", kernel="igammac_cpu", promote="same", refused=(0, INTEGER, COMPLEX))
def igammac(xp, x1, x2):
    r"""Return the regularized upper incomplete gamma function. It is differentiated by ``other``.

    On the host it is SciPy's: ``pip install "plugrad[scipy]"``.

    .. math:: y_i = \frac{1}{\Gamma(input_i)} \int_{other_i}^\infty t^{input_i - 1} e^{-t} \, dt

    Example::

        >>> import plugrad
        >>> plugrad.igammac(plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 2.0]))
        tensor([0.3679, 0.4060])
    """


igammac.vjp(x1=_no_order("igammac"), x2=lambda xp, g, x1, x2: -g * _gamma_density(xp, x1, x2))


# -- without a derivative, in PyTorch as here: results require no gradient ---------------------------------------------


def _constant(name, sentence, formula, example):
    """One function of one tensor."""

    def definition(xp, x):
        pass

    definition.__name__ = name
    definition.__doc__ = f"""Return {sentence}. It has no derivative.

    On the host it is SciPy's: ``pip install "plugrad[scipy]"``.

    .. math:: y_i = {formula}

    Example::

        >>> import plugrad
        >>> plugrad.special.{name}(plugrad.tensor([1.0, 2.0]))
        {example}
    """
    return _op(kernel=name + "_cpu", constant=True)(definition)


airy_ai = _constant("airy_ai", "Airy's function Ai", r"\mathrm{Ai}(input_i)", "tensor([0.1353, 0.0349])")
bessel_j0 = _constant(
    "bessel_j0", "the Bessel function of the first kind of order 0", "J_0(input_i)", "tensor([0.7652, 0.2239])"
)
bessel_j1 = _constant(
    "bessel_j1", "the Bessel function of the first kind of order 1", "J_1(input_i)", "tensor([0.4401, 0.5767])"
)
bessel_y0 = _constant(
    "bessel_y0", "the Bessel function of the second kind of order 0", "Y_0(input_i)", "tensor([0.0883, 0.5104])"
)
bessel_y1 = _constant(
    "bessel_y1", "the Bessel function of the second kind of order 1", "Y_1(input_i)", "tensor([-0.7812, -0.1070])"
)
modified_bessel_k0 = _constant(
    "modified_bessel_k0", "the modified Bessel function of the second kind of order 0", "K_0(input_i)",
    "tensor([0.4210, 0.1139])",
)  # fmt: skip
modified_bessel_k1 = _constant(
    "modified_bessel_k1", "the modified Bessel function of the second kind of order 1", "K_1(input_i)",
    "tensor([0.6019, 0.1399])",
)  # fmt: skip
scaled_modified_bessel_k0 = _constant(
    "scaled_modified_bessel_k0", "the modified Bessel function of the second kind of order 0, scaled",
    "e^{input_i} K_0(input_i)", "tensor([1.1445, 0.8416])",
)  # fmt: skip
scaled_modified_bessel_k1 = _constant(
    "scaled_modified_bessel_k1", "the modified Bessel function of the second kind of order 1, scaled",
    "e^{input_i} K_1(input_i)", "tensor([1.6362, 1.0335])",
)  # fmt: skip
spherical_bessel_j0 = _constant(
    "spherical_bessel_j0", "the spherical Bessel function of the first kind of order 0", "j_0(input_i)",
    "tensor([0.8415, 0.4546])",
)  # fmt: skip


def _polynomials(name, whose, formula, example):
    """The polynomials of one family: of a tensor, and a degree."""

    def definition(xp, x1, x2):
        pass

    definition.__name__ = name
    definition.__doc__ = f"""Return {whose} of degree ``other``. It has no derivative.

    On the host it is SciPy's: ``pip install "plugrad[scipy]"``.

    .. math:: y_i = {formula}, \\quad n = other_i

    Example::

        >>> import plugrad
        >>> plugrad.special.{name}(plugrad.tensor([0.5, 2.0]), 3)
        {example}
    """
    return _op(kernel=name + "_cpu", constant=True)(definition)


chebyshev_polynomial_t = _polynomials(
    "chebyshev_polynomial_t", "Chebyshev's polynomial of the first kind", "T_n(input_i)", "tensor([-1., 26.])"
)
chebyshev_polynomial_u = _polynomials(
    "chebyshev_polynomial_u", "Chebyshev's polynomial of the second kind", "U_n(input_i)", "tensor([-1., 56.])"
)
chebyshev_polynomial_v = _polynomials(
    "chebyshev_polynomial_v", "Chebyshev's polynomial of the third kind", "V_n(input_i)", "tensor([-1., 41.])"
)
chebyshev_polynomial_w = _polynomials(
    "chebyshev_polynomial_w", "Chebyshev's polynomial of the fourth kind", "W_n(input_i)", "tensor([-1., 71.])"
)
shifted_chebyshev_polynomial_t = _polynomials(
    "shifted_chebyshev_polynomial_t", "Chebyshev's polynomial of the first kind, shifted to [0, 1],",
    "T_n(2\\,input_i - 1)", "tensor([ 0., 99.])",
)  # fmt: skip
shifted_chebyshev_polynomial_u = _polynomials(
    "shifted_chebyshev_polynomial_u", "Chebyshev's polynomial of the second kind, shifted to [0, 1],",
    "U_n(2\\,input_i - 1)", "tensor([  0., 204.])",
)  # fmt: skip
shifted_chebyshev_polynomial_v = _polynomials(
    "shifted_chebyshev_polynomial_v", "Chebyshev's polynomial of the third kind, shifted to [0, 1],",
    "V_n(2\\,input_i - 1)", "tensor([  1., 169.])",
)  # fmt: skip
shifted_chebyshev_polynomial_w = _polynomials(
    "shifted_chebyshev_polynomial_w", "Chebyshev's polynomial of the fourth kind, shifted to [0, 1],",
    "W_n(2\\,input_i - 1)", "tensor([ -1., 239.])",
)  # fmt: skip
hermite_polynomial_h = _polynomials(
    "hermite_polynomial_h", "the physicist's Hermite polynomial", "H_n(input_i)", "tensor([-5., 40.])"
)
hermite_polynomial_he = _polynomials(
    "hermite_polynomial_he", "the probabilist's Hermite polynomial", "He_n(input_i)", "tensor([-1.3750,  2.0000])"
)
laguerre_polynomial_l = _polynomials(
    "laguerre_polynomial_l", "Laguerre's polynomial", "L_n(input_i)", "tensor([-0.1458, -0.3333])"
)
legendre_polynomial_p = _polynomials(
    "legendre_polynomial_p", "Legendre's polynomial", "P_n(input_i)", "tensor([-0.4375, 17.0000])"
)
