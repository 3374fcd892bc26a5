"""Every function of plugrad.array_api with floating point results, against finite differences, on the chosen backend."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest

import plugrad
import plugrad.array_api as xp
from plugrad.testing import gradcheck, gradgradcheck

# Their results are no floating point numbers, or depend on no array's values.
CONSTANT = {
    "__array_namespace_info__", "all", "any", "arange", "argmax", "argmin", "argsort", "bitwise_and",
    "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "can_cast",
    "count_nonzero", "empty", "empty_like", "equal", "eye", "finfo", "full", "full_like", "greater",
    "greater_equal", "iinfo", "isdtype", "isfinite", "isinf", "isnan", "less", "less_equal", "linspace",
    "logical_and", "logical_not", "logical_or", "logical_xor", "nonzero", "not_equal", "ones", "ones_like",
    "result_type", "searchsorted", "signbit", "zeros", "zeros_like",
}  # fmt: skip

# What is made of memory of others is a leaf; PyTorch has no derivative of floor_divide.
WITHOUT = {"from_dlpack", "floor_divide"}

SHAPE = (2, 3)


def _one(name, low=-2.0, high=2.0):
    return lambda: [(getattr(xp, name), [(SHAPE, low, high)])]


def _two(name, low=-2.0, high=2.0):
    return lambda: [(getattr(xp, name), [(SHAPE, low, high), ((3,), low, high)])]


def _options(name, *calls, shape=SHAPE, low=0.3, high=2.0):
    """Calls of one array and other arguments, each (args, options)."""
    return lambda: [
        (lambda x, args=args, options=options: getattr(xp, name)(x, *args, **options), [(shape, low, high)])
        for args, options in calls
    ]


def _several(name, *calls):
    """Calls of a list of arrays."""
    return lambda: [
        (lambda x, y, options=options: getattr(xp, name)([x, y], **options), [(SHAPE, -2.0, 2.0), (SHAPE, -2.0, 2.0)])
        for options in calls
    ]


def _products():
    return [
        (xp.matmul, [((2, 3), -2.0, 2.0), ((3, 2), -2.0, 2.0)]),
        (xp.matmul, [((3,), -2.0, 2.0), ((2, 3, 2), -2.0, 2.0)]),
        (xp.matmul, [((2, 3), -2.0, 2.0), ((3,), -2.0, 2.0)]),
    ]


_REDUCED = (((), {}), ((), {"axis": 0}), ((), {"axis": (0, 1), "keepdims": True}))
_RUNNING = (((), {"axis": 1}), ((), {"axis": 0, "include_initial": True}), ((), {"axis": -1, "dtype": xp.float64}))
_SPREAD = (((), {}), ((), {"axis": 1, "correction": 1.0}))

CALLS = {
    # around kinks and poles the samples keep away
    **{n: _one(n, 0.3) for n in ("abs", "log", "log2", "log10", "reciprocal", "sqrt", "acosh", "sign", "log1p")},
    **{n: _one(n, 0.1, 0.4) for n in ("ceil", "floor", "round", "trunc")},
    **{n: _one(n, -0.9, 0.9) for n in ("acos", "asin", "atanh")},
    **{n: _one(n) for n in ("asinh", "atan", "cos", "cosh", "exp", "expm1", "negative", "positive", "sin", "sinh", "square", "tanh")},
    "tan": _one("tan", -1.0, 1.0),
    "conj": lambda: [(xp.conj, [(SHAPE, -2.0, 2.0)]), (lambda x: xp.real(xp.conj(x * 1j) * x), [(SHAPE, -2.0, 2.0)])],
    "imag": lambda: [(lambda x: xp.imag(x * (1 + 2j)), [(SHAPE, -2.0, 2.0)])],
    "real": lambda: [(xp.real, [(SHAPE, -2.0, 2.0)]), (lambda x: xp.real(x * (1 + 2j)), [(SHAPE, -2.0, 2.0)])],
    **{n: _two(n) for n in ("add", "subtract", "multiply", "logaddexp")},
    **{n: _two(n, 0.3) for n in ("atan2", "copysign", "divide", "hypot", "maximum", "minimum", "nextafter", "pow")},
    "acosh": _one("acosh", 1.2, 3.0),
    "remainder": lambda: [(xp.remainder, [(SHAPE, 0.1, 0.9), (SHAPE, 1.1, 1.9)])],
    "clip": lambda: [
        (lambda x: xp.clip(x, 0.0, 1.0), [(SHAPE, 0.2, 0.8)]),
        (lambda x, low, high: xp.clip(x, low, high), [(SHAPE, -1.0, 3.0), ((3,), -0.5, 0.0), ((3,), 1.0, 2.0)]),
        (lambda x: xp.clip(x), [(SHAPE, 0.2, 0.8)]),
    ],
    "asarray": lambda: [(lambda x: xp.asarray(x, copy=True), [(SHAPE, -2.0, 2.0)]), (xp.asarray, [(SHAPE, -2.0, 2.0)])],
    "astype": lambda: [
        (lambda x: xp.astype(x, xp.float64), [(SHAPE, -2.0, 2.0)]),
        (lambda x: xp.astype(x, xp.float64, copy=False, device=x.device), [(SHAPE, -2.0, 2.0)]),
    ],
    "meshgrid": lambda: [
        (lambda x, y: tuple(xp.meshgrid(x, y)), [((2,), -2.0, 2.0), ((3,), -2.0, 2.0)]),
        (lambda x, y: tuple(xp.meshgrid(x, y, indexing="ij")), [((2,), -2.0, 2.0), ((3,), -2.0, 2.0)]),
    ],
    **{n: _options(n, ((), {}), ((), {"k": 1})) for n in ("tril", "triu")},
    "broadcast_arrays": lambda: [
        (lambda x, y: tuple(xp.broadcast_arrays(x, y)), [((2, 1), -2.0, 2.0), ((3,), -2.0, 2.0)])
    ],
    "broadcast_to": _options("broadcast_to", (((4, 2, 3),), {})),
    "concat": _several("concat", {}, {"axis": 1}, {"axis": None}),
    "stack": _several("stack", {}, {"axis": -1}),
    "expand_dims": _options("expand_dims", ((), {}), ((), {"axis": -1})),
    "flip": _options("flip", ((), {}), ((), {"axis": 1})),
    "moveaxis": _options("moveaxis", ((0, 1), {}), (((0, 1), (1, 0)), {})),
    "permute_dims": _options("permute_dims", (((1, 0),), {})),
    "repeat": _options("repeat", ((2,), {}), ((2,), {"axis": 1})),
    "reshape": _options("reshape", (((3, 2),), {}), (((-1,),), {"copy": True}), (((6,),), {"copy": False})),
    "roll": _options("roll", ((1,), {}), (((1, 2),), {"axis": (0, 1)})),
    "squeeze": _options("squeeze", ((0,), {}), (((0, 2),), {}), shape=(1, 3, 1)),
    "tile": _options("tile", (((2, 1, 2),), {})),
    "unstack": _options("unstack", ((), {}), ((), {"axis": 1})),
    "take": lambda: [
        (lambda x: xp.take(x, xp.asarray([0, 1, 0], device=x.device), axis=1), [(SHAPE, -2.0, 2.0)]),
        (lambda x: xp.take(x, xp.asarray([2, 0], device=x.device)), [((3,), -2.0, 2.0)]),
    ],
    "take_along_axis": lambda: [
        (lambda x: xp.take_along_axis(x, xp.asarray([[0, 2], [1, 1]], device=x.device)), [(SHAPE, -2.0, 2.0)]),
        (lambda x: xp.take_along_axis(x, xp.asarray([[0, 2]], device=x.device), axis=1), [(SHAPE, -2.0, 2.0)]),
    ],
    "where": lambda: [
        (
            lambda x, y: xp.where(xp.asarray([True, False, True], device=x.device), x, y),
            [(SHAPE, -2.0, 2.0), ((), -2.0, 2.0)],
        ),
        (lambda x: xp.where(xp.asarray([True, False, True], device=x.device), x, 1.0), [(SHAPE, -2.0, 2.0)]),
    ],
    "sort": _options("sort", ((), {}), ((), {"axis": 0, "descending": True})),
    "unique_all": lambda: [(lambda x: xp.unique_all(x).values, [(SHAPE, -2.0, 2.0)])],
    "unique_counts": lambda: [(lambda x: xp.unique_counts(x).values, [(SHAPE, -2.0, 2.0)])],
    "unique_inverse": lambda: [(lambda x: xp.unique_inverse(x).values, [(SHAPE, -2.0, 2.0)])],
    "unique_values": _options("unique_values", ((), {})),
    **{n: _options(n, *_REDUCED) for n in ("sum", "prod", "mean", "max", "min")},
    **{n: _options(n, *_RUNNING) for n in ("cumulative_sum", "cumulative_prod")},
    **{n: _options(n, *_SPREAD) for n in ("std", "var")},
    "diff": lambda: [
        (xp.diff, [(SHAPE, -2.0, 2.0)]),
        (
            lambda x, y, z: xp.diff(x, axis=0, n=2, prepend=y, append=z),
            [(SHAPE, -2.0, 2.0), ((1, 3), -2.0, 2.0), ((2, 3), -2.0, 2.0)],
        ),
    ],
    "matmul": _products,
    "matrix_transpose": _options("matrix_transpose", ((), {})),
    "tensordot": lambda: [
        (xp.tensordot, [(SHAPE, -2.0, 2.0), (SHAPE, -2.0, 2.0)]),
        (lambda x, y: xp.tensordot(x, y, axes=((0,), (1,))), [((2, 3), -2.0, 2.0), ((3, 2), -2.0, 2.0)]),
    ],
    "vecdot": lambda: [
        (xp.vecdot, [(SHAPE, -2.0, 2.0), ((3,), -2.0, 2.0)]),
        (lambda x, y: xp.vecdot(x, y, axis=-1), [((2, 1, 3), -2.0, 2.0), (SHAPE, -2.0, 2.0)]),
    ],
}  # fmt: skip


def _symmetric(x):
    return x + xp.conj(xp.matrix_transpose(x))


def _definite(x):
    return xp.matmul(x, xp.conj(xp.matrix_transpose(x))) + 2 * xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def _regular(x):
    return x + 3 * xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def _of(function, *shapes):
    """A function of matrices, made of what gradcheck changes."""
    return [(function, [(shape, -1.0, 1.3) for shape in shapes])]


LINALG = {
    "cholesky": lambda: [
        *_of(lambda x: xp.linalg.cholesky(_definite(x)), (3, 3)),
        *_of(lambda x: xp.linalg.cholesky(_definite(x), upper=True), (2, 2, 2)),
    ],
    "cross": lambda: [*_of(xp.linalg.cross, (2, 3), (3,)), *_of(lambda x, y: xp.linalg.cross(x, y, axis=0), (3, 2), (3, 1))],
    "det": lambda: _of(xp.linalg.det, (2, 3, 3)),
    "diagonal": lambda: [*_of(xp.linalg.diagonal, (2, 3)), *_of(lambda x: xp.linalg.diagonal(x, offset=1), (2, 3, 3))],
    "eigh": lambda: [
        *_of(lambda x: xp.linalg.eigh(_symmetric(x)).eigenvalues, (3, 3)),
        *_of(lambda x: xp.abs(xp.linalg.eigh(_symmetric(x)).eigenvectors), (3, 3)),
    ],
    "eigvalsh": lambda: _of(lambda x: xp.linalg.eigvalsh(_symmetric(x)), (2, 3, 3)),
    "inv": lambda: _of(lambda x: xp.linalg.inv(_regular(x)), (2, 3, 3)),
    "matrix_norm": lambda: [
        *_of(xp.linalg.matrix_norm, (2, 3)),
        *_of(lambda x: xp.linalg.matrix_norm(x, ord="nuc", keepdims=True), (3, 2)),
        *_of(lambda x: xp.linalg.matrix_norm(x, ord=1), (2, 3)),
        *_of(lambda x: xp.linalg.matrix_norm(x, ord=2), (2, 3)),
    ],
    "matrix_power": lambda: [
        *_of(lambda x: xp.linalg.matrix_power(x, 3), (2, 2)),
        *_of(lambda x: xp.linalg.matrix_power(_regular(x), -2), (2, 2)),
    ],
    "outer": lambda: _of(xp.linalg.outer, (2,), (3,)),
    "pinv": lambda: [*_of(xp.linalg.pinv, (2, 3)), *_of(xp.linalg.pinv, (3, 2))],
    "qr": lambda: [*_of(lambda x: tuple(xp.linalg.qr(x)), (3, 2)), *_of(lambda x: tuple(xp.linalg.qr(_regular(x), mode="complete")), (2, 2))],
    "slogdet": lambda: _of(lambda x: xp.linalg.slogdet(_regular(x)).logabsdet, (2, 3, 3)),
    "solve": lambda: [
        *_of(lambda x, y: xp.linalg.solve(_regular(x), y), (3, 3), (3,)),
        *_of(lambda x, y: xp.linalg.solve(_regular(x), y), (2, 3, 3), (3, 2)),
    ],
    "svd": lambda: [
        *_of(lambda x: xp.linalg.svd(x, full_matrices=False).S, (2, 3)),
        *_of(lambda x: xp.abs(xp.linalg.svd(x, full_matrices=False).U), (3, 2)),
    ],
    "svdvals": lambda: _of(xp.linalg.svdvals, (2, 3)),
    "trace": lambda: [*_of(xp.linalg.trace, (2, 3)), *_of(lambda x: xp.linalg.trace(x, offset=-1), (2, 3, 3))],
    "vector_norm": lambda: [
        *_of(xp.linalg.vector_norm, (2, 3)),
        *_of(lambda x: xp.linalg.vector_norm(x, axis=1, ord=3), (2, 3)),
        *_of(lambda x: xp.linalg.vector_norm(x, axis=0, ord=1, keepdims=True), (2, 3)),
    ],
}  # fmt: skip


FFT = {
    "fft": lambda: [*_of(xp.fft.fft, (2, 3)), *_of(lambda x, y: xp.fft.fft(x + 1j * y, n=4, axis=0), (2, 3), (2, 3))],
    "ifft": lambda: [*_of(xp.fft.ifft, (2, 3)), *_of(lambda x, y: xp.fft.ifft(x + 1j * y, norm="ortho"), (2, 3), (2, 3))],
    "fftn": lambda: [*_of(xp.fft.fftn, (2, 3)), *_of(lambda x: xp.fft.fftn(x, s=(3,), axes=(0,)), (2, 3))],
    "ifftn": lambda: [*_of(xp.fft.ifftn, (2, 3)), *_of(lambda x: xp.fft.ifftn(x, axes=(1,), norm="forward"), (2, 3))],
    "rfft": lambda: [*_of(xp.fft.rfft, (2, 4)), *_of(lambda x: xp.fft.rfft(x, n=3, axis=0), (2, 3))],
    "irfft": lambda: [*_of(lambda x, y: xp.fft.irfft(x + 1j * y), (2, 3), (2, 3)), *_of(lambda x: xp.fft.irfft(x, n=5), (2, 3))],
    "rfftn": lambda: [*_of(xp.fft.rfftn, (2, 4)), *_of(lambda x: xp.fft.rfftn(x, axes=(1, 0)), (2, 3))],
    "irfftn": lambda: [*_of(lambda x, y: xp.fft.irfftn(x + 1j * y), (2, 3), (2, 3))],
    "hfft": lambda: [*_of(lambda x, y: xp.fft.hfft(x + 1j * y), (2, 3), (2, 3)), *_of(lambda x: xp.fft.hfft(x, n=5), (2, 3))],
    "ihfft": lambda: _of(xp.fft.ihfft, (2, 4)),
    "fftshift": lambda: [*_of(xp.fft.fftshift, (2, 3)), *_of(lambda x: xp.fft.fftshift(x, axes=1), (2, 3))],
    "ifftshift": lambda: [*_of(xp.fft.ifftshift, (2, 3)), *_of(lambda x: xp.fft.ifftshift(x, axes=(0, 1)), (2, 3))],
}  # fmt: skip

EXTENSIONS = {"": CALLS, "linalg": LINALG, "fft": FFT}
NAMES = [
    f"{extension}.{name}" if extension else name for extension in EXTENSIONS for name in sorted(EXTENSIONS[extension])
]


def calls(name):
    """The calls of a function, named with its extension."""
    extension, _, function = name.rpartition(".")
    return EXTENSIONS[extension][function]()


def functions(module):
    return {n for n, value in vars(module).items() if inspect.isfunction(value) and not n.startswith("_")}


def test_every_function_is_checked():
    names = functions(xp) | {"__array_namespace_info__"}
    assert names == set(CALLS) | CONSTANT | WITHOUT
    # The others of the extension are those of the main namespace; a rank is an integer.
    assert functions(xp.linalg) - names == set(LINALG) | {"matrix_rank"}
    assert functions(xp.fft) == set(FFT) | {"fftfreq", "rfftfreq"}


def _draw(shape, low, high, seed, device):
    """Values well apart from each other: extremes and orders don't change within a finite difference."""
    size = math.prod(shape)
    steps = np.random.default_rng(seed).permutation(size + 2)[:size] + 0.1 * seed
    values = low + (high - low) * (steps + 0.5) / (size + 3)
    return plugrad.tensor(values.reshape(shape).tolist(), dtype=plugrad.float64, device=device, requires_grad=True)


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name, device):
    for function, inputs in calls(name):
        tensors = [_draw(shape, low, high, seed, device) for seed, (shape, low, high) in enumerate(inputs)]
        results = function(*tensors)
        for y in results if isinstance(results, tuple) else (results,):
            assert y.requires_grad
            assert y.dtype in (plugrad.float64, plugrad.complex128)
        assert gradcheck(function, tensors)
        assert gradgradcheck(function, tensors)


# Functions that the standard has for real numbers only; and what makes real numbers of others in the samples.
REAL = {
    "astype", "atan2", "ceil", "clip", "copysign", "floor", "hypot", "imag", "logaddexp", "max", "maximum", "min",
    "minimum", "nextafter", "remainder", "sort", "std", "trunc", "var", "fft.ihfft", "fft.rfft", "fft.rfftn",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REAL])
def test_complex_gradients(name, device):
    for function, inputs in calls(name):
        tensors = []
        for seed, (shape, low, high) in enumerate(inputs):
            # Off the axes, where inverse functions have their branch cuts.
            parts = [_draw(shape, low, high, seed + k, device).detach() + 0.03 for k in (0, 7)]
            tensors.append((parts[0] + 1j * parts[1]).requires_grad_())
        assert gradcheck(function, tensors)


RECORDS_NOTHING = {
    **{n: lambda f, x: f(x, x) for n in ("equal", "greater", "greater_equal", "less", "less_equal", "not_equal")},
    **{n: lambda f, x: f(x) for n in ("all", "any", "argmax", "argmin", "argsort", "count_nonzero", "signbit")},
    **{
        n: lambda f, x: f(x) for n in ("isfinite", "isinf", "isnan", "nonzero", "empty_like", "ones_like", "zeros_like")
    },
    "full_like": lambda f, x: f(x, 1),
    "searchsorted": lambda f, x: f(x[0], x),
}


@pytest.mark.parametrize("name", sorted(RECORDS_NOTHING))
def test_constant_functions_record_nothing(name, device):
    results = RECORDS_NOTHING[name](getattr(xp, name), _draw(SHAPE, -2.0, 2.0, 0, device))
    for y in results if isinstance(results, tuple) else (results,):
        assert not y.requires_grad
