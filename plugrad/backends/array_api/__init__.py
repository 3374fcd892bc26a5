"""ArrayAPIBackend: any namespace of the Array API standard becomes a backend. What a plugin needs is here."""

from plugrad.backends.array_api.backend import ArrayAPIBackend as ArrayAPIBackend
from plugrad.core.backend import Capabilities as Capabilities
