"""PyTorch's ``linalg``: decompositions, equations, norms and products of matrices, in batches and differentiable.

Every function takes stacks of matrices: the last two dimensions are the matrix, those before are the batch.
"""

from plugrad.core.errors import LinAlgError
from plugrad.core.methods.decompositions import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    householder_product,
    qr,
    svd,
    svdvals,
)
from plugrad.core.methods.equations import (
    inv,
    inv_ex,
    lstsq,
    pinv,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from plugrad.core.methods.factors import lu, lu_factor, lu_factor_ex, lu_solve
from plugrad.core.methods.matrices import det, matrix_exp, matrix_power, slogdet
from plugrad.core.methods.matrix_norms import cond, matrix_norm, matrix_rank, norm, vector_norm
from plugrad.core.methods.matrix_products import cross, diagonal, matmul, multi_dot, vander, vecdot
from plugrad.core.methods.with_out import accept_out as _accept_out

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

_accept_out(globals(), "linalg")
