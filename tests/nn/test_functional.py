"""The functional face: what it refuses beside what tests/behaviour looks at, and its rare paths."""

from __future__ import annotations

import pytest

from tests.support.compare import assert_close
from tests.support.library import differs_from_torch, raises, torch, unchanged, warns

F = torch.nn.functional
ones = torch.ones
NAN = float("nan")


def long(*numbers):
    return torch.tensor(numbers)


def double(*shape):
    return ones(*shape, dtype=torch.float64)


REFUSED = {
    "linear: bias": (
        RuntimeError,
        "The expanded size of the tensor (4) must match the existing size (5) at non-singleton dimension 1.  "
        "Target sizes: [2, 4].  Tensor sizes: [5]",
        lambda: F.linear(ones(2, 3), ones(4, 3), ones(5)),
    ),
    "linear: bias of a batch of matrices": (
        RuntimeError,
        "The expanded size of the tensor (4) must match the existing size (5) at non-singleton dimension 1.  "
        "Target sizes: [4, 4].  Tensor sizes: [5]",
        lambda: F.linear(ones(2, 2, 3), ones(4, 3), ones(5)),
    ),
    "linear: a vector": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (1x5 and 3x4)",
        lambda: F.linear(ones(5), ones(4, 3), ones(4)),
    ),
    "linear: a batch of matrices": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (4x5 and 3x4)",
        lambda: F.linear(ones(2, 2, 5), ones(4, 3)),
    ),
    "linear: a number": (
        RuntimeError,
        "both arguments to linear need to be at least 1D, but they are 0D and 2D",
        lambda: F.linear(ones(()), ones(4, 3)),
    ),
    "linear: a vector of weights and a bias": (
        RuntimeError,
        "mat2 must be a matrix, got 1-D tensor",
        lambda: F.linear(ones(2, 3), ones(3), ones(())),
    ),
    "linear: a stack of weights": (
        RuntimeError,
        "t() expects a tensor with <= 2 dimensions, but self is 3D",
        lambda: F.linear(ones(2, 3), ones(2, 4, 3)),
    ),
    "linear: dtype of the bias": (
        RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
        lambda: F.linear(ones(2, 3), ones(4, 3), double(4)),
    ),
    "linear: dtype without a bias": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
        lambda: F.linear(ones(2, 3), double(4, 3)),
    ),
    "linear: type of the weight": (
        TypeError,
        "linear(): argument 'weight' (position 2) must be Tensor, not int",
        lambda: F.linear(ones(2, 3), 1),
    ),
    "linear: type of the bias": (
        TypeError,
        "linear(): argument 'bias' (position 3) must be Tensor, not int",
        lambda: F.linear(ones(2, 3), ones(4, 3), 1),
    ),
    "bilinear: dimensions": (
        RuntimeError,
        "bilinear(): input dimensions do not match: got 2 and 3",
        lambda: F.bilinear(ones(2, 3), ones(2, 2, 4), ones(5, 3, 4)),
    ),
    "bilinear: batch": (
        RuntimeError,
        "bilinear(): input batch dimensions do not match at dim 0: got 2 and 3",
        lambda: F.bilinear(ones(2, 3), ones(3, 4), ones(5, 3, 4)),
    ),
    "bilinear: sizes": (
        RuntimeError,
        "bilinear(): input2 size does not match weight size: got 4 but expected 3",
        lambda: F.bilinear(ones(2, 3), ones(2, 4), ones(5, 3, 3)),
    ),
    "bilinear: bias": (
        RuntimeError,
        "bilinear(): bias size does not match weight size: got 4 but expected 5",
        lambda: F.bilinear(ones(2, 3), ones(2, 4), ones(5, 3, 4), ones(4)),
    ),
    "gelu: form": (
        RuntimeError,
        "approximate argument must be either none or tanh.",
        lambda: F.gelu(ones(2), approximate="x"),
    ),
    "layer_norm: type": (
        TypeError,
        "layer_norm(): argument 'input' (position 1) must be Tensor, not int",
        lambda: F.layer_norm(1, (3,)),
    ),
    "layer_norm: shape": (
        RuntimeError,
        "Given normalized_shape=[4, 3], expected input with shape [*, 4, 3], but got input of size[2, 3]",
        lambda: F.layer_norm(ones(2, 3), (4, 3)),
    ),
    "layer_norm: no shape": (
        RuntimeError,
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but "
        "got normalized_shape = []",
        lambda: F.layer_norm(ones(2, 3), ()),
    ),
    "layer_norm: bias": (
        RuntimeError,
        "Expected bias to be of same shape as normalized_shape, but got bias of shape [4] and normalized_shape = [3]",
        lambda: F.layer_norm(ones(2, 3), (3,), ones(3), ones(4)),
    ),
    "layer_norm: integers": (
        NotImplementedError,
        "\"LayerNormKernelImpl\" not implemented for 'Long'",
        lambda: F.layer_norm(torch.tensor([[1, 2]]), (2,)),
    ),
    "layer_norm: dtypes": (
        RuntimeError,
        "mixed dtype (CPU): expect parameter to have scalar type of Float",
        lambda: F.layer_norm(ones(2, 3), (3,), double(3)),
    ),
    "embedding: weight": (RuntimeError, "'weight' must be 2-D", lambda: F.embedding(long(1), ones(3))),
    "embedding: negative index": (
        IndexError,
        "index out of range in self",
        lambda: F.embedding(long(-1), ones(3, 2)),
    ),
    "embedding: bytes": (
        RuntimeError,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but "
        "got torch.ByteTensor instead (while checking arguments for embedding)",
        lambda: F.embedding(torch.tensor([1], dtype=torch.uint8), ones(3, 2)),
    ),
    "embedding: padding": (
        AssertionError,
        "Padding_idx must be within num_embeddings",
        lambda: F.embedding(long(1), ones(3, 2), padding_idx=5),
    ),
    "embedding: a list": (
        TypeError,
        "embedding(): argument 'indices' (position 2) must be Tensor, not list",
        lambda: F.embedding([1], ones(3, 2)),
    ),
    "reduction": (
        ValueError,
        "x is not a valid value for reduction",
        lambda: F.mse_loss(ones(3), ones(3), reduction="x"),
    ),
    "mse_loss: weight": (
        ValueError,
        "Weights and input must have the same size.",
        lambda: F.mse_loss(ones(3), ones(3), weight=ones(2)),
    ),
    "mse_loss: integers": (
        NotImplementedError,
        "\"mse_cpu\" not implemented for 'Long'",
        lambda: F.mse_loss(long(1), long(1)),
    ),
    "l1_loss: integers": (
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long",
        lambda: F.l1_loss(long(1), long(1)),
    ),
    "nll_loss: a number": (
        ValueError,
        "Expected 1 or more dimensions (got 0)",
        lambda: F.nll_loss(ones(()), torch.tensor(0)),
    ),
    "nll_loss: two classes of one row": (
        ValueError,
        "For 1D input, 1D target must have size 1, but got target size: 2",
        lambda: F.nll_loss(ones(3), long(0, 1)),
    ),
    "nll_loss: several targets": (
        RuntimeError,
        "0D or 1D target tensor expected, multi-target not supported",
        lambda: F.nll_loss(ones(2, 3), torch.tensor([[0], [1]])),
    ),
    "nll_loss: shape of a 3-D target": (
        RuntimeError,
        "Expected target size [2, 4], got [2, 3]",
        lambda: F.nll_loss(ones(2, 3, 4), torch.tensor([[0, 1, 2]] * 2)),
    ),
    "nll_loss: dimensions of a 3-D target": (
        RuntimeError,
        "Expected target size [2, 4], got [2]",
        lambda: F.nll_loss(ones(2, 3, 4), long(0, 1)),
    ),
    "nll_loss: shape of an image": (
        RuntimeError,
        "size mismatch (got input: [2, 3, 4, 5] , target: [2, 4, 4]",
        lambda: F.nll_loss(ones(2, 3, 4, 5), torch.zeros(2, 4, 4, dtype=torch.int64)),
    ),
    "nll_loss: batch of images": (
        ValueError,
        "Expected input batch_size (2) to match target batch_size (1).",
        lambda: F.nll_loss(ones(2, 3, 4, 5), torch.zeros(1, 4, 5, dtype=torch.int64)),
    ),
    "nll_loss: dtype of the weight": (
        RuntimeError,
        "expected scalar type Float but found Double",
        lambda: F.nll_loss(ones(2, 3), long(0, 1), weight=double(3)),
    ),
    "nll_loss: integers": (
        NotImplementedError,
        "\"nll_loss_out_frame\" not implemented for 'Long'",
        lambda: F.nll_loss(torch.tensor([[1, 2]]), long(0)),
    ),
    "cross_entropy: integers as probabilities": (
        RuntimeError,
        "Expected floating point type for target with class probabilities, got Long",
        lambda: F.cross_entropy(ones(2, 3), ones(2, 3, dtype=torch.int64)),
    ),
    "cross_entropy: probabilities and ignore_index": (
        RuntimeError,
        "ignore_index is not supported for floating point target",
        lambda: F.cross_entropy(ones(2, 3), ones(2, 3), ignore_index=1),
    ),
    "cross_entropy: smoothing": (
        RuntimeError,
        "label_smoothing must be between 0.0 and 1.0. Got: 2",
        lambda: F.cross_entropy(ones(2, 3), long(0, 1), label_smoothing=2.0),
    ),
    "cross_entropy: weights of probabilities": (
        RuntimeError,
        "cross_entropy: weight tensor should be defined either for all 3 classes or no classes but got "
        "weight tensor of shape: [2]",
        lambda: F.cross_entropy(ones(2, 3), ones(2, 3), weight=ones(2)),
    ),
    "cross_entropy: booleans": (
        RuntimeError,
        "expected target dtype to be Long or Byte, but got Bool",
        lambda: F.cross_entropy(ones(2, 3), torch.tensor([True, False])),
    ),
    "cross_entropy: type": (
        TypeError,
        "cross_entropy_loss(): argument 'target' (position 2) must be Tensor, not int",
        lambda: F.cross_entropy(ones(1, 2), 1),
    ),
    "binary_cross_entropy: target": (
        RuntimeError,
        "all elements of target should be between 0 and 1",
        lambda: F.binary_cross_entropy(ones(2), ones(2) * 2),
    ),
    "binary_cross_entropy: nan": (
        RuntimeError,
        "all elements of input should be between 0 and 1",
        lambda: F.binary_cross_entropy(ones(2) * NAN, ones(2)),
    ),
    "binary_cross_entropy: dtype": (
        RuntimeError,
        "Found dtype Double but expected Float",
        lambda: F.binary_cross_entropy(ones(2), double(2)),
    ),
    "binary_cross_entropy: weight": (
        RuntimeError,
        "output with shape [2] doesn't match the broadcast shape [3, 2]",
        lambda: F.binary_cross_entropy(ones(2), ones(2), weight=ones(3, 2)),
    ),
    "with_logits: weight": (
        RuntimeError,
        "output with shape [2] doesn't match the broadcast shape [3, 2]",
        lambda: F.binary_cross_entropy_with_logits(ones(2), ones(2), weight=ones(3, 2)),
    ),
    "with_logits: integers": (
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        lambda: F.binary_cross_entropy_with_logits(ones(2), long(1, 0)),
    ),
    "dropout: nan": (
        RuntimeError,
        "dropout probability has to be between 0 and 1, but got nan",
        lambda: F.dropout(ones(2), NAN),
    ),
    "dropout: integers": (
        RuntimeError,
        "result type Float can't be cast to the desired output type Long",
        lambda: F.dropout(long(1, 2)),
    ),
    "dropout: type": (
        TypeError,
        "dropout(): argument 'input' (position 1) must be Tensor, not int",
        lambda: F.dropout(1),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    kind, text, call = REFUSED[case]
    with raises(kind, text):
        call()


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
