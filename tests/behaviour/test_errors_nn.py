"""Mistakes with layers, losses and modules raise PyTorch's exception with PyTorch's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import raises, torch, unchanged

nn = torch.nn
F = torch.nn.functional
ones = torch.ones
Case = tuple[type[Exception], str, Callable[[], Any]]


def long(*numbers: int) -> Any:
    return torch.tensor(numbers)


def doubles(*shape: int) -> Any:
    return torch.ones(shape, dtype=torch.float64)


CASES: dict[str, Case] = {
    # --- linear
    "linear shape": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)",
        lambda: nn.Linear(3, 4)(ones(2, 5)),
    ),
    "linear dtype": (
        RuntimeError,
        "mat1 and mat2 must have the same dtype, but got Double and Float",
        lambda: nn.Linear(3, 4)(doubles(2, 3)),
    ),
    "linear of an array": (
        TypeError,
        "linear(): argument 'input' (position 1) must be Tensor, not numpy.ndarray",
        lambda: nn.Linear(3, 4)(np.ones((2, 3), np.float32)),
    ),
    # --- losses
    "cross_entropy of float classes": (
        RuntimeError,
        "expected target dtype to be Long or Byte, but got Float",
        lambda: F.cross_entropy(ones(2, 3), ones(2)),
    ),
    "cross_entropy of int32 classes": (
        RuntimeError,
        "expected target dtype to be Long or Byte, but got Int",
        lambda: F.cross_entropy(ones(2, 3), torch.tensor([0, 1], dtype=torch.int32)),
    ),
    "cross_entropy class": (
        IndexError,
        "Target 3 is out of bounds.",
        lambda: F.cross_entropy(ones(2, 3), long(0, 3)),
    ),
    "cross_entropy negative class": (
        IndexError,
        "Target -1 is out of bounds.",
        lambda: F.cross_entropy(ones(2, 3), long(0, -1)),
    ),
    "cross_entropy batch": (
        ValueError,
        "Expected input batch_size (2) to match target batch_size (3).",
        lambda: F.cross_entropy(ones(2, 3), long(0, 1, 2)),
    ),
    "cross_entropy weight": (
        RuntimeError,
        "weight tensor should be defined either for all 3 classes or no classes but got weight tensor of shape: [2]",
        lambda: F.cross_entropy(ones(2, 3), long(0, 1), weight=ones(2)),
    ),
    "nll_loss batch": (
        ValueError,
        "Expected input batch_size (2) to match target batch_size (3).",
        lambda: F.nll_loss(ones(2, 3), long(0, 1, 2)),
    ),
    "unknown reduction": (
        ValueError,
        "average is not a valid value for reduction",
        lambda: F.mse_loss(ones(2), ones(2), reduction="average"),
    ),
    "bce out of range": (
        RuntimeError,
        "all elements of input should be between 0 and 1",
        lambda: F.binary_cross_entropy(torch.tensor([1.5]), ones(1)),
    ),
    "bce size": (
        ValueError,
        "Using a target size (torch.Size([2])) that is different to the input size (torch.Size([2, 1])) is "
        "deprecated. "
        "Please ensure they have the same size.",
        lambda: F.binary_cross_entropy(ones(2, 1), ones(2)),
    ),
    "bce with logits size": (
        ValueError,
        "Target size (torch.Size([2])) must be the same as input size (torch.Size([2, 1]))",
        lambda: F.binary_cross_entropy_with_logits(ones(2, 1), ones(2)),
    ),
    # --- layers
    "embedding index": (
        IndexError,
        "index out of range in self",
        lambda: F.embedding(long(0, 5), ones(3, 2)),
    ),
    "embedding of floats": (
        RuntimeError,
        "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but "
        "got "
        "torch.FloatTensor instead (while checking arguments for embedding)",
        lambda: F.embedding(ones(2), ones(3, 2)),
    ),
    "embedding padding": (
        AssertionError,
        "Padding_idx must be within num_embeddings",
        lambda: nn.Embedding(3, 2, padding_idx=3),
    ),
    "dropout probability": (
        ValueError,
        "dropout probability has to be between 0 and 1, but got 1.5",
        lambda: nn.Dropout(1.5),
    ),
    "functional dropout probability": (
        ValueError,
        "dropout probability has to be between 0 and 1, but got -0.5",
        lambda: F.dropout(ones(2), -0.5),
    ),
    "layer_norm shape": (
        RuntimeError,
        "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[2, 3]",
        lambda: F.layer_norm(ones(2, 3), [4]),
    ),
    "layer_norm weight": (
        RuntimeError,
        "Expected weight to be of same shape as normalized_shape, but got weight of shape [2] and "
        "normalized_shape = "
        "[3]",
        lambda: F.layer_norm(ones(2, 3), [3], weight=ones(2)),
    ),
    # --- parameters and modules
    "parameter of integers": (
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        lambda: nn.Parameter(torch.tensor([1, 2])),
    ),
    "missing attribute": (
        AttributeError,
        "'Linear' object has no attribute 'foo'",
        lambda: nn.Linear(2, 2).foo,
    ),
    "no forward": (
        NotImplementedError,
        'Module [Module] is missing the required "forward" function',
        lambda: nn.Module()(ones(2)),
    ),
    "Sequential of no module": (
        TypeError,
        "int is not a Module subclass",
        lambda: nn.Sequential(1),
    ),
    "ModuleList of no module": (
        TypeError,
        "int is not a Module subclass",
        lambda: nn.ModuleList([1]),
    ),
    "index of a ModuleList": (
        IndexError,
        "index 3 is out of range",
        lambda: nn.ModuleList([nn.ReLU()])[3],
    ),
    "ModuleDict of a list": (
        TypeError,
        "ModuleDict.update should be called with an iterable of key/value pairs, but got int",
        lambda: nn.ModuleDict().update(1),
    ),
    "no such submodule": (
        AttributeError,
        "Sequential has no attribute `3`",
        lambda: nn.Sequential(nn.ReLU()).get_submodule("3"),
    ),
    "no such parameter": (
        AttributeError,
        "Linear has no attribute `foo`",
        lambda: nn.Linear(2, 2).get_parameter("foo"),
    ),
    "buffer with a dot": (
        KeyError,
        'buffer name can\'t contain "."',
        lambda: nn.Module().register_buffer("a.b", ones(1)),
    ),
    "buffer without a name": (
        KeyError,
        'buffer name can\'t be empty string ""',
        lambda: nn.Module().register_buffer("", ones(1)),
    ),
    "buffer of a number": (
        TypeError,
        "cannot assign 'int' object to buffer 'a' (torch Tensor or None required)",
        lambda: nn.Module().register_buffer("a", 1),
    ),
    "buffer that exists": (
        KeyError,
        "attribute 'weight' already exists",
        lambda: nn.Linear(2, 2).register_buffer("weight", ones(1)),
    ),
    "parameter that exists": (
        KeyError,
        "attribute 'forward' already exists",
        lambda: nn.Linear(2, 2).register_parameter("forward", nn.Parameter(ones(1))),
    ),
    "parameter that is a plain tensor": (
        TypeError,
        "cannot assign 'torch.FloatTensor' object to parameter 'a' (torch.nn.Parameter or None required)",
        lambda: nn.Module().register_parameter("a", ones(1)),
    ),
    "child that exists": (
        KeyError,
        "attribute 'weight' already exists",
        lambda: nn.Linear(2, 2).add_module("weight", nn.ReLU()),
    ),
    "child with a dot": (
        KeyError,
        'module name can\'t contain ".", got: a.b',
        lambda: nn.Module().add_module("a.b", nn.ReLU()),
    ),
    "child of another type": (
        TypeError,
        "int is not a Module subclass",
        lambda: nn.Module().add_module("a", 1),
    ),
    "training mode that is no boolean": (
        ValueError,
        "training mode is expected to be boolean",
        lambda: nn.Linear(2, 2).train(1),
    ),
    "conversion to integers": (
        TypeError,
        "nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.int64",
        lambda: nn.Linear(2, 2).to(torch.int64),
    ),
    "state dict of another type": (
        TypeError,
        "Expected state_dict to be dict-like, got <class 'int'>.",
        lambda: nn.Linear(2, 2).load_state_dict(1),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), CASES.values(), ids=CASES)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_module_assigned_before_init() -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Linear(2, 2)

    with raises(AttributeError, "cannot assign module before Module.__init__() call"):
        Early()


def test_parameter_assigned_before_init() -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(ones(2))

    with raises(AttributeError, "cannot assign parameters before Module.__init__() call"):
        Early()


def test_tensor_assigned_as_parameter() -> None:
    layer = nn.Linear(2, 2)
    weight = layer.weight
    text = "cannot assign 'torch.FloatTensor' as parameter 'weight' (torch.nn.Parameter or None expected)"
    with raises(TypeError, text):
        layer.weight = ones(2, 2)
    assert layer.weight is weight


def test_number_assigned_as_child() -> None:
    model = nn.Sequential(nn.ReLU())
    model.child = nn.ReLU()
    with raises(TypeError, "cannot assign 'int' as child module 'child' (torch.nn.Module or None expected)"):
        model.child = 1


def test_number_assigned_as_buffer() -> None:
    model = nn.Module()
    model.register_buffer("count", ones(1))
    with raises(TypeError, "cannot assign 'int' as buffer 'count' (torch.nn.Buffer, torch.Tensor or None expected)"):
        model.count = 1


def test_state_dict_that_does_not_fit() -> None:
    layer = nn.Linear(2, 2)
    with (
        unchanged(layer.weight, layer.bias),
        raises(
            RuntimeError,
            "Error(s) in loading state_dict for Linear:\n"
            '\tMissing key(s) in state_dict: "bias". \n'
            '\tUnexpected key(s) in state_dict: "foo". \n'
            "\tsize mismatch for weight: copying a param with shape torch.Size([3, 2]) from checkpoint, the "
            "shape in "
            "current model is torch.Size([2, 2]).",
        ),
    ):
        layer.load_state_dict({"weight": ones(3, 2), "foo": ones(1)})


def test_state_dict_with_something_else_than_tensors() -> None:
    layer = nn.Linear(2, 2)
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for Linear:\n"
        '\tWhile copying the parameter named "weight", expected torch.Tensor or Tensor-like object from '
        "checkpoint but received <class 'int'>",
    ):
        layer.load_state_dict({"weight": 1, "bias": layer.bias.detach().clone()})


def test_pop_of_an_empty_sequential() -> None:
    with pytest.raises(IndexError):
        nn.Sequential().pop(0)
