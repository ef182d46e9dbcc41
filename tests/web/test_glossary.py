"""The glossary and the protected spans of JavaScript, in Node: the same constraints as Python."""

import json
import random

import pytest

from nlp_apps.server.web_pages import WEB
from nlp_apps.text.constrained_text import Constraint, Preparation, TargetTables, put_back
from nlp_apps.text.glossary import Glossary, split_line
from nlp_apps.text.protected_spans import DEFAULT_KINDS
from nlp_apps.text.sentences import SentenceSplitter
from tests.web.node import needs_node, node

pytestmark = needs_node

TERMS = {
    "sun": "Sonne",
    "green house": "Gewächshaus",
    "green": "grün",
    "NASA": "NASA-Amt",
    "nasa": "die Behörde",
    "tea": "茶",
    "茶": "tea",
    "Ａ＃": "full width",
    "i": "ich",
    "straße": "street",
    "λόγος": "word",
    "#1": "no 1",
    "c++": "C",
    **{f"w{number}": "x" * 190 for number in range(8)},
}
TEXTS = [
    "The sun, the SUN and Sun; sunny sun_ sun's",
    "green house greenhouse GREEN HOUSE green  house",
    "NASA nasa Nasa NASAs",
    "tea茶tea 我的茶",
    "A# Ａ＃ a#",
    "I İ ı i",
    "STRASSE Straße STRAßE",
    "#1 c++ (c++) C++!",
    "{name} sun https://e.org/?a=1 {x}{y} <keep>a  sun</keep>tea",
    "THE SUN IS {0} NASA TOM",
    "SUN IN DER STRAßE",
    "ΤΟ SUN ᾳ ΕΔΩ",
    "λόγος Λόγος ΛΌΓΟΣ λόγοσ",
    "sun {" + "\U0001f634" * 64 + "} {" + "\U0001f634" * 65 + "}",
    "Tom likes the sun and {z}.",
    "w0 w1 w2 w3 w4 w5 w6 w7 sun",
    "sun " * 70 + "{a}",
    "sun\ufdd0\uffff\U000f0001 \u2581sun\u2581",
    "\U0001f634sun\U0001f634 e\u0301 sun\u0301",
    "nothing here",
    "",
]

SCRIPT = """
import { readFileSync } from "node:fs";
const { Glossary } = await import(process.argv[1] + "/litert/glossary.js");
const { INTERNAL } = await import(process.argv[1] + "/litert/characters.js");
const spans = await import(process.argv[1] + "/litert/protected-spans.js");
const { normalize, toAscii } = await import(process.argv[1] + "/litert/text.js");
const { terms, texts, kinds, pieces } = JSON.parse(readFileSync(0));
const glossary = new Glossary(terms);
const found = texts.map((text) => {
  const marked = spans.markSpans(text, kinds);
  const line = toAscii(normalize(marked?.text ?? text.replace(INTERNAL, "\\ufffd")));
  return spans.constrain(line, "Tom", [...(marked?.spans ?? [])], true, glossary);
});
const tables = spans.targetTables(pieces);
const written = [];
for (const { constraints } of found) {
  const ids = constraints.flatMap((_, index) => [4, 5 + pieces.length * (index + 1)]);
  const text = (id) => (id > 30 ? String.fromCharCode(id - 4) : pieces[id]);
  const decode = async (some) => some.map(text).join("");
  written.push(await spans.putBack(ids.slice(1), constraints, tables, 3, decode));
}
console.log(JSON.stringify([found, written]));
"""
PIECES = ["", "", "", "", "\u2581a", "b", *"cdefg"]


def of_python(text: str) -> tuple[str | None, list[Constraint]]:
    """Returns the sentence and its constraints; None and no constraint for a text without any."""
    preparation = Preparation(DEFAULT_KINDS, "Tom", SentenceSplitter([]), has_sentence_case=True)
    found = preparation.find(text, Glossary(TERMS))
    return (found[0].text, found[0].constraints) if found else (None, [])


def test_node_finds_the_same_constraints_as_python():
    inputs = {"terms": TERMS, "texts": TEXTS, "kinds": DEFAULT_KINDS, "pieces": PIECES}
    found, written = json.loads(node(SCRIPT, WEB.as_uri(), input=json.dumps(inputs)))
    tables = TargetTables(PIECES)
    names = ("start", "end", "target", "output", "isReserved", "isCapital", "isAttached")
    for text, one, output in zip(TEXTS, found, written, strict=True):
        expected, constraints = of_python(text)
        assert [tuple(each[name] for name in names) for each in one["constraints"]] == [
            tuple(each) for each in constraints
        ], text
        assert expected in (None, one["text"])
        ids = [
            token
            for index in range(len(constraints))
            for token in (4, 5 + len(PIECES) * (index + 1))
        ]
        assert output == put_back(
            ids[1:],
            constraints,
            tables,
            lambda some: "".join(chr(one - 4) if one > 30 else PIECES[one] for one in some),
        )


FIND = """
import { readFileSync } from "node:fs";
const { Glossary } = await import(process.argv[1]);
const found = JSON.parse(readFileSync(0)).map(([terms, text]) => new Glossary(terms).find(text));
console.log(JSON.stringify(found));
"""
ADDRESS = (WEB / "litert" / "glossary.js").as_uri()


def random_case(random_: random.Random) -> tuple[list[tuple[str, str]], str]:
    """Returns terms, of which many begin with others, and a text."""
    letters = random_.choice(["ab", "aAb", "aσςΣ", "a!b", "茶tT", "aA'_-"])

    def text(most: int) -> str:
        words = ["".join(random_.choices(letters, k=random_.randint(1, 3))) for _ in range(most)]
        return " ".join(words)

    terms = [text(random_.randint(1, 4)) for _ in range(random_.randint(1, 12))]
    longest = text(6)
    terms += [longest[:size].strip() for size in range(1, len(longest) + 1, 2)]
    pairs = [(term, str(number)) for number, term in enumerate(dict.fromkeys(terms))]
    return pairs, text(12) + " " + " ".join(random_.choices(terms, k=3))


def test_node_finds_the_same_nested_terms_as_python():
    random_ = random.Random(3)
    cases = [random_case(random_) for _ in range(500)]
    found = json.loads(node(FIND, ADDRESS, input=json.dumps(cases)))
    num_matches = 0
    for (terms, text), matches in zip(cases, found, strict=True):
        expected = [
            (start, end, term.replacement, term.target, term.is_capital)
            for start, end, term in Glossary(dict(terms)).find(text)
        ]
        names = ("start", "end", "replacement", "target", "isCapital")
        assert [tuple(one[name] for name in names) for one in matches] == expected, (terms, text)
        num_matches += len(matches)
    assert num_matches > 1000


def test_nested_terms_cost_little_more_than_one_term():
    """Counts the characters of the slices of the text."""
    script = """
    const { Glossary } = await import(process.argv[1]);
    const slice = Array.prototype.slice;
    let count = 0;
    Array.prototype.slice = function (start, end) {
      count += end - start;
      return slice.call(this, start, end);
    };
    const text = Array(2000).fill("a").join(" ");
    const nested = (size) => [Array(size + 1).fill("a").join(" "), "x"];
    const glossary = new Glossary(Array.from({ length: 90 }, (_, size) => nested(size)));
    console.log(glossary.find(text).length, count / text.length);
    """
    num_matches, per_character = node(script, ADDRESS).split()
    assert int(num_matches) == 23
    assert float(per_character) < 2 * 179  # The longest term has 179 characters.


# A model of words that writes the source token of each position.
TRANSLATE = """
import { readFileSync } from "node:fs";
const { Glossary } = await import(process.argv[1] + "/litert/glossary.js");
const { Translator } = await import(process.argv[1] + "/litert/translator.js");
const { terms, texts, pieces } = JSON.parse(readFileSync(0));
const codes = { 33: "\\x1d", 34: "\\x1e", 3: "" };
const toText = (id) => codes[id] ?? pieces[id].replace("\\u2581", " ");
const space = (text) => text.replace(/^ /, "");
let source = [];
const model = {
  metadata: { tokens: 12, special_ids: { bos: 2, eos: 3 }, decoding: {} },
  pieces,
  sourcePieces: pieces,
  signatures: ["greedy", "encode", "decode_step"],
  encode: async (text) => text.split(" ").map((word) => pieces.indexOf(`\\u2581${word}`)),
  decode: async (ids) =>
    Array.from(space(ids.map(toText).join("")), (one) => one.codePointAt(0)),
  outputShape: () => [1, pieces.length],
  run: async (signature, { ids, state }) => {
    if (signature === "encode") source = [...ids, 3];
    if (signature === "encode") return { state: new Float32Array(1), memory: new Float32Array(1) };
    const logs = new Float32Array(pieces.length).fill(-8);
    const attention = new Float32Array(13).fill(0.01);
    logs[source[state[0]] ?? 3] = -0.1;
    attention[state[0]] = 0.9;
    return { log_probabilities: logs, attention, state: new Float32Array([state[0] + 1]) };
  },
};
const translator = new Translator(model);
const glossary = new Glossary(terms);
const found = [];
for (const text of texts) {
  found.push((await translator.translate(text, undefined, { glossary })).text);
}
console.log(JSON.stringify(found));
"""


def test_the_translator_in_node_has_terms_and_spans_exactly():
    words = ("a", "b", "c", "sun", "Sun", "Tom", "X", *map(str, range(30)))
    inputs = {
        "terms": {"sun": "c 9 a", "1": "eins zwei"},
        "texts": ["a sun b", "b {x} Sun c", "{y}", "1 b", "a {x} {y} b"],
        "pieces": [
            "",
            "?",
            "",
            "",
            *(f"\u2581{word}" for word in words),
            "\u2581eins",
            "\u2581zwei",
        ],
    }
    found = node(TRANSLATE, WEB.as_uri(), input=json.dumps(inputs))
    # The model copies by position: a term of several tokens replaces its neighbours.
    assert json.loads(found) == ["a c 9 a", "b {x} c 9 a", "{y}", "eins zwei", "a {x} {y} b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sun", "line 1: write a term, one separator (a tab, =>, -> or =)"),
        ("# comment\n\na\tb\tc", "line 3"),
        ("sun\tSonne\nsun\tSol", "two translations"),
        ("sun\t ", "must not be empty"),
        ("sun\t\u2581", "must not be empty"),
        (f"sun\t{'x' * 201}", "at most 200"),
    ],
)
def test_a_fault_of_a_glossary_is_an_error(text: str, message: str):
    script = "const { Glossary } = await import(process.argv[1]);" + (
        "try { Glossary.fromText(process.argv[2]); } catch (error) { console.log(error.message); }"
    )
    assert message in node(script, ADDRESS, text)


SEPARATED = [
    ("sun\tSonne", ["sun", "Sonne"]),
    ("sun => Sonne", ["sun", "Sonne"]),
    ("sun==>Sonne", ["sun", "Sonne"]),
    ("old sun -> alte Sonne", ["old sun", "alte Sonne"]),
    ("sun --> Sonne", ["sun", "Sonne"]),
    ("sun = Sonne", ["sun", "Sonne"]),
    ("e-mail = E-Mail", ["e-mail", "E-Mail"]),
    ("a => b\tc", ["a => b", "c"]),
    ("x = a->b", None),
    ("a = b => c", None),
    ("a == b", None),
    ("a\tb\tc", None),
    ("sun Sonne", None),
    ("a > b", None),
    ("a <= b", None),
    ("a >= b", None),
    ("a <=> b", None),
    ("a <-> b", None),
    ("<b>sun</b> => <b>Sonne</b>", ["<b>sun</b>", "<b>Sonne</b>"]),
]


def test_node_and_python_split_lines_at_the_same_separators():
    script = """
    const { splitLine } = await import(process.argv[1]);
    console.log(JSON.stringify(JSON.parse(process.argv[2]).map(splitLine)));
    """
    found = json.loads(node(script, ADDRESS, json.dumps([line for line, _ in SEPARATED])))
    assert found == [parts for _, parts in SEPARATED]
    for line, parts in SEPARATED:
        assert split_line(line) == (parts and tuple(parts)), line


def test_a_long_line_of_signs_is_split_in_linear_time():
    """A link may bring any glossary: with time that is quadratic, this takes minutes."""
    script = "const { splitLine } = await import(process.argv[1]);" + (
        "console.log(['-', '=', '<'].map((one) => splitLine(one.repeat(1_000_000))).join());"
    )
    assert node(script, ADDRESS).strip() == ",,"
    assert [split_line(sign * 1_000_000) for sign in "-=<"] == [None] * 3
