"""Texts that normalization changes, for the tests of every host."""

UNNORMALIZED = {
    "cafe\u0301 au lait": "caf\u00e9 au lait",  # decomposed accents
    "e\u0302\u0323 a\u0323\u0306 u\u031b\u0301": "\u1ec7 \u1eb7 \u1ee9",  # two marks, both orders
    "\u00ea\u0323 \u1eb9\u0302": "\u1ec7 \u1ec7",  # half composed
    "\u1112\u1161\u11ab\u1100\u1173\u11af \ud558\u11ab": "\ud55c\uae00 \ud55c",  # Hangul jamo
    "\u212bngstro\u0308m \u0958 \uf900": "\u00c5ngstr\u00f6m \u0915\u093c \u8c48",  # singletons
    "\u05e9\u05c1\u05bc \u0627\u0653": "\u05e9\u05bc\u05c1 \u0622",  # marks in another order
    "x\u0301\u0301\u0323 \u0301": "x\u0323\u0301\u0301 \u0301",  # marks that nothing absorbs
    "\uff34\uff45\uff41\u3000\uff12\uff15\uff01": "Tea 25!",  # full width
    "\ufefftea\ufeff": "tea",  # byte order marks at the ends
    "\u200f\u202b \u05e9\u05dc\u05d5\u05dd \u202c\u2069": "\u05e9\u05dc\u05d5\u05dd",  # direction
    "tea\u200e\ufeffsea": "tea\u200e\ufeffsea",  # inside a text they stay
    "\u3000\t tea \n\n sea\u3000": "tea   sea",
    "\u0130I\u0131 \u03a3\u03a3 TEA \u1e9e": "\u0130I\u0131 \u03a3\u03a3 TEA \u1e9e",
    "\u03a3I\u0307\u0391\u0301": "\u03a3\u0130\u0386",
}
"""Text -> `normalize_input`."""

IN_CAPITALS = {
    "WHERE IS IT?": "Where is it?",
    "«OÙ EST-CE?»": "«Où est-ce?»",
    "ГДЕ ВОКЗАЛ?": "Где вокзал?",
    "ΠΟΎ ΕΊΝΑΙ": "Πού είναι",
    "25 İSTANBUL": "25 İstanbul",
    "GROẞE STRAẞE": "Große straße",
    "STOP!": "Stop!",
    "USA": "USA",
    "A 4, B 5 C": "A 4, B 5 C",
    "PLEASE close it": "PLEASE close it",
    "STRAßE": "STRAßE",
    "Where?": "Where?",
    "駅はどこ": "駅はどこ",
    "他在NASA和IBM工作": "他在NASA和IBM工作",
    "وكالة NASA وIBM": "وكالة NASA وIBM",
    "": "",
}
"""Texts, most of them in capitals -> `sentence_case` of them."""
