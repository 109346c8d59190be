"""Tool calls under a policy."""

from .adapter import ActraMCPAdapter
from .context import ActraMCPContext
from .server import ActraMCPServer, ResultError

__all__ = ["ActraMCPAdapter", "ActraMCPContext", "ActraMCPServer", "ResultError"]
