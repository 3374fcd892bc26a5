"""plugrad.autograd.function: what a Function's author needs."""

from plugrad.core.function.context import FunctionCtx as FunctionCtx
from plugrad.core.function.function import Function as Function
from plugrad.core.function.function import once_differentiable as once_differentiable
from plugrad.core.function.mapped import VmapInfo as VmapInfo

__all__ = ["Function", "FunctionCtx", "VmapInfo", "once_differentiable"]
