"""What a square matrix has: its inverse, its determinant, solutions of its equations, its exponential.

Inverses, solutions and determinants are holomorphic, so their rules are plain transposes, without a conjugate.
"""

from __future__ import annotations

from typing import Any

from plugrad.core.facts import case, real
from plugrad.core.op import op

__all__ = [
    "cholesky_solve", "linalg_cofactors", "linalg_cross", "linalg_det", "linalg_inv", "linalg_matrix_exp",
    "linalg_slogdet", "linalg_solve", "pseudo_inverse", "solve_triangular", "solve_vectors",
]  # fmt: skip


def conjugate(xp, x):
    """The complex conjugate; a real array is its own."""
    return xp.conj(x) if xp.isdtype(x.dtype, "complex floating") else x


def adjoint(xp, x):
    """The conjugate of the transposed matrices."""
    return conjugate(xp, xp.matrix_transpose(x))


def diagonal_of(xp, x):
    """The main diagonals of stacked matrices."""
    return xp.diagonal(x, offset=0, axis1=-2, axis2=-1)


def diagonal_matrix(xp, x):
    """Matrices with these diagonals, and 0 elsewhere."""
    return xp.expand_dims(x, axis=-1) * xp.eye(x.shape[-1], dtype=x.dtype)


def column(xp, x):
    """One number for each matrix, to be multiplied with it."""
    return xp.expand_dims(xp.expand_dims(x, axis=-1), axis=-1)


def well_conditioned(xp, x, *others):
    """Far from singular, and not symmetric: for samples."""
    return (x + 4 * xp.eye(x.shape[-1], dtype=x.dtype), *others)


# -- inverses and equations --------------------------------------------------------------------------------------------


def _squares():
    return [case(real(3, 3)), case(real(2, 4, 4)), case(real(0, 0)), case(real(0, 2, 2))]


@op(promote="none", batch="stack", node="LinalgInvEx", called="linalg_inv", samples=_squares, through=well_conditioned)
def linalg_inv(xp, x):
    """The inverses of stacked matrices."""
    return xp.linalg_inv(x)


def _inverse_rule(xp, g, y):
    y = xp.matrix_transpose(y)
    return -xp.matmul(y, xp.matmul(g, y))


linalg_inv.vjp(x=_inverse_rule)


@op(
    promote="none",
    batch="stack",
    node="LinalgSolveEx",
    called="linalg_solve",
    samples=lambda: [
        case(real(3, 3), real(3, 2)),
        case(real(2, 3, 3), real(3, 1)),
        case(real(3, 3), real(2, 3, 2)),
        case(real(0, 0), real(0, 2)),
    ],
    through=well_conditioned,
)
def linalg_solve(xp, x1, x2):
    """X in ``x1 X = x2``, of stacked matrices."""
    return xp.linalg_solve(x1, x2)


def _solve_rule(xp, g, x1, y, needs):
    g = xp.linalg_solve(xp.matrix_transpose(x1), g)
    return (-xp.matmul(g, xp.matrix_transpose(y)) if needs[0] else None), g


linalg_solve.vjp(joint=_solve_rule)


@op(
    promote="none",
    node="LinalgSolveEx",
    called="linalg_solve",
    samples=lambda: [case(real(3, 3), real(3)), case(real(2, 3, 3), real(2, 3)), case(real(2, 3, 3), real(3))],
    through=well_conditioned,
)
def solve_vectors(xp, x1, x2):
    """x in ``x1 x = x2``, of stacked matrices and vectors."""
    return xp.squeeze(xp.linalg_solve(x1, xp.expand_dims(x2, axis=-1)), axis=-1)


def _solve_vectors_rule(xp, g, x1, y, needs):
    g = xp.solve_vectors(xp.matrix_transpose(x1), g)
    return (-xp.expand_dims(g, axis=-1) * xp.expand_dims(y, axis=-2) if needs[0] else None), g


solve_vectors.vjp(joint=_solve_vectors_rule)


def triangle(xp, x, upper, unitriangular=False):
    """The triangle that counts, of a square matrix; with ones on its diagonal where that is not to be read."""
    if not unitriangular:
        return xp.triu(x) if upper else xp.tril(x)
    return (xp.triu(x, k=1) if upper else xp.tril(x, k=-1)) + xp.eye(x.shape[-1], dtype=x.dtype)


@op(
    promote="none",
    batch="stack",
    node="LinalgSolveTriangular",
    called="linalg_solve_triangular",
    samples=lambda: [
        case(real(3, 3), real(3, 2), upper=True),
        case(real(2, 3, 3), real(3, 2), upper=False),
        case(real(3, 3), real(2, 2, 3), upper=True, left=False),
        case(real(3, 3), real(2, 3), upper=False, left=False, unitriangular=True),
    ],
    through=well_conditioned,
)
def solve_triangular(xp, x1, x2, *, upper, left=True, unitriangular=False):
    """X in ``x1 X = x2``, or ``X x1 = x2``, where one triangle of ``x1`` counts and the other is taken as 0."""
    a = triangle(xp, x1, upper, unitriangular)
    if left:
        return xp.linalg_solve(a, x2)
    return xp.matrix_transpose(xp.linalg_solve(xp.matrix_transpose(a), xp.matrix_transpose(x2)))


def _solve_triangular_rule(xp, g, x1, y, upper, left, unitriangular, needs):
    g = xp.solve_triangular(xp.matrix_transpose(x1), g, upper=not upper, left=left, unitriangular=unitriangular)
    if not needs[0]:
        return None, g
    y = xp.matrix_transpose(y)
    g1 = -(xp.matmul(g, y) if left else xp.matmul(y, g))
    k = 1 if unitriangular else 0
    return (xp.triu(g1, k=k) if upper else xp.tril(g1, k=-k)), g


solve_triangular.vjp(joint=_solve_triangular_rule)


@op(
    promote="none",
    batch="stack",
    tested="tests/ops/test_linalg_equations.py",
)
def cholesky_solve(xp, x, factor, *, upper=False):
    """X in ``L L^H X = x``, or ``U^H U X = x``."""
    other = adjoint(xp, factor)
    low, up = (other, factor) if upper else (factor, other)
    return xp.solve_triangular(up, xp.solve_triangular(low, x, upper=False), upper=True)


def _cholesky_solve_rule(xp, g, factor, y, upper, needs):
    g = xp.cholesky_solve(conjugate(xp, g), factor, upper=upper)
    if not needs[1]:
        return conjugate(xp, g), None
    # As PyTorch's: the factor counts as a full matrix, so that the gradient is no triangle.
    inner = -xp.matmul(g, adjoint(xp, y))
    inner = inner + adjoint(xp, inner)
    factor = triangle(xp, factor, upper)
    return conjugate(xp, g), conjugate(xp, xp.matmul(factor, inner) if upper else xp.matmul(inner, factor))


cholesky_solve.vjp(joint=_cholesky_solve_rule)


# -- determinants ------------------------------------------------------------------------------------------------------


@op(promote="none", batch="stack", node="LinalgDet", called="linalg_det", samples=_squares, through=well_conditioned)
def linalg_det(xp, x):
    """The determinants of stacked matrices."""
    return xp.linalg_det(x)


linalg_det.vjp(x=lambda xp, g, x: column(xp, g) * xp.linalg_cofactors(x))


def _product_without(xp, x, count):
    """For each choice of ``count`` elements (1 or 2) of a vector, the product of the others. 0 at equal pairs."""
    n = x.shape[-1]
    same = xp.eye(n, dtype=xp.int8) == 1
    if count == 1:
        rest = xp.expand_dims(x, axis=-2)
        return xp.prod(xp.where(same, xp.ones_like(rest), rest), axis=-1)
    left_out = xp.expand_dims(same, axis=0) | xp.expand_dims(same, axis=1)
    rest = xp.expand_dims(xp.expand_dims(x, axis=-2), axis=-2)
    product = xp.prod(xp.where(left_out, xp.ones_like(rest), rest), axis=-1)
    return xp.where(same, xp.zeros_like(product), product)


@op(
    promote="none",
    batch="stack",
    node="LinalgDetBackward",
    samples=lambda: [case(real(3, 3)), case(real(2, 2, 2)), case(real(1, 1)), case(real(0, 0))],
)
def linalg_cofactors(xp, x):
    """The cofactors of stacked matrices: the derivative of the determinant, right for singular matrices too.

    With the singular values the cofactors are products, and nothing is divided by.
    https://nhigham.com/2020/06/16/what-is-the-adjugate-of-a-matrix/
    """
    u, s, vh = xp.linalg_svd(x, full_matrices=False)
    turn = xp.linalg_det(u) * xp.linalg_det(vh)
    products = xp.astype(_product_without(xp, s, 1), dtype=x.dtype)
    return column(xp, turn) * xp.matmul(conjugate(xp, u) * xp.expand_dims(products, axis=-2), conjugate(xp, vh))


def _cofactors_rule(xp, g, x):
    # In the bases of U and V the matrix is diagonal, and its second minors are products of singular values.
    u, s, vh = xp.linalg_svd(x, full_matrices=False)
    turn = xp.linalg_det(u) * xp.linalg_det(vh)
    inner = xp.matmul(adjoint(xp, u), xp.matmul(g, adjoint(xp, vh)))
    minors = xp.astype(_product_without(xp, s, 2), dtype=x.dtype)
    along = xp.squeeze(xp.matmul(minors, xp.expand_dims(diagonal_of(xp, inner), axis=-1)), axis=-1)
    second = diagonal_matrix(xp, along) - minors * xp.matrix_transpose(inner)
    return column(xp, turn) * xp.matmul(conjugate(xp, u), xp.matmul(second, conjugate(xp, vh)))


linalg_cofactors.vjp(x=_cofactors_rule)


@op(
    promote="none",
    batch="stack",
    node="LinalgSlogdet",
    called="linalg_slogdet",
    samples=_squares,
    through=well_conditioned,
)
def linalg_slogdet(xp, x):
    """The sign of the determinant and the logarithm of its size."""
    return xp.linalg_slogdet(x)


def _slogdet_rule(xp, g, x, y0):
    # d log|det| is the real part of tr(x^-1 dx), d sign i times its imaginary part times the sign.
    sign, weight = g
    if xp.isdtype(x.dtype, "complex floating"):
        weight = 0 if weight is None else xp.astype(weight, dtype=x.dtype)
        if sign is not None:
            turned = sign * y0
            weight = weight + 0.5 * (turned - xp.conj(turned))
    elif weight is None:
        return 0 * x
    return column(xp, weight) * xp.matrix_transpose(xp.linalg_inv(x))


linalg_slogdet.vjp(x=_slogdet_rule)
linalg_slogdet.op.node_class.fills_zeros = False


# -- the pseudo-inverse ------------------------------------------------------------------------------------------------


@op(
    promote="none",
    node="LinalgPinv",
    called="linalg_pinv",
    exempt=("atol", "rtol"),
    samples=lambda: [
        case(real(3, 3), 0.0, 1e-15),
        case(real(4, 2), 0.0, 1e-15),
        case(real(2, 2, 4), 0.0, 1e-15),
        case(real(0, 3), 0.0, 1e-15),
    ],
)
def pseudo_inverse(xp, x, atol, rtol):
    """The Moore-Penrose inverse; singular values of at most ``max(atol, rtol * the largest)`` count as 0."""
    u, s, vh = xp.linalg_svd(x, full_matrices=False)
    if 0 in s.shape:
        return xp.matrix_transpose(conjugate(xp, x)) + xp.matmul(adjoint(xp, vh), adjoint(xp, u))
    limit = xp.multiply(s[..., :1], _last(xp, rtol))
    atol = _last(xp, atol)
    limit = xp.where(limit > atol, limit, xp.zeros_like(limit) + atol)
    large = s > limit
    inverse = xp.where(large, xp.divide(xp.ones_like(s), xp.where(large, s, xp.ones_like(s))), xp.zeros_like(s))
    return xp.matmul(adjoint(xp, vh) * xp.expand_dims(inverse, axis=-2), adjoint(xp, u))


def _last(xp, x):
    """A tolerance for each matrix, beside its vector of singular values."""
    return xp.expand_dims(x, axis=-1) if getattr(x, "shape", ()) else x


def _pinv_rule(xp, g, x, y):
    # Golub and Pereyra's formula (4.12), https://doi.org/10.1137/0710036, for matrices of one rank.
    g, yh = xp.matrix_transpose(g), adjoint(xp, y)
    if x.shape[-2] <= x.shape[-1]:
        # The products are ordered so that the small matrices come first.
        k = xp.matmul(g, y)
        kyh = xp.matmul(k, yh)
        found = kyh - xp.matmul(xp.matmul(x, y), kyh) - adjoint(xp, xp.matmul(y, k))
        return conjugate(xp, found + xp.matmul(xp.matmul(yh, y), g - xp.matmul(k, x)))
    k = xp.matmul(y, g)
    yhk = xp.matmul(yh, k)
    found = yhk - xp.matmul(xp.matmul(yhk, y), x) - adjoint(xp, xp.matmul(k, y))
    return conjugate(xp, found + xp.matmul(xp.matmul(g - xp.matmul(x, k), y), yh))


pseudo_inverse.vjp(x=_pinv_rule)


# -- the exponential ---------------------------------------------------------------------------------------------------

# Padé's approximant of order 13 is exact to a double's precision up to this norm. Higham, "The scaling and squaring
# method for the matrix exponential revisited", https://doi.org/10.1137/04061101X
PADE_NORM = 5.371920351148152
PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
# Nobody may look at the norms to see how often to square: so it is always as often as the largest norms need.
_SQUARINGS = 24


def pade(xp: Any, x: Any) -> Any:
    """The exponentials of matrices of a norm of at most PADE_NORM."""
    one = xp.eye(x.shape[-1], dtype=x.dtype)
    b = [c / PADE[0] for c in PADE]
    x2 = xp.matmul(x, x)
    x4 = xp.matmul(x2, x2)
    x6 = xp.matmul(x4, x2)
    odd = xp.matmul(x6, b[13] * x6 + b[11] * x4 + b[9] * x2) + b[7] * x6 + b[5] * x4 + b[3] * x2 + b[1] * one
    odd = xp.matmul(x, odd)
    even = xp.matmul(x6, b[12] * x6 + b[10] * x4 + b[8] * x2) + b[6] * x6 + b[4] * x4 + b[2] * x2 + b[0] * one
    return xp.linalg_solve(even - odd, even + odd)


@op(promote="none", batch="stack", node="LinalgMatrixExp", called="linalg_matrix_exp", samples=_squares)
def linalg_matrix_exp(xp, x):
    """The exponentials of stacked matrices: the sum of x^k / k!, by scaling and squaring."""
    if 0 in x.shape:
        return xp.asarray(x, copy=True)
    norm = xp.max(xp.sum(xp.abs(x), axis=-2), axis=-1)
    times = xp.ceil(xp.log2(xp.where(norm > PADE_NORM, norm / PADE_NORM, xp.ones_like(norm))))
    y = pade(xp, x * xp.astype(column(xp, xp.pow(xp.full_like(times, 2), -times)), x.dtype))
    times = column(xp, times)
    for i in range(_SQUARINGS):
        y = xp.where(times > i, xp.matmul(y, y), y)
    return y


def _matrix_exp_rule(xp, g, x):
    # Of a block matrix [[x, g], [0, x]] the exponential has the derivative along g in its corner.
    x = xp.matrix_transpose(x)
    n = x.shape[-1]
    low = xp.concat([xp.zeros_like(x), x], axis=-1)
    both = xp.concat([xp.concat([x, g], axis=-1), low], axis=-2)
    return xp.linalg_matrix_exp(both)[..., :n, n:]


linalg_matrix_exp.vjp(x=_matrix_exp_rule)


# -- the cross product -------------------------------------------------------------------------------------------------


@op(
    promote="none",
    batch="stack",
    node="LinalgCross",
    linear="each",
    called="linalg_cross",
    samples=lambda: [
        case(real(3), real(3)),
        case(real(2, 3), real(1, 3)),
        case(real(3, 2), real(3, 2), axis=-2),
    ],
)
def linalg_cross(xp, x1, x2, *, axis=-1):
    """The cross products of vectors of three elements along an axis, counted from the end."""
    axis %= x1.ndim
    lead = [slice(None)] * axis

    def part(x, i):
        return x[(*lead, slice(i, i + 1), ...)]

    parts = []
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        parts.append(part(x1, j) * part(x2, k) - part(x1, k) * part(x2, j))
    return xp.concat(parts, axis=axis)


linalg_cross.vjp(
    x1=lambda xp, g, x2, axis: xp.linalg_cross(x2, g, axis=axis),
    x2=lambda xp, g, x1, axis: xp.linalg_cross(g, x1, axis=axis),
)
