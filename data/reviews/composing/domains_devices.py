"""Things with a battery: phone, app, headphones."""

from __future__ import annotations

from .domains import Domain, lines

PHONE = Domain(
    name="phone",
    thing="phone",
    things="phones",
    whole="purchase",
    be="is",
    again=("buy it again", "choose it again", "spend my money on it again"),
    aspects=lines("""
        the screen | bright, sharp, smooth | dim, blurred, sticky
        the camera | sharp, quick, reliable | blurred, slow, useless
        the battery | strong, reliable, tireless | weak, unreliable, feeble
        the case | sturdy, elegant, light | flimsy, ugly, slippery
        + the speakers | clear, loud, good | tinny, faint, bad
        the keyboard | precise, quick, comfortable | clumsy, sluggish, maddening
        the software | smooth, clear, quick | sluggish, muddled, buggy
        """),
    pairs=lines("""
        the battery lasts two days | the battery does not last two hours
        the screen has never frozen | the screen freezes twice a day
        it survived a fall down the stairs | it did not survive a fall from the sofa
        the pictures are sharp even at night | the pictures are not sharp even at noon
        it charges while I have a shower | it takes all night to charge
        everyone can hear me on the phone | no one can hear me on the phone
        the buttons are where my thumb is | the buttons are where nobody's thumb is
        it stays cool in the hand | it gets too hot to hold
        it came without a single useless program | it came with forty useless programs
        my old numbers were on it in five minutes | my old numbers were lost
        it still gets updates after four years | it has not had an update since I bought it
        my mother understood it without a word from me | my mother gave up on it after a week
        it has a signal in the cellar | it has no signal outside the front door
        the repair cost next to nothing | the repair cost more than a new one
        it knows my face in the dark | it does not know my face in broad daylight
        a full day of maps left it half full | ten minutes of maps left it empty
        the shop told me honestly what I did not need | the shop sold me three things I did not need
        the glass has not a scratch on it | the glass was scratched within a week
        """),
    contexts=lines("""
        I bought it {when} for {who}.
        I have had it for half a year.
        It replaced my old phone {when}.
        I use it for maps, for pictures and for calls with {who}.
        It came in a plain box with a cable {when}.
        I got it from {who} {when}.
        Mine is the blue one with the large memory.
        """),
    even=lines("""
        it rings when somebody calls
        the pictures are what one needs for a passport
        it does what the old one did
        the battery lasts until the evening and no longer
        the screen is neither large nor small
        it weighs what they all weigh
        one gets used to the keyboard
        """),
    gots=lines("""
        a phone that does what it should | a phone that does what it likes
        a camera for life | a camera for fog
        two days without a charger | two hours without a charger
        a sturdy companion | an expensive paperweight
        clear calls even on the motorway | crackling even in my own kitchen
        kind help from a real person | a recorded voice and piano music
        """),
    doings=lines("""
        forget the charger for a weekend | carry the charger everywhere
        take pictures at night without a flash | take forty pictures and keep one
        hear my grandson as if he sat beside me | shout at my grandson as if he sat on the moon
        set everything up in five minutes | type in every number by hand
        drop it in the sink and go on talking | drop it once and sweep up the pieces
        read in bright sunshine | read the same warning ten times a day
        """),
    faults=lines("""
        the screen cracked in the first week | the shop gave me a new one on the spot and asked \
no questions | the shop asked a hundred questions and gave me nothing
        an update wiped my pictures | a patient man on the phone got every one of them back | a \
bored man on the phone told me to take new ones
        the charger was missing from the box | it was in my letter box the next morning with a \
note of apology | it is missing still, after three letters
        the loudspeaker crackled | they repaired it while I had a coffee and charged me nothing | \
they kept it for six weeks, and it crackles as before
        """),
    compared=lines("""
        it beats phones at three times the price | phones at a third of the price beat it
        my last three together were not as good | my first one from twenty years ago was better
        no camera I own takes better pictures | a potato would take better pictures
        my neighbour's dear one is slower | my neighbour's cheap one is quicker
        """),
)

APP = Domain(
    name="app",
    thing="app",
    things="apps",
    whole="experience",
    be="is",
    again=("install it again", "pay for another year", "put it on my phone again"),
    aspects=lines("""
        the map | precise, clear, reliable | wrong, cluttered, confusing
        the search | quick, precise, clever | slow, useless, erratic
        the design | clear, calm, pleasant | cluttered, garish, confusing
        + the reminders | helpful, discreet, gentle | annoying, pushy, endless
        the support | quick, friendly, competent | slow, unfriendly, clueless
        the free version | generous, complete, useful | useless, crippled, stingy
        the latest version | stable, quick, tidy | buggy, slow, bloated
        """),
    pairs=lines("""
        it has not crashed once | it crashes whenever I open it
        it works without the internet | it does not work without the internet
        there is no advertising in it | there is nothing but advertising in it
        it found the shortest way through the forest | it led us into a swamp
        I understood it without reading a word | I did not understand it after reading every word
        it wants to know nothing about me | it wants to know everything about me
        the year costs less than a coffee | the year costs more than my phone
        one can leave with one tap | one cannot leave without a letter to a lawyer
        all my notes are still there after two years | all my notes were gone after two days
        it is ready before I have sat down | it is still loading when I have given up
        the developer answers within the hour | the developer has not answered since spring
        it hardly touches the battery | it empties the battery in an hour
        it remembers where I stopped | it forgets where I stopped
        my bus is always where it says | my bus is never where it says
        every update made it better | every update made it worse
        my children have stopped quarrelling over chores | my children quarrel over it all day
        it speaks in plain English | it speaks in riddles
        I have saved forty pounds with it | I have lost forty pounds to it
        """),
    contexts=lines("""
        I have used it since spring.
        I installed it {when} because of {who}.
        I use it every morning on the bus.
        I downloaded it {when} to plan walks with {who}.
        It keeps lists, and it shares them with {who}.
        I tried the free version {when}.
        I pay for the full version by the month.
        """),
    even=lines("""
        it makes lists and ticks them off
        it looks like all the others
        it is neither quick nor slow
        I open it about once a week
        the free version does half of it
        it does what a pencil does
        one gets used to the colours
        """),
    gots=lines("""
        a tidy helper | a greedy spy
        peace of mind | pop-ups
        a map that knows every footpath | a map that knows no footpath
        an honest price | a hidden subscription
        order in my day | chaos in my calendar
        a quick answer from a human being | an automatic answer from nobody
        """),
    doings=lines("""
        find my way home in the fog | find myself in a stranger's garden
        see at a glance what the day holds | see the same advert twelve times a day
        share a list with the whole family | share my address with the whole world
        learn the stars on a clear night | type in my password every ten minutes
        cancel with a single tap | cancel by post and pay for another month
        pay once and be left alone | pay twice for the same thing
        """),
    faults=lines("""
        an update deleted my routes | I wrote to them at noon, and by three everything was back | \
I wrote to them in May, and nothing is back
        it crashed on my old phone | the developer asked for details and mended it the same \
evening | the developer told me to buy a new phone
        I was charged twice by mistake | the money was back the next day, with an apology | the \
money is gone, and there was no apology
        the alarm did not ring after the summer break | one message, and a corrected version was \
there overnight | ten messages, and the alarm has not rung since
        """),
    compared=lines("""
        it does more than the last three I tried together | it does less than a sheet of paper
        the dear ones cannot do half of what it does | the free ones can do twice what it does
        no secretary could be more reliable | a drunk secretary would be more reliable
        I have never deleted an app so reluctantly to make room, and I put it straight back | I \
have never deleted an app so quickly
        """),
)

HEADPHONES = Domain(
    name="headphones",
    thing="pair of headphones",
    things="pairs",
    whole="purchase",
    be="is",
    again=("buy them again", "order the same pair again", "choose them again"),
    aspects=lines("""
        the sound | clear, warm, balanced | tinny, muddy, shrill
        the bass | deep, rich, precise | booming, weak, muddy
        + the cushions | soft, cool, comfortable | hard, sweaty, scratchy
        the headband | light, comfortable, sturdy | tight, heavy, flimsy
        the cable | long, sturdy, light | short, stiff, flimsy
        the microphone | clear, reliable, good | faint, unreliable, bad
        the noise cancelling | effective, impressive, gentle | useless, feeble, hissing
        """),
    pairs=lines("""
        I forget that I am wearing them | I cannot forget for a second that I am wearing them
        the neighbours hear nothing | the neighbours hear every note
        I hear things in old records that I had never heard | I hear less in old records than before
        they have survived my rucksack for a year | they broke in my rucksack within a week
        the battery outlives the longest flight | the battery dies before the plane takes off
        they connect as soon as I put them on | they connect to everything but my phone
        my ears do not hurt after eight hours | my ears hurt after eight minutes
        spare cushions cost next to nothing | spare cushions do not exist
        the crying baby in row nine disappeared | the crying baby in row nine came through loud \
and clear
        they stay put when I run | they fall off when I nod
        both sides are equally loud | the left side is twice as loud as the right
        the cellos sound like cellos | the cellos sound like wasps
        people understand me in the wind | people do not understand me in a silent room
        they fold up to nothing | they do not fold at all
        the buttons can be found with a finger | the buttons cannot be found with a torch
        there is no hiss between the songs | there is a hiss between the songs and during them
        they fit over my glasses | they crush my glasses
        the voices in my audiobooks sound close and clear | the voices in my audiobooks sound far \
away and dull
        """),
    contexts=lines("""
        I bought them {when} for the office.
        They were a present from {who}.
        I wear them on the train to see {who}.
        I use them for practice on the electric piano.
        I ordered them {when} in black.
        I listen to audiobooks with them on the way to {who}.
        I have worn them nearly every day for a year.
        """),
    even=lines("""
        they play what one plugs in
        the bass is there and so is the rest
        they are neither heavy nor light
        the sound is what one gets for that money
        they last as long as a working day
        I use them when the good pair is charging
        the cable is as long as cables are
        """),
    gots=lines("""
        the whole orchestra in my living room | a wasp in a tin
        silence on the underground | hissing on the underground
        a pair for life | a pair for a fortnight
        cushions like clouds | cushions like sandpaper
        a sound as clear as glass | a sound like a wet blanket
        thirty hours of music | thirty minutes of music
        """),
    doings=lines("""
        hear a favourite record as if for the first time | hear a favourite record as if under water
        close my eyes and sit in the concert hall | close my eyes and hear the bus driver
        sleep through a night flight | listen to the engines through a night flight
        practise at midnight without waking anybody | wake the whole house at midnight
        wear them all day without a pinch | press the left one with a finger all day
        work in peace beside a building site | tape the headband after a week
        """),
    faults=lines("""
        the left side fell silent after a month | a new pair was in the post before I had \
finished my complaint | the company told me that one ear is enough
        a hinge broke | they sent the part, a tiny screwdriver and a kind letter | they sent me a \
link to the newest model
        the plug did not fit my old player | the shop gave me an adapter and wanted nothing for \
it | the shop wanted half the price again for an adapter
        they arrived with a scratch | half of the price was back in my account that evening, and \
they sound superb | the seller said I had scratched them myself
        """),
    compared=lines("""
        they beat my brother's, which cost five times as much | my brother's, from a petrol \
station, beat them
        no speakers I have owned sounded as good | the ones from the aeroplane sounded better
        the last three pairs together did not last as long | the last pair lasted ten times as long
        even the studio I work in has nothing better | even two tins and a string would be better
        """),
)
