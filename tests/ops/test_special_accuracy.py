"""Special functions against values of 40 digits: a few units in the last place, on every backend and in float32."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad

# (argument, value), computed with mpmath 1.3. Arguments are exact in both precisions unless they are tiny.
VALUES: dict[str, list[tuple[float, float]]] = {
    "erf": [
        (1.000000013351432e-10, 1.1283791821609903e-10),
        (0.10000000149011612, 0.11246291768297051),
        (-0.5, -0.5204998778130465),
        (1.0, 0.8427007929497149),
        (2.5, 0.999593047982555),
        (5.0, 0.9999999999984626),
    ],
    "erfc": [
        (-3.0, 1.9999779095030015),
        (-0.30000001192092896, 1.3286267717527154),
        (0.10000000149011612, 0.8875370823170295),
        (0.49000000953674316, 0.488331730347372),
        (0.5099999904632568, 0.4707563884553341),
        (1.0, 0.15729920705028513),
        (3.0, 2.209049699858544e-05),
        (6.5, 3.8421483271206475e-20),
        (9.0, 4.13703174651381e-37),
    ],
    "erfcx": [
        (-3.0, 16205.988853999586),
        (-0.30000001192092896, 1.4537492566921186),
        (0.10000000149011612, 0.8964569785548756),
        (1.0, 0.427583576155807),
        (7.0, 0.07980005432915294),
        (50.0, 0.011281536265323773),
        (1000000.0, 5.641895835474742e-07),
    ],
    "erfinv": [
        (9.99999993922529e-09, 8.862269200667396e-09),
        (-0.25, -0.2253120550121781),
        (0.5, 0.4769362762044699),
        (-0.75, -0.8134198475976185),
        (0.96875, 1.523019401996956),
        (0.9990234375, 2.331467773621948),
    ],
    "lgamma": [
        (9.99999993922529e-09, 18.42068074425768),
        (0.25, 1.2880225246980774),
        (0.75, 0.20328095143129538),
        (1.0009765625, -0.0005629031799912047),
        (1.4375, -0.12120242719902266),
        (1.9990234375, -0.0004125677359714894),
        (2.625, 0.3763336820249054),
        (5.5, 3.9578139676187165),
        (7.9375, 8.399444525124958),
        (8.125, 8.77815096449171),
        (100.25, 360.28455963776423),
        (65536.5, 661282.4169407226),
        (-0.5, 1.2655121234846454),
    ],
    "digamma": [
        (9.999999974752427e-07, -1000000.5797387772),
        (0.25, -4.2274535333762655),
        (0.75, -1.0858608797864722),
        (1.4375, -0.023613544005297898),
        (1.4616321325302124, -1.203605254910667e-08),
        (2.625, 0.7626758508080488),
        (9.9375, 2.2451580165141403),
        (10.5, 2.3030010342976865),
        (1000.25, 6.907505289414428),
        (-0.75, -2.894120200042932),
        (-6.375, 3.230060242535446),
    ],
    "trigamma": [
        (0.0010000000474974513, 1000001.5475382999),
        (0.25, 17.19732915450711),
        (0.75, 2.5418796476716063),
        (2.625, 0.46248494818833746),
        (15.5, 0.06664201358327597),
        (-0.75, 18.975106932284888),
        (-6.375, 11.417760840992479),
    ],
    "tetragamma": [
        (0.25, -129.32773993753693),
        (0.75, -5.3026332163376395),
        (2.625, -0.21049125926482345),
        (15.5, -0.004439518913277244),
        (-0.75, -124.58699919679619),
        (-6.375, 30.072490645077547),
    ],
    "zeta3": [
        (0.125, 512.8766690590678),
        (1.0, 1.2020569031595942),
        (2.5, 0.1181020258208637),
        (20.25, 0.0012810255188014665),
    ],
    "i0": [
        (0.125, 1.0039100663533544),
        (-2.5, 3.289839144050123),
        (7.5, 268.16131151518937),
        (8.5, 683.1619269901156),
        (30.25, 999495401052.5316),
    ],
    "i1": [
        (9.99999993922529e-09, 4.999999969612645e-09),
        (-2.5, -2.5167162452886984),
        (7.5, 249.58436542268814),
        (8.5, 641.6199025400667),
        (30.25, 982833517945.7871),
    ],
    "i0e": [
        (0.125, 0.885947524030331),
        (-2.5, 0.27004644161220276),
        (8.5, 0.13900184305484758),
        (1000.5, 0.012614086539375468),
    ],
    "i1e": [
        (0.125, 0.05526385324160324),
        (-2.5, -0.20658464953126657),
        (8.5, 0.13054935509459586),
        (1000.5, 0.012607781071289343),
    ],
    "log_ndtr": [
        (-30.0, -454.3212439563432),
        (-2.0, -3.783184333682032),
        (-0.5, -1.1759117615936185),
        (0.75, -0.25699426683836524),
        (3.0, -0.0013508099647481938),
    ],
}

CALLS = {
    "trigamma": lambda x: plugrad.polygamma(1, x),
    "tetragamma": lambda x: plugrad.polygamma(2, x),
    "zeta3": lambda x: plugrad.special.zeta(3.0, x),
}


@pytest.mark.parametrize("repeated", [1, 60], ids=["few", "many"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VALUES)
def test_units_in_the_last_place(name: str, dtype: str, repeated: int, device: str) -> None:
    """Few and many: kernels may compute them differently."""
    arguments, values = zip(*VALUES[name], strict=True)
    x = plugrad.tensor(list(arguments) * repeated, dtype=getattr(plugrad, dtype), device=device)
    y = np.array(CALLS.get(name, getattr(plugrad.special, name, None) or plugrad.lgamma)(x).tolist(), dtype)
    right = np.array(list(values) * repeated, dtype)
    assert np.max(np.abs(y - right) / np.spacing(np.abs(right))) <= 8


def test_at_the_edges_of_their_domains(device: str) -> None:
    def at(function, *points):
        return function(plugrad.tensor(points, dtype=plugrad.float64, device=device)).tolist()

    inf, nan = np.inf, np.nan
    cases = [
        (plugrad.lgamma, (0.0, -1.0, inf, -inf, nan), (inf, inf, inf, inf, nan)),
        (plugrad.digamma, (0.0, -0.0, -1.0, inf, -inf, nan), (-inf, inf, nan, inf, nan, nan)),
        (lambda x: plugrad.polygamma(1, x), (0.0, -2.0, inf), (inf, inf, 0.0)),
        (lambda x: plugrad.polygamma(2, x), (0.0, -2.0, inf), (-inf, -inf, -0.0)),
        (plugrad.erfc, (inf, -inf, 40.0, nan), (0.0, 2.0, 0.0, nan)),
        (plugrad.erfinv, (1.0, -1.0, 1.5, nan), (inf, -inf, nan, nan)),
        (plugrad.special.erfcx, (inf, -inf, 1e300), (0.0, inf, 5.641895835477563e-301)),
        (plugrad.i0, (0.0, inf, -inf, nan), (1.0, inf, inf, nan)),
        (plugrad.special.i1, (0.0, inf, -inf, nan), (0.0, inf, -inf, nan)),
        (plugrad.special.i1e, (0.0, inf, -inf), (0.0, 0.0, 0.0)),
        (plugrad.logit, (0.0, 1.0, 1.5, -1.0), (-inf, inf, nan, nan)),
        (plugrad.special.entr, (0.0, -1.0, nan), (0.0, -inf, nan)),
    ]
    for function, points, expected in cases:
        np.testing.assert_allclose(at(function, *points), expected, rtol=1e-14)
