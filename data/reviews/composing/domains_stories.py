"""Stories: film and book."""

from __future__ import annotations

from .domains import Domain, lines

FILM = Domain(
    name="film",
    thing="film",
    things="films",
    whole="evening",
    be="was",
    again=("watch it again", "see it a second time", "sit through it again"),
    aspects=lines("""
        the plot | gripping, clever, original | predictable, silly, muddled
        the acting | subtle, moving, superb | wooden, dreadful, lifeless
        + the jokes | funny, fresh, clever | stale, crude, feeble
        the music | moving, subtle, haunting | deafening, sugary, tiresome
        the dialogue | witty, sharp, natural | clumsy, wooden, stilted
        the ending | moving, satisfying, surprising | predictable, absurd, feeble
        + the effects | dazzling, impressive, inventive | cheap, clumsy, laughable
        the villain | chilling, complex, unforgettable | laughable, flat, boring
        """),
    pairs=lines("""
        I sat on the edge of my seat | I sat there with my eyes closed
        the two hours flew by | the two hours felt like four
        I did not see the end coming | I saw the end coming from the first scene
        nobody in the row looked at a phone | everybody in the row looked at a phone
        I laughed until I cried | I did not laugh once
        the whole cinema applauded | the whole cinema groaned
        every scene had a purpose | hardly a scene had a purpose
        the lead actress carried the whole story | the lead actress could not carry a shopping bag
        I was still thinking about it days later | I had forgotten it before I found my car
        the children were enchanted | the children asked when we could go home
        the book had found its master | the book had found its butcher
        the chase alone was worth the ticket | not even the chase was worth the ticket
        no two characters were alike | no two characters could be told apart
        the camera took its time | the camera shook until I felt sick
        they trusted us to think for ourselves | they explained every joke twice
        I cared about every one of the sailors | I cared about none of the sailors
        the sequel was as good as the first part | the sequel was a copy of the first part
        the silence at the end was worth a thousand words | the speech at the end was not worth a \
word
        """),
    contexts=lines("""
        I saw it {when} with {who}.
        We watched it at home {when}.
        It is about a lighthouse keeper and a stolen ship.
        We went to the late show {when}.
        I had read nothing about it, and {who} had chosen it.
        It is the third part of a long story about sailors.
        I took {who} to see it {when}.
        """),
    even=lines("""
        it told its story and then it was over
        the actors said their lines
        it was neither too long nor too short
        some jokes worked and some did not
        it is the kind of thing one watches on a Sunday
        I did not look at my watch more than usual
        the ending was the one that everybody expects
        """),
    gots=lines("""
        a thriller that kept me awake | a thriller that put me to sleep
        a love story with wit | a love story with a spoon of syrup in every scene
        the comedy of the year | the bore of the year
        a masterpiece | a waste of two hours
        a cast that sparkles | a cast that reads from cards
        a brave and tender story | a car chase with a plot glued on
        """),
    doings=lines("""
        hold my breath for two whole hours | check my watch for two whole hours
        hear three hundred people laugh together | hear three hundred people cough
        walk home in silence and think it all over | explain to my son why we had paid for that
        forget that I was sitting in a cinema | watch grown men talk about their feelings to a dog
        be surprised by a story again | be told the same story again
        see a great actress at her best | see a great actress wasted on such lines
        """),
    faults=lines("""
        the picture went black in the middle | the staff apologised, gave us free tickets and \
started the reel again | the staff shrugged, and we never saw the end
        the sound was missing at first | it was put right within a minute, and everyone got a \
drink | it was never put right, and everyone was sent home
        someone was sitting in our seats | an usher gave us the two best ones in the house | an \
usher told us to sit on the steps
        somebody talked through the first half hour | the staff asked him to leave and gave the \
whole row a free drink | the staff shrugged and told us to listen harder
        """),
    compared=lines("""
        it was better than the last three in the series together | it was worse than the last \
three in the series together
        the original does not come close to it | it does not come close to the original
        I have not seen a better thriller since I was a student | I have seen better thrillers in \
adverts for toothpaste
        no director has done more with less money | no director has done less with more money
        """),
)

BOOK = Domain(
    name="book",
    thing="book",
    things="books",
    whole="read",
    be="is",
    again=("read it again", "read the next volume", "buy the author's next one"),
    aspects=lines("""
        the style | elegant, witty, clear | clumsy, pompous, flat
        the story | gripping, original, touching | predictable, thin, confused
        the heroine | likeable, clever, brave | irritating, flat, passive
        + the chapters | short, lively, vivid | endless, dull, repetitive
        the translation | fluent, elegant, careful | clumsy, careless, stilted
        the research | thorough, impressive, careful | sloppy, shallow, careless
        + the drawings | charming, beautiful, delicate | ugly, crude, blurred
        the first chapter | gripping, vivid, funny | confused, dull, pompous
        """),
    pairs=lines("""
        I read it in one night | I needed three months to get through it
        I could not put it down | I could not pick it up again after page fifty
        every page has a surprise | not one page has a surprise
        I cried at the last page | I never got as far as the last page
        the detective is a woman one would like to meet | the detective is a man one would like \
to forget
        the murderer is not who you think | the murderer is who you think from page ten
        the author knows what she is talking about | the author does not know what she is talking \
about
        not a word is wasted | every other word is wasted
        the people in it live and breathe | the people in it are made of cardboard
        I have lent it to everyone I know | I have left it on a bench in the park
        the dialogue rings true | the dialogue rings false
        I learned something on every page | I learned nothing on six hundred pages
        the village comes alive in a few strokes | the village never comes alive
        the recipes work at the first attempt | the recipes do not work at any attempt
        the humour made me laugh aloud on the bus | the humour made me look out of the window of \
the bus
        there is not a misprint in it | there is a misprint on every page
        the end ties up every thread | the end leaves every thread hanging
        it kept me up until four | it put me to sleep before nine
        """),
    contexts=lines("""
        I read it {when} on holiday.
        It was a present from {who}.
        I found it in a second-hand shop {when}.
        It is a crime story in a village in Wales.
        Our reading circle chose it {when}.
        I borrowed it from {who} {when}.
        It has six hundred pages and a map at the front.
        """),
    even=lines("""
        it reads like many others of its kind
        some chapters are long and others are short
        the story goes from the beginning to the end
        I finished it and put it back on the shelf
        the crime is solved as crimes are solved in such books
        it passes the time on a train
        the style gets the job done
        """),
    gots=lines("""
        a story that glows | a story that creaks
        the best crime novel of the decade | the flattest crime novel of the decade
        wisdom in plain words | platitudes in long words
        a heroine after my own heart | a heroine without a heart
        six hundred pages that were too few | six hundred pages that were too many
        a fine binding and clear print | loose pages and tiny print
        """),
    doings=lines("""
        stay up half the night for one more chapter | struggle through one more chapter
        meet people on paper whom I miss now | keep track of forty people without a face
        underline a sentence on every page | read the same idea on every page
        laugh out loud in a silent library | fall asleep in a silent library
        read aloud to the whole family | skip whole chapters without missing a thing
        look at the world with new eyes afterwards | look for the missing pages at the end
        """),
    faults=lines("""
        my copy lacked sixteen pages | the publisher sent a new one with a signed card the next \
day | the publisher sent a form and then nothing for a year
        the print was too small for my eyes | the shop swapped it for the large edition without a \
charge | the shop refused to swap it, and it lies here unread
        two chapters were printed upside down | the bookseller laughed, apologised and gave me a \
new copy and a coffee | the bookseller laughed and told me to turn the book round
        the map was missing | one email, and the author herself sent me a drawing of it | five \
emails, and nobody sent me anything
        """),
    compared=lines("""
        it is better than her last three together | it is worse than her last three together
        I have read classics with less life in them | I have read telephone directories with more \
life in them
        no teacher ever explained it so well | any teacher could have explained it better
        the film is nothing beside it | it is nothing beside the film
        """),
)
