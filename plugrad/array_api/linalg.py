"""The standard's extension of linear algebra, differentiable."""

from __future__ import annotations

from plugrad.array_api._products import matmul as matmul
from plugrad.array_api._products import matrix_transpose as matrix_transpose
from plugrad.array_api._products import tensordot as tensordot
from plugrad.array_api._products import vecdot as vecdot

__all__ = ["matmul", "matrix_transpose", "tensordot", "vecdot"]
