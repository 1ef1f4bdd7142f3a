"""For the tests of the message log: failures in the contract's modules show their values."""

import pytest

pytest.register_assert_rewrite("tests.server.log.contract", "tests.server.log.contract_reading")
