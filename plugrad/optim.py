"""Optimizers: the public name of ``plugrad.nn.optim``. Both names are one module."""

import sys

from plugrad.nn import optim
from plugrad.nn.optim import *  # noqa: F403 - for type checkers, which can't follow the last line

for name in list(sys.modules):
    if name.startswith("plugrad.nn.optim."):
        sys.modules[name.replace(".nn", "", 1)] = sys.modules[name]
sys.modules[__name__] = optim
