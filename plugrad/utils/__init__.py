"""Tools around training: checkpointing of activations, handles of hooks."""

from plugrad.utils import checkpoint as checkpoint
from plugrad.utils import hooks as hooks

__all__ = ["checkpoint", "hooks"]
