"""Products of stacks by cuBLAS, through an executor that reads raw memory by address, leading dimension and step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugrad.backends.cupy import kernels_product, products
from plugrad.core import precision
from tests.support import cupy_stand_in as stand_in


@pytest.fixture(autouse=True)
def cupy():
    stand_in.install()
    yield
    precision.set_float32_matmul_precision("highest")
    stand_in.uninstall()


def multiply(a, b):
    """The product by the backend, and what cuBLAS was asked for."""
    stand_in.counts.reset()
    found = kernels_product.matmul(a, b)
    assert stand_in.counts.waits == 0
    return found.get(), list(stand_in.counts.products)


def arrays(*shapes, dtype="f8"):
    rng = np.random.default_rng(0)
    return [stand_in.asarray(rng.standard_normal(shape).astype(dtype)) for shape in shapes]


def same(found, a, b):
    np.testing.assert_allclose(found, np.matmul(a._h, b._h), rtol=1e-12, atol=1e-12)


def test_a_plain_stack_is_one_call():
    a, b = arrays((5, 2, 3), (5, 3, 4))
    found, calls = multiply(a, b)
    same(found, a, b)
    assert calls == [(0, 0, 4, 2, 3, 5, products.COMPUTE_64F)]


@pytest.mark.parametrize("turned", ["a", "b", "ab"])
def test_transposed_views_are_not_copied(turned):
    a, b = arrays((5, 3, 2) if "a" in turned else (5, 2, 3), (5, 4, 3) if "b" in turned else (5, 3, 4))
    a = a.swapaxes(-1, -2) if "a" in turned else a
    b = b.swapaxes(-1, -2) if "b" in turned else b
    stand_in.counts.reset()
    found, calls = multiply(a, b)
    same(found, a, b)
    assert calls == [(int("b" in turned), int("a" in turned), 4, 2, 3, 5, products.COMPUTE_64F)]
    assert stand_in.counts.allocated == 1, "only the result"


def test_a_broadcast_stack_has_a_step_of_0():
    a, b = arrays((1, 2, 3), (5, 3, 4))
    found, calls = multiply(a, b)
    same(found, a, b)
    assert len(calls) == 1
    (call,) = products.calls((1, 2, 3), (6, 3, 1), (5, 3, 4), (12, 4, 1))
    assert call.strides == (12, 0, 8)


def test_heads_of_attention_are_read_in_place():
    x, y = arrays((2, 7, 3, 8), (2, 7, 3, 8))  # batch, time, heads, size
    q, k = x.transpose(0, 2, 1, 3), y.transpose(0, 2, 3, 1)
    found, calls = multiply(q, k)
    same(found, q, k)
    assert len(calls) == 2
    assert all(call[:2] == (1, 0) for call in calls)


def test_what_cublas_can_t_read_is_copied():
    a, b = arrays((5, 4, 6), (5, 3, 4))
    a = a[:, ::2, ::2]
    b = b[::-1]
    found, _ = multiply(a, b)
    same(found, a, b)


def test_a_stack_and_a_matrix_are_one_product_of_two_matrices():
    a, b = arrays((5, 2, 3), (3, 4))
    found, calls = multiply(a, b)
    same(found, a, b)
    assert calls == [], "cupy.matmul multiplies two matrices"


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16"])
def test_dtypes_and_what_they_are_summed_in(dtype):
    a, b = arrays((3, 20, 30), (3, 30, 4), dtype=dtype)
    found, ((*_, compute),) = multiply(a, b)
    assert found.dtype == dtype
    assert compute == (products.COMPUTE_64F if dtype in ("f8", "c16") else products.COMPUTE_32F)
    wide = np.matmul(a._h.astype("c16"), b._h.astype("c16"))
    np.testing.assert_allclose(found, wide, rtol={"f2": 1e-3, "f4": 1e-5, "c8": 1e-5}.get(dtype, 1e-12), atol=1e-3)


def test_bfloat16_is_multiplied_as_it_is():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    a, b = arrays((3, 2, 3), (3, 3, 4), dtype=ml_dtypes.bfloat16)
    found, ((*_, compute),) = multiply(a, b)
    assert found.dtype == ml_dtypes.bfloat16
    assert compute == products.COMPUTE_32F
    np.testing.assert_allclose(
        found.astype("f4"), np.matmul(a._h.astype("f4"), b._h.astype("f4")), rtol=1e-2, atol=1e-2
    )


@pytest.mark.parametrize("word", ["high", "medium"])
@pytest.mark.parametrize("shape", [(2, 3), (5, 2, 3)])
def test_tf32_only_where_it_is_asked_for(word, shape):
    a, b = arrays(shape, (*shape[:-2], 3, 4), dtype="f4")
    assert all(call[-1] == products.COMPUTE_32F for call in multiply(a, b)[1])
    precision.set_float32_matmul_precision(word)
    assert [call[-1] for call in multiply(a, b)[1]] == [products.COMPUTE_32F_FAST_TF32]
    a, b = arrays(shape, (*shape[:-2], 3, 4), dtype="f8")
    assert all(call[-1] == products.COMPUTE_64F for call in multiply(a, b)[1])


@pytest.mark.parametrize(
    "shapes", [((0, 2, 3), (0, 3, 4)), ((2, 0, 3), (2, 3, 4)), ((2, 3, 0), (2, 0, 4)), ((2, 0), (0, 4))]
)
def test_nothing(shapes):
    a, b = arrays(*shapes)
    found, calls = multiply(a, b)
    same(found, a, b)
    assert calls == []


def test_without_cublas_cupy_multiplies(monkeypatch):
    monkeypatch.delitem(stand_in.companions, "cupy_backends.cuda.libs.cublas")
    for dtype in ("f2", "f4"):
        a, b = arrays((5, 3, 2), (5, 3, 4), dtype=dtype)
        a = a.swapaxes(-1, -2)
        found, calls = multiply(a, b)
        assert found.dtype == dtype
        np.testing.assert_allclose(found, np.matmul(a._h, b._h), rtol=1e-2, atol=1e-2)
        assert calls == []


@st.composite
def views(draw):
    """Two operands that can be multiplied: any view of some memory."""
    m, k, n = [draw(st.integers(1, 4)) for _ in range(3)]
    stack = draw(st.lists(st.integers(1, 3), max_size=3))
    found = []
    for rows, columns in ((m, k), (k, n)):
        own = [size if draw(st.booleans()) else 1 for size in stack[draw(st.integers(0, len(stack))) :]]
        shape = [*own, rows, columns]
        order = draw(st.permutations(range(len(shape))))
        steps = [draw(st.sampled_from([1, 1, 1, 2, -1])) for _ in shape]
        memory = stand_in.asarray(
            np.random.default_rng(draw(st.integers(0, 99))).standard_normal([shape[i] * abs(steps[i]) for i in order])
        )
        view = memory.transpose([order.index(i) for i in range(len(shape))])
        view = view[tuple(slice(None, None, step) for step in steps)]
        if draw(st.booleans()):
            view = stand_in.broadcast_to(view, (*stack, rows, columns))
        found.append(view)
    return found


@settings(max_examples=150, deadline=None)
@given(views())
def test_any_views(operands):
    a, b = operands
    if a.ndim < 2 or b.ndim < 2:
        return
    found = kernels_product.stacked(a, b)
    np.testing.assert_allclose(found._h, np.matmul(a._h, b._h), rtol=1e-12, atol=1e-12)


def test_the_precision_is_pytorchs():
    import plugrad

    assert plugrad.get_float32_matmul_precision() == "highest"
    with pytest.raises(RuntimeError, match="set_float32_matmul_precision expects a str, but got int"):
        plugrad.set_float32_matmul_precision(3)
    with pytest.raises(RuntimeError, match="best is not one of 'highest', 'high', or 'medium'"):
        plugrad.set_float32_matmul_precision("best")
    assert plugrad.get_float32_matmul_precision() == "highest"
    plugrad.set_float32_matmul_precision("medium")
    assert plugrad.get_float32_matmul_precision() == "medium"
