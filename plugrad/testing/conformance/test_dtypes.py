"""dtypes: every one that the backend has is there, promotes, casts and reduces as on the CPU; others are refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import plugrad
from plugrad.core import dtypes, namespace, registry
from plugrad.core.op import OPS
from plugrad.testing.conformance.calls import every_sample, values
from plugrad.testing.conformance.kit import on_samples
from plugrad.testing.samples import sample, through, to_device, to_host

NAMES = [d.name for d in dtypes.ALL]
NUMBERS = [[0, 1, 3], [2, 100, 7]]
#: An integer divided by 0 is an error on some devices and anything on others, as with PyTorch.
DIVISIONS = ("floor_divide", "fmod", "remainder")


@pytest.fixture
def known(backend):
    """What both the backend and the CPU have."""
    return [d for d in dtypes.ALL if d in backend.dtypes and d in registry.load("numpy").dtypes]


def _tolerance(d):
    return {"float16": 2e-3, "bfloat16": 2e-2}.get(d.name, 2e-6 if d.itemsize in (4, 8) else 1e-12)


def _made(d, device):
    return plugrad.tensor(NUMBERS, device=device).to(d)


def _same(found, expected):
    assert found.dtype is expected.dtype
    assert found.shape == expected.shape
    tolerance = _tolerance(expected.dtype)
    np.testing.assert_allclose(values(found), values(expected), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_there_and_back(name, backend, device):
    d = dtypes.NAMES[name]
    if d not in backend.dtypes:
        pytest.skip(f"the backend has no {name}")
    x = _made(d, device)
    assert x.dtype is d
    assert x.raw.dtype == backend.dtypes[d]
    assert backend.dtype_of(x.raw) is d
    assert x.tolist() == plugrad.tensor(NUMBERS).to(d if d in registry.load("numpy").dtypes else None).tolist()
    zeros = plugrad.zeros(2, 0, dtype=d, device=device)
    assert (zeros.dtype, tuple(zeros.shape), zeros.element_size()) == (d, (2, 0), d.itemsize)
    if d in registry.load("numpy").dtypes:
        assert x.cpu().dtype is d
        assert x.cpu().to(device).dtype is d
        assert x.cpu().tolist() == x.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_is_refused(name, backend, device):
    d = dtypes.NAMES[name]
    if d in backend.dtypes:
        pytest.skip(f"the backend has {name}")
    for ask in (
        lambda: plugrad.zeros(2, dtype=d, device=device),
        lambda: plugrad.tensor([1], dtype=d, device=device),
        lambda: plugrad.ones(2, device=device).to(d),
    ):
        with pytest.raises(TypeError, match=rf"backend '{backend.name}' has no plugrad\.{name}\nHint: it has "):
            ask()


@pytest.mark.parametrize("name", NAMES)
def test_promotion(name, known, backend, device):
    first = dtypes.NAMES[name]
    if first not in known:
        pytest.skip(f"the backend has no {name}")
    for second in known:
        try:
            result = plugrad.promote_types(first, second)
        except RuntimeError as error:
            with pytest.raises(RuntimeError, match=str(error).partition(", attempted")[0]):
                _made(first, device) * _made(second, device)
            continue
        if result not in known:
            continue
        for function in (lambda a, b: a * b, lambda a, b: a == b, lambda a, b: plugrad.where(a == b, a, b)):
            found, expected = [function(_made(first, d), _made(second, d)) for d in (device, "cpu")]
            _same(found, expected)
            assert found.raw.dtype == backend.dtypes[found.dtype]
        # A tensor of no axes and a number take part as PyTorch has it.
        for function in (lambda a, b: a * b.sum(), lambda a, b: a + 1, lambda a, b: b * True):
            _same(*[function(_made(first, d), _made(second, d)) for d in (device, "cpu")])


@pytest.mark.parametrize("name", NAMES)
def test_casts(name, known, device):
    first = dtypes.NAMES[name]
    if first not in known:
        pytest.skip(f"the backend has no {name}")
    for second in known:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of imaginary parts that are dropped
            _same(*[_made(first, d).to(second) for d in (device, "cpu")])
        if first.is_inexact and second.is_inexact and first.is_complex == second.is_complex:
            x = _made(first, device).requires_grad_()
            x.to(second).real.sum().backward()
            assert x.grad.dtype is first


REDUCTIONS = {
    "sum": lambda x: x.sum(), "sum of an axis": lambda x: x.sum(dim=1), "prod": lambda x: x.prod(),
    "cumsum": lambda x: x.cumsum(0), "cumprod": lambda x: x.cumprod(1), "mean": lambda x: x.mean(dim=0),
    "max": lambda x: x.max(), "min": lambda x: x.min(dim=1), "argmax": lambda x: x.argmax(),
    "any": lambda x: x.any(), "all": lambda x: x.all(dim=1), "std": lambda x: x.std(), "var": lambda x: x.var(dim=1),
    "count_nonzero": lambda x: x.count_nonzero(), "norm": lambda x: plugrad.linalg.vector_norm(x),
    "logsumexp": lambda x: x.logsumexp(0), "sort": lambda x: x.sort(), "median": lambda x: x.median(),
    "sum as int32": lambda x: x.sum(dtype=plugrad.int32), "nansum": lambda x: x.nansum(), "amax": lambda x: x.amax(0),
}  # fmt: skip


@pytest.mark.parametrize("reduce", REDUCTIONS.values(), ids=REDUCTIONS)
def test_reductions(reduce, known, device):
    for d in known:
        results = []
        for where in ("cpu", device):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    results.append(reduce(_made(d, where)))
                except (RuntimeError, TypeError, IndexError, ValueError) as error:
                    results.append(error)
        expected, found = results
        if isinstance(expected, Exception):
            assert isinstance(found, type(expected)), f"{d}: {found!r} instead of {expected!r}"
            continue
        assert not isinstance(found, Exception), f"{d}: {found!r}"
        for y, want in zip(_parts(found), _parts(expected), strict=True):
            _same(y, want)


def _parts(result):
    return result if isinstance(result, tuple) else (result,)


@on_samples(every_sample)
def test_half_types_as_on_the_cpu(name, number, case, known, device):
    """An op computes in float16 and bfloat16 what it does on the CPU, in the same dtype."""
    halves = [d for d in known if d in (dtypes.float16, dtypes.bfloat16)]
    if device == "cpu" or not halves or OPS[name].facts.get("random"):
        pytest.skip("the CPU's own" if device == "cpu" else "draws random numbers" if halves else "no half types")
    drawn = sample(OPS[name], case, number)
    for d in halves:
        _compare(_in_half(name, drawn, d, device), _in_half(name, drawn, d, "cpu"), d)


def _compare(found, expected, d):
    if isinstance(expected, Exception):
        assert isinstance(found, type(expected)), f"{d}: {found!r} instead of {expected!r}"
        return
    assert not isinstance(found, Exception), f"{d}: {found!r}"
    for y, want in zip(_parts(found), _parts(expected), strict=True):
        if isinstance(want, plugrad.Tensor):
            assert y.dtype is want.dtype, f"{d}: {y.dtype} instead of {want.dtype}"
            assert y.shape == want.shape
            a, b = to_host(y), to_host(want)
            tolerance = 20 * max(_tolerance(d), _tolerance(want.dtype)) if want.dtype.is_inexact else 0
            scale = float(np.max(np.abs(b[np.isfinite(b)]), initial=1)) if b.dtype.kind in "fc" else 1.0
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale, err_msg=str(d))


def _in_half(name, drawn, d, device):
    """The op on the sample with its floating point values in a half type; or the exception."""

    def cast(value):
        if isinstance(value, list):
            return [cast(v) for v in value]
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            return to_device(value, device)
        return to_device(value, "cpu").to(d).to(device)

    args = [cast(v) for v in drawn.args]
    return _tried(lambda: namespace.FUNCTIONS[name](*_fitting(name, args, device), **drawn.options))


def _fitting(name, args, device):
    return through(OPS[name], plugrad.zeros((), device=device).device.ops, args)


def _tried(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call()
        except plugrad.KernelNotFoundError:
            raise  # what a backend may lack is another matter
        except (RuntimeError, TypeError, IndexError, ValueError) as error:
            return error


#: What users call with tensors of any dtype, by the number of tensors.
PUBLIC = {
    1: """abs acos acosh angle asin asinh atan atanh bitwise_not ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2
    expm1 floor frac isfinite isinf isnan isneginf isposinf lgamma log log10 log1p log2 logical_not logit neg positive
    rad2deg reciprocal relu round rsqrt selu sgn sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc
    argsort bincount cov cummax cummin diff flip logcumsumexp nonzero softmax t tril triu unique""",
    2: """add atan2 bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor cdist copysign div dot eq
    floor_divide fmax fmin fmod gcd ge gt heaviside hypot isin kron lcm ldexp le logaddexp logical_and logical_or
    logical_xor lt matmul maximum minimum mul mv ne nextafter outer pow remainder sub true_divide xlogy""",
}
CALLS = [pytest.param(name, count, id=name) for count, names in PUBLIC.items() for name in names.split()]
EXTRA = {"argsort": (1,), "cummax": (0,), "cummin": (0,), "logcumsumexp": (0,), "softmax": (0,), "flip": ((0,),)}


@pytest.mark.parametrize(("name", "count"), CALLS)
def test_functions_of_every_dtype(name, count, known, device):
    """The same values, in the same dtype, or a refusal of the same type, as on the CPU."""
    if device == "cpu":
        pytest.skip("the CPU's own, compared with PyTorch's in the project's tests")
    function = getattr(plugrad, name)
    flat = name in ("bincount", "dot")
    for d in known:
        results = []
        for where in (device, "cpu"):
            x = _made(d, where)[1] if flat else _made(d, where)
            if name in DIVISIONS:
                x = x.clamp(1) if d is not dtypes.bool_ and not d.is_complex else x
            second = x.t() if name in ("matmul",) else x[0] if name == "mv" else x
            results.append(_tried(lambda x=x, y=second: function(x, *[y][: count - 1], *EXTRA.get(name, ()))))
        _compare(*results, d)
