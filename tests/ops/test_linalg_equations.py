"""Equations, determinants and the like on every backend: identities, singular matrices, derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.testing import gradcheck, gradgradcheck
from tests.ops.test_linalg_decompositions import BOTH, adjoint, close, draw, eye

__all__ = ["draw"]


@BOTH
def test_solve_and_inv(draw, dtype):
    a, b = draw(2, 3, 3, dtype=dtype), draw(3, 2, dtype=dtype)
    x = plugrad.linalg.solve(a, b)
    assert close(a @ x, b)
    assert close(plugrad.linalg.inv(a) @ a, plugrad.eye(3, dtype=dtype, device=a.device))
    row = b.mT.unsqueeze(0)
    assert close(plugrad.linalg.solve(a, row, left=False) @ a, row)
    assert close((a @ plugrad.linalg.solve(a, b[:, 0]).unsqueeze(-1)).squeeze(-1), b[:, 0])


@BOTH
@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("unitriangular", [True, False])
def test_solve_triangular(draw, dtype, upper, unitriangular):
    a, b = draw(2, 3, 3, dtype=dtype), draw(2, 3, 3, dtype=dtype)
    read = plugrad.triu(a) if upper else plugrad.tril(a)
    if unitriangular:
        read = read - plugrad.diag_embed(a.diagonal(dim1=-2, dim2=-1) - 1)
    options = {"upper": upper, "unitriangular": unitriangular}
    assert close(read @ plugrad.linalg.solve_triangular(a, b, **options), b, 1e-8)
    assert close(plugrad.linalg.solve_triangular(a, b, left=False, **options) @ read, b, 1e-8)


def test_singular_matrices_are_told_by_their_number(device):
    a = plugrad.stack([plugrad.eye(2, device=device), plugrad.zeros(2, 2, device=device)])
    with pytest.raises(plugrad.linalg.LinAlgError, match=r"\(Batch element 1\): The diagonal element 1 is zero"):
        plugrad.linalg.inv(a)
    with pytest.raises(plugrad.linalg.LinAlgError, match=r"\(Batch element 1\): The solver failed"):
        plugrad.linalg.solve(a, plugrad.ones(2, 2, device=device))
    for function in (plugrad.linalg.inv_ex, lambda a: plugrad.linalg.solve_ex(a, plugrad.ones(2, 2, device=device))):
        found, info = function(a)
        assert info.tolist() == [0, 1]
        assert plugrad.isnan(found[1]).all().item()
        assert not plugrad.isnan(found[0]).any().item()


def test_inv_ex_has_a_gradient_beside_a_singular_matrix(device):
    a = plugrad.stack([2 * plugrad.eye(2, device=device), plugrad.zeros(2, 2, device=device)]).requires_grad_()
    plugrad.linalg.inv_ex(a).inverse[0].sum().backward()
    assert a.grad.tolist() == [[[-0.25, -0.25], [-0.25, -0.25]], [[0.0, 0.0], [0.0, 0.0]]]


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_determinants_of_singular_matrices_have_derivatives(draw, rank):
    """The cofactors are polynomials; of rank 1 the second derivative of the determinant is not 0 yet."""
    x = (draw(3, rank) @ draw(rank, 3) if rank else 0 * draw(3, 3)).detach().requires_grad_()
    assert gradcheck(plugrad.linalg.det, (x,))
    assert gradgradcheck(plugrad.linalg.det, (x,))


@BOTH
def test_slogdet_and_logdet(draw, dtype):
    x = draw(2, 3, 3, dtype=dtype)
    sign, size = plugrad.linalg.slogdet(x)
    assert size.dtype is plugrad.float64
    assert close(sign * size.exp(), plugrad.linalg.det(x))
    x = x @ adjoint(x)
    assert close(plugrad.logdet(x).real, plugrad.linalg.slogdet(x).logabsdet)


@BOTH
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (2, 3, 3)])
def test_pinv(draw, dtype, shape):
    x = draw(*shape, dtype=dtype)
    y = plugrad.linalg.pinv(x)
    assert close(x @ y @ x, x)
    assert close(adjoint(x @ y), x @ y)


@BOTH
def test_complex_gradients(draw, dtype):
    a = draw(3, 3, dtype=dtype, requires_grad=True)
    b = draw(3, 2, dtype=dtype, requires_grad=True)
    for function, inputs in (
        (plugrad.linalg.inv, (a,)),
        (plugrad.linalg.solve, (a, b)),
        (plugrad.linalg.det, (a,)),
        (lambda a: tuple(plugrad.linalg.slogdet(a)), (a,)),
        (plugrad.linalg.pinv, (b,)),
        (plugrad.linalg.matrix_exp, (a,)),
        (lambda a: plugrad.linalg.lu_factor(a).LU, (a,)),
        (lambda b: plugrad.linalg.cross(b.mT, b.mT.flip(0)), (b,)),
        (lambda a, b: plugrad.linalg.solve_triangular(a, b, upper=False), (a, b)),
        (lambda a, b: plugrad.cholesky_solve(b, plugrad.tril(a, -1) + eye(3, a.device).to(a.dtype)), (a, b)),
    ):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs, fast_mode=True)


def test_lstsq_minimizes(draw):
    a, b = draw(5, 2), draw(5, 3)
    found = plugrad.linalg.lstsq(a, b, driver="gelsd")
    assert close(a.mT @ (a @ found.solution - b), 0 * found.solution)
    assert close(found.residuals, ((a @ found.solution - b) ** 2).sum(0))
    assert found.rank.item() == 2
    assert close(found.singular_values, plugrad.linalg.svdvals(a))


def test_matrix_exp_of_large_and_nilpotent_matrices(device):
    x = plugrad.tensor([[0.0, 1e6], [0.0, 0.0]], dtype=plugrad.float64, device=device)
    assert plugrad.linalg.matrix_exp(x).tolist() == [[1.0, 1e6], [0.0, 1.0]]
    angle = 40.0
    turn = plugrad.tensor([[0.0, -angle], [angle, 0.0]], dtype=plugrad.float64, device=device)
    expected = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    np.testing.assert_allclose(plugrad.linalg.matrix_exp(turn).tolist(), expected, atol=1e-11)


def test_condition_of_a_singular_matrix_is_infinite(device):
    x = plugrad.tensor([[1.0, 2.0], [2.0, 4.0]], device=device)
    assert plugrad.linalg.cond(x, 1).item() == float("inf")
    assert plugrad.linalg.cond(plugrad.eye(2, device=device)).item() == 1.0


def test_renorm_in_place(device):
    x = plugrad.tensor([[3.0, 4.0], [0.3, 0.4]], device=device)
    y = x.renorm_(2, 0, 1.0)
    assert y is x
    np.testing.assert_allclose(x.tolist(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)


def test_cdist_has_no_gradient_at_distance_zero(device):
    x = plugrad.ones(2, 3, device=device, requires_grad=True)
    plugrad.cdist(x, x.detach()).sum().backward()
    assert x.grad.tolist() == [[0.0] * 3] * 2


def test_matrices_under_vmap(draw):
    a, b = draw(4, 3, 3), draw(4, 3)
    alone = plugrad.stack([plugrad.linalg.solve(x, y) for x, y in zip(a, b, strict=True)])
    assert close(plugrad.vmap(plugrad.linalg.solve)(a, b), alone)
    assert close(plugrad.vmap(plugrad.linalg.det)(a), plugrad.linalg.det(a))
    assert close(plugrad.vmap(plugrad.linalg.inv)(a), plugrad.linalg.inv(a))
    assert close(plugrad.vmap(lambda x: plugrad.linalg.svd(x).S)(a), plugrad.linalg.svdvals(a))


def test_named_results_under_vmap(draw):
    a = draw(4, 3, 3)
    found = plugrad.vmap(plugrad.linalg.qr)(a)
    assert isinstance(found, plugrad.return_types.linalg_qr)
    assert close(found.R, plugrad.linalg.qr(a).R)
    # Whether a matrix is singular can't be asked there.
    packed, pivots = plugrad.vmap(plugrad.linalg.lu_factor)(a)
    assert close(packed, plugrad.linalg.lu_factor(a).LU)
    assert pivots.tolist() == plugrad.linalg.lu_factor(a).pivots.tolist()
    assert close(plugrad.vmap(plugrad.cholesky_inverse)(a), plugrad.cholesky_inverse(a))
    b = draw(4, 3, 2)
    least = plugrad.vmap(lambda a, b: plugrad.linalg.lstsq(a, b, driver="gelsd"))(a, b)
    assert close(least.solution, plugrad.linalg.solve(a, b))


def test_tangents(draw):
    a, t = draw(3, 3), draw(3, 3)
    for function in (plugrad.linalg.inv, plugrad.linalg.det, lambda x: plugrad.linalg.eigvalsh(x + x.mT)):
        _, forward = plugrad.func.jvp(function, (a,), (t,))
        jacobian = plugrad.func.jacrev(function)(a)
        assert close(forward, (jacobian * t).sum((-2, -1)))
