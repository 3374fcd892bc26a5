"""array-api-strict's device without float64 and complex128, as on Apple's GPUs: what asks for one raises."""

import plugrad

plugrad_api = (1, 0)


@plugrad.hookimpl
def plugrad_backend():
    import array_api_strict

    from plugrad.backends.array_api import ArrayAPIBackend

    array_api_strict.set_array_api_strict_flags(api_version="2024.12")
    devices = (array_api_strict.Device("no_float64"),)
    return ArrayAPIBackend(name="single", namespace=array_api_strict, devices=("single",), raw_devices=devices)
