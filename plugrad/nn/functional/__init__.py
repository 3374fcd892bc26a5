"""The functional face of nn: PyTorch's names, signatures, checks and messages over the ops of the core."""

from plugrad.nn.functional.activation import (
    gelu,
    leaky_relu,
    relu,
    relu_,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from plugrad.nn.functional.dropout import dropout
from plugrad.nn.functional.linear import bilinear, linear
from plugrad.nn.functional.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)
from plugrad.nn.functional.normalization import layer_norm
from plugrad.nn.functional.softmax import log_softmax, softmax, softmin
from plugrad.nn.functional.sparse import embedding

__all__ = [
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "embedding",
    "gelu",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "relu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "tanh",
]
