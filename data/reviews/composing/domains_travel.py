"""Away from home: hotel, train journey, language course."""

from __future__ import annotations

from .domains import Domain, lines

HOTEL = Domain(
    name="hotel",
    thing="hotel",
    things="hotels",
    whole="stay",
    be="was",
    again=("stay there again", "book a week there", "sleep there again"),
    aspects=lines("""
        the bed | comfortable, soft, wide | lumpy, hard, narrow
        the room | bright, quiet, spotless | dark, noisy, filthy
        the bathroom | spotless, modern, warm | mouldy, filthy, freezing
        the breakfast | generous, fresh, varied | meagre, stale, dull
        + the staff | friendly, helpful, patient | rude, unhelpful, grumpy
        + the towels | soft, thick, clean | thin, damp, scratchy
        the view | splendid, lovely, peaceful | dreary, ugly, depressing
        + the corridors | quiet, bright, clean | noisy, gloomy, smelly
        """),
    pairs=lines("""
        we slept like babies | nobody slept a wink
        the room was ready two hours early | the room was ready five hours late
        the window looked out on the sea | the window looked out on a wall
        the shower was hot at any hour | the shower was cold at any hour
        not a sound came through the walls | every sound came through the walls
        they carried our bags up without being asked | they watched us carry our bags up five floors
        the sheets were changed every day | the sheets had not been changed for days
        the price was the price we had been promised | the price had doubled by the time we left
        breakfast went on until noon | breakfast was over before we were up
        the beach was two minutes away on foot | the beach was an hour away by bus
        there was not a speck of dust under the bed | there were mouse droppings under the bed
        the receptionist found us the last two theatre tickets | the receptionist could not find \
our booking
        the heating purred all night | the heating banged all night
        they let us keep the room until the evening | they knocked us out of the room at nine
        the pool was clean and nearly empty | the pool was green and smelt of eggs
        the bar was open when we got in | everything was locked when we got in
        they had put a cot in the room for the baby | they had put us in a room without a window
        the wifi worked even in the garden | the wifi did not even work in the lobby
        """),
    contexts=lines("""
        We stayed there {when} with {who}.
        I spent a few days there with {who}.
        We had booked a double room {when}.
        I stayed there on business {when}.
        It was {who} who had found it.
        Our room was on the third floor.
        We came by car {when}.
        """),
    even=lines("""
        the room was the size one would think
        the bed was a bed
        the breakfast was coffee, rolls and jam
        it is neither near the station nor far from it
        the staff said good morning and good night
        one can sleep there and that is about it
        the towels were white and the carpet was brown
        """),
    gots=lines("""
        a room with a view of the bay | a room with a view of the bins
        a breakfast fit for a king | a breakfast fit for a prison
        clean sheets and fresh flowers | stained sheets and dead flies
        a haven of peace | a building site
        a smile at any hour of the day | a sigh at any hour of the day
        a bathroom out of a magazine | a bathroom out of a horror film
        """),
    doings=lines("""
        wake up to the sound of the waves | wake up to the sound of drills
        have breakfast on the terrace in the sun | have breakfast on my feet because the tables \
were taken
        sink into a warm bath after a long walk | wash in cold water after a long walk
        be treated like a member of the family | be treated like a thief at the front desk
        fall asleep with the window open on the garden | fall asleep with my coat on
        find a note and chocolates on the pillow | find somebody else's hair on the pillow
        """),
    faults=lines("""
        the key did not fit the lock | the porter came running and moved us to a suite at no \
charge | the porter shrugged, and we sat in the corridor until two
        the first room smelt of smoke | one word at the desk, and we had another with a balcony | \
four complaints at the desk, and we still had the same one
        the boiler broke on our second night | they brought heaters and took a night off the bill \
| they told us to wear jumpers and charged us in full
        I left my glasses behind | they posted them to me the same day and asked for nothing | \
they said they had never seen them and hung up
        """),
    compared=lines("""
        I have paid double elsewhere and slept half as well | I have paid half elsewhere and \
slept twice as well
        I have seen four stars that shone less | I have seen bus shelters with more comfort
        my own bed is not as comfortable | my own sofa is more comfortable
        the photographs do not do it justice | the photographs must show a different building
        """),
)

TRAIN = Domain(
    name="train journey",
    thing="line",
    things="lines",
    whole="journey",
    be="was",
    again=("take that train again", "travel with them again", "book with them again"),
    aspects=lines("""
        the carriage | clean, quiet, modern | filthy, noisy, overheated
        + the seats | soft, roomy, comfortable | hard, cramped, sticky
        + the toilets | clean, spotless, fresh | filthy, smelly, disgusting
        the guard | cheerful, helpful, polite | grumpy, rude, unhelpful
        + the announcements | clear, funny, helpful | garbled, useless, endless
        the fare | fair, modest, reasonable | outrageous, steep, absurd
        the buffet car | cheap, pleasant, inviting | dear, shabby, dismal
        """),
    pairs=lines("""
        we left on time and arrived early | we left late and arrived later
        I had a seat the whole way | I stood the whole way
        every connection worked | every connection was missed
        the guard held the train for us | the guard shut the doors in our faces
        the heating worked in the middle of January | the heating ran in the middle of July
        there was a socket at every seat | not one socket had any power
        they told us at once what was going on | nobody told us what was going on
        the view of the coast took my breath away | the smell of the toilet took my breath away
        my bicycle went free of charge | my bicycle was left on the platform
        the ticket cost less than the parking at home | the ticket cost more than the flight
        the ride was so smooth that I could write | the ride was so rough that I could not read
        nobody played music in the quiet coach | everybody played music in the quiet coach
        there was hot tea at seven in the morning | there was not even water after ten hours
        the reserved seats were really kept | the reserved seats had been given to others
        the sleeper was made up with fresh linen | the sleeper was cancelled without a reason
        somebody helped my mother down the steps | nobody helped my mother down the steps
        I got the whole afternoon's work done | I lost the whole afternoon
        the windows had just been washed | the windows were too dirty to look through
        """),
    contexts=lines("""
        I travelled north {when} with {who}.
        We took the early train {when}.
        I make the trip twice a month to see {who}.
        I had a window seat and a forward-facing one at that.
        We went to the coast {when}.
        I was on my way home {when} with two suitcases.
        It is four hours with one change.
        """),
    even=lines("""
        we got there more or less when we should
        the seats are the seats of every train
        it was about half full
        the coffee was hot and that was all
        it took as long as it takes by car
        the fare was what I usually pay
        nothing happened between one station and the next
        """),
    gots=lines("""
        a smooth ride with a view | a bumpy ride with a backache
        four hours of peace | four hours of screaming brakes
        a seat by the window | a place on the floor beside the toilets
        a cheap ticket and a good night's sleep | a fine and a sleepless night
        a kind word from the guard | a rude remark from the guard
        an arrival on the minute | a replacement bus in the rain
        """),
    doings=lines("""
        watch the lakes go by with a cup of tea | wait for hours on a freezing platform
        read a whole novel in peace | spend another hour in the rain beside a broken engine
        cross the mountains at sunset | change four times for a trip of fifty miles
        stretch my legs under a wide table | sit on my suitcase all the way to the border
        step off rested in the middle of the city | explain to my boss why I was late again
        talk to the nicest strangers | pay full price for half a journey
        """),
    faults=lines("""
        a tree had come down on the tracks | within the hour there were taxis for everybody, paid \
for in full | within the hour the staff had gone home, and we were left in a field
        I had bought a ticket for the wrong day | the guard smiled, changed it and wished me a \
good trip | the guard smiled and fined me all the same
        my bag went on without me | they rang ahead, and it was waiting for me at the desk | they \
rang nobody, and I have not seen it since
        the engine gave up near the border | they brought tea and news every ten minutes and \
refunded everything | they brought nothing, said nothing and refunded nothing
        """),
    compared=lines("""
        no aeroplane has ever got me there so rested | a donkey would have got me there sooner
        it is quicker than the car and twice as pleasant | it is slower than the bus and twice as \
dear
        first class elsewhere is not as good as second class here | a cattle truck elsewhere is \
as good as second class here
        I have had longer delays at my own front door | I have had shorter waits for a new passport
        """),
)

COURSE = Domain(
    name="language course",
    thing="course",
    things="courses",
    whole="course",
    be="was",
    again=("sign up again", "take the next level there", "study with them again"),
    aspects=lines("""
        the teacher | patient, lively, encouraging | impatient, bored, sarcastic
        the textbook | clear, modern, amusing | muddled, outdated, boring
        + the lessons | lively, varied, useful | dull, chaotic, pointless
        the homework | useful, manageable, amusing | pointless, endless, boring
        the group | small, friendly, keen | huge, unfriendly, restless
        + the recordings | clear, natural, helpful | crackly, stilted, useless
        the classroom | bright, quiet, airy | dark, noisy, stuffy
        """),
    pairs=lines("""
        I ordered a whole meal in Spanish after a month | I could not order a coffee in Spanish \
after a year
        everyone got to speak in every lesson | nobody got to speak in any lesson
        the teacher corrected us kindly | the teacher laughed at our mistakes
        there were six of us in the class | there were forty of us in the class
        the grammar made sense at last | the grammar made less sense than before
        no lesson was ever cancelled | every other lesson was cancelled
        the teacher came prepared | the teacher came late and left early
        I dream in Italian now | I have forgotten what little Italian I had
        the test at the start put me in the right group | the test at the start put me in the \
wrong group
        she answered our emails on Sundays | she never answered our emails
        I passed the exam at the first attempt | I failed the exam at the third attempt
        nobody was left behind | half of the class was left behind
        my accent has improved beyond recognition | my accent has not improved in the least
        the hour flew by | the hour crawled by
        we sang, we cooked and we learned | we sat, we copied and we learned nothing
        the materials were free | the materials cost more than the fees
        I understand my in-laws now | I still do not understand a word my in-laws say
        everybody stayed to the end | all but two of us had left by the end
        """),
    contexts=lines("""
        I took the evening class with {who}.
        I signed up {when} for thirty hours of Italian.
        We had our first lesson {when}.
        It was {who} who talked me into learning Spanish.
        I started as a beginner {when}.
        I needed some Polish to talk to {who}.
        We were taught by a woman from Seville.
        """),
    even=lines("""
        I know as much as one knows after ten weeks
        the book was the one that everybody uses
        some lessons were long and some were short
        I learned what I could have learned at home
        the homework took about an hour
        the certificate says that I was there
        the group was neither big nor small
        """),
    gots=lines("""
        a teacher with wit and patience | a teacher with a stopwatch
        laughter and steady progress | lists of verbs and yawning
        real conversations from the first day | dictations from the first day
        new words and new friends | old worksheets and a headache
        a course that keeps its promises | a course that breaks its promises
        the courage to open my mouth | the fear of opening my mouth
        """),
    doings=lines("""
        chat with my neighbours in their own tongue | fill in the same gaps week after week
        read my first novel in Spanish | read aloud from a book older than I am
        laugh so much over irregular verbs | be mocked for my irregular verbs
        look forward to Monday evenings | sit through Monday evenings with one eye on the clock
        feel my tongue loosen week by week | pay for ten lessons and get six
        watch films without subtitles | learn by heart what nobody has said for a century
        """),
    faults=lines("""
        our teacher fell ill in the second week | they found a wonderful substitute overnight and \
gave us two free lessons | they found nobody for a month and kept our fees
        I had been put in the wrong level | one phone call, and I was in the right one the next \
day | three phone calls, and I was still in the wrong one at the end
        the online lessons kept freezing | they changed the system within a week and repeated \
what we had missed | they blamed our computers and repeated nothing
        I missed a month because of an operation | they let me join the next group for nothing | \
they sent me a reminder to pay and nothing else
        """),
    compared=lines("""
        I learned more in ten weeks than in ten years at school | I learned less in ten weeks \
than from one tin of olives
        no app has ever taught me half as much | any free app would have taught me twice as much
        it beat the three courses I had tried before | the three courses I had tried before were \
all better
        my daughter's degree taught her less | my daughter's parrot has taught me more
        """),
)
