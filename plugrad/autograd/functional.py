"""plugrad.autograd.functional: Jacobians, Hessians, and products with them."""

from plugrad.core.functional import hessian as hessian
from plugrad.core.functional import hvp as hvp
from plugrad.core.functional import jacobian as jacobian
from plugrad.core.functional import jvp as jvp
from plugrad.core.functional import vhp as vhp
from plugrad.core.functional import vjp as vjp

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
