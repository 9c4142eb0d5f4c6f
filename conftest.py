"""Fixtures for every test: the folder of shared data."""

pytest_plugins = ["tests.shared_data"]
