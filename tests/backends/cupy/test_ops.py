"""Every op on the CuPy backend, over the stand-in: values and gradients are NumPy's, and few wait for the GPU.

The conformance kit runs there too, with gradcheck: PLUGRAD_TESTS_CUPY=definitions pytest --plugrad-backend=cupy
plugrad/testing/conformance.
"""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.core.op import OPS
from plugrad.testing.conformance.calls import call, every_sample, ones, outputs_of
from plugrad.testing.samples import to_host
from tests.support import cupy_stand_in as stand_in

#: Ops that wait for the GPU: their shapes depend on values, or they look whether there is a solution.
WAITS = frozenset(
    [
        "argwhere",
        "masked_read",
        "masked_scatter",
        "masked_select",
        "nonzero",
        "unique_sorted",
        "eigh_triangle",
        "eigvalsh_triangle",
        "linalg_cholesky",
        "linalg_inv",
        "linalg_matrix_exp",
        "linalg_qr",
        "linalg_slogdet",
        "linalg_solve",
        "lu_packed",
        "solve_triangular",
        "solve_vectors",
        "linalg_eig",
        "linalg_eigvals",
        "linalg_svd",
        "linalg_cofactors",
        "linalg_det",
        "pseudo_inverse",
    ]
)


@pytest.fixture(scope="module", autouse=True)
def gpu():
    stand_in.install()
    yield
    stand_in.uninstall()


def computed(name, number, case, device):
    """An op's results and gradients of a sample."""
    _, (function, leaves) = call(name, number, case, device, "float64", requires_grad=True)
    stand_in.counts.reset()
    results = [y for y in outputs_of(function(*leaves)) if isinstance(y, plugrad.Tensor)]
    differentiable = [y for y in results if y.requires_grad]
    undefined = OPS[name].undefined or OPS[name].constant
    grads = []
    if differentiable and leaves and not undefined:
        grads = plugrad.autograd.grad(differentiable, leaves, ones(differentiable), allow_unused=True)
    assert not stand_in.counts.waits or name in WAITS, stand_in.counts.log
    return [None if y is None else to_host(y.detach()) for y in (*results, *grads)]


@pytest.mark.parametrize(("name", "number", "case"), every_sample(quick=True))
def test_op(name, number, case):
    if OPS[name].facts.get("random"):
        pytest.skip("draws random numbers")
    try:
        found = computed(name, number, case, "cuda")
    except plugrad.KernelNotFoundError as error:
        pytest.skip(str(error).splitlines()[0])
    expected = computed(name, number, case, "cpu")
    assert len(found) == len(expected)
    for y, want in zip(found, expected, strict=True):
        assert (y is None) == (want is None)
        if y is not None:
            assert y.dtype == want.dtype
            np.testing.assert_allclose(y, want, rtol=1e-9, atol=1e-10)
