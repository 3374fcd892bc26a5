"""The differentiable namespace: the Array API standard's names on Tensors, and plugrad's own ops beside them."""

from plugrad.core.ops.activation import *
from plugrad.core.ops.arithmetic import *
from plugrad.core.ops.comparison import *
from plugrad.core.ops.creation import *
from plugrad.core.ops.elementary import *
from plugrad.core.ops.extremum import *
from plugrad.core.ops.filling import *
from plugrad.core.ops.indexing import *
from plugrad.core.ops.inspection import *
from plugrad.core.ops.joining import *
from plugrad.core.ops.linalg import *
from plugrad.core.ops.power import *
from plugrad.core.ops.reduction import *
from plugrad.core.ops.rounding import *
from plugrad.core.ops.scan import *
from plugrad.core.ops.scatter import *
from plugrad.core.ops.selection import *
from plugrad.core.ops.shape import *
from plugrad.core.ops.sorting import *
from plugrad.core.ops.special import *
from plugrad.core.ops.transfer import *
from plugrad.core.ops.trigonometric import *
