"""plugrad.autograd.graph: the recorded graph, and hooks on what it keeps."""

from plugrad.core.graph import GradientEdge as GradientEdge
from plugrad.core.graph import Node as Node
from plugrad.core.graph import get_gradient_edge as get_gradient_edge
from plugrad.core.graph import increment_version as increment_version
from plugrad.core.graph import register_multi_grad_hook as register_multi_grad_hook

__all__ = [
    "GradientEdge", "Node", "get_gradient_edge", "increment_version", "register_multi_grad_hook",
]  # fmt: skip
