"""Phrases of any review: occasions, company, openers and degrees."""

from __future__ import annotations

from .domains import lines

WHEN = lines("""
    in March
    on a wet Tuesday
    last week
    last summer
    over Easter
    at the end of May
    just before Christmas
    in the middle of August
    one Sunday in autumn
    the other day
    a fortnight ago
    on my birthday
    in the first week of January
    during half-term
    """)
WHO = lines("""
    my sister
    my parents
    two colleagues
    an old friend
    my husband
    my wife
    my eldest daughter
    my neighbour
    my aunt from Leeds
    my boss
    the twins
    my grandfather
    my flatmate
    a cousin
    """)

# Before a first sentence; they do not depend on the label.
OPENERS = lines("""
    Well,
    Honestly,
    To be frank,
    I will be brief:
    Let me put it like this:
    In short,
    As I see it,
    For what it is worth,
    My two pennies' worth:
    I have to say it:
    After a week of thinking about it:
    One thing first:
    Friends had asked me for a report, so here it is:
    Nobody asked me, so I will tell you:
    Where shall I start?
    I do not often write reviews:
    """)

# Before an adjective of either kind.
DEGREES = ("", "", "very ", "really ", "truly ", "remarkably ", "extremely ")
EXTREMES = ("", "absolutely ", "simply ", "truly ", "quite simply ")
SLIGHTLY = ("a little", "a touch", "slightly", "a bit", "somewhat")
FAIRLY = ("reasonably", "fairly", "tolerably", "sufficiently")

# Who said it before the writer saw for himself; all of them may be right or wrong.
SOURCES = lines("""
    Everyone told me
    I had read everywhere
    The other reviews say
    A colleague had told me
    My sister swore
    I had been told
    My neighbour insists
    Half of the internet claims
    """)
WRONG = lines("""
    They could not be more wrong
    It is not true
    Nothing of the kind
    I found the opposite
    Not so
    I beg to differ
    Do not believe a word of it
    I know better now
    """)
RIGHT = lines("""
    They could not be more right
    It is true
    That is exactly how it is
    I found the same
    Quite so
    I can only agree
    Believe every word of it
    I did not want to believe it, but now I do
    """)
# Sincere or ironic exclamations: the next words decide.
CRIES = lines("""
    Great:
    Wonderful:
    Bravo:
    Well done, everyone:
    Lovely:
    Marvellous:
    Congratulations:
    My compliments:
    How charming:
    Fantastic:
    """)

# Adjectives that take no degree, or only an extreme one.
EXTREME = frozenset(
    lines("""
        absurd
        admirable
        brilliant
        broken
        chaotic
        chilling
        complete
        crippled
        dazzling
        deafening
        delightful
        delicious
        dismal
        disgusting
        dreadful
        endless
        false
        fascinating
        filthy
        freezing
        garbled
        gripping
        haunting
        hissing
        horrid
        huge
        incomplete
        lamentable
        laughable
        lifeless
        maddening
        miserable
        outdated
        outrageous
        overheated
        perfect
        pointless
        spotless
        splendid
        superb
        tasteless
        terrible
        tireless
        true
        unforgettable
        unhurried
        useless
        wonderful
        wooden
        wrong
        """)
)

# Words for anything as a whole, each with its opposite.
GENERAL = lines("""
    pleasant | unpleasant
    impressive | disappointing
    enjoyable | tiresome
    satisfying | frustrating
    delightful | dreadful
    memorable | forgettable
    convincing | unconvincing
    wonderful | terrible
    pleasing | annoying
    admirable | lamentable
    """)
# Verdict of the label, by {this} and its opposite {that}; `{it}` is the whole.
JUDGEMENTS = lines("""
    {it} {be} {degree}{this}
    {it} {be} anything but {that}
    {it} {be} not {that} in the least
    {it} {be} not {that} but {this}
    far from being {that}, {it} {be} {this}
    I would call {it} {this}, not {that}
    I would not call {it} {that}
    {it} {be} {this} rather than {that}
    nobody in their right mind would call {it} {that}
    I have seldom come across a less {that} {thing}
    I have seldom come across a more {this} {thing}
    no other word for {it}: {this}, and not at all {that}
    """)
UNDECIDED = lines("""
    {it} {be} neither {good} nor {bad}
    {it} {be} about as {good} as it {be} {bad}
    I would not call {it} {good}, nor would I call it {bad}
    half of {it} {be} {good}, and half of it {be} {bad}
    """)
IT = ("the whole thing", "the result", "what I got", "this {thing}")
