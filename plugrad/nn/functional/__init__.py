"""The functional face of nn: PyTorch's names, signatures, checks and messages over the ops of the core."""

from plugrad.nn.functional.activation import (
    gelu,
    relu,
    relu_,
    sigmoid,
    softplus,
    tanh,
)
from plugrad.nn.functional.activation_in_place import (
    celu_,
    elu_,
    hardtanh_,
    leaky_relu_,
    rrelu_,
    selu_,
    threshold_,
)
from plugrad.nn.functional.activation_pieces import (
    celu,
    elu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu6,
    rrelu,
    selu,
    silu,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from plugrad.nn.functional.dropout import (
    dropout,
)
from plugrad.nn.functional.linear import (
    bilinear,
    linear,
)
from plugrad.nn.functional.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)
from plugrad.nn.functional.normalization import (
    layer_norm,
)
from plugrad.nn.functional.softmax import (
    gumbel_softmax,
    log_softmax,
    softmax,
    softmin,
)
from plugrad.nn.functional.sparse import (
    embedding,
)

__all__ = [
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "cross_entropy",
    "dropout",
    "elu",
    "elu_",
    "embedding",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mish",
    "mse_loss",
    "nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]
