"""Words of messages: the name of a class with its article."""

from __future__ import annotations

#: What frames of this module hold is not printed by pytest.
__tracebackhide__ = True


def class_with_article(kind: type) -> str:
    """The name of a class with its article: ``an int``, ``a str``."""
    name = kind.__name__
    return f"{'an' if name[:1] in tuple('aeioAEIO') else 'a'} {name}"
