"""Optimizers; public also as `plugrad.optim`. Public names only, no logic."""

from plugrad.nn.optim.adam import Adam, AdamW
from plugrad.nn.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from plugrad.nn.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
]
