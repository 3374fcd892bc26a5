"""Tools around training: checkpointing of activations."""

from plugrad.utils import checkpoint as checkpoint

__all__ = ["checkpoint"]
