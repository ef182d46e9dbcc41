"""TMX: translation memories, XML with a text in several languages in each unit.

The file is parsed as a stream. A declaration of entities is refused, because a few of them can
expand to gigabytes; nothing outside the file is read.
"""

import logging
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.readers.columns import Row
from nlp_apps.text.readers.text_file import TextFile, problem_of

logger = logging.getLogger(__name__)

_CHUNK = 1 << 16
# Elements in a segment whose content is code of another format, not text.
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})


def read_tmx(file: TextFile, languages: tuple[str, str]) -> Iterator[Row]:
    """Reads the units of a TMX file that have both languages.

    Args:
        file: the file; its own declaration names its encoding.
        languages: codes of source and target, such as `en` or `en-US`; `en` also fits `en-US`. If
            they are empty, the first unit must have two languages: that of the header is the
            source, otherwise the first one.

    Yields:
        Source and target of each unit; its location is the line where it begins.

    Raises:
        WorkError: the file is not valid TMX, declares entities, or no unit has both languages.
        UsageError: the file has more than two languages and none is set.
    """
    handler = _Units(file.max_line_characters)
    count = found = 0
    sides = languages if all(languages) else None
    for line, texts, problem in _parse(file, handler):
        count += 1
        sides = sides or _sides(texts, languages, handler.source_language, file)
        if sides is None:
            continue
        source, target = (_pick(texts, side) for side in sides)
        if source is None or target is None or source == target:
            continue
        found += 1
        values = (texts[source], texts[target])
        for value in values:
            problem = problem or problem_of(value, file.max_line_characters)
        yield Row(file.location(line), () if problem else values, problem, line)
    if not found:
        both = " and ".join(sides) if sides else "two languages"
        raise WorkError(
            f"{file.path}: none of {count} units has {both}. Languages of the file: "
            f"{', '.join(handler.languages) or 'none'}. Set data.source_language and "
            "data.target_language to two of them."
        )
    if count > found:
        logger.info(
            "%s: %d of %d units have %s; the others are not read.",
            *(file.path, found, count, " and ".join(sides or ())),
        )


def _sides(
    texts: dict[str, str], languages: tuple[str, str], header: str, file: TextFile
) -> tuple[str, str] | None:
    """Returns source and target language by the first unit that has two or more."""
    if len(texts) < 2:
        return None
    codes = list(texts)
    if len(codes) > 2:
        raise UsageError(
            f"{file.path}: the units have the languages {', '.join(codes)}. Set "
            "data.source_language and data.target_language to two of them."
        )
    source, target = languages
    first = _pick(texts, source or header) or codes[0]
    if target and not source:
        first = next(code for code in codes if code != (_pick(texts, target) or codes[1]))
    second = next(code for code in codes if code != first)
    logger.info("%s: the source language is %s, the target language %s.", file.path, first, second)
    return first, second


def _pick(texts: dict[str, str], wanted: str) -> str | None:
    """Returns the language code of a unit that fits a wanted one."""
    plain = wanted.lower().replace("_", "-")
    codes = {code: code.lower().replace("_", "-") for code in texts}
    for code, name in codes.items():
        if name == plain:
            return code
    return next((code for code, name in codes.items() if name.split("-")[0] == plain), None)


def _parse(file: TextFile, handler: "_Units") -> Iterator[tuple[int, dict[str, str], str]]:
    """Yields line, texts by language, and the problem or an empty string of each unit."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.EntityDeclHandler = handler.refuse_entity
    parser.SkippedEntityHandler = handler.skip_entity
    handler.line_of = lambda: parser.CurrentLineNumber
    try:
        with file.open(decoded=False) as stream:
            data = stream.read(_CHUNK)
            if not data:
                raise WorkError(f"{file.path}: the file is empty. Name a file with text.")
            while data:
                parser.Parse(data, False)
                yield from handler.pop()
                data = stream.read(_CHUNK)
            parser.Parse(b"", True)
            yield from handler.pop()
    except expat.ExpatError as error:
        raise WorkError(
            f"{file.location(error.lineno)}, column {error.offset + 1}: not valid XML "
            f"({expat.ErrorString(error.code)}). Fix the file, or export it again."
        ) from error
    except _NotTmxError as error:
        raise WorkError(f"{file.location(parser.CurrentLineNumber)}: {error}") from None
    except (LookupError, ValueError) as error:  # An encoding that expat cannot read.
        raise WorkError(f"{file.path}: cannot be read ({error}). Save it as UTF-8.") from error


class _NotTmxError(Exception):
    """The file is refused; the message has the reason."""


class _Units:
    """Handler of a parser's events; collects units.

    Args:
        max_characters: a longer text is a problem; its end is not kept.

    Attributes:
        source_language: that of the header; empty if it has none.
        languages: languages seen, in their order.
        line_of: returns the current line.
    """

    def __init__(self, max_characters: int) -> None:
        self.max_characters = max_characters
        self.source_language = ""
        self.languages: dict[str, None] = {}
        self.line_of: Any = int
        self._done: list[tuple[int, dict[str, str], str]] = []
        self._depth = self._code_depth = self._length = 0
        self._segment_depth = 0  # 0: outside of a segment
        self._line, self._language, self._problem = 0, "", ""
        self._texts: dict[str, str] = {}
        self._parts: list[str] = []

    def pop(self) -> list[tuple[int, dict[str, str], str]]:
        """Returns the units since the last call."""
        done, self._done = self._done, []
        return done

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handles a start tag."""
        self._depth += 1
        if self._depth == 1 and name != "tmx":
            raise _NotTmxError(f"an XML file of <{name[:40]}>, not TMX. Name another file.")
        if self._segment_depth:
            if name in _CODES or self._code_depth:
                self._code_depth += 1
        elif name == "header":
            language = attributes.get("srclang", "")
            self.source_language = "" if language == "*all*" else language
        elif name == "tu":
            self._line, self._texts, self._problem = self.line_of(), {}, ""
        elif name == "tuv":
            self._language = attributes.get("xml:lang") or attributes.get("lang", "")
        elif name == "seg":
            self._segment_depth, self._parts, self._length = self._depth, [], 0

    def end(self, name: str) -> None:
        """Handles an end tag."""
        if self._segment_depth == self._depth:
            self._segment_depth = 0
            if self._language:
                self.languages[self._language] = None
                self._texts.setdefault(self._language, "".join(self._parts))
        elif self._code_depth:
            self._code_depth -= 1
        elif name == "tu" and not self._segment_depth:
            self._done.append((self._line, self._texts, self._problem))
        self._depth -= 1

    def text(self, data: str) -> None:
        """Handles text."""
        if self._segment_depth and not self._code_depth and self._length <= self.max_characters:
            self._parts.append(data)
            self._length += len(data)

    def skip_entity(self, name: str, is_parameter: bool) -> None:
        """Handles a reference to an entity that the file does not declare."""
        if not is_parameter:
            self._problem = f"the entity &{name[:40]}; is not declared"

    def refuse_entity(self, name: str, *details: Any) -> None:
        """Handles the declaration of an entity."""
        del details
        raise _NotTmxError(
            f"declares the entity {name[:40]!r}. Entities are not read, because they can expand "
            "without limit. Replace them by their text."
        )
