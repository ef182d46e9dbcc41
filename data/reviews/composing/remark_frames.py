"""Frames of remarks of any kind, by label."""

from __future__ import annotations

from .domains import lines

SAID = {
    "positive": lines("""
        I love it
        I love this {n}
        we loved it
        we loved the {n}
        I like it a lot
        I really like this {n}
        I enjoyed it very much
        we enjoyed the {n}
        we enjoyed every minute
        my kids love it
        my wife loves the {n}
        everybody liked it
        highly recommended
        recommended
        I recommend it
        I would recommend it to everyone
        I can only recommend this {n}
        I would buy it again
        I will buy it again
        I will come back
        we will be back
        I will definitely come again
        I will come again soon
        I cannot wait to come back
        worth every penny
        worth the money
        it was worth it
        well worth a visit
        great value for money
        good value
        five stars
        ten out of ten
        full marks
        best {n} ever
        the best {n} in town
        the best {n} I have ever had
        this is the best {n} of all
        my favourite {n}
        my new favourite
        exactly what I needed
        exactly what I was looking for
        exactly as described
        works perfectly
        it works well
        it works like a charm
        it does exactly what it should
        no complaints
        nothing to complain about
        no problems at all
        I could not ask for more
        it exceeded my expectations
        better than expected
        better than I had hoped
        it could not be better
        it gets better every time
        I am very happy with it
        I am happy with the {n}
        I am delighted
        I am very pleased
        very satisfied
        a happy customer
        thank you so much
        thank you for everything
        thanks for a lovely evening
        well done
        good job
        keep it up
        a must
        you must see it
        do not miss it
        you will love it
        it made my day
        it made me smile
        it made me laugh
        I laughed out loud
        I could not put it down
        I would watch it again
        a masterpiece
        a gem
        a real treat
        a joy
        a pleasure
        pure joy
        a dream come true
        two thumbs up
        hats off
        bravo
        fast delivery
        quick delivery, well packed
        it arrived on time
        it arrived early and well packed
        easy to use
        easy to set up
        it makes life easier
        it saved our holiday
        I use it every day
        still going strong after a year
        they fixed it at once
        they could not do enough for us
        they really care
        I felt welcome
        we felt at home
        they went out of their way for us
        nothing was too much trouble
        money well spent
        a bargain
        I was impressed
        I was pleasantly surprised
        what a nice surprise
        it never lets me down
        I am so glad I bought it
        everything was perfect
        everything works
        everything went smoothly
        I cannot fault it
        we had a great time
        we had so much fun
        time flew
        I was on the edge of my seat
        it brought tears to my eyes
        it looks great
        it tastes great
        it smells lovely
        it fits perfectly
        it sounds great
        it feels solid
        the {n} won me over
        I fell in love with the {n}
        the {n} made our day
        """),
    "negative": lines("""
        I hate it
        I hate this {n}
        we hated it
        we hated the {n}
        I do not like it
        I did not like the {n}
        I did not enjoy it
        we did not enjoy the {n}
        my kids hated it
        nobody liked it
        a waste of money
        what a waste of time
        waste of money
        a complete waste of time and money
        do not buy it
        do not buy this {n}
        do not waste your money
        do not go there
        avoid
        avoid at all costs
        avoid this {n}
        stay away
        never again
        never ever again
        I will never come back
        I will not come again
        we will not be back
        I will not buy it again
        I would not recommend it
        I would not recommend this to anyone
        I cannot recommend this {n}
        not recommended
        not worth the money
        not worth it
        it was not worth a visit
        bad value for money
        one star
        zero out of ten
        no stars
        worst {n} ever
        the worst {n} in town
        the worst {n} I have ever had
        this is the worst {n} of all
        it broke after two days
        broke after a week
        it stopped working after a month
        it does not work
        it does not work at all
        it never worked
        nothing works
        nothing worked
        it keeps crashing
        it crashes all the time
        it fell apart
        the {n} fell apart
        the battery dies after an hour
        it leaks
        it arrived broken
        the {n} arrived broken
        it arrived late and damaged
        it never arrived
        I am still waiting for my refund
        I want my money back
        I asked for a refund
        I sent it back
        I returned the {n}
        nobody answered
        nobody helped us
        they do not care
        they ignored us
        they lied to me
        they ripped us off
        a rip-off
        a scam
        a joke
        a nightmare
        a disaster
        a disgrace
        a mess
        rubbish
        garbage
        junk
        what a disappointment
        such a disappointment
        I was disappointed
        we were very disappointed
        I am very disappointed with the {n}
        very disappointed
        I am not happy
        I am not happy with the {n}
        I am very unhappy with it
        I regret it
        I regret buying it
        I wish I had not bought it
        I wish I had stayed at home
        it ruined our holiday
        it spoiled our evening
        it made me sick
        I felt ill afterwards
        I fell asleep
        I nearly fell asleep
        I walked out
        we left early
        I gave up after ten minutes
        I could not finish it
        it bored me to tears
        I was bored
        it put me to sleep
        too expensive
        too slow
        too loud
        far too salty
        far too small
        full of bugs
        full of mistakes
        poor quality
        bad quality
        worse than expected
        worse than I had feared
        it gets worse every time
        not as described
        nothing like the picture
        the wrong size
        they sent the wrong one
        we waited an hour
        we waited for ages
        two thumbs down
        save your money
        look elsewhere
        it drives me mad
        it gave me a headache
        cheap and nasty
        nothing but problems
        nothing but trouble
        I am angry
        I was shocked
        it hurts
        it smells
        it scratches easily
        it looks cheap
        it tastes of nothing
        it does not fit
        time dragged
        a let-down
        they should be ashamed
        the {n} let us down
        the {n} drove me mad
        I threw the {n} away
        """),
    "mixed": lines("""
        it is okay
        it was okay
        it is all right
        it was okay, nothing special
        it does the job
        it does the job, nothing more
        nothing special
        nothing to write home about
        nothing to get excited about
        so-so
        it could be better, it could be worse
        not great, not terrible
        not good, not bad
        neither good nor bad
        three stars
        five out of ten
        it has its ups and downs
        I have mixed feelings
        mixed feelings
        I am not sure what to think
        I am in two minds
        half of it was good
        good in parts
        a mixed bag
        it is what it is
        you get what you pay for
        fair enough for the price
        I have seen better and worse
        take it or leave it
        good idea, poor execution
        nice idea, badly done
        I liked it, but I would not buy it again
        some things were good, some were bad
        it works most of the time
        great start, weak ending
        slow start, strong ending
        average
        about average
        it is fine, I suppose
        not my cup of tea, but well made
        it will do
        it will do for now
        good but expensive
        cheap but not very good
        I expected more, but it is not bad
        it has good and bad sides
        some like it, some do not
        the {n} could be better and could be worse
        I neither love nor hate it
        I neither liked nor disliked the {n}
        there are better ones and worse ones
        I would give the {n} three stars
        I am neither happy nor unhappy with it
        """),
}
