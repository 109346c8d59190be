"""Adapters for other packages, one module for each."""
