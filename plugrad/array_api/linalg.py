"""The standard's extension of linear algebra, differentiable.

Every function takes stacks of matrices: the last two axes are the matrix, those before them are the stack.

Example::

    >>> import plugrad.array_api as xp
    >>> x = xp.asarray([[2.0, 0.0], [0.0, 4.0]]).requires_grad_()
    >>> xp.linalg.det(x).backward()
    >>> x.grad
    tensor([[4., 0.],
            [0., 2.]])
"""

# ruff: noqa: F403, F405 - of chapters that say in __all__ what they have

from plugrad.array_api._linalg import *
from plugrad.array_api._products import *

__all__ = [
    "cholesky", "cross", "det", "diagonal", "eigh", "eigvalsh", "inv", "matmul", "matrix_norm", "matrix_power",
    "matrix_rank", "matrix_transpose", "outer", "pinv", "qr", "slogdet", "solve", "svd", "svdvals", "tensordot",
    "trace", "vecdot", "vector_norm",
]  # fmt: skip
