"""Forward mode by hand: tensors with a tangent."""

from plugrad.core.forward_ad import UnpackedDualTensor as UnpackedDualTensor
from plugrad.core.forward_ad import dual_level as dual_level
from plugrad.core.forward_ad import enter_dual_level as enter_dual_level
from plugrad.core.forward_ad import exit_dual_level as exit_dual_level
from plugrad.core.forward_ad import make_dual as make_dual
from plugrad.core.forward_ad import unpack_dual as unpack_dual

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]
