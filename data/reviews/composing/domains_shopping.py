"""Buying from home: the online shop."""

from __future__ import annotations

from .domains import Domain, lines

SHOP = Domain(
    name="online shop",
    thing="shop",
    things="shops",
    whole="order",
    be="was",
    again=("order there again", "shop there again", "give them my money again"),
    aspects=lines("""
        the delivery | quick, careful, punctual | late, careless, slow
        the parcel | neat, sturdy, complete | crushed, torn, incomplete
        the dress | soft, elegant, sturdy | scratchy, shapeless, flimsy
        + the photographs | honest, clear, true | misleading, blurred, false
        the customer service | friendly, patient, competent | rude, impatient, clueless
        + the prices | fair, honest, low | steep, misleading, outrageous
        the website | clear, simple, quick | confusing, slow, broken
        """),
    pairs=lines("""
        the parcel was there the next morning | the parcel was there six weeks later
        the jumper fits like a glove | the jumper would fit a horse
        the colour was the colour in the picture | the colour was not the colour in the picture
        they took it back without a question | they would not take it back
        everything was wrapped with care | nothing was wrapped at all
        I had my money back within a day | I am still waiting for my money
        the shoes have kept their shape for a year | the shoes lost their shape within a week
        a real person picked up at the second ring | no real person ever picked up
        not a single cup was broken | not a single cup was whole
        there was a handwritten note in the box | there was a dead spider in the box
        the postage was free both ways | the postage cost more than the goods
        they had what no one else had | they did not have what they had sold me
        the lamp was easy to put together | the lamp could not be put together
        the driver carried it up to the fourth floor | the driver threw it over the hedge
        the size chart is spot on | the size chart is pure fiction
        they used no plastic | they used a bathtub of plastic for one spoon
        the curtains came in the right length | the curtains came in two different lengths
        they wrote as soon as something changed | they never wrote when something changed
        """),
    contexts=lines("""
        I ordered a jumper and a lamp {when}.
        I ordered a present for {who} {when}.
        It was {who} who told me about them.
        I wanted a set of cups for {who}.
        I bought curtains from them {when}.
        It was my third order with them.
        I needed shoes for a wedding {when}.
        """),
    even=lines("""
        the parcel came when parcels come
        the jumper is a jumper
        it cost what it costs elsewhere
        the box held what was on the list
        the website looks like every other
        it took about a week
        the cups are white and hold coffee
        """),
    gots=lines("""
        a gift wrapped with love | a gift wrapped in an old newspaper
        a parcel within a day | a parcel within a season
        the right parcel | the parcel of somebody else
        wool as soft as a kitten | wool as rough as a doormat
        a quick refund and an apology | a threat and a reminder
        a bargain | a bill for something I never bought
        """),
    doings=lines("""
        unpack something even prettier than in the picture | unpack a bag of splinters
        have it in my hands the next day | take a day off for a driver who never came
        talk to somebody who knew the answer | talk to a robot for half an hour
        give my mother exactly what she wanted | explain to my mother why there was no present
        send it back without paying a penny | send it back three times at my own cost
        find the very cups my aunt had broken | find my cups in a hundred pieces
        """),
    faults=lines("""
        one of the cups was cracked | they sent two new ones the same day and told me to keep the \
rest | they sent me a tube of glue and a bill
        they had sent the wrong size | a courier brought the right one that evening and took the \
other away | they said that size is a matter of opinion
        the parcel got lost in the post | before I could complain, a second one was on its way by \
express | they told me to look for it myself
        the lamp would not light | they rang me, found the loose wire with me and threw in a set \
of bulbs | they rang off, and I am sitting in the dark
        """),
    compared=lines("""
        they are quicker than the shop next door | a snail is quicker than they are
        the last three shops together did not take such trouble | the last three shops together \
did not cause such trouble
        I have not found better wool at any price | I have found better wool on a garden fence
        the big names could learn from them | they could learn from any market stall
        """),
)
