"""The functions of dtypes, beside array-api-strict, and promotion in the namespace."""

from __future__ import annotations

import itertools
import operator

import array_api_strict as strict
import pytest

import plugrad
import plugrad.array_api as xp
from tests.array_api.draws import ALL, FLOATING, INEXACT, INTEGER

KINDS = (
    "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric",
    ("bool", "integral"),
)  # fmt: skip


def promoted(a, b):
    """What array-api-strict makes of two dtypes, or None where the standard has no dtype for both."""
    try:
        return strict.result_type(getattr(strict, a), getattr(strict, b))
    except TypeError:
        return None


PAIRS = [(a, b) for a, b in itertools.product(ALL, ALL) if promoted(a, b) is not None]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_promotion(a, b):
    expected = getattr(xp, str(promoted(a, b)).rpartition(".")[2])
    first, second = getattr(xp, a), getattr(xp, b)
    assert xp.result_type(first, second) is expected
    # Arrays without dimensions count like others.
    x1, x2 = xp.ones((2,), dtype=first), xp.ones((), dtype=second)
    assert xp.result_type(x1, x2) is expected
    assert xp.equal(x1, x2).dtype is xp.bool
    assert xp.where(xp.asarray(True), x1, x2).dtype is expected
    assert xp.concat([x1, xp.reshape(x2, (1,))]).dtype is expected
    if a != "bool":
        assert xp.add(x1, x2).dtype is expected
        assert xp.multiply(x2, x1).dtype is expected
        assert xp.matmul(x1, xp.ones(2, dtype=second)).dtype is expected


@pytest.mark.parametrize(("a", "b"), [p for p in PAIRS if {*p} & {"uint16", "uint32", "uint64"}])
def test_operators_promote_unsigned_integers(a, b):
    """PyTorch refuses uint16, uint32 and uint64 beside other integers; where it gives no answer, the standard's holds."""
    first, second = getattr(xp, a), getattr(xp, b)
    x1, x2 = xp.full((2,), 3, dtype=first), xp.full((2,), 2, dtype=second)
    expected = xp.result_type(first, second)
    assert plugrad.promote_types(first, second) is expected
    assert (x1 - x2).dtype is expected
    assert (x1 - x2).tolist() == [1, 1]
    assert (x1 > x2).tolist() == [True, True]
    x1 += x2
    assert x1.dtype is first
    assert x1.tolist() == [5, 5]


EDGES = {"uint64": [0, 1, 2**63 - 1, 2**63, 2**64 - 1, 200], "int64": [0, 1, -1, 2**63 - 1, -(2**63), -56, 200]}


@pytest.mark.parametrize("signed", ["int8", "int64"])
@pytest.mark.parametrize("name", ["equal", "not_equal", "less", "less_equal", "greater", "greater_equal"])
def test_what_nothing_holds_can_be_compared(name, signed):
    """uint64 with signed integers, value by value, as Python does."""
    numbers = [n for n in EDGES["int64"] if signed == "int64" or -128 <= n < 128]
    u = xp.reshape(xp.asarray(EDGES["uint64"], dtype=xp.uint64), (-1, 1))
    s = xp.asarray(numbers, dtype=getattr(xp, signed))
    compared = {
        "equal": "eq",
        "not_equal": "ne",
        "less": "lt",
        "less_equal": "le",
        "greater": "gt",
        "greater_equal": "ge",
    }
    expected = getattr(operator, compared[name])
    assert getattr(xp, name)(u, s).tolist() == [[expected(a, b) for b in numbers] for a in EDGES["uint64"]]
    assert getattr(xp, name)(s, u).tolist() == [[expected(b, a) for b in numbers] for a in EDGES["uint64"]]


def test_unsigned_integers_are_compared_with_floats_as_floats():
    assert xp.less(xp.asarray([1], dtype=xp.uint64), xp.asarray([1.5], dtype=xp.float64)).tolist() == [True]


def test_what_nothing_holds_is_refused():
    x1, x2 = xp.ones(2, dtype=xp.uint64), xp.ones(2, dtype=xp.int8)
    for refused in (lambda: xp.result_type(xp.uint64, xp.int8), lambda: x1 + x2, lambda: x2 == x1):
        with pytest.raises(
            RuntimeError, match=r"(?s)Promotion for uint16, uint32, uint64 .* UInt64 and Char|Char and UInt64"
        ):
            refused()


@pytest.mark.parametrize("name", ALL)
def test_result_type_with_numbers(name):
    dtype = getattr(xp, name)
    x = xp.ones(2, dtype=dtype)
    for number in (True, 1, 1.0, 1j):
        try:
            expected = strict.result_type(strict.ones(2, dtype=getattr(strict, name)), number)
        except TypeError:
            continue
        assert xp.result_type(x, number) is getattr(xp, str(expected).rpartition(".")[2])
    # Where the standard says nothing, PyTorch's.
    assert xp.result_type(xp.int8, 1.0) is xp.float32


def test_result_type_refuses():
    with pytest.raises(ValueError, match="needs an array or a dtype"):
        xp.result_type(1, 2.0)
    with pytest.raises(TypeError, match="takes arrays, dtypes and numbers, not str"):
        xp.result_type(xp.int8, "float32")


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_can_cast(a, b):
    expected = strict.can_cast(getattr(strict, a), getattr(strict, b))
    assert xp.can_cast(getattr(xp, a), getattr(xp, b)) is expected
    assert xp.can_cast(xp.ones(1, dtype=getattr(xp, a)), getattr(xp, b)) is expected


def test_can_not_cast():
    assert not xp.can_cast(xp.float32, xp.int64)
    assert not xp.can_cast(xp.uint64, xp.int64)


@pytest.mark.parametrize("name", ALL)
def test_isdtype(name):
    for kind in KINDS:
        assert xp.isdtype(getattr(xp, name), kind) is strict.isdtype(getattr(strict, name), kind)
    for other in ALL:
        assert xp.isdtype(getattr(xp, name), getattr(xp, other)) is (name == other)
    assert xp.isdtype(getattr(xp, name), (xp.bool, "numeric"))
    with pytest.raises(ValueError, match="unrecognized data type kind"):
        xp.isdtype(getattr(xp, name), "float")


@pytest.mark.parametrize("name", INEXACT)
def test_finfo(name):
    expected = strict.finfo(getattr(strict, name))
    for argument in (getattr(xp, name), xp.ones(1, dtype=getattr(xp, name))):
        found = xp.finfo(argument)
        assert found.dtype is getattr(xp, str(expected.dtype).rpartition(".")[2])
        for field in ("bits", "eps", "max", "min", "smallest_normal"):
            assert getattr(found, field) == getattr(expected, field)
            assert type(getattr(found, field)) is (int if field == "bits" else float)


@pytest.mark.parametrize("name", INTEGER)
def test_iinfo(name):
    expected = strict.iinfo(getattr(strict, name))
    for argument in (getattr(xp, name), xp.ones(1, dtype=getattr(xp, name))):
        found = xp.iinfo(argument)
        assert found.dtype is getattr(xp, name)
        assert (found.bits, found.max, found.min) == (expected.bits, expected.max, expected.min)


def test_sums_of_integers():
    for name in INTEGER:
        x = xp.ones((2, 3), dtype=getattr(xp, name))
        expected = xp.uint64 if name.startswith("u") else xp.int64
        for function in (xp.sum, xp.prod):
            assert function(x).dtype is expected
            assert function(x, dtype=x.dtype).dtype is x.dtype
        for function in (xp.cumulative_sum, xp.cumulative_prod):
            assert function(x, axis=0).dtype is expected


@pytest.mark.parametrize("name", FLOATING)
def test_astype(name):
    x = xp.ones(2, dtype=getattr(xp, name), device="cpu").requires_grad_()
    same = xp.astype(x, x.dtype, copy=False)
    assert same is x
    copied = xp.astype(x, x.dtype)
    assert copied is not x
    assert copied.data_ptr() != x.data_ptr()
    xp.sum(copied * 3).backward()
    assert x.grad.tolist() == [3.0, 3.0]
    assert xp.astype(x, xp.complex64, device="cpu").dtype is xp.complex64
    with pytest.raises(TypeError, match="of complex numbers"):
        xp.astype(xp.ones(2, dtype=xp.complex64), xp.float32)
    assert xp.astype(xp.asarray([0j, 1j]), xp.bool).tolist() == [False, True]


def test_operators_keep_pytorchs_promotion():
    """Where Tensor's operators and the standard differ, PyTorch wins on the operators, the standard here."""
    x1, x2 = xp.ones(2, dtype=xp.float32), xp.asarray(1.0, dtype=xp.float64)
    assert (x1 + x2).dtype is plugrad.float32
    assert xp.add(x1, x2).dtype is plugrad.float64
