import pytest


@pytest.fixture(autouse=True)
def own_folder(own_folder):
    """Every test here keeps files."""
    return own_folder
