"""Mutations of bytes and of JSON values."""

import json
import random
import re
from collections.abc import Callable, Sequence
from typing import Any

ODD_BYTES: tuple[bytes, ...] = (
    *(b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90"),
    *(b"\r", b"\n", b"\r\n", b"\n\n\n", b"\x0b", b"\x0c", b"\x1a", b"\x1c", b"\x1b[2J", b"\x7f"),
    *(b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xef\xbf\xbd", b"\xf0\x9f\x98\x80"),
    *(b'"', b"'", b"\t", b",", b";", b"|", b"\\", b"\\u0000", b"\\ud800", b"=", b"#", b"&", b"<"),
    *(b"]]>", b"<!--", b"&lt;", b"&#0;", b"%2e%2e/", b"../", b"/dev/zero", b"{}", b"[]", b"null"),
    *(b"0", b"-1", b"-0", b"1e999", b"NaN", b"Infinity", b"true", b"\xd9\xa1", b"\xc2\xb2"),
    *(b"PK\3\4", b"\x1f\x8b", b"PAR1", b"BM", b"%PDF-1.4"),
)
LARGE_BYTES: tuple[bytes, ...] = (
    *(b"9" * 5000, b"0" * 400, b"a" * 70_000, b" " * 20_000, b"\n" * 3000, b'"' * 3001),
    *(b"[" * 3000, b'{"a":' * 3000, b"<a>" * 3000, b"a." * 1500, b"\t" * 3000, b"," * 3000),
    *("\u0301".encode() * 2000, b"&amp;" * 2000, b"(" * 2000),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, -0.0, 2**31, 2**63, 2**64, 10**30, -(10**400), 1e308),
    *(float("nan"), float("inf"), "", " ", "0", "\0", "a\nb", "\ud800", "\x1b[2J", "x" * 5000),
    *([], {}, [[]], [None], {"": ""}, [0] * 300, {"a": {"a": {"a": {}}}}, "\u2028", "é", "../x"),
)


def mutate(draw: random.Random, seed: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Returns bytes with one to five mutations; sometimes unchanged.

    Args:
        draw: the generator.
        seed: the bytes.
        others: bytes of the same kind, of which parts are copied.
    """
    content = seed
    for _ in range(draw.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        change = draw.choice(_CHANGES)
        content = change(draw, content)
    if others and draw.random() < 0.1:
        start, end = _range(draw, other := draw.choice(others))
        content = _insert(content, _place(draw, content), other[start:end])
    return content


def mutate_number(draw: random.Random, content: bytes) -> bytes:
    """Replaces a decimal number in the text."""
    found = list(re.finditer(rb"-?\d+(\.\d+)?", content))
    if not found:
        return content
    place = draw.choice(found)
    new = draw.choice((b"0", b"-1", b"9" * 30, b"1e400", b"0.5", b"nan", b"65536", b"0x10", b"1_0"))
    return content[: place.start()] + new + content[place.end() :]


def mutate_field(draw: random.Random, content: bytes) -> bytes:
    """Replaces, repeats or drops a field between separators, or exchanges two."""
    separator = draw.choice((b"\t", b",", b"\n", b"=", b":", b"/", b">", b'"'))
    fields = content.split(separator)
    first, second = (draw.randrange(len(fields)) for _ in range(2))
    action = draw.randrange(4)
    if action == 0:
        fields[first], fields[second] = fields[second], fields[first]
    elif action == 1:
        fields[first] = draw.choice(ODD_BYTES)
    elif action == 2:
        fields[first:first] = [fields[second]] * draw.choice((1, 2, 50))
    else:
        del fields[first]
    return separator.join(fields)[:300_000]


def _place(draw: random.Random, content: bytes) -> int:
    """Returns a place, often near the start or the end, or after a newline."""
    size = len(content)
    kind = draw.randrange(5)
    if kind == 0:
        return min(size, draw.randrange(12))
    if kind == 1:
        return max(0, size - draw.randrange(40))
    if kind == 2:
        return content.find(b"\n", draw.randrange(size + 1)) + 1
    return draw.randrange(size + 1)


def _range(draw: random.Random, content: bytes) -> tuple[int, int]:
    start = _place(draw, content)
    return start, min(len(content), start + draw.choice((1, 2, 8, 30, 200, 2000)))


def _insert(content: bytes, place: int, new: bytes) -> bytes:
    return content[:place] + new + content[place:]


def _flip_bit(draw: random.Random, content: bytes) -> bytes:
    if not content:
        return b"\x80"
    place = min(_place(draw, content), len(content) - 1)
    return content[:place] + bytes([content[place] ^ 1 << draw.randrange(8)]) + content[place + 1 :]


def _set_bytes(draw: random.Random, content: bytes) -> bytes:
    start, end = _range(draw, content)
    return content[:start] + draw.randbytes(min(8, end - start)) + content[end:]


def _set_integer(draw: random.Random, content: bytes) -> bytes:
    """Overwrites a binary integer with an extreme one."""
    size, place = draw.choice((1, 2, 4, 8)), _place(draw, content)
    value = draw.choice((0, 1, (1 << 8 * size) - 1, 1 << (8 * size - 1)))
    return content[:place] + value.to_bytes(size, "little") + content[place + size :]


def _truncate(draw: random.Random, content: bytes) -> bytes:
    place = _place(draw, content)
    return content[:place] if draw.random() < 0.8 else content[place:]


def _delete(draw: random.Random, content: bytes) -> bytes:
    start, end = _range(draw, content)
    return content[:start] + content[end:]


def _repeat(draw: random.Random, content: bytes) -> bytes:
    start, end = _range(draw, content)
    times = draw.choice((1, 1, 2, 20))
    return (content[:end] + content[start:end] * times + content[end:])[:300_000]


def _exchange(draw: random.Random, content: bytes) -> bytes:
    first, second, third = sorted(_place(draw, content) for _ in range(3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def _odd(draw: random.Random, content: bytes) -> bytes:
    return _insert(content, _place(draw, content), draw.choice(ODD_BYTES))


def _large(draw: random.Random, content: bytes) -> bytes:
    if draw.random() < 0.7:
        return _odd(draw, content)
    return _insert(content, _place(draw, content), draw.choice(LARGE_BYTES))


def _newlines(draw: random.Random, content: bytes) -> bytes:
    new = draw.choice((b"\r\n", b"\r", b"\n\r", b"\n\n", b"\xe2\x80\xa8", b"\0\n"))
    return content.replace(b"\n", new, draw.choice((1, 3, -1)))


def _encode(draw: random.Random, content: bytes) -> bytes:
    encoding = draw.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252", "utf-7"))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


_CHANGES: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_flip_bit, _set_bytes, _set_integer, _truncate, _delete, _repeat, _exchange, _odd, _odd),
    *(_large, _newlines, mutate_number, mutate_field, mutate_field, mutate_field),
    *([_encode]),
)


def mutate_value(draw: random.Random, value: Any) -> Any:
    """Returns a JSON value with one changed part, at any depth; the original is unchanged."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        key = draw.choice(list(value))
        if draw.random() < 0.15:
            return {name: part for name, part in value.items() if name != key}
        if draw.random() < 0.1:
            return {**value, draw.choice(("", "x", "\ud800", "a.b", key + " ")): value[key]}
        return {**value, key: mutate_value(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.8:
        place = draw.randrange(len(value))
        action = draw.randrange(4)
        if action == 0:
            return value[:place] + value[place + 1 :]
        if action == 1:
            return value[:place] + [value[place]] + value[place:]
        changed = value.copy()
        changed[place] = mutate_value(draw, value[place])
        return changed
    if draw.random() < 0.1:
        return nested(draw, draw.choice((3, 20, 40, 900)))
    return draw.choice(ODD_VALUES)


def nested(draw: random.Random, depth: int) -> Any:
    """Returns lists or objects inside each other."""
    value: Any = draw.choice(ODD_VALUES)
    for _ in range(depth):
        value = [value] if draw.random() < 0.5 else {"a": value}
    return value


def json_bytes(draw: random.Random, value: Any) -> bytes:
    """Returns JSON: with and without ASCII only, and sometimes with a key twice."""
    try:
        text = json.dumps(value, ensure_ascii=draw.random() < 0.7)
    except ValueError:  # an integer of too many digits
        return b"1" + b"0" * 5000
    if draw.random() < 0.05 and text.startswith("{") and len(text) > 2:
        text = "{" + text[1:-1] + ", " + text[1:]
    return text.encode("utf-8", "surrogatepass")


def mutate_json(draw: random.Random, value: Any) -> bytes:
    """Returns JSON of a mutated value; sometimes its bytes are mutated too."""
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3))):
        value = mutate_value(draw, value)
    content = json_bytes(draw, value)
    return mutate(draw, content) if draw.random() < 0.3 else content
