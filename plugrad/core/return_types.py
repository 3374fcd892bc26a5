"""What ops with several named results return: tuples whose fields have names, printed as PyTorch prints them."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

__all__ = [
    "ReturnType",
    "aminmax",
    "cummax",
    "cummin",
    "frexp",
    "histogram",
    "histogramdd",
    "kthvalue",
    "linalg_cholesky_ex",
    "linalg_eig",
    "linalg_eigh",
    "linalg_inv_ex",
    "linalg_lstsq",
    "linalg_lu",
    "linalg_lu_factor",
    "linalg_lu_factor_ex",
    "linalg_qr",
    "linalg_slogdet",
    "linalg_solve_ex",
    "linalg_svd",
    "lu_unpack",
    "max",
    "median",
    "min",
    "mode",
    "named",
    "nanmedian",
    "qr",
    "slogdet",
    "sort",
    "svd",
    "topk",
    "triangular_solve",
]


class ReturnType(tuple[Any, ...]):
    """A tuple with named fields.

    Attributes:
        fields: The names, in order.
    """

    __slots__ = ()

    fields: tuple[str, ...] = ()

    def __new__(cls, values: Any) -> ReturnType:
        found = tuple.__new__(cls, values)
        if len(found) != len(cls.fields):
            raise TypeError(
                f"plugrad.return_types.{cls.__name__}() takes a {len(cls.fields)}-sequence "
                f"({len(found)}-sequence given)"
            )
        return found

    def __repr__(self) -> str:
        values = ",\n".join([f"{name}={value!r}" for name, value in zip(self.fields, self, strict=True)])
        return f"plugrad.return_types.{type(self).__name__}(\n{values})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)


def named(name: str, *fields: str) -> type[ReturnType]:
    """A ReturnType of this name with these fields."""
    # Made by hand: collections.namedtuple compiles source at import.
    space: dict[str, Any] = {"__slots__": (), "fields": fields, "__module__": __name__}
    space["__doc__"] = f"What ``plugrad.{name}`` returns: ({', '.join(fields)})."
    for i, field in enumerate(fields):
        space[field] = property(itemgetter(i))
    return type(name, (ReturnType,), space)


max = named("max", "values", "indices")
min = named("min", "values", "indices")
median = named("median", "values", "indices")
cummax = named("cummax", "values", "indices")
cummin = named("cummin", "values", "indices")
aminmax = named("aminmax", "min", "max")
sort = named("sort", "values", "indices")
topk = named("topk", "values", "indices")
kthvalue = named("kthvalue", "values", "indices")
nanmedian = named("nanmedian", "values", "indices")
mode = named("mode", "values", "indices")
histogram = named("histogram", "hist", "bin_edges")
histogramdd = named("histogramdd", "hist", "bin_edges")
linalg_cholesky_ex = named("linalg_cholesky_ex", "L", "info")
linalg_eig = named("linalg_eig", "eigenvalues", "eigenvectors")
linalg_eigh = named("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_inv_ex = named("linalg_inv_ex", "inverse", "info")
linalg_lstsq = named("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_lu = named("linalg_lu", "P", "L", "U")
linalg_lu_factor = named("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = named("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_qr = named("linalg_qr", "Q", "R")
linalg_slogdet = named("linalg_slogdet", "sign", "logabsdet")
linalg_solve_ex = named("linalg_solve_ex", "result", "info")
linalg_svd = named("linalg_svd", "U", "S", "Vh")
lu_unpack = named("lu_unpack", "P", "L", "U")
qr = named("qr", "Q", "R")
slogdet = named("slogdet", "sign", "logabsdet")
svd = named("svd", "U", "S", "V")
triangular_solve = named("triangular_solve", "solution", "cloned_coefficient")
frexp = named("frexp", "mantissa", "exponent")
