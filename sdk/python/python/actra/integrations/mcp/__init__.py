"""Tools, as the Model Context Protocol has them, under a policy. Nothing here speaks the protocol itself."""

from .adapter import ActraMCPAdapter
from .context import ActraMCPContext
from .server import ActraMCPServer, ResultError

__all__ = ["ActraMCPAdapter", "ActraMCPContext", "ActraMCPServer", "ResultError"]
