"""Decompositions of matrices: Cholesky's, QR, LU, eigenvalues, singular values.

Their outputs are unique up to choices only (the signs or phases of vectors, a basis where values repeat), so only what
does not depend on these has a derivative. The formulas are PyTorch's, in its convention of complex gradients: rules
conjugate what comes in and what goes out. Of a pair of equal eigenvalues or singular values, the derivative of the
vectors is infinite or nan, as there.
"""

from __future__ import annotations

from typing import Any

from plugrad.core.facts import case, integers, real
from plugrad.core.op import op
from plugrad.core.ops.matrices import adjoint, column, conjugate, diagonal_matrix, diagonal_of, triangle

__all__ = [
    "cholesky_failure", "eigh_triangle", "eigvalsh_triangle", "linalg_cholesky", "linalg_eig", "linalg_eigvals",
    "linalg_qr", "linalg_svd", "linalg_svdvals", "lu_packed", "permutation", "phase_free", "qr_triangle",
]  # fmt: skip


# -- Cholesky ----------------------------------------------------------------------------------------------------------


def positive_definite(xp, x):
    """For samples: symmetric, with positive eigenvalues."""
    return (xp.matmul(x, xp.matrix_transpose(x)) + 2 * xp.eye(x.shape[-1], dtype=x.dtype),)


@op(
    promote="none",
    batch="stack",
    node="LinalgCholeskyEx",
    called="linalg_cholesky",
    samples=lambda: [case(real(3, 3)), case(real(2, 4, 4), upper=True), case(real(0, 0)), case(real(0, 2, 2))],
    through=positive_definite,
)
def linalg_cholesky(xp, x, *, upper=False):
    """The triangle L with ``L L^H = x``, or U with ``U^H U = x``. Only one triangle of ``x`` is read."""
    return xp.linalg_cholesky(x, upper=upper)


def _cholesky_rule(xp, g, y, upper):
    low = adjoint(xp, y) if upper else y
    inner = xp.matmul(adjoint(xp, low), xp.matrix_transpose(g) if upper else conjugate(xp, g))
    # Of the gradients that do for a hermitian x, the hermitian one (if the diagonal of what comes in is real).
    inner = 0.5 * (xp.tril(inner) + adjoint(xp, xp.tril(inner, k=-1)))
    found = xp.solve_triangular(adjoint(xp, low), inner, upper=True)
    return conjugate(xp, xp.solve_triangular(low, found, upper=False, left=False))


linalg_cholesky.vjp(x=_cholesky_rule)


@op(
    constant=True,
    promote="none",
    batch="stack",
    samples=lambda: [case(real(3, 3)), case(real(2, 2, 2)), case(real(0, 0))],
)
def cholesky_failure(xp, x):
    """The order of the first leading minor that is not positive, for each matrix; 0 where all are."""
    lead, n = x.shape[:-2], x.shape[-1]
    failed = xp.zeros(lead, dtype=xp.int32)
    for i in range(n):
        pivot = xp.real(x[..., i, i]) if _is_complex(xp, x) else x[..., i, i]
        bad = xp.logical_not(pivot > 0)
        failed = xp.where((failed == 0) & bad, xp.full_like(failed, i + 1), failed)
        below = x[..., :, i : i + 1]
        step = xp.matmul(below, adjoint(xp, below))
        # After a failure the numbers mean nothing, but must not become infinite.
        pivot = xp.where(bad, xp.ones_like(pivot), pivot)
        x = x - xp.divide(step, xp.astype(column(xp, pivot), x.dtype))
    return failed


def _is_complex(xp, x):
    return xp.isdtype(x.dtype, "complex floating")


# -- QR ----------------------------------------------------------------------------------------------------------------


@op(
    promote="none",
    batch="stack",
    node="LinalgQr",
    samples=lambda: [
        case(real(3, 3)),
        case(real(4, 2)),
        case(real(2, 2, 4)),
        case(real(2, 3), mode="complete"),
        case(real(0, 2)),
    ],
)
def linalg_qr(xp, x, *, mode="reduced"):
    """An orthonormal Q and an upper triangle R with ``Q R = x``."""
    return xp.linalg_qr(x, mode=mode)


def _qr_square(xp, q, r, gq, gr):
    """The gradient, in PyTorch's convention, where x has no more columns than rows."""
    inner = 0
    if gr is not None:
        inner = xp.matmul(gr, adjoint(xp, r))
    if gq is not None:
        inner = inner - xp.matmul(adjoint(xp, q), gq)
    inner = xp.triu(inner)
    diagonal = diagonal_of(xp, inner)
    inner = inner + adjoint(xp, inner) - diagonal_matrix(xp, 0.5 * (diagonal + conjugate(xp, diagonal)))
    found = xp.matmul(q, inner)
    found = found if gq is None else found + gq
    return xp.solve_triangular(adjoint(xp, r), found, upper=False, left=False)


def _qr_rule(xp, g, y0, y1, mode, x_shape):
    m, n = x_shape[-2:]
    if mode == "complete" and m > n:
        raise RuntimeError(
            "The QR decomposition is not differentiable when mode='complete' and nrows > ncols.\n"
            "Hint: mode='reduced' has a derivative; the further columns of Q are no function of the input."
        )
    gq, gr = [None if one is None else conjugate(xp, one) for one in g]
    if m >= n:
        return conjugate(xp, _qr_square(xp, y0, y1, gq, gr))
    # A wide x is a square one beside Q R2, whose gradients go to Q too.
    r1, r2 = y1[..., :m], y1[..., m:]
    if gr is None:
        left = _qr_square(xp, y0, r1, gq, None)
        right = 0 * xp.matmul(y0, r2)
    else:
        gr2 = gr[..., m:]
        more = xp.matmul(xp.matmul(y0, r2), adjoint(xp, gr2))
        left = _qr_square(xp, y0, r1, more if gq is None else gq + more, gr[..., :m])
        right = xp.matmul(y0, gr2)
    return conjugate(xp, xp.concat([left, right], axis=-1))


linalg_qr.vjp(x=_qr_rule)
linalg_qr.op.node_class.fills_zeros = False


@op(
    promote="none",
    batch="stack",
    node="LinalgQr",
    tested="tests/ops/test_linalg_decompositions.py",
)
def qr_triangle(xp, x):
    """R alone."""
    return xp.linalg_qr(x, mode="reduced")[1]


def _no_qr_derivative(xp, g):
    raise RuntimeError(
        "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
        "Please use linalg.qr(A, mode='reduced') if you are going to differentiate through linalg.qr."
    )


qr_triangle.vjp(x=_no_qr_derivative)


# -- eigenvalues -------------------------------------------------------------------------------------------------------


def symmetric(xp, x):
    """For samples: symmetric, with eigenvalues far from each other."""
    n = x.shape[-1]
    apart = xp.astype(5 * xp.arange(n), dtype=x.dtype) * xp.eye(n, dtype=x.dtype)
    return (0.1 * x + 0.1 * xp.matrix_transpose(x) + apart,)


@op(
    promote="none",
    node="PhaseFree",
    exempt=("dependence",),
    samples=lambda: [case(real(2, 3, 3), real(2, 3, low=0.0, high=0.001), function="linalg_eigh_backward", of="")],
)
def phase_free(xp, x, dependence, *, function, of):
    """``x``, or nan for each matrix whose loss depends on the phases of complex vectors, which are arbitrary.

    A backend that can look at its numbers without waiting for a device raises instead, naming ``function``.
    """
    depends = column(xp, xp.any(xp.abs(dependence) > 0.01, axis=-1))
    return xp.where(depends, xp.full_like(x, xp.nan), x)


phase_free.vjp(x=lambda xp, g: g)


def _checked(xp, g, phases, function, of):
    return xp.phase_free(g, xp.imag(phases), function=function, of=of)


def _differences(xp, x, y):
    """x_j - y_i, and 1 on the diagonal; with what picks out the diagonal."""
    same = xp.eye(x.shape[-1], dtype=xp.int8) == 1
    found = xp.expand_dims(x, axis=-2) - xp.expand_dims(y, axis=-1)
    return xp.where(same, xp.ones_like(found), found), same


@op(
    promote="none",
    batch="stack",
    node="LinalgEigh",
    called="linalg_eigh",
    samples=lambda: [
        case(real(3, 3), upper=False),
        case(real(2, 4, 4), upper=False),
        case(real(0, 0), upper=False),
    ],
    through=symmetric,
)
def eigh_triangle(xp, x, *, upper=False):
    """The eigenvalues, rising, and the eigenvectors of hermitian matrices of which one triangle is read."""
    half = triangle(xp, x, upper)
    other = xp.triu(x, k=1) if upper else xp.tril(x, k=-1)
    return xp.linalg_eigh(half + adjoint(xp, other))


def _eigh_rule(xp, g, y0, y1):
    values, vectors = g
    vh = adjoint(xp, y1)
    inner = None
    if vectors is not None:
        inner = xp.matmul(vh, conjugate(xp, vectors))
        if _is_complex(xp, y1):
            inner = _checked(xp, inner, diagonal_of(xp, inner), "linalg_eigh_backward", "eigenvectors")
        # Of the gradients that do for a hermitian x, the hermitian one.
        inner = 0.5 * _skew(xp, inner)
        apart, same = _differences(xp, y0, y0)
        inner = xp.divide(xp.where(same, xp.zeros_like(inner), inner), apart)
    if values is not None:
        along = diagonal_matrix(xp, xp.astype(values, dtype=y1.dtype))
        inner = along if inner is None else inner + along
    return conjugate(xp, xp.matmul(y1, xp.matmul(inner, vh)))


eigh_triangle.vjp(x=_eigh_rule)
eigh_triangle.op.node_class.fills_zeros = False


@op(
    promote="none",
    batch="stack",
    samples=lambda: [case(real(3, 3), upper=False), case(real(2, 3, 3), upper=True)],
    through=symmetric,
)
def eigvalsh_triangle(xp, x, *, upper=False):
    """The eigenvalues alone."""
    return xp.eigh_triangle(x, upper=upper)[0]


@op(promote="none", batch="stack", node="LinalgEig", tested="tests/ops/test_linalg_decompositions.py")
def linalg_eig(xp, x):
    """The eigenvalues and eigenvectors of any square matrices, complex."""
    return xp.linalg_eig(x)


def _eig_rule(xp, g, y0, y1, x_dtype):
    values, vectors = g
    vh = xp.conj(xp.matrix_transpose(y1))
    inner = None
    if vectors is not None:
        inner = xp.matmul(vh, xp.conj(vectors))
        phases = diagonal_of(xp, inner)
        inner = _checked(xp, inner, phases, "linalg_eig_backward", "eigenvectors")
        # Vectors have length 1.
        along = xp.expand_dims(xp.astype(xp.real(phases), dtype=y1.dtype), axis=-2)
        inner = inner - xp.matmul(vh, y1 * along)
        apart, same = _differences(xp, xp.conj(y0), xp.conj(y0))
        inner = xp.divide(xp.where(same, xp.zeros_like(inner), inner), apart)
    if values is not None:
        along = diagonal_matrix(xp, xp.conj(values))
        inner = along if inner is None else inner + along
    found = xp.conj(xp.linalg_solve(vh, xp.matmul(inner, vh)))
    return found if xp.isdtype(x_dtype, "complex floating") else xp.real(found)


linalg_eig.vjp(x=_eig_rule)
linalg_eig.op.node_class.fills_zeros = False


@op(promote="none", batch="stack", tested="tests/ops/test_linalg_decompositions.py")
def linalg_eigvals(xp, x):
    """The eigenvalues alone."""
    return xp.linalg_eig(x)[0]


# -- singular values ---------------------------------------------------------------------------------------------------


@op(
    promote="none",
    batch="stack",
    node="LinalgSvd",
    samples=lambda: [
        case(real(3, 3)),
        case(real(2, 4, 2), full_matrices=False),
        case(real(2, 4), full_matrices=False),
        case(real(0, 2), full_matrices=False),
    ],
)
def linalg_svd(xp, x, *, full_matrices=True):
    """U, the singular values S, falling, and V^H with ``U S V^H = x``."""
    return xp.linalg_svd(x, full_matrices=full_matrices)


def _skew(xp, x):
    return x - adjoint(xp, x)


def _svd_rule(xp, g, y0, y1, y2):
    k = y1.shape[-1]
    # Of full matrices the further vectors are arbitrary, and their gradients do not count.
    u, s, vh = y0[..., :, :k], y1, y2[..., :k, :]
    gu = None if g[0] is None else conjugate(xp, g[0])[..., :, :k]
    gvh = None if g[2] is None else conjugate(xp, g[2])[..., :k, :]
    along = None if g[1] is None else xp.astype(g[1], dtype=u.dtype)
    if gu is None and gvh is None:
        return conjugate(xp, xp.matmul(u * xp.expand_dims(along, axis=-2), vh))
    inner = 0
    phases = 0
    if gu is not None:
        left = _skew(xp, xp.matmul(adjoint(xp, u), gu))
        inner = left * xp.expand_dims(s, axis=-2)
        phases = diagonal_of(xp, left)
        if gvh is not None and _is_complex(xp, u):
            extra = xp.divide(phases, 2 * s)
            along = extra if along is None else along + extra
    if gvh is not None:
        right = _skew(xp, xp.matmul(vh, adjoint(xp, gvh)))
        inner = inner + xp.expand_dims(s, axis=-1) * right
        phases = phases + diagonal_of(xp, right)
    if _is_complex(xp, u):
        inner = _checked(xp, inner, phases, "svd_backward", "singular vectors")
    apart, same = _differences(xp, s * s, s * s)
    inner = xp.divide(xp.where(same, xp.zeros_like(inner), inner), apart)
    if along is not None:
        inner = inner + diagonal_matrix(xp, along)
    found = xp.matmul(u, inner)
    if gu is not None and u.shape[-2] > k:
        outside = xp.divide(gu, xp.expand_dims(s, axis=-2))
        found = found + outside - xp.matmul(u, xp.matmul(adjoint(xp, u), outside))
    found = xp.matmul(found, vh)
    if gvh is not None and vh.shape[-1] > k:
        outside = xp.divide(gvh, xp.expand_dims(s, axis=-1))
        found = found + xp.matmul(u, outside - xp.matmul(xp.matmul(outside, adjoint(xp, vh)), vh))
    return conjugate(xp, found)


linalg_svd.vjp(x=_svd_rule)
linalg_svd.op.node_class.fills_zeros = False


@op(promote="none", batch="stack", samples=lambda: [case(real(3, 3)), case(real(2, 2, 4)), case(real(0, 2))])
def linalg_svdvals(xp, x):
    """The singular values alone."""
    return xp.linalg_svd(x, full_matrices=False)[1]


# -- LU ----------------------------------------------------------------------------------------------------------------


@op(constant=True, promote="none", batch="stack", samples=lambda: [case(integers(2, 3, low=3, high=4), rows=3)])
def permutation(xp, pivots, *, rows):
    """The order of rows after the exchanges that LAPACK's pivots, counted from 1, tell of."""
    numbers = xp.arange(rows, dtype=pivots.dtype)
    order = xp.zeros((*pivots.shape[:-1], rows), dtype=pivots.dtype) + numbers
    for i in range(pivots.shape[-1]):
        other = pivots[..., i : i + 1] - 1
        order = xp.take_along_axis(order, xp.astype(_exchange(xp, numbers, i, other), xp.int64), axis=-1)
    return order


def _exchange(xp, numbers, i, other):
    """The numbers with ``i`` and ``other`` exchanged."""
    return xp.where(numbers == i, other, xp.where(numbers == other, xp.full_like(other, i), numbers))


@op(
    promote="none",
    batch="stack",
    node="LinalgLuFactorEx",
    called="linalg_lu_factor",
    samples=lambda: [case(real(3, 3)), case(real(2, 4, 2)), case(real(2, 4)), case(real(0, 2))],
)
def lu_packed(xp, x):
    """L and U of ``P L U = x`` in one array, the pivots, counted from 1, and the first that is 0, or 0."""
    m, n = x.shape[-2:]
    k = min(m, n)
    rows = xp.arange(m)
    below = xp.expand_dims(rows, axis=-1)
    pivots = []
    info = xp.zeros(x.shape[:-2], dtype=xp.int32)
    for i in range(k):
        here = x[..., :, i]
        # LAPACK's measure of complex numbers.
        size = xp.abs(xp.real(here)) + xp.abs(xp.imag(here)) if _is_complex(xp, x) else xp.abs(here)
        size = xp.where(size == size, size, xp.full_like(size, xp.inf))
        size = xp.where(rows < i, xp.full_like(size, -1), size)
        found = xp.argmax(size, axis=-1, keepdims=True)
        pivots.append(xp.astype(found + 1, xp.int32))
        order = xp.expand_dims(_exchange(xp, rows, i, found), axis=-1)
        x = xp.take_along_axis(x, xp.broadcast_to(order, shape=x.shape), axis=-2)
        pivot = x[..., i : i + 1, i : i + 1]
        zero = pivot == 0
        info = xp.where((info == 0) & zero[..., 0, 0], xp.full_like(info, i + 1), info)
        here = x[..., :, i : i + 1]
        factors = xp.where(below > i, xp.divide(here, xp.where(zero, xp.ones_like(pivot), pivot)), xp.zeros_like(here))
        rest = x[..., :, i + 1 :] - factors * x[..., i : i + 1, i + 1 :]
        x = xp.concat([x[..., :, :i], xp.where(below > i, factors, here), rest], axis=-1)
    x = xp.asarray(x, copy=True) if not k else x
    return x, xp.concat(pivots, axis=-1) if k else xp.zeros((*x.shape[:-2], 0), dtype=xp.int32), info


def lu_parts(xp: Any, packed: Any) -> tuple[Any, Any]:
    """L and U."""
    m, n = packed.shape[-2:]
    k = min(m, n)
    low = xp.tril(packed[..., :, :k], k=-1) + xp.eye(m, k, dtype=packed.dtype)
    return low, xp.triu(packed[..., :k, :])


def row_matrix(xp: Any, pivots: Any, rows: int, dtype: Any) -> Any:
    """The matrix P of ``P L U``."""
    order = xp.permutation(pivots, rows=rows)
    numbers = xp.expand_dims(xp.arange(rows, dtype=order.dtype), axis=-1)
    return xp.astype(numbers == xp.expand_dims(order, axis=-2), dtype=dtype)


def _lu_rule(xp, g, y0, y1):
    g = g[0]
    m, n = y0.shape[-2:]
    k = min(m, n)
    low, up = lu_parts(xp, y0)
    gl, gu = xp.tril(g[..., :, :k], k=-1), xp.triu(g[..., :k, :])
    low1, up1 = low[..., :k, :], up[..., :, :k]
    inner_l = xp.matmul(xp.matrix_transpose(low1), gl[..., :k, :])
    inner_u = xp.matmul(gu[..., :, :k], xp.matrix_transpose(up1))
    # What a wide x has beside its square, and a tall one below it, follows from L and U of the square.
    if m < n:
        inner_l = inner_l - xp.matmul(gu[..., :, k:], xp.matrix_transpose(up[..., :, k:]))
    elif m > n:
        inner_u = inner_u - xp.matmul(xp.matrix_transpose(low[..., k:, :]), gl[..., k:, :])
    inner = xp.tril(inner_l, k=-1) + xp.triu(inner_u)
    up_t, low_t = xp.matrix_transpose(up1), xp.matrix_transpose(low1)
    found = xp.solve_triangular(up_t, inner, upper=False, left=False)
    if m < n:
        found = xp.concat([found, gu[..., :, k:]], axis=-1)
    found = xp.solve_triangular(low_t, found, upper=True, unitriangular=True)
    if m > n:
        more = xp.solve_triangular(up_t, gl[..., k:, :], upper=False, left=False)
        found = xp.concat([found, more], axis=-2)
    return xp.matmul(row_matrix(xp, y1, m, y0.dtype), found)


lu_packed.vjp(x=_lu_rule)
