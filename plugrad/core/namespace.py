"""Completes a backend's namespace: for every op one plain callable, native where there is one, else generic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from plugrad.core.dtypes import NAMES, dtype
from plugrad.core.errors import KernelNotFoundError, missing_dtype

#: Op name -> generic definition, a function of (xp, arrays..., options). Filled by ``@op``.
DEFINITIONS: Final[dict[str, Callable[..., Any]]] = {}

#: Op name -> the differentiable function on Tensors. Filled by ``@op``.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}

#: Op name -> the function that returns the residuals too, of ops that have any. Filled by ``@op``.
WHOLE: Final[dict[str, Callable[..., Any]]] = {}

#: Names of functions that make arrays of nothing: they take ``device=``.
CREATORS: Final = frozenset(("arange", "asarray", "empty", "eye", "full", "linspace", "ones", "zeros"))

# Only these are taken from a library by their name: a library's `take`, `tile` or `softmax` outside of the
# standard may mean something else. https://data-apis.org/array-api/2024.12/
STANDARD: Final = frozenset(
    """
    e inf nan newaxis pi
    bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128
    arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu zeros
    zeros_like astype broadcast_arrays broadcast_to can_cast finfo iinfo isdtype result_type
    abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift bitwise_invert bitwise_or
    bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide
    greater greater_equal hypot imag isfinite isinf isnan less less_equal log log1p log2 log10 logaddexp logical_and
    logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real
    reciprocal remainder round sign signbit sin sinh square sqrt subtract tan tanh trunc
    take take_along_axis matmul matrix_transpose tensordot vecdot
    concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack tile unstack
    argmax argmin count_nonzero nonzero searchsorted where unique_all unique_counts unique_inverse unique_values
    argsort sort cumulative_prod cumulative_sum max mean min prod std sum var all any diff
    """.split()
)

# The standard's extensions: `library.linalg.qr` is the op `linalg_qr`, so that a namespace of ops stays flat.
# eig and eigvals are of the 2025.12 standard. https://data-apis.org/array-api/2024.12/extensions/
EXTENSIONS: Final = {
    "linalg": frozenset(
        """
        cholesky cross det diagonal eig eigh eigvals eigvalsh inv matmul matrix_norm matrix_power matrix_rank
        matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm
        """.split()
    ),
    "fft": frozenset(
        "fft fftfreq fftn fftshift hfft ifft ifftn ifftshift ihfft irfft irfftn rfft rfftfreq rfftn".split()
    ),
}


# Parameters that the standard makes positional-only and that are options, passed by name, of the ops here.
_POSITIONAL: Final = {"astype": ("dtype",), "tile": ("repetitions",), "moveaxis": ("source", "destination")}

#: Where kernels come from that no other distribution supplies.
OWN: Final = "plugrad"

CONSTANTS: Final = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e, "newaxis": None}


class Namespace:
    """The ``xp`` of one backend. Names are resolved at their first use and are plain attributes from then on.

    Args:
        backend: The backend's name, for messages.
        library: The library's Array API namespace.
        kernels: Op name -> callable: kernels of the backend and of kernel plugins. They win over the library.
        bind: Makes a creation function of the library one for the device that this namespace is of; None where a
            backend has one device.
        dtypes: The backend's own dtypes, by plugrad's; None: those that the library has under their names.
        source: The distribution that the backend comes from, with its version, for messages.
        sources: The same of kernels that others supply, by op name.

    Attributes:
        debug: Whether every call is checked: see core/checked.py.
        foreign: Whether any of its code is of another distribution than plugrad.
    """

    debug = False

    def __init__(
        self,
        backend: str,
        library: Any,
        kernels: Mapping[str, Callable[..., Any]],
        bind: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
        dtypes: Mapping[dtype, Any] | None = None,
        source: str = OWN,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self._backend = backend
        self._library = library
        self._kernels = kernels
        self._bind = bind
        self._dtypes = dtypes
        self._source = source
        self._sources = sources or {}
        self._guard: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
        self.foreign = source != OWN or bool(sources)

    def on(
        self,
        bind: Callable[[Callable[..., Any]], Callable[..., Any]],
        guard: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    ) -> Namespace:
        """The same namespace for one of several devices; ``guard`` lets a function compute on it."""
        found = Namespace(self._backend, self._library, self._kernels, bind, self._dtypes, self._source, self._sources)
        found._guard = guard
        return found

    def kernels(self) -> Mapping[str, Callable[..., Any]]:
        """The kernels of the backend and of kernel plugins, by op name."""
        return self._kernels

    def distribution(self, name: str | None) -> str:
        """The distribution, with its version, of an op's kernel; of the backend where ``name`` is None."""
        return self._source if name is None else self._sources.get(name, self._source)

    def origin(self, name: str) -> str | None:
        """Where an op comes from: ``"kernel"``, ``"library"``, ``"generic"``, or None for nowhere."""
        if name in self._kernels:
            return "kernel"
        if library_function(self._library, name) is not None:
            return "library"
        # The definition of a primitive calls the library's function of its own name, which is missing here.
        definition = DEFINITIONS.get(name)
        return None if definition is None or name in definition.__code__.co_names else "generic"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        origin = self.origin(name)
        if self._dtypes is not None and name in NAMES:
            # A library may have the name of a dtype that its arrays can't have.
            if NAMES[name] not in self._dtypes:
                raise missing_dtype(self._backend, NAMES[name], self._dtypes)
            found: Any = self._dtypes[NAMES[name]]
        elif origin == "kernel":
            found = self._kernels[name]
        elif origin == "library":
            found = library_function(self._library, name)
            if name in _POSITIONAL:
                found = _by_name(found, _POSITIONAL[name])
            if name in _OF_COMPLEX:
                found = _OF_COMPLEX[name](self, found)
        elif origin == "generic":
            found = partial(DEFINITIONS[name], self)
        else:
            raise KernelNotFoundError(
                f"backend '{self._backend}' has no '{name}', and plugrad has no generic definition of it\n"
                f"Hint: the backend's library or a kernel plugin must supply '{name}'."
            )
        if name in CREATORS and self._bind is not None:
            found = self._bind(found)
        if self._guard is not None and callable(found):
            found = self._guard(found)
        setattr(self, name, found)
        return found

    def __repr__(self) -> str:
        return f"<namespace of backend '{self._backend}'>"


def has_kernel(xp: Any, name: str) -> bool:
    """Whether an op has a kernel in the namespace of a backend's own arrays."""
    return isinstance(xp, Namespace) and name in xp._kernels


def library_function(library: Any, name: str) -> Any:
    """What a library has under an op's name, in its main namespace or in an extension, if the standard has that."""
    if name in STANDARD:
        return getattr(library, name, None)
    extension, _, member = name.partition("_")
    if member not in EXTENSIONS.get(extension, ()):
        return None
    found = getattr(getattr(library, extension, None), member, None)
    return _as_tuple(found) if name in _SEVERAL and found is not None else found


# Ops return plain tuples, libraries named ones.
_SEVERAL: Final = frozenset(("linalg_eig", "linalg_eigh", "linalg_qr", "linalg_slogdet", "linalg_svd"))


def _as_tuple(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **options: tuple(function(*args, **options))


def _by_name(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Let positional-only parameters be given by name too."""

    def call(x: Any, *args: Any, **options: Any) -> Any:
        return function(x, *args, *[options.pop(n) for n in names if n in options], **options)

    return call


def _of_complex(xp: Namespace, function: Callable[..., Any]) -> Callable[..., Any]:
    """conj and real of real arrays are these arrays: the standard leaves it open, and rules need not ask."""

    def call(x: Any) -> Any:
        return function(x) if xp.isdtype(x.dtype, "complex floating") else x

    return call


def _complex_cast(xp: Namespace, function: Callable[..., Any]) -> Callable[..., Any]:
    """astype, also from complex to real numbers, which the standard leaves out: the imaginary part is dropped."""

    def call(x: Any, *args: Any, **options: Any) -> Any:
        if xp.isdtype(x.dtype, "complex floating"):
            dtype = args[0] if args else options["dtype"]
            if xp.isdtype(dtype, "bool"):
                return xp.not_equal(x, 0)
            if not xp.isdtype(dtype, "complex floating"):
                x = xp.real(x)
        return function(x, *args, **options)

    return call


def _complex_logaddexp(xp: Namespace, function: Callable[..., Any]) -> Callable[..., Any]:
    """The standard has logaddexp of real numbers only; of complex ones the op's own definition serves."""

    def call(x1: Any, x2: Any) -> Any:
        if hasattr(x1, "dtype") and xp.isdtype(x1.dtype, "complex floating"):
            return DEFINITIONS["logaddexp"](xp, x1, x2)
        return function(x1, x2)

    return call


_OF_COMPLEX: Final = {
    "conj": _of_complex, "real": _of_complex, "astype": _complex_cast, "logaddexp": _complex_logaddexp,
}  # fmt: skip


class Differentiable:
    """The ``xp`` of Tensors on one device: the same names as a Namespace, and what they compute is recorded.

    Args:
        device: Where functions that make arrays of nothing make them.
    """

    def __init__(self, device: Any) -> None:
        self._device = device

    def __getattr__(self, name: str) -> Any:
        function = FUNCTIONS.get(name)
        if function is not None:
            found: Any = partial(function, device=(self._device,)) if name in CREATORS else function
        elif name in NAMES or name == "bool":
            found = NAMES[name]
        elif name in CONSTANTS:
            found = CONSTANTS[name]
        else:
            raise AttributeError(f"the differentiable namespace has no '{name}'")
        setattr(self, name, found)
        return found
