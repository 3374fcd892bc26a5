"""Linear algebra: products of vectors, matrices and stacks of matrices.

A product of each combination of ranks is an op of its own, as PyTorch's nodes show; ``matmul`` chooses.
"""

from __future__ import annotations

from typing import Any

from plugrad.core.facts import case, real
from plugrad.core.linalg_refusals import refuse_linear
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.op import op
from plugrad.core.promote import wrong_type
from plugrad.core.refusals import BOOLEAN, lacks
from plugrad.core.value import Value

__all__ = [
    "addbmm", "addmm", "addmv", "addr", "affine", "baddbmm", "bmm", "column_sums", "dot", "linear", "linear_map",
    "matmul", "mm", "mv", "project", "tensordot", "transposed_product", "vdot", "vecdot",
]  # fmt: skip


@op(
    linear="each",
    node="Dot",
    promote="equal",
    refuse=lacks("dot", BOOLEAN),
    samples=lambda: [case(real(3), real(3)), case(real(0), real(0))],
)
def dot(xp, x1, x2):
    """The product of two vectors."""
    return xp.matmul(x1, x2)


dot.vjp(x1=lambda xp, g, x2: g * x2, x2=lambda xp, g, x1: g * x1)


@op(linear="each", node="Vdot", promote="equal", refuse=lacks("dot", BOOLEAN), samples=lambda: [case(real(3), real(3))])
def vdot(xp, x1, x2):
    """The product of two vectors, the first conjugated."""
    return xp.vecdot(x1, x2)


vdot.vjp(x1=lambda xp, g, x2: xp.conj(g * x2), x2=lambda xp, g, x1: g * xp.conj(x1))


@op(
    linear="each",
    node="Mv",
    promote="equal",
    refuse=lacks("addmv_impl_cpu", BOOLEAN),
    samples=lambda: [case(real(2, 3), real(3)), case(real(4, 2, 3), real(3))],
)
def mv(xp, matrix, vector):
    """The product of a matrix, or a stack of them, and a vector."""
    return xp.matmul(matrix, vector)


mv.vjp(
    matrix=lambda xp, g, vector: xp.expand_dims(g, axis=-1) * vector,
    vector=lambda xp, g, matrix: (
        xp.matmul(xp.matrix_transpose(rows(xp, matrix)), xp.reshape(g, shape=(-1,)))
        if g.ndim != 1
        else xp.matmul(xp.matrix_transpose(matrix), g)
    ),
)


@op(
    linear="each",
    node="Mm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [case(real(2, 3), real(3, 4)), case(real(2, 0), real(0, 4))],
)
def mm(xp, x1, x2):
    """The product of two matrices."""
    return xp.matmul(x1, x2)


# The transposes are part of the products: three ops that are each other's derivatives, and no view is recorded.
mm.vjp(
    x1=lambda xp, g, x2: xp.linear_map(g, x2),
    x2=lambda xp, g, x1: xp.transposed_product(x1, g),
)


@op(
    node="Mm",
    promote="equal",
    linear="each",
    samples=lambda: [case(real(3, 2), real(3, 4)), case(real(0, 2), real(0, 4))],
)
def transposed_product(xp, x1, x2):
    """The product of two matrices, the first transposed."""
    return xp.matmul(xp.matrix_transpose(x1), x2)


transposed_product.vjp(x1=lambda xp, g, x2: xp.linear_map(x2, g), x2=lambda xp, g, x1: xp.mm(x1, g))


@op(
    linear="each",
    node="Mm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [case(real(3), real(3, 4)), case(real(5, 2, 3), real(3, 4))],
)
def project(xp, x, matrix):
    """The product of each row of ``x``, of any rank, and a matrix, as one large product."""
    return xp.matmul(x, matrix)


project.vjp(
    x=lambda xp, g, matrix: xp.matmul(g, xp.matrix_transpose(matrix)),
    matrix=lambda xp, g, x: xp.transposed_product(rows(xp, x), rows(xp, g)),
)


@op(
    linear="each",
    node="Bmm",
    promote="equal",
    refuse=lacks("bmm", BOOLEAN),
    samples=lambda: [
        case(real(5, 2, 3), real(5, 3, 4)),
        case(real(2, 3), real(5, 3, 4)),
        case(real(6, 1, 2, 3), real(5, 3, 4)),
    ],
)
def bmm(xp, x1, x2):
    """The products of two stacks of matrices, which broadcast."""
    return xp.matmul(x1, x2)


bmm.vjp(
    x1=lambda xp, g, x2: xp.matmul(g, xp.matrix_transpose(x2)),
    x2=lambda xp, g, x1: xp.matmul(xp.matrix_transpose(x1), g),
)


def matmul(x1: Any, x2: Any) -> Any:
    """The standard's matmul on Tensors: the op for these ranks."""
    if not isinstance(x1, Value):
        raise wrong_type("matmul", "input", 1, x1)
    if not isinstance(x2, Value):
        raise wrong_type("matmul", "other", 2, x2)
    n1, n2 = x1.raw.ndim, x2.raw.ndim
    if n2 == 2:
        return mm(x1, x2) if n1 == 2 else project(x1, x2)
    if n2 == 1:
        return dot(x1, x2) if n1 == 1 else mv(x1, x2)
    if n1 > 1:
        return bmm(x1, x2)
    ops = x1.device.ops
    return ops.squeeze(bmm(ops.expand_dims(x1, axis=0), x2), axis=-2)


FUNCTIONS["matmul"] = matmul


def rows(xp, x):
    """A vector or a stack of matrices as one matrix."""
    shape = x.shape
    if len(shape) == 2:
        return x
    # Not -1, which has no meaning where another size is 0.
    count = 1
    for n in shape[:-1]:
        count *= n
    return xp.reshape(x, shape=(count, shape[-1]))


def sum_rows(xp, g, shape):
    """The gradient of what was added to every row; of another shape the engine sums it."""
    if len(shape) != 1 or g.ndim < 2 or shape[0] != g.shape[-1]:
        return g
    return xp.column_sums(rows(xp, g))


@op(elementwise=False, linear="all", samples=lambda: [case(real(4, 3))])
def column_sums(xp, x):
    """The sum of a matrix's rows."""
    return xp.sum(x, axis=0)


@op(
    node="Addmm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [
        case(real(2, 3), real(4, 3), real(4)),
        case(real(3), real(4, 3), real(4)),
        case(real(5, 2, 3), real(4, 3), real(4)),
        case(real(2, 3), real(4, 3), real(2, 1)),
    ],
)
def affine(xp, x, weight, bias):
    """x A^T + b: the rows of ``weight`` are those of A."""
    y = xp.matmul(x, xp.matrix_transpose(weight))
    # The bias must fit the product, not the product the bias.
    return y + xp.broadcast_to(bias, shape=y.shape)


affine.vjp(
    x=lambda xp, g, weight: xp.matmul(g, weight),
    weight=lambda xp, g, x: xp.transposed_product(rows(xp, g), rows(xp, x)),
    bias=lambda xp, g, bias_shape: sum_rows(xp, g, bias_shape),
)


@op(
    linear="each",
    node="Mm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [case(real(2, 3), real(4, 3)), case(real(5, 2, 3), real(4, 3))],
)
def linear_map(xp, x, weight):
    """x A^T: an affine map without a bias."""
    return xp.matmul(x, xp.matrix_transpose(weight))


linear_map.vjp(
    x=lambda xp, g, weight: xp.matmul(g, weight),
    weight=lambda xp, g, x: xp.transposed_product(rows(xp, g), rows(xp, x)),
)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """PyTorch's linear on Tensors."""
    try:
        if weight.raw.ndim == 2:
            return linear_map(input, weight) if bias is None else affine(input, weight, bias)
        if weight.raw.ndim == 1 and bias is None:
            return matmul(input, weight)
    except Exception:
        refuse_linear(input, weight, bias)
        raise
    refuse_linear(input, weight, bias)
    raise AssertionError("unreachable")


FUNCTIONS["linear"] = linear


def scaled(xp, x, factor):
    """``factor * x``, without the product where the factor is 1."""
    return x if factor == 1 else factor * x


def plus_product(xp, x, product, beta, alpha):
    """beta * x + alpha * product. With beta 0, what x holds does not count, not even nan (BLAS's rule)."""
    product = scaled(xp, product, alpha)
    return product if beta == 0 else scaled(xp, x, beta) + product


@op(
    node="Addmm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [
        case(real(2, 4), real(2, 3), real(3, 4)),
        case(real(4), real(2, 3), real(3, 4), beta=0.5, alpha=-2.0),
    ],
)
def addmm(xp, x, mat1, mat2, *, beta=1, alpha=1):
    """beta * x + alpha * mat1 @ mat2."""
    return plus_product(xp, x, xp.mm(mat1, mat2), beta, alpha)


addmm.vjp(
    x=lambda xp, g, beta: scaled(xp, g, beta),
    mat1=lambda xp, g, mat2, alpha: scaled(xp, xp.mm(g, xp.matrix_transpose(mat2)), alpha),
    mat2=lambda xp, g, mat1, alpha: scaled(xp, xp.mm(xp.matrix_transpose(mat1), g), alpha),
)


@op(
    node="Addmv",
    promote="equal",
    refuse=lacks("addmv_impl_cpu", BOOLEAN),
    samples=lambda: [
        case(real(2), real(2, 3), real(3)),
        case(real(2), real(2, 3), real(3), beta=0.5, alpha=-2.0),
    ],
)
def addmv(xp, x, mat, vec, *, beta=1, alpha=1):
    """beta * x + alpha * mat @ vec."""
    return plus_product(xp, x, xp.matmul(mat, vec), beta, alpha)


addmv.vjp(
    x=lambda xp, g, beta: scaled(xp, g, beta),
    mat=lambda xp, g, vec, alpha: scaled(xp, xp.expand_dims(g, axis=-1) * vec, alpha),
    vec=lambda xp, g, mat, alpha: scaled(xp, xp.matmul(xp.matrix_transpose(mat), g), alpha),
)


@op(
    node="Addr",
    samples=lambda: [
        case(real(2, 3), real(2), real(3)),
        case(real(3), real(2), real(3), beta=0.5, alpha=-2.0),
    ],
)
def addr(xp, x, vec1, vec2, *, beta=1, alpha=1):
    """beta * x + alpha * the outer product of two vectors."""
    return plus_product(xp, x, xp.expand_dims(vec1, axis=-1) * vec2, beta, alpha)


addr.vjp(
    x=lambda xp, g, beta: scaled(xp, g, beta),
    vec1=lambda xp, g, vec2, alpha: scaled(xp, xp.matmul(g, vec2), alpha),
    vec2=lambda xp, g, vec1, alpha: scaled(xp, xp.matmul(xp.matrix_transpose(g), vec1), alpha),
)


@op(
    node="Baddbmm",
    promote="equal",
    refuse=lacks("baddbmm", BOOLEAN),
    samples=lambda: [
        case(real(5, 2, 4), real(5, 2, 3), real(5, 3, 4)),
        case(real(4), real(5, 2, 3), real(5, 3, 4), beta=0.5, alpha=-2.0),
    ],
)
def baddbmm(xp, x, batch1, batch2, *, beta=1, alpha=1):
    """beta * x + alpha * batch1 @ batch2, of stacks of matrices."""
    return plus_product(xp, x, xp.matmul(batch1, batch2), beta, alpha)


baddbmm.vjp(
    x=lambda xp, g, beta: scaled(xp, g, beta),
    batch1=lambda xp, g, batch2, alpha: scaled(xp, xp.matmul(g, xp.matrix_transpose(batch2)), alpha),
    batch2=lambda xp, g, batch1, alpha: scaled(xp, xp.matmul(xp.matrix_transpose(batch1), g), alpha),
)


@op(
    node="Addbmm",
    promote="equal",
    refuse=lacks("addmm_impl_cpu_", BOOLEAN),
    samples=lambda: [
        case(real(2, 4), real(5, 2, 3), real(5, 3, 4)),
        case(real(4), real(5, 2, 3), real(5, 3, 4), beta=0.5, alpha=-2.0),
    ],
)
def addbmm(xp, x, batch1, batch2, *, beta=1, alpha=1):
    """beta * x + alpha * the sum of batch1 @ batch2, of stacks of matrices: one product of long matrices."""
    count, n, k = batch1.shape
    left = xp.reshape(xp.permute_dims(batch1, axes=(1, 0, 2)), shape=(n, count * k))
    right = xp.reshape(batch2, shape=(count * k, batch2.shape[-1]))
    return plus_product(xp, x, xp.mm(left, right), beta, alpha)


addbmm.vjp(
    x=lambda xp, g, beta: scaled(xp, g, beta),
    batch1=lambda xp, g, batch2, alpha: scaled(xp, xp.matmul(g, xp.matrix_transpose(batch2)), alpha),
    batch2=lambda xp, g, batch1, alpha: scaled(xp, xp.matmul(xp.matrix_transpose(batch1), g), alpha),
)


@op(samples=lambda: [case(real(2, 3), real(2, 3)), case(real(2, 3), real(2, 3), axis=-2)])
def vecdot(xp, x1, x2, *, axis=-1):
    """The sum of products along an axis, the first factor conjugated."""
    return xp.sum(xp.conj(x1) * x2, axis=axis)


@op(samples=lambda: [case(real(2, 3, 4), real(3, 4, 5)), case(real(2, 3), real(4), axes=0)])
def tensordot(xp, x1, x2, *, axes=2):
    """The sum of products over the last axes of x1 and the first of x2, or over two lists of axes."""
    n1, n2 = x1.ndim, x2.ndim
    if isinstance(axes, int):
        axes1, axes2 = tuple(range(n1 - axes, n1)), tuple(range(axes))
    else:
        axes1, axes2 = (tuple(a + n if a < 0 else a for a in side) for side, n in zip(axes, (n1, n2), strict=True))
    labels1 = list(range(n1))
    labels2 = list(range(n1, n1 + n2))
    for i, j in zip(axes1, axes2, strict=True):
        labels2[j] = labels1[i]
    output = [a for i, a in enumerate(labels1) if i not in axes1] + [a for j, a in enumerate(labels2) if j not in axes2]
    return xp.contract(x1, x2, labels1=tuple(labels1), labels2=tuple(labels2), output=tuple(output))
