"""Actra beside other packages."""
