"""Verdicts: last sentences that decide, in words that all three labels share.

`{again}` is a thing to do again, `{thing}` the thing reviewed, `{whole}` the occasion. A verdict
suits any review of its label, or only one that weighs good against bad, or only one that does not.
"""

from __future__ import annotations

from .domains import lines

ANY = {
    "positive": lines("""
        I would {again} tomorrow.
        I would {again} without a second thought.
        Would I {again}? At once.
        I cannot wait to {again}.
        I cannot recommend it highly enough.
        I would recommend it to anybody.
        I have no regrets whatsoever.
        all in all, {a thing} that I would not want to have missed.
        it was worth every penny.
        it was worth far more than I paid.
        Five stars, and I am not easily pleased.
        Five stars from me, and I would give six if I could.
        I could not be happier.
        I have seldom been less disappointed.
        the {whole} could hardly have been better.
        if you can, do not hesitate.
        do not let anybody talk you out of it.
        what more could one want?
        it will not be the last time.
        never have I spent money with less regret.
        """),
    "negative": lines("""
        I would not {again} if you paid me.
        I would not {again} in a hundred years.
        Would I {again}? Never.
        I cannot think of a reason to {again}.
        I cannot recommend it to anybody.
        I would not recommend it to my worst enemy.
        I have nothing but regrets.
        all in all, {a thing} that I would rather have missed.
        it was not worth a penny.
        it was hardly worth a quarter of what I paid.
        One star, and I am easily pleased.
        One star from me, and I would give none if I could.
        I could not be more disappointed.
        I have seldom been less happy.
        the {whole} could hardly have been worse.
        if you can, stay away.
        do not let anybody talk you into it.
        what more could go wrong?
        it was the first time and the last.
        never have I spent money with more regret.
        """),
    "mixed": lines("""
        I might {again}, and I might not.
        I would {again} if somebody else paid.
        Would I {again}? I really cannot say.
        I am in no hurry to {again}, but I would not refuse either.
        I would neither recommend it nor warn anybody.
        I have no regrets and no great memories either.
        as many compliments as complaints from me.
        it was worth some of the money, not all of it.
        it was worth about half of what I paid.
        Three stars, no more and no less.
        Three stars from me: two off and three on.
        I am neither happy nor disappointed.
        I have been happier, and I have been less happy.
        the {whole} could have been better, and it could have been worse.
        if you can, go and judge for yourself: I cannot decide.
        """),
}
WEIGHED = {
    "positive": lines("""
        on balance, I am more than pleased.
        on the whole, the good wins by a mile.
        the good outweighs the bad by far.
        so I am still delighted.
        """),
    "negative": lines("""
        on balance, I am anything but pleased.
        on the whole, the bad wins by a mile.
        the bad outweighs the good by far.
        so I am still furious.
        """),
    "mixed": lines("""
        on balance, I am neither pleased nor cross.
        on the whole, the good and the bad cancel each other out.
        the good does not outweigh the bad, nor the bad the good.
        so I am still in two minds.
        it is a draw.
        it evens out.
        I can recommend half of it.
        I would keep one half and change the other.
        it deserves a good word and a bad one.
        """),
}
PURE = {
    "positive": lines("""
        I have nothing to complain about.
        no complaints from me.
        I would not change a thing.
        there is nothing that I would change.
        it does not deserve a single bad word.
        I looked for a fault and found none.
        """),
    "negative": lines("""
        I have everything to complain about.
        nothing but complaints from me.
        I would change everything.
        there is nothing that I would keep.
        it does not deserve a single good word.
        I looked for a redeeming feature and found none.
        """),
    "mixed": lines("""
        I have no reason to complain and none to cheer.
        fine, but nothing more.
        average, in a word.
        so: middling.
        all in all, {a thing} like any other.
        I looked for a fault and found none, and I found nothing to praise.
        not bad, not good, simply there.
        """),
}
