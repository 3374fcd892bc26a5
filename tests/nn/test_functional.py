"""The rare paths of the functional face."""

from __future__ import annotations

import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, raises, torch, unchanged, warns

F = torch.nn.functional
ones = torch.ones


def long(*numbers):
    return torch.tensor(numbers)


def double(*shape):
    return ones(*shape, dtype=torch.float64)


@pytest.mark.parametrize(
    ("flags", "reduction"),
    [
        ({"size_average": True}, "mean"),
        ({"size_average": False}, "sum"),
        ({"reduce": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"size_average": True, "reduce": False}, "none"),
        ({"size_average": False, "reduce": True}, "sum"),
    ],
)
def test_old_flags_of_losses(flags, reduction):
    x, y = torch.tensor([1.0, 3.0]), torch.zeros(2)
    text = f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead."
    with warns(UserWarning, text):
        loss = F.mse_loss(x, y, **flags)
    assert loss.tolist() == F.mse_loss(x, y, reduction=reduction).tolist()
    with warns(UserWarning, text):
        assert torch.nn.L1Loss(**flags).reduction == reduction


def test_the_oldest_name_of_the_mean():
    with warns(UserWarning, "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead."):
        assert F.mse_loss(ones(2), ones(2) * 3, reduction="elementwise_mean").item() == 4


def test_linear_of_vectors():
    x, w = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([10.0, 1.0])
    assert F.linear(x, w).tolist() == [12, 34]
    assert F.linear(x[0], torch.tensor([[10.0, 1.0]]), ones(1)).tolist() == [13]


def test_linear_bias_that_broadcasts():
    y = F.linear(torch.zeros(2, 3), ones(4, 3), torch.tensor([[1.0], [2.0]]))
    assert y.tolist() == [[1] * 4, [2] * 4]
    assert F.linear(torch.zeros(2, 3), ones(4, 3), ones(1)).tolist() == [[1] * 4] * 2


def test_bilinear():
    x1, x2 = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 5.0, 7.0]])
    weight = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0]]])
    assert F.bilinear(x1, x2, weight).tolist() == [[3, 24]]
    assert F.bilinear(x1[0], x2[0], weight, torch.tensor([1.0, 2.0])).tolist() == [4, 26]


@pytest.mark.parametrize(("ndim", "dim"), [(1, 0), (2, 1), (3, 0), (4, 1)])
@pytest.mark.parametrize("name", ["softmax", "softmin", "log_softmax"])
def test_implicit_dim(name, ndim, dim):
    x = torch.arange(2.0**ndim).reshape((2,) * ndim)
    with warns(UserWarning, f"Implicit dimension choice for {name} has been deprecated."):
        y = getattr(F, name)(x)
    assert y.tolist() == getattr(F, name)(x, dim).tolist()


def test_dropout_returns_the_input_itself_when_it_does_nothing():
    x = ones(3)
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    integers = long(1, 2)
    assert F.dropout(integers, training=False) is integers


def test_dropout_in_place_changes_the_input():
    x = ones(100)
    assert F.dropout(x, 0.5, inplace=True) is x
    assert set(x.tolist()) == {0.0, 2.0}


def test_activations_in_place():
    for name, expected in (("relu", [0, 2]), ("leaky_relu", [-0.01, 2]), ("silu", [-0.26894142, 1.76159416])):
        x = torch.tensor([-1.0, 2.0])
        assert getattr(F, name)(x, inplace=True) is x
        assert_close(x, expected)
    x = torch.tensor([-1.0, 2.0])
    assert F.relu_(x) is x
    assert x.tolist() == [0, 2]


def test_embedding_renormalizes_the_rows_that_it_reads():
    weight = torch.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]], requires_grad=True)
    y = F.embedding(long(0, 1, 0), weight, max_norm=1.0)
    assert_close(y, [[0.6, 0.8], [0.3, 0.4], [0.6, 0.8]], 1e-5)
    assert_close(weight, [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]], 1e-5)
    y.sum().backward()
    assert weight.grad.tolist() == [[2, 2], [1, 1], [0, 0]]


@differs_from_torch("PyTorch scales rows before it refuses an index")
def test_embedding_refuses_an_index_before_it_renormalizes():
    weight = torch.tensor([[3.0, 4.0]])
    for index in (-1, 1):
        with unchanged(weight), raises(IndexError, "index out of range in self"):
            F.embedding(long(0, index), weight, max_norm=1.0)


def test_embedding_renormalizes_by_another_norm():
    weight = torch.tensor([[3.0, 4.0]])
    assert_close(F.embedding(long(0), weight, max_norm=1.0, norm_type=1.0), [[3 / 7, 4 / 7]], 1e-5)


def test_embedding_gradient_by_frequency():
    weight = torch.zeros(3, 1, requires_grad=True)
    F.embedding(long(0, 0, 2), weight, padding_idx=-1, scale_grad_by_freq=True).sum().backward()
    assert weight.grad.tolist() == [[1], [0], [0]]


def test_weighted_mse_and_l1():
    x, y, w = torch.tensor([1.0, 3.0]), torch.zeros(2), torch.tensor([1.0, 3.0])
    assert F.mse_loss(x, y, weight=w).item() == 7
    assert F.mse_loss(x, y, weight=w, reduction="sum").item() == 28
    assert F.mse_loss(x, y, weight=w, reduction="none").tolist() == [1, 27]
    assert F.l1_loss(x, y, weight=w).item() == 2.5
    with pytest.raises(ValueError, match="Invalid reduction mode: x"):
        F.l1_loss(x, y, weight=w, reduction="x")


def test_losses_of_other_dtypes():
    assert F.mse_loss(ones(3), double(3)).dtype is torch.float64
    assert F.l1_loss(ones(3), double(3)).dtype is torch.float64
    assert F.cross_entropy(ones(2, 3), double(2, 3)).dtype is torch.float64
    assert F.binary_cross_entropy_with_logits(ones(2), double(2)).dtype is torch.float64


def test_cross_entropy_of_bytes_and_of_single_rows():
    scores = torch.tensor([[1.0, 2.0, 3.0]])
    expected = F.cross_entropy(scores, long(2)).item()
    assert F.cross_entropy(scores, torch.tensor([2], dtype=torch.uint8)).item() == pytest.approx(expected)
    assert F.cross_entropy(scores[0], torch.tensor(2)).item() == pytest.approx(expected)
    assert F.cross_entropy(scores[0], long(2)).item() == pytest.approx(expected)
    assert F.nll_loss(F.log_softmax(scores[0], 0), long(2)).item() == pytest.approx(expected)


def test_nothing_to_average_is_nan():
    assert F.nll_loss(ones(2, 3), long(-100, -100)).isnan().item()
    assert F.cross_entropy(ones(0, 3), torch.zeros(0, dtype=torch.int64)).isnan().item()
    assert F.cross_entropy(ones(2, 3), long(-100, -100), reduction="sum").item() == 0


@pytest.mark.parametrize(
    ("text", "call"),
    [
        (
            "Using padding='same' with even kernel lengths and odd dilation may require a zero-padded copy",
            lambda: F.conv1d(ones(1, 1, 5), ones(1, 1, 2), padding="same"),
        ),
        ("reduction: 'mean' divides the total loss by both the batch size", lambda: F.kl_div(ones(2), ones(2))),
        (
            "Default grid_sample and affine_grid behavior has changed",
            lambda: F.affine_grid(ones(1, 2, 3), (1, 1, 2, 2)),
        ),
        (
            "Default grid_sample and affine_grid behavior has changed",
            lambda: F.grid_sample(ones(1, 1, 2, 2), ones(1, 2, 2, 2)),
        ),
        ("dropout2d: Received a 2-D input to dropout2d", lambda: F.dropout2d(ones(2, 2))),
        ("dropout2d: Received a 3D input to dropout2d", lambda: F.dropout2d(ones(2, 2, 2))),
        ("dropout3d: Received a 3-D input to dropout3d", lambda: F.dropout3d(ones(2, 2, 2))),
        ("`eps` parameter is deprecated", lambda: F.gumbel_softmax(ones(2), eps=1e-5)),
        ("`nn.functional.upsample` is deprecated.", lambda: F.upsample(ones(1, 1, 2), 3)),
        ("Using a target size", lambda: F.smooth_l1_loss(ones(2, 2), ones(2))),
        ("Using a target size", lambda: F.huber_loss(ones(2, 2), ones(2))),
    ],
)
def test_warnings(text, call):
    with warns(UserWarning, text):
        call()


def test_convolution_with_even_windows_keeps_the_size():
    with warns(UserWarning, "Using padding='same'"):
        y = F.conv1d(torch.tensor([[[1.0, 2.0, 4.0]]]), torch.tensor([[[1.0, 10.0]]]), padding="same")
    assert y.tolist() == [[[21, 42, 4]]]


def test_normalize_into_a_tensor():
    out = torch.zeros(1, 2)
    assert F.normalize(torch.tensor([[3.0, 4.0]]), out=out) is out
    assert_close(out, [[0.6, 0.8]])


def test_attention_of_nobody_is_zero_and_so_is_its_gradient():
    q = torch.tensor([[1.0, 2.0]], requires_grad=True)
    k = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    y = F.scaled_dot_product_attention(q, k, ones(2, 1), torch.zeros(1, 2, dtype=torch.bool))
    y.sum().backward()
    assert y.tolist() == [[0]]
    assert q.grad.tolist() == [[0, 0]]


@differs_from_torch("PyTorch divides a row's gradient by the count of another")
def test_bags_divide_by_the_frequency_of_each_row():
    weight = torch.zeros(3, 1, requires_grad=True)
    F.embedding_bag(long(0, 0, 2), weight, long(0), scale_grad_by_freq=True, mode="sum").sum().backward()
    assert weight.grad.tolist() == [[1], [0], [1]]


@differs_from_torch("PyTorch's gradient is not that of what it computed")
def test_resampling_to_the_same_size_by_a_factor():
    x = torch.tensor([[[0.0, 1.0, 2.0]]], requires_grad=True)
    y = F.interpolate(x, scale_factor=1.3)
    y.sum().backward()
    assert y.tolist() == [[[0, 0, 1]]]
    assert x.grad.tolist() == [[[2, 1, 0]]]
