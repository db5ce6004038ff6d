"""The page of the tests may do what the page of `advisor app` may."""

import pytest

from advisor.views import permissions


@pytest.fixture(autouse=True)
def _as_advisor_app_serves_it():
    permissions.allow(permissions.Permissions(upload=True, measure=True))
    yield
    permissions.allow(permissions.Permissions())
