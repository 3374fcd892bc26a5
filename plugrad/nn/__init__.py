"""Neural networks: layers, losses, containers and their base class. Public names only, no logic."""

from plugrad.nn import functional, init, optim
from plugrad.nn.activation import (
    GELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from plugrad.nn.containers import ModuleDict, ModuleList, Sequential
from plugrad.nn.dropout import Dropout
from plugrad.nn.embedding import Embedding
from plugrad.nn.flatten import Flatten, Unflatten
from plugrad.nn.linear import Bilinear, Identity, Linear
from plugrad.nn.loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss
from plugrad.nn.module import Module
from plugrad.nn.norm import LayerNorm
from plugrad.nn.parameter import Buffer, Parameter
from plugrad.nn.parameter_containers import ParameterDict, ParameterList

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "Bilinear",
    "Buffer",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "GELU",
    "Identity",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "Unflatten",
    "functional",
    "init",
    "optim",
]
