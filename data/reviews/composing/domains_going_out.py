"""Places to go in the evening or at the weekend: restaurant, museum, concert."""

from __future__ import annotations

from .domains import Domain, lines

RESTAURANT = Domain(
    name="restaurant",
    thing="restaurant",
    things="restaurants",
    whole="evening",
    be="was",
    again=("eat there again", "book another table", "go back for dinner"),
    aspects=lines("""
        the soup | hot, fresh, delicious | cold, bland, salty
        the bread | crisp, fresh, warm | stale, dry, tasteless
        the fish | tender, fresh, delicious | dry, tasteless, greasy
        the sauce | rich, delicious, creamy | bland, greasy, salty
        + the waiters | kind, attentive, cheerful | rude, slow, careless
        + the portions | generous, filling, honest | tiny, mean, miserable
        the dining room | warm, cosy, quiet | draughty, noisy, gloomy
        the house wine | smooth, lovely, good | sour, horrid, bad
        """),
    pairs=lines("""
        the soup arrived hot | the soup arrived cold
        the waiter forgot nothing | the waiter forgot half of our order
        we waited two minutes for a table | we waited an hour for a table
        nobody hurried us | they hurried us from the first course on
        the bill was half of what I had feared | the bill was twice what I had feared
        the fish tasted of the sea | the fish tasted of the freezer
        not a crumb was left on our plates | half of it was left on our plates
        the lamb fell off the bone | the lamb could not be cut with a knife
        the tablecloth was spotless | the tablecloth was covered in spots
        the cook came out and asked how we had liked it | nobody asked how we had liked it
        they knew at once what was free of nuts | nobody knew what was free of nuts
        the children got their pasta first | the children got their pasta last and cold
        the vegetables had never seen a tin | the vegetables came straight out of a tin
        we could hear every word at our table | we could not hear a word at our own table
        they gave us the table by the window | they gave us the table by the toilets
        the pudding alone was worth the trip | not even the pudding was worth the trip
        tap water came without our asking | we had to ask four times for tap water
        the menu left us spoilt for choice | the menu left us no choice at all
        every dish tasted as if somebody cared | every dish tasted as if nobody cared
        the waiter was honest about the catch of the day | the waiter lied about the catch of the \
day
        """),
    contexts=lines("""
        We had dinner there {when} with {who}.
        I took {who} there {when}.
        We had a table for six {when}.
        It was {who} who chose the place.
        I ate there {when} after work.
        We ordered three courses and a bottle of the house wine.
        I had the soup and the fish, and {who} had the lamb.
        """),
    even=lines("""
        the food was the kind one eats and forgets
        the soup was warm enough
        the service was neither quick nor slow
        the prices are what one pays everywhere
        the menu has what every menu has
        we were full afterwards and that was all
        the wine was drinkable
        """),
    gots=lines("""
        a feast for little money | a small plate for a lot of money
        a cheerful welcome | a cold stare
        the best risotto of my life | a lump of sticky rice
        a quiet corner and candlelight | a wobbly table beside the bins
        soup like my grandmother's | soup out of a packet
        a fresh salad | three limp leaves of salad
        a meal to remember | a stomach ache to remember
        """),
    doings=lines("""
        sit by the fire and be spoilt all evening | sit in a draught and be ignored all evening
        taste things I could never cook at home | chew on meat as tough as a boot
        eat so well for the price of a sandwich | pay for a starter that never came
        watch the cook at work in the open kitchen | watch my dinner go cold on the counter
        linger over coffee for as long as I liked | give back the table after an hour
        be greeted by name on a second visit | beg for the bill and then find a mistake in it
        """),
    faults=lines("""
        my steak came out raw | a new one was there within five minutes, with an apology and a \
glass of wine | when I said so, the waiter shrugged and took it away for good
        they had lost our booking | they found us a better table and would not let us pay for the \
drinks | they told us to try somewhere else and closed the door
        there was a hair in the soup | the owner was mortified, brought a fresh bowl and took it \
off the bill | the owner laughed about it and left it on the bill
        the waiter spilt wine over my coat | he ran for salt, and they paid for the cleaning \
without a word | he looked the other way, and they refused to pay for the cleaning
        """),
    compared=lines("""
        I have not had better noodles in the capital | I have had better noodles from a vending \
machine
        it beats every place in the high street | every place in the high street beats it
        even my mother could not make a better pie | even I could make a better pie
        I have paid three times as much and eaten worse | I have paid a third of that and eaten \
better
        """),
)

MUSEUM = Domain(
    name="museum",
    thing="museum",
    things="museums",
    whole="visit",
    be="was",
    again=("go round it again", "visit it again", "spend another day there"),
    aspects=lines("""
        the collection | splendid, surprising, fascinating | dull, meagre, tedious
        + the labels | clear, witty, helpful | confusing, wordy, useless
        + the guards | friendly, helpful, patient | grumpy, rude, unhelpful
        the audio guide | lively, clear, fascinating | tedious, confusing, muddled
        the guided tour | lively, witty, unhurried | rushed, dull, muddled
        the building | splendid, bright, impressive | gloomy, shabby, stuffy
        the café | cheap, pleasant, bright | dear, shabby, crowded
        """),
    pairs=lines("""
        we walked straight in | we stood in the rain for ninety minutes to get in
        every room was open | half of the rooms were closed
        the children did not want to leave | the children wanted to leave after ten minutes
        the guard told us stories about the paintings | the guard shouted at us in front of the \
paintings
        there was room to stand and look | there was no room to stand, let alone look
        the lighting made the colours glow | the lighting made the colours vanish
        the famous portrait was there, and nobody was in front of it | the famous portrait was \
away, and nobody had told us
        I learned more in an hour than in a year at school | I learned nothing that is not on the \
ticket
        the special exhibition was included | the special exhibition cost as much again
        there were benches wherever one wanted one | there was not a single bench in the whole place
        everything could be touched and tried | everything that could be touched was broken
        the lift took my father's wheelchair to every floor | the lift was too narrow for my \
father's wheelchair
        the dinosaurs made my son speechless with joy | the dinosaurs made my son yawn
        our guide answered every question | our guide could not answer a single question
        the mummies were shown with great care | the mummies were shown like goods in a supermarket
        what we saw inside was worth every minute | nothing we saw inside was worth a minute
        they let us stay until the very end | they threw us out half an hour early
        the ticket is valid for a whole year | the ticket is valid for one hour only
        """),
    contexts=lines("""
        We went {when} with {who}.
        I spent a day there {when}.
        It was raining {when}, so we went to look at old coins.
        I had taken {who} along.
        We started with the Romans and ended with the steam engines.
        There were four of us, and {who} wanted to see the mummies.
        I have lived round the corner for ten years and went in for the first time {when}.
        """),
    even=lines("""
        the rooms had what one expects in such rooms
        some of it was old and some of it was new
        the tour was neither long nor short
        one hour is enough to see it all
        the paintings were the ones in every calendar
        the ticket cost what tickets cost
        I had forgotten most of it by the evening
        """),
    gots=lines("""
        a morning full of wonders | a morning full of queues
        a thrilling hour of history | a dull hour of dusty pots
        treasures from all over the world | copies made of plaster
        a guide with a twinkle in her eye | a guide with her eye on the clock
        whole rooms to ourselves | elbows in my ribs in every room
        a palace of light | a cellar with a leaking roof
        """),
    doings=lines("""
        stand alone in front of a Rembrandt | look at the back of forty heads
        hold a fossil in my own hands | read about a fossil that was on loan
        get lost among marvels for a whole day | get lost in corridors without a sign
        listen to someone who loves what she shows | listen to a broken loudspeaker
        see my daughter fall in love with sculpture | pay again for a room the size of a cupboard
        look out over the city from the roof | carry my wet coat around because the cloakroom was \
shut
        """),
    faults=lines("""
        our online tickets did not open the gate | a guard led us in by the side door and found \
us a guide as well | a guard told us to buy new ones and turned his back
        the audio guide went silent after one room | they swapped it with a smile and gave us \
back the fee | they kept the fee and said that silence is golden
        my daughter lost her teddy bear in the Egyptian hall | four guards searched until it was \
found, and it came back with a sticker of a mummy | nobody searched, and nobody answered my letter
        the cloakroom gave me the wrong coat | they rang round all evening and drove mine to my \
door | they said a coat is a coat and hung up
        """),
    compared=lines("""
        I have not seen a finer collection in Paris | I have seen a finer collection in a \
dentist's waiting room
        it taught me more than ten school trips | it taught me less than a cereal packet
        its three rooms outdo many a palace | its thirty rooms are outdone by any village hall
        the gift shop was the least exciting thing in it | the gift shop was the most exciting \
thing in it
        """),
)

CONCERT = Domain(
    name="concert",
    thing="concert",
    things="concerts",
    whole="night",
    be="was",
    again=("go and hear them again", "buy another ticket", "do it all again"),
    aspects=lines("""
        the sound | clear, warm, perfect | muddy, shrill, deafening
        the singer | brilliant, moving, tireless | hoarse, bored, listless
        the drummer | brilliant, tireless, precise | sloppy, clumsy, bored
        the orchestra | precise, moving, superb | sloppy, lifeless, dull
        the hall | airy, beautiful, intimate | stuffy, freezing, ugly
        + the seats | comfortable, good, roomy | cramped, hard, bad
        the crowd | cheerful, polite, lively | drunk, rude, listless
        """),
    pairs=lines("""
        they played for three hours | they played for forty minutes
        the whole hall was on its feet | half of the hall was asleep
        they played every song we had come for | they played none of the songs we had come for
        the singer hit every note | the singer hit one note in three
        we could see the stage from where we stood | we could see nothing but a pillar from where \
we stood
        nobody talked through the slow songs | everybody talked through the slow songs
        the band came back for four encores | the band left without one encore
        they started on the dot | they started two hours late
        the support act was a discovery | the support act was a punishment
        the cello solo gave me goose pimples | the cello solo gave me a headache
        one heard every whisper in the back row | one heard nothing but the bass in the back row
        the singer talked to us as to old friends | the singer did not say one word to us
        the drinks cost next to nothing | the drinks cost more than the ticket
        my feet hurt from dancing | my ears hurt for a week
        the quartet listened to one another | the four of them hardly listened to one another
        the piano was in tune to the last | the piano was out of tune from the first bar
        I walked home singing | I walked out before the interval
        the new songs are as good as the old ones | the new songs are not half as good as the old \
ones
        """),
    contexts=lines("""
        I went {when} with {who}.
        We had bought the tickets {when}.
        They played in the old town hall {when}.
        It was the last night of the tour, and {who} came along.
        I had seen them twice before, both times with {who}.
        There was a string quartet first and a choir after the interval.
        We had seats in the fifth row.
        """),
    even=lines("""
        they played what is on the record and went home
        the sound was all right from the middle of the hall
        some people clapped and some looked at their phones
        the choir sang what choirs sing in December
        I was neither bored nor swept away
        it passed the time until the last bus
        the hall was about half full
        """),
    gots=lines("""
        the best night of the year | the longest night of the year
        an evening of pure joy | an evening of noise
        a voice like honey | a voice like a rusty gate
        a band on fire | a band on autopilot
        two hours of bliss | two hours of feedback
        goose pimples from start to finish | a stiff neck and sore ears
        """),
    doings=lines("""
        dance with strangers until midnight | stand behind the tallest man in town until midnight
        hear a thousand people sing as one | hear a thousand people chat about their holidays
        be close enough to see the strings tremble | be close enough to the speakers to lose my \
hearing
        discover a band I had never heard of | queue for the toilets through the best song
        cry over a song I had known for years | listen to excuses about a sore throat
        forget the whole week for two hours | pay a fortune to watch a video screen
        """),
    faults=lines("""
        the power failed in the third song | they climbed down and played among us without a \
microphone, and we loved it | they walked off and never came back
        our seats had been sold twice | an usher took us to a box beside the stage with a wink | \
an usher took us to the exit without a word
        the singer had lost his voice | everyone got a ticket for the next night and a song from \
the guitarist | everyone was told to be content and nobody got a penny back
        the rain came through the roof | the staff handed out capes and hot tea, and the band \
played on | the staff sent us home and kept the money
        """),
    compared=lines("""
        no record has ever sounded as good | any record would have sounded better
        it was worth more than the last three concerts together | the busker outside was worth \
more than all of it
        I have heard stadium bands put less into a whole tour | I have heard school bands put \
more into one song
        you will not hear a better choir this side of heaven | you will hear a better choir at \
any football match
        """),
)
