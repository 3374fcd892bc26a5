"""The differentiable namespace: the Array API standard's names on Tensors, and plugrad's own ops beside them."""

from plugrad.core.ops.activation import *
from plugrad.core.ops.arithmetic import *
from plugrad.core.ops.creation import *
from plugrad.core.ops.elementary import *
from plugrad.core.ops.inspection import *
from plugrad.core.ops.linalg import *
from plugrad.core.ops.reduction import *
from plugrad.core.ops.shape import *
from plugrad.core.ops.transfer import *
