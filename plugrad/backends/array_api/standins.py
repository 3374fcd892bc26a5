"""What stands in where a library's function does less than plugrad's ops need of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core.backend import Backend
from plugrad.core.errors import KernelNotFoundError


def standing_in(backend: Backend) -> dict[str, Callable[..., Any]]:
    """Op name -> callable, for the capabilities that the library lacks."""
    xp, capabilities = backend.namespace, backend.capabilities
    found: dict[str, Callable[..., Any]] = {}
    if not capabilities.checks_indices:
        found.update(_checked(xp, backend.to_host))
    if not capabilities.stable_sort:
        found.update(_stable(xp))
    if not capabilities.data_dependent_shapes:
        for name in ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"):
            found[name] = _refused(backend.name, name)
    return found


def _checked(xp: Any, to_host: Callable[[Any], Any]) -> dict[str, Callable[..., Any]]:
    """take and take_along_axis of a library that clamps, wraps or makes up what is out of bounds.

    It costs a look at the index, for which a device has to finish it first.
    """

    def check(x: Any, index: Any, axis: int | None) -> None:
        n = x.shape[0 if axis is None else axis]
        if 0 not in index.shape and bool(to_host(xp.any((index < -n) | (index >= n)))):
            raise IndexError(f"an index is out of bounds for dimension {axis} with size {n}")

    def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
        check(x, indices, axis)
        return xp.take(x, indices, axis=axis)

    def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
        check(x, indices, axis)
        return xp.take_along_axis(x, indices, axis=axis)

    return {"take": take, "take_along_axis": take_along_axis}


def _stable(xp: Any) -> dict[str, Callable[..., Any]]:
    """sort and argsort that keep the order of equal elements, over ones that do not."""

    def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
        order = xp.argsort(x, axis=axis, descending=descending, stable=False)
        n = x.shape[axis]
        if not stable or n < 2:
            return order
        # Runs of equal elements are numbered, and sorted once more by run and place: these keys are all different.
        values = xp.moveaxis(xp.take_along_axis(x, order, axis=axis), axis, -1)
        places = xp.moveaxis(order, axis, -1)
        before, after = values[..., :-1], values[..., 1:]
        new = before != after
        if xp.isdtype(x.dtype, ("real floating", "complex floating")):
            new = new & ~(xp.isnan(before) & xp.isnan(after))
        run = xp.cumulative_sum(xp.astype(new, order.dtype), axis=-1)
        run = xp.concat([xp.zeros_like(run[..., :1]), run], axis=-1)
        again = xp.argsort(run * n + places, axis=-1, stable=False)
        return xp.moveaxis(xp.take_along_axis(places, again, axis=-1), -1, axis)

    def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
        order = argsort(x, axis=axis, descending=descending, stable=stable)
        return xp.take_along_axis(x, order, axis=axis)

    return {"argsort": argsort, "sort": sort}


def _refused(backend: str, name: str) -> Callable[..., Any]:
    def refuse(*args: Any, **options: Any) -> Any:
        raise KernelNotFoundError(
            f"backend '{backend}' has no '{name}': shapes of its arrays can't depend on values\n"
            f"Hint: move the tensor to another device for this, x.cpu(), or use a mask with plugrad.where()."
        )

    return refuse
