"""Calls of every shape with values of every kind, and an oracle that knows nothing of Actra's code."""
