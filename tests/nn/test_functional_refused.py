"""What the functional face refuses, beside what tests/behaviour looks at."""

from __future__ import annotations

import pytest

from tests.support.library import raises, torch

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
