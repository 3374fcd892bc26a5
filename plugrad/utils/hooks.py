"""The handle that every ``register_..._hook`` returns."""

from plugrad.core.handles import RemovableHandle as RemovableHandle

__all__ = ["RemovableHandle"]
