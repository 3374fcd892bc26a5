"""plugrad.autograd.graph: the recorded graph, and hooks on what it keeps."""

from plugrad.core.graph import GradientEdge as GradientEdge
from plugrad.core.graph import Node as Node
from plugrad.core.graph import get_gradient_edge as get_gradient_edge
from plugrad.core.graph import increment_version as increment_version
from plugrad.core.graph import register_multi_grad_hook as register_multi_grad_hook
from plugrad.core.saving import disable_saved_tensors_hooks as disable_saved_tensors_hooks
from plugrad.core.saving import save_on_cpu as save_on_cpu
from plugrad.core.saving import saved_tensors_hooks as saved_tensors_hooks

__all__ = [
    "GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge", "increment_version",
    "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip
