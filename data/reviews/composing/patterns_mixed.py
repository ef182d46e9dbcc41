"""Patterns of mixed reviews: as much praise as blame, or neither."""

from __future__ import annotations

from .domains import lines
from .patterns import Kind

MIXED = (
    Kind(
        "weighed",
        12,
        lines("""
            {x}, but {y}. {verdict weighed}
            {x}. {y}. {verdict weighed}
            although {x}, {y}. {verdict weighed}
            on the one hand, {x}; on the other, {y}. {verdict weighed}
            {x quality}, but {y quality}. {verdict weighed}
            {x quality}, and yet {y quality}. {verdict weighed}
            {x}, but {y quality}. {verdict weighed}
            """),
    ),
    Kind(
        "balance",
        15,
        lines("""
            {x}, but {y}, and both count.
            {x}, but {y}. {judgement}.
            {judgement}: {x}, but {y}.
            {x}, while {y}, and the one counts as much as the other.
            it matters to me as much that {x} as that {y}.
            for me it weighs no less that {x} than that {y}.
            half of me says that {x}, the other half that {y}, and neither half is wrong.
            {good}, so I was pleased. {bad}, so I was not.
            I loved that {good}, and I hated that {bad}, both in equal measure.
            I had already made up my mind because {x}. Then I saw that {y}, and now I have no idea.
            what pleased me: {good}. What did not please me: {bad}. {verdict weighed}
            the good thing is that {good}; the bad thing is that {bad}. Take your pick.
            there was {x got}, and there was {y got}. {verdict weighed}
            first I got {x got}, then {y got}. {verdict weighed}
            some of it was {x got}, some of it {y got}. {verdict weighed}
            I got to {good doing}, and I had to {bad doing}. {verdict weighed}
            what a delight to {good doing}; what a pain to {bad doing}. {verdict weighed}
            {good slight}, but {bad slight}. {verdict weighed}
            """),
    ),
    Kind(
        "middling",
        12,
        lines("""
            {even}. {even}. {verdict}
            {even}, and {even}. {verdict}
            {neither}, and {neither}. {even}.
            {neither}. {judgement}.
            {even}. {neither}. {verdict}
            {neither}. {neither}. {verdict}
            it was neither {good got} nor {bad got}. {even}.
            I got neither {good got} nor {bad got}. {verdict}
            no better and no worse than other {things}: {even}, and {even}.
            it could be worse, and it could be better: {even}.
            I have known worse {things}, and I have known better ones. {even}.
            nothing to complain about and nothing to remember: {even}.
            I neither got to {good doing} nor had to {bad doing}. {even}.
            not bad, not good either: {neither}, and {even}.
            """),
        "verdict",
    ),
    Kind(
        "reported",
        7,
        lines("""
            {source} that {x}. That is true, but so is this: {y}. {verdict weighed}
            {source} that {x}. That is only half of the truth: {y}. {verdict weighed}
            {source} that {x trait}. {right}. One thing they forgot: {y}. {verdict weighed}
            {source} that {x}, and that {y}. {right}. {verdict weighed}
            one reviewer writes that {x}, another that {y}. They are both right.
            one reviewer writes that {x}, another that {y}. Neither of them is wrong.
            some say that it was {good got}, some that it was {bad got}. It was neither.
            """),
        "verdict weighed",
    ),
    Kind(
        "problem",
        4,
        lines("""
            {fault}. {fixed}. Good, but it should not have happened. {verdict weighed}
            {good}, but {fault}. {verdict weighed}
            {good}. Then {fault}, and {left}. {verdict weighed}
            {fault}. {left}. On the other hand, {good}, and {good}. {verdict weighed}
            """),
    ),
    Kind(
        "plain",
        5,
        lines("""
            {good}. {good}. {bad}. {bad}. {verdict weighed}
            {bad}, and {bad}. {good}, and {good}. {verdict weighed}
            {x denial}. {y}. {verdict weighed}
            {x}. {y denial}. {verdict weighed}
            {cry} {x}. {cry} {y}. {verdict weighed}
            I cannot deny that {x}. I cannot deny either that {y}. {verdict weighed}
            nobody could claim that {x}. Nobody could claim either that {y}. {verdict weighed}
            {x compared}, but {y}. {verdict weighed}
            """),
    ),
)
