"""array-api-strict as a plugrad backend: only what the standard says, on two devices."""

import plugrad

plugrad_api = (1, 0)


@plugrad.hookimpl
def plugrad_backend():
    import array_api_strict
    import numpy as np

    from plugrad.backends.array_api import ArrayAPIBackend, Capabilities

    class StrictBackend(ArrayAPIBackend):
        # NumPy, underneath, warns of infinities and nans.
        def silence(self):
            state = np.errstate(all="ignore")
            state.__enter__()
            return state

        def unsilence(self, token):
            token.__exit__(None, None, None)

    array_api_strict.set_array_api_strict_flags(api_version="2024.12")
    devices = (array_api_strict.Device("CPU_DEVICE"), array_api_strict.Device("device1"))
    return StrictBackend(
        name="strict",
        namespace=array_api_strict,
        devices=("strict",),
        raw_devices=devices,
        capabilities=Capabilities(checks_indices=True),
    )
