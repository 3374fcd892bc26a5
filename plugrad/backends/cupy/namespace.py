"""CuPy as the core sees it: the functions of its own that are the standard's, and this backend's kernels, collected.

Arithmetic goes through CuPy's ufuncs, never through an operator with a Python number on its right: ``x * 2`` takes the
way through NumPy, ``multiply(x, 2)`` does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.backends.cupy import (
    kernels_activation,
    kernels_dropout,
    kernels_embedding,
    kernels_index,
    kernels_linalg,
    kernels_loss,
    kernels_norm,
    kernels_optimizer,
    kernels_pointwise,
    kernels_pooling,
    kernels_product,
    kernels_reduce,
    kernels_shape,
    kernels_softmax,
    kernels_special,
    kernels_windows,
)
from plugrad.backends.cupy.launch import library

#: Names that the standard has and that mean something else in CuPy, or take other arguments. Those that ops need are
#: among the kernels, or have a generic definition.
NOT_THE_STANDARDS: Final = frozenset(
    (
        "argsort", "asarray", "astype", "bool", "clip", "count_nonzero", "diff", "full", "meshgrid", "repeat", "round",
        "sort", "std", "take", "take_along_axis", "unique_all", "unique_counts", "unique_inverse", "unique_values",
        "var",
    )
)  # fmt: skip

#: The functions of CuPy's extensions that are the standard's as they are. Those of fft all are.
LINALG: Final = frozenset(("cross", "det", "eigh", "eigvalsh", "qr", "slogdet", "svd"))


class Library:
    """CuPy's functions that have the standard's names and meaning. CuPy is imported when the first is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in NOT_THE_STANDARDS:
            raise AttributeError(name)
        try:
            return getattr(library(), name)
        except ImportError as error:
            # Where there is no CuPy, what it would have can't be told; unavailable_reason() says what is missing.
            raise AttributeError(name) from error

    @property
    def linalg(self) -> Any:
        """The extension for linear algebra."""
        return _Linalg()

    def __repr__(self) -> str:
        return "<CuPy, as far as it is the standard's>"


class _Linalg:
    def __getattr__(self, name: str) -> Any:
        if name not in LINALG:
            raise AttributeError(name)
        return getattr(library().linalg, name)


KERNELS: Final[dict[str, Callable[..., Any]]] = {
    **kernels_pointwise.KERNELS,
    **kernels_reduce.KERNELS,
    **kernels_shape.KERNELS,
    **kernels_index.KERNELS,
    **kernels_linalg.KERNELS,
    **kernels_product.KERNELS,
    **kernels_special.KERNELS,
    # CUDA's, each in one pass.
    **kernels_activation.KERNELS,
    **kernels_dropout.KERNELS,
    **kernels_embedding.KERNELS,
    **kernels_loss.KERNELS,
    **kernels_norm.KERNELS,
    **kernels_optimizer.KERNELS,
    **kernels_pooling.KERNELS,
    **kernels_softmax.KERNELS,
    **kernels_windows.KERNELS,
}
