"""Initial values: the rare functions, and the numbers that a seed gives."""

from __future__ import annotations

import math

import pytest

from tests.support.compare import assert_close
from tests.support.library import raises, torch, warns

nn, init = torch.nn, torch.nn.init


def test_a_seed_gives_pytorch_s_weights():
    torch.manual_seed(0)
    layer = nn.Linear(3, 2)
    weight = [[-0.00432252, 0.30971584, -0.47518533], [-0.42489460, -0.22236897, 0.15482073]]
    assert_close(layer.weight, weight, 1e-7)
    assert_close(layer.bias, [-0.01143914, 0.45777494], 1e-7)
    torch.manual_seed(0)
    assert_close(nn.Embedding(2, 2).weight, [[1.54099607, -0.29342890], [-2.17878938, 0.56843126]], 1e-6)


def test_a_generator_is_used_in_place_of_the_default_one():
    def drawn(seed):
        generator = torch.Generator().manual_seed(seed)
        return [
            init.uniform_(torch.empty(4), generator=generator).tolist(),
            init.normal_(torch.empty(4), generator=generator).tolist(),
            init.xavier_uniform_(torch.empty(2, 2), generator=generator).tolist(),
            init.xavier_normal_(torch.empty(2, 2), generator=generator).tolist(),
            init.kaiming_uniform_(torch.empty(2, 2), generator=generator).tolist(),
            init.kaiming_normal_(torch.empty(2, 2), generator=generator).tolist(),
            init.trunc_normal_(torch.empty(4), generator=generator).tolist(),
            init.orthogonal_(torch.empty(2, 2), generator=generator).tolist(),
        ]

    torch.manual_seed(1)
    before = torch.rand(1).item()
    torch.manual_seed(1)
    first = drawn(5)
    assert torch.rand(1).item() == before
    assert first == drawn(5)
    assert first != drawn(6)


@pytest.mark.parametrize(("a", "b"), [(-2.0, 2.0), (-0.5, 1.0), (1.0, 1.2), (1.9, 4.0), (-10.0, -1.0)])
def test_trunc_normal_stays_inside(a, b):
    """The interval holds much of the mass (values are drawn again) or little (uniform ones are rejected)."""
    torch.manual_seed(0)
    values = init.trunc_normal_(torch.empty(4000, dtype=torch.float64), a=a, b=b)
    assert a <= values.min().item()
    assert values.max().item() <= b

    def density(x):
        return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    def mass(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2

    mean = (density(a) - density(b)) / (mass(b) - mass(a))
    assert values.mean().item() == pytest.approx(mean, abs=0.05)


def test_trunc_normal_with_a_mean_outside_is_warned_of():
    with warns(UserWarning, "mean is more than 2 std from [a, b] in nn.init.trunc_normal_."):
        init.trunc_normal_(torch.empty(2), mean=5.0)


def test_trunc_normal_of_a_parameter_records_nothing():
    p = nn.Parameter(torch.empty(50))
    for bounds in ((-2.0, 2.0), (1.0, 1.1)):
        assert init.trunc_normal_(p, a=bounds[0], b=bounds[1]) is p
    assert p.is_leaf
    assert p.requires_grad


@pytest.mark.parametrize("shape", [(4, 2, 3), (4, 2, 3, 2), (4, 2, 1, 2, 3)])
def test_dirac_passes_channels_on(shape):
    weight = init.dirac_(torch.ones(shape), groups=2)
    centre = tuple(n // 2 for n in shape[2:])
    ones = {(0, 0, *centre), (1, 1, *centre), (2, 0, *centre), (3, 1, *centre)}
    assert weight.sum().item() == 4
    assert all(weight[place].item() == 1 for place in ones)


def test_dirac_refuses():
    with raises(ValueError, "Only tensors with 3, 4, or 5 dimensions are supported"):
        init.dirac_(torch.empty(2, 2))
    with raises(ValueError, "dim 0 must be divisible by groups"):
        init.dirac_(torch.empty(3, 2, 1), groups=2)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (3, 2, 4)])
def test_orthogonal(shape):
    torch.manual_seed(0)
    weight = init.orthogonal_(torch.empty(shape, dtype=torch.float64), gain=2.0)
    matrix = weight.reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    assert_close(product, (4 * torch.eye(product.shape[0], dtype=torch.float64)).tolist(), 1e-12)


def test_orthogonal_of_a_seed():
    """A QR decomposition with a positive diagonal in R is unique, whatever computes it."""
    torch.manual_seed(0)
    expected = [[0.57398083, -0.10929461, -0.81154217], [-0.34541517, -0.93088275, -0.11893555]]
    assert_close(init.orthogonal_(torch.empty(2, 3, dtype=torch.float64)), expected, 1e-7)


def test_orthogonal_of_nothing_and_of_vectors():
    assert init.orthogonal_(torch.empty(0, 2)).shape == (0, 2)
    with raises(ValueError, "Only tensors with 2 or more dimensions are supported"):
        init.orthogonal_(torch.empty(2))


def test_sparse():
    weight = init.sparse_(torch.empty(10, 4), sparsity=0.25)
    assert (weight == 0).sum(dim=0).tolist() == [3] * 4
    with raises(ValueError, "Only tensors with 2 dimensions are supported"):
        init.sparse_(torch.empty(2), 0.1)


def test_eye_of_a_parameter():
    p = nn.Parameter(torch.ones(2, 3))
    assert init.eye_(p) is p
    assert p.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert p.requires_grad
    with raises(ValueError, "Only tensors with 2 dimensions are supported"):
        init.eye_(torch.empty(2))


@pytest.mark.parametrize("fill", [init.kaiming_uniform_, init.kaiming_normal_])
def test_nothing_to_fill_is_warned_of(fill):
    with warns(UserWarning, "Initializing zero-element tensors is a no-op"):
        fill(torch.empty(0, 3))


def test_gain_of_a_slope_that_is_no_number():
    for slope in (True, "x"):
        with raises(ValueError, f"negative_slope {slope} not a valid number"):
            init.calculate_gain("leaky_relu", slope)
