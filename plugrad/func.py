"""Function transforms: gradients, Jacobians and batches of functions, nested freely. PyTorch's ``torch.func``."""

from plugrad.core.func.gradients import grad as grad
from plugrad.core.func.gradients import grad_and_value as grad_and_value
from plugrad.core.func.gradients import jvp as jvp
from plugrad.core.func.gradients import vjp as vjp
from plugrad.core.func.jacobians import hessian as hessian
from plugrad.core.func.jacobians import jacfwd as jacfwd
from plugrad.core.func.jacobians import jacrev as jacrev
from plugrad.core.func.jacobians import linearize as linearize
from plugrad.core.transforms.vmap import vmap as vmap
from plugrad.nn.functional_call import functional_call as functional_call
from plugrad.nn.functional_call import stack_module_state as stack_module_state

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize",
    "stack_module_state", "vjp", "vmap",
]  # fmt: skip
