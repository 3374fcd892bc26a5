"""A namespace whose every call is checked, for the debug switch: what comes back must be what the op promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from plugrad.core import faults
from plugrad.core.backend import Backend
from plugrad.core.dtypes import dtype as DType
from plugrad.core.errors import BackendError, with_hint
from plugrad.core.namespace import CREATORS, DEFINITIONS, FUNCTIONS, Namespace

# Functions without an op that return arrays; what else is in a namespace returns facts.
_MAKERS: Final = CREATORS | {"empty_like", "full_like", "ones_like", "zeros_like"}


class Checked(Namespace):
    """The namespace of one device with a check around each op's callable.

    Args:
        plain: The namespace without checks.
        device: The device.
        host: Gives the host's device, whose namespace says what an op's results are like.

    Attributes:
        plain: As above: what takes the place of this one when the switch is turned off.
    """

    debug = True

    def __init__(self, plain: Namespace, device: Any, host: Callable[[], Any]) -> None:
        # All that it was built of; none of the names that it has resolved, which know nothing of checks.
        super().__init__(
            plain._backend, plain._library, plain._kernels, plain._bind, plain._dtypes, plain._source, plain._sources
        )
        self._guard = plain._guard
        self.plain = plain
        self._device = device
        self._host = host

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name in DEFINITIONS or name in _MAKERS or hasattr(FUNCTIONS.get(name.removesuffix("_")), "op"):
            found = self._checking(name, found)
            setattr(self, name, found)
        return found

    def _checking(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        device, backend = self._device, self._device.backend

        def checked(*args: Any, **options: Any) -> Any:
            try:
                y = function(*args, **options)
                backend.synchronize(device.index)
            except Warning:
                # Where warnings are errors, dispatch calls once more.
                raise
            except Exception as error:
                faults.note(error, name, device)
                raise
            self._check(name, y, args, options)
            return y

        return checked

    def _check(self, name: str, y: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        backend = self._device.backend
        results = tuple(y) if isinstance(y, (tuple, list)) else (y,)
        op = getattr(FUNCTIONS.get(name), "op", None)
        if op is not None and op.residuals:
            # The rest are for the backend's own rules, in whatever form they want it.
            results = results[:1]
        for result in results:
            if not backend.is_array(result):
                raise self._wrong(name, f"returned {type(result).__name__}, which is no array of the backend")
        if name not in FUNCTIONS and name not in _MAKERS:
            # An update rule, or an op in place: what was given is changed, and has the shape and dtype that it had.
            given = (args[0],) if name[:-1] in FUNCTIONS else (args[0], *args[2:])
            expected = [(tuple(x.shape), backend.dtype_of(x)) for x in given]
            if len(results) == len(expected):
                self._compare(name, results, expected)
            return
        promised = self._promised(name, args, options)
        if promised is not None:
            self._compare(name, results, promised[: len(results)] if op is not None and op.residuals else promised)

    def _promised(
        self, name: str, args: tuple[Any, ...], options: dict[str, Any]
    ) -> list[tuple[tuple[int, ...], DType]] | None:
        """Shapes and dtypes of the results of the op's definition on the host; None where it can't be asked."""
        host: Any = None
        token = None
        try:
            host = self._host()
            token = host.backend.silence()
            xp = host.xp.plain if host.xp.debug else host.xp
            on_host = [self._to_host(x, host.backend) for x in args]
            chosen = {k: self._to_host(x, host.backend) for k, x in options.items() if k != "device"}
            definition = DEFINITIONS.get(name)
            y = getattr(xp, name)(*on_host, **chosen) if definition is None else definition(xp, *on_host, **chosen)
            results = tuple(y) if isinstance(y, (tuple, list)) else (y,)
            return [(tuple(r.shape), host.backend.dtype_of(r)) for r in results]
        except Exception:
            return None
        finally:
            if token is not None:
                host.backend.unsilence(token)

    def _to_host(self, x: Any, host: Backend) -> Any:
        backend = self._device.backend
        if backend.is_array(x):
            known = backend.dtype_of(x)
            return host.asarray(backend.to_host(x), known, None)
        if isinstance(x, (tuple, list)):
            return type(x)([self._to_host(part, host) for part in x])
        if x is None or isinstance(x, (bool, int, float, complex, str, slice, DType)) or x is Ellipsis:
            return x
        for known, raw in backend.dtypes.items():
            if raw is x or (type(raw) is type(x) and raw == x):
                return host.dtypes[known]
        raise TypeError(f"{type(x).__name__} is nothing that the host knows")

    def _compare(self, name: str, results: tuple[Any, ...], promised: list[tuple[tuple[int, ...], DType]]) -> None:
        backend = self._device.backend
        if len(results) != len(promised):
            raise self._wrong(name, f"returned {len(results)} arrays where the op has {len(promised)}")
        for result, (shape, dtype) in zip(results, promised, strict=True):
            if tuple(result.shape) != shape:
                raise self._wrong(
                    name, f"returned an array of shape {list(result.shape)} where the op has {list(shape)}"
                )
            found = backend.dtype_of(result)
            if found is not dtype and dtype in backend.dtypes:
                raise self._wrong(name, f"returned an array of {found} where the op has {dtype}")

    def _wrong(self, name: str, what: str) -> BackendError:
        origin = {"kernel": "kernel", "library": "library's function", "generic": "definition"}[
            self.origin(name) or "generic"
        ]
        return BackendError(
            with_hint(
                f"op '{name}' on backend '{self._backend}': the {origin} of {self.distribution(name)} {what}",
                "a kernel has the signature, the result's shape and the dtype of the op's definition; "
                "help(plugrad.Backend.kernels) has the contract.",
            )
        )
