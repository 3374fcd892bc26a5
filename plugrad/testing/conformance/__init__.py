"""The tests that prove a backend.

.. code-block:: console

    $ pip install "plugrad[test]"
    $ pytest --pyargs plugrad.testing.conformance --plugrad-backend=NAME

``--level=quick`` runs one small sample of each op, in under a minute on NumPy; ``--ops=exp,linalg_*`` the tests of
these ops alone. ``--plugrad-xfails=FILE`` names the tests that are known to fail: on each line a part of a test's id,
and after ``#`` the reason. An entry without a reason, an entry that matches no test and a listed test that passes are
errors.
``plugrad check NAME`` runs the same and prints a report card.
"""
