"""What an array library can do, found out with arrays of a few elements when its backend is loaded.

A probe that fails, in whatever way, has its answer: no. Nothing is tried that could leave the library in a bad state,
as an index out of bounds does on some GPUs.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

from plugrad.core import dtypes
from plugrad.core.backend import Capabilities


def dtypes_of(xp: Any, where: dict[str, Any], declared: frozenset[str] | None) -> dict[dtypes.dtype, Any]:
    """plugrad's dtypes that arrays of this namespace can have, each with the library's own."""
    found = {}
    for d in dtypes.ALL:
        raw = getattr(xp, d.name, None)
        if raw is None and d.name == "bool":
            raw = getattr(xp, "bool_", None)
        if raw is None or (declared is not None and d.name not in declared):
            continue
        # The name alone says little: JAX has float64, and makes float32 of it unless it is told otherwise.
        if declared is not None or _succeeds(_makes, xp, raw, where):
            found[d] = raw
    return found


def capabilities_of(backend: Any, declared: Capabilities) -> Capabilities:
    """The capabilities that a plugin declared, and for the others what trying shows.

    The standard's ``capabilities()`` is not asked: JAX says there what can be compiled, not what works.
    """
    given = {name: getattr(declared, name) for name in declared.declared}
    several = backend.device_count(backend.devices[0]) > 1
    found: dict[str, bool] = {"several_devices": several, "views": False, "checks_indices": False}
    for name, probe in _PROBES.items():
        if name not in given:
            found[name] = _succeeds(probe, backend, backend.namespace)
    if "views" not in given:
        # Nobody says which arrays share memory, so none is written, whether it could be or not.
        found["writable"] = False
    return Capabilities(**{**found, **given})


def _succeeds(probe: Callable[..., Any], *args: Any) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return bool(probe(*args))
        except Exception:
            return False


def _makes(xp: Any, raw: Any, where: dict[str, Any]) -> bool:
    return bool(xp.asarray(0, dtype=raw, **where).dtype == raw)


def _writable(backend: Any, xp: Any) -> bool:
    x = _integers(backend, [1, 2, 3])
    x[...] = 7
    x[0] = 5
    return bool(_read(backend, x) == [5, 7, 7])


def _data_dependent_shapes(backend: Any, xp: Any) -> bool:
    (found,) = xp.nonzero(_integers(backend, [0, 3, 0, 4]))
    return tuple(found.shape) == (2,) and _read(backend, found) == [1, 3]


def _boolean_indexing(backend: Any, xp: Any) -> bool:
    x = _integers(backend, [1, 2, 3])
    return tuple(x[x > 1].shape) == (2,)


def _stable_sort(backend: Any, xp: Any) -> bool:
    # Long enough that a library does not take its way for short ones, which is often stable.
    n = 1031
    order = xp.argsort(_integers(backend, [i % 3 for i in range(n)]), stable=True)
    return bool(_read(backend, order) == [i for rest in range(3) for i in range(rest, n, 3)])


def _integers(backend: Any, values: list[int]) -> Any:
    return backend.asarray(values, None, None)


def _read(backend: Any, array: Any) -> Any:
    """The numbers of an array; not by int() or bool(), which a library may refuse."""
    return backend.to_host(array).tolist()


_PROBES: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "writable": _writable,
    "data_dependent_shapes": _data_dependent_shapes,
    "boolean_indexing": _boolean_indexing,
    "stable_sort": _stable_sort,
}
