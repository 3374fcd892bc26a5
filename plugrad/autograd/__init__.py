"""Automatic differentiation: backward, grad, Function, grad modes, gradient checks."""

from plugrad.autograd import forward_ad as forward_ad
from plugrad.autograd import function as function
from plugrad.autograd import functional as functional
from plugrad.autograd import graph as graph
from plugrad.autograd.gradcheck import gradcheck as gradcheck
from plugrad.autograd.gradcheck import gradgradcheck as gradgradcheck
from plugrad.core.anomaly import detect_anomaly as detect_anomaly
from plugrad.core.anomaly import set_detect_anomaly as set_detect_anomaly
from plugrad.core.autograd import backward as backward
from plugrad.core.autograd import grad as grad
from plugrad.core.function.context import FunctionCtx as FunctionCtx
from plugrad.core.function.function import Function as Function
from plugrad.core.modes import enable_grad as enable_grad
from plugrad.core.modes import inference_mode as inference_mode
from plugrad.core.modes import no_grad as no_grad
from plugrad.core.modes import set_grad_enabled as set_grad_enabled
from plugrad.core.tensor import Tensor as Variable

__all__ = [
    "Function", "FunctionCtx", "Variable", "backward", "detect_anomaly", "enable_grad", "forward_ad", "function",
    "functional",
    "grad", "gradcheck", "gradgradcheck", "graph", "inference_mode", "no_grad", "set_detect_anomaly",
    "set_grad_enabled",
]  # fmt: skip
