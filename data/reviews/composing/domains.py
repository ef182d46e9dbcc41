"""A domain: the things that people praise and complain about, as tables of clauses.

A table is a text with one entry a line; `|` stands between the sides of an entry, the good side
first. Clauses start in lower case and have no full stop, so that patterns can join them.
"""

from __future__ import annotations

from dataclasses import dataclass


def lines(table: str) -> tuple[str, ...]:
    """The entries of a table."""
    return tuple(line.strip() for line in table.splitlines() if line.strip())


@dataclass(frozen=True)
class Domain:
    """One kind of thing or place that is reviewed.

    Attributes:
        name: as the README counts it.
        thing: its name in a review; `things` is its plural.
        whole: the occasion, good or bad as a whole (the evening, the journey).
        be: `was` for a past occasion, `is` for a lasting thing.
        again: things to do again, as infinitives.
        aspects: `noun | good adjectives | bad adjectives`; `+` marks a plural noun.
        pairs: clauses, `good | bad`, each line about one matter.
        contexts: neutral sentences; `{when}` and `{who}` are filled in.
        even: clauses that are neither praise nor complaint.
        gots: noun phrases, things received, `good | bad`.
        doings: infinitives, things allowed or forced, `good | bad`.
        faults: `what went wrong | how it was put right | how it was not`, as clauses.
        compared: clauses that compare, `good | bad`.
    """

    name: str
    thing: str
    things: str
    whole: str
    be: str
    again: tuple[str, ...]
    aspects: tuple[str, ...]
    pairs: tuple[str, ...]
    contexts: tuple[str, ...]
    even: tuple[str, ...]
    gots: tuple[str, ...]
    doings: tuple[str, ...]
    faults: tuple[str, ...]
    compared: tuple[str, ...]
