"""Request bodies of almost 4 MiB whose objects are many times their size."""

BODY = 4 * 1024 * 1024 - 100


def filled(start: bytes, item: bytes, end: bytes) -> bytes:
    """Returns a body of almost 4 MiB."""
    return start + item * ((BODY - len(start) - len(end)) // len(item)) + item.rstrip(b",") + end


BODIES = {
    "objects as rows": filled(b'{"instances":[', b'{"":0},', b"]}"),
    "lists as rows": filled(b'{"instances":[', b"[],", b"]}"),
    "objects in one row": filled(b'{"instances":[[', b'{"":0},', b"]]}"),
    "lists in one row": filled(b'{"instances":[[', b"[],", b"]]}"),
    "objects in a column": filled(b'{"inputs":{"text":[', b'{"":0},', b"]}}"),
    "names": filled(b'{"instances":["a"]', b',"":{"":0}', b"}"),
    "wide characters": filled('{"instances":["\U0001f600'.encode(), b"a", b'"]}'),
}
