"""Layers: their options, texts and state where tests/behaviour does not look."""

from __future__ import annotations

import pytest

from tests.support.compare import assert_close
from tests.support.library import raises, torch

nn = torch.nn


@pytest.mark.parametrize(
    "text",
    [
        "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=False)",
        "LeakyReLU(negative_slope=0.2)",
        "LeakyReLU(negative_slope=0.01, inplace=True)",
        "SiLU(inplace=True)",
        "SiLU()",
        "Softplus(beta=2.0, threshold=10.0)",
        "LogSoftmax(dim=None)",
        "GELU(approximate='tanh')",
        "Dropout(p=0.1, inplace=True)",
        "Unflatten(dim=1, unflattened_size=(2, 5))",
        "Flatten(start_dim=0, end_dim=1)",
    ],
)
def test_reprs_are_calls(text):
    assert repr(eval(f"nn.{text}", {"nn": nn})) == text


def test_embedding_repr_names_what_is_set():
    layer = nn.Embedding(4, 3, padding_idx=-1, max_norm=1.5, norm_type=1.0, scale_grad_by_freq=True)
    assert repr(layer) == "Embedding(4, 3, padding_idx=3, max_norm=1.5, norm_type=1.0, scale_grad_by_freq=True)"
    assert repr(nn.Embedding(4, 3)) == "Embedding(4, 3)"


@pytest.mark.parametrize(
    ("layer", "keys"),
    [
        (lambda: nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,)}),
        (lambda: nn.Linear(2, 3, bias=False), {"weight": (3, 2)}),
        (lambda: nn.Bilinear(2, 3, 4), {"weight": (4, 2, 3), "bias": (4,)}),
        (lambda: nn.LayerNorm((2, 3)), {"weight": (2, 3), "bias": (2, 3)}),
        (lambda: nn.LayerNorm([3], bias=False), {"weight": (3,)}),
        (lambda: nn.LayerNorm(3, elementwise_affine=False), {}),
        (lambda: nn.CrossEntropyLoss(torch.ones(3)), {"weight": (3,)}),
        (lambda: nn.BCELoss(), {}),
        (lambda: nn.BCEWithLogitsLoss(torch.ones(1), pos_weight=torch.ones(2)), {"weight": (1,), "pos_weight": (2,)}),
    ],
)
def test_state(layer, keys):
    layer = layer()
    assert {name: tuple(tensor.shape) for name, tensor in layer.state_dict().items()} == keys


def test_layers_without_a_bias_still_have_the_name():
    for layer in (nn.Linear(2, 3, bias=False), nn.LayerNorm(3, bias=False), nn.LayerNorm(3, elementwise_affine=False)):
        assert layer.bias is None
        assert "bias" in layer._parameters


def test_layers_take_a_dtype():
    for layer in (
        nn.Linear(2, 3, dtype=torch.float64, device="cpu"),
        nn.Bilinear(2, 3, 4, dtype=torch.float64),
        nn.LayerNorm(3, dtype=torch.float64),
        nn.Embedding(2, 3, dtype=torch.float64),
    ):
        assert all(p.dtype is torch.float64 for p in layer.parameters())


def test_a_linear_layer_without_inputs():
    with pytest.warns(UserWarning, match="zero-element"):
        layer = nn.Linear(0, 2)
    assert layer.bias.tolist() == [0, 0]
    assert layer(torch.ones(3, 0)).tolist() == [[0, 0]] * 3


def test_bilinear_starts_within_its_bound():
    layer = nn.Bilinear(4, 3, 50)
    assert layer.weight.abs().max().item() <= 0.5
    assert layer.weight.abs().max().item() > 0.45
    with raises(ValueError, "in1_features must be > 0, but got (in1_features=0)"):
        nn.Bilinear(0, 3, 4)


def test_unflatten_undoes_flatten():
    x = torch.arange(12.0).reshape(2, 3, 2)
    assert nn.Unflatten(1, (3, -1))(nn.Flatten()(x)).tolist() == x.tolist()


def test_unflatten_refuses():
    with raises(TypeError, "unflattened_size must be tuple of ints, but found element of type float at pos 1"):
        nn.Unflatten(1, (2, 5.0))
    with raises(TypeError, "unflattened_size must be a tuple of ints, but found type int"):
        nn.Unflatten(1, 5)


def test_identity_takes_anything():
    x = object()
    assert nn.Identity(1, two=2)(x) is x


def test_embedding_refuses():
    for index in (4, -5):
        with raises(AssertionError, "Padding_idx must be within num_embeddings"):
            nn.Embedding(4, 3, padding_idx=index)
    with raises(AssertionError, "Embeddings parameter is expected to be 2-dimensional"):
        nn.Embedding.from_pretrained(torch.ones(3))
    with raises(AssertionError, "Shape of weight does not match num_embeddings and embedding_dim"):
        nn.Embedding(2, 3, _weight=torch.ones(3, 2))


def test_embedding_from_pretrained_keeps_the_padding_row():
    layer = nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False, padding_idx=0)
    layer(torch.tensor([0, 1])).sum().backward()
    assert layer.weight.tolist() == [[1, 1]] * 3
    assert layer.weight.grad.tolist() == [[0, 0], [1, 1], [0, 0]]


def test_losses_hand_their_options_on():
    scores, target = torch.tensor([[1.0, 2.0, 0.5], [0.1, 0.2, 0.3]]), torch.tensor([2, 1])
    weight = torch.tensor([1.0, 2.0, 3.0])
    options = {"weight": weight, "ignore_index": 1, "reduction": "sum"}
    loss = nn.CrossEntropyLoss(**options, label_smoothing=0.1)
    assert_close(loss(scores, target), nn.functional.cross_entropy(scores, target, **options, label_smoothing=0.1))
    assert_close(nn.NLLLoss(**options)(scores, target), [-1.5][0])
    p = torch.tensor([0.25, 0.5])
    assert_close(nn.BCELoss(weight=torch.tensor([2.0, 0.0]), reduction="none")(p, p * 0), [0.5753641, 0.0])
    logits = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0), reduction="none")
    assert_close(logits(torch.zeros(2), torch.tensor([0.0, 1.0])), [0.6931472, 2.0794415])
