"""What ops with several named results return: tuples whose fields have names, printed as PyTorch prints them."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

__all__ = [
    "ReturnType",
    "aminmax",
    "cummax",
    "cummin",
    "histogram",
    "histogramdd",
    "kthvalue",
    "max",
    "median",
    "min",
    "mode",
    "named",
    "nanmedian",
    "sort",
    "topk",
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
