"""Every op call of a device, noted with its arguments and results: for comparisons of one backend with another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from plugrad.core import node
from plugrad.core.backend import Backend
from plugrad.core.device import device as Device
from plugrad.core.dtypes import dtype
from plugrad.core.namespace import DEFINITIONS, FUNCTIONS, Namespace
from plugrad.core.op import OPS, OpNode

#: Their results are made of nothing that was given.
_UNDEFINED: Final = frozenset(("empty", "empty_like"))


class Held(NamedTuple):
    """An array's values on the host, and plugrad's dtype of it."""

    values: Any
    dtype: dtype


def held(value: Any, backend: Backend) -> Any:
    """What a kernel was given or gave, free of the backend: arrays as ``Held``, dtypes as plugrad's, others as is."""
    # A 0-d value may be a scalar of the library's, which has these as well.
    if hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type):
        return Held(np.array(backend.to_host(value), copy=True), backend.dtype_of(value))
    if type(value) in (tuple, list):
        return type(value)([held(v, backend) for v in value])
    for known, raw in backend.dtypes.items():
        if raw is value or (type(raw) is type(value) and raw == value):
            return known
    return value


def given(value: Any, where: Device) -> Any:
    """The inverse of ``held``, on a device."""
    backend = where.backend
    if isinstance(value, Held):
        found = backend.from_host(np.ascontiguousarray(value.values).reshape(value.values.shape), where.index)
        return found if backend.dtype_of(found) is value.dtype else where.xp.astype(found, backend.dtypes[value.dtype])
    if type(value) in (tuple, list):
        return type(value)([given(v, where) for v in value])
    return backend.dtypes[value] if isinstance(value, dtype) else value


class Call:
    """One op call: its arguments and options as they were before, its results, and the gradient that came back.

    Attributes:
        op: The op's name.
        args: Its array arguments.
        options: Its options, with plugrad's dtypes.
        results: What it returned, without what only rules read.
        grads: In backward, the gradient of each result, or None; None before backward.
    """

    def __init__(self, op: str, args: Any, options: dict[str, Any]) -> None:
        self.op = op
        self.args = args
        self.options = options
        self.results: tuple[Any, ...] = ()
        self.grads: tuple[Any, ...] | None = None


class Recorder:
    """Notes, within a ``with`` block, what this thread has a device compute.

    The device gets a namespace that notes and calls the usual one, so that nothing is slower outside of the block.

    Attributes:
        calls: The calls so far, those of definitions and kernels left out that other calls made.
        walked: The calls whose rules ran, in the order in which they ran.
    """

    def __init__(self, where: Device) -> None:
        self.where = where
        self.calls: list[Call] = []
        self.walked: list[Call] = []
        self._thread = 0
        self._plain: Any = None

    def __enter__(self) -> Recorder:
        self._thread = threading.get_ident()
        self._plain = self.where.xp
        self.where.xp = _Recording(self._plain, self)
        node.observe(self._made, True)
        return self

    def __exit__(self, *_: object) -> None:
        node.observe(self._made, False)
        self.where.xp = self._plain

    def mine(self) -> bool:
        """Whether this is the thread of the block."""
        return threading.get_ident() == self._thread

    def _made(self, made: Any) -> None:
        """A node is made right after its op's kernel was called."""
        if not self.mine() or not isinstance(made, OpNode) or not self.calls or self.calls[-1].op != made.op.name:
            return
        call = self.calls[-1]

        def walked(grad_inputs: Any, grad_outputs: Any) -> None:
            if call.grads is None:
                call.grads = tuple([None if g is None else held(g.raw, g.device.backend) for g in grad_outputs])
                self.walked.append(call)

        made.register_hook(walked)


class _Recording(Namespace):
    """A namespace whose calls from outside are noted."""

    def __init__(self, plain: Namespace, recorder: Recorder) -> None:
        usual = plain.plain if plain.debug else plain
        super().__init__(
            usual._backend, usual._library, usual._kernels, usual._bind, usual._dtypes, usual._source, usual._sources
        )
        self._usual = usual
        self._recorder = recorder
        self._busy = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._usual, name)
        # An op in place has a kernel with an underscore: its values are the op's.
        op = name if name in DEFINITIONS or name in OPS else name.removesuffix("_")
        if op in FUNCTIONS and op in OPS and op not in _UNDEFINED:
            found = self._noting(op, found)
        setattr(self, name, found)
        return found

    def _noting(self, op: str, function: Callable[..., Any]) -> Callable[..., Any]:
        backend, recorder = self._recorder.where.backend, self._recorder

        def noting(*args: Any, **options: Any) -> Any:
            if self._busy or not recorder.mine():
                return function(*args, **options)
            self._busy = True
            try:
                call = Call(op, held(args, backend), {k: held(v, backend) for k, v in options.items()})
                y = function(*args, **options)
                results = tuple(y) if isinstance(y, (tuple, list)) else (y,)
                call.results = held(results[:1] if OPS[op].residuals else results, backend)
                recorder.calls.append(call)
            finally:
                self._busy = False
            return y

        return noting
