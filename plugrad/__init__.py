"""PyTorch's autograd and nn, over any array library."""

from plugrad import autograd as autograd
from plugrad.core.creation import tensor as tensor
from plugrad.core.dtypes import *
from plugrad.core.methods.comparison import *
from plugrad.core.methods.conversion import *
from plugrad.core.methods.indexing import *
from plugrad.core.methods.linalg import *
from plugrad.core.methods.neural import *
from plugrad.core.methods.pointwise import *
from plugrad.core.methods.reduction import *
from plugrad.core.methods.shape import *
from plugrad.core.modes import *
from plugrad.core.tensor import Tensor as Tensor
