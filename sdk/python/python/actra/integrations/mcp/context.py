"""The context of a tool call."""

from ...runtime import ActraContext as ActraMCPContext

__all__ = ["ActraMCPContext"]
