/** Translates with a `.tflite`, as nlp_apps/litert/lite_translator.py. */

import { INTERNAL } from "./characters.js";
import { constrainedSearch } from "./constrained-search.js";
import { longestSubwords } from "./longest-subwords.js";
import {
  chooseSubstitute, constrain, markSpans, putBack, sentenceCase, spansOfTokens, targetTables,
} from "./protected-spans.js";
import { joinSentences, splitSentences } from "./sentences.js";
import { normalize, toAscii, toCodePoints, toText } from "./text.js";

const SPACE = 0x20;
const EOS = "</s>";
const TOKENIZE_TARGET = "tokenize_target";

export class Translator {
  /**
   * @param {Model} model
   * @param {{ beam?: boolean }} options beam: beam search; false: greedy search, which is faster.
   */
  constructor(model, { beam = true } = {}) {
    this.model = model;
    this.signature = beam && model.signatures.includes("beam") ? "beam" : "greedy";
  }

  /** Returns true if the model has the signatures for protected spans and a glossary. */
  get canConstrain() {
    return ["encode", "decode_step"].every((name) => this.model.signatures.includes(name));
  }

  /**
   * Translates a text. If the model's metadata has rules for sentences, each sentence is translated
   * and the translations are joined.
   *
   * @param {string} text
   * @param {string} [to] code of the target language; by default the first one of the model.
   * @param {{ glossary?: Glossary }} [options] terms with the translations that they must have.
   * @returns {Promise<{ text: string, score: number, numCharacters: number, length: number,
   *   isLong: boolean, alternatives: { text: string, score: number }[], sourcePieces: string[],
   *   targetPieces: string[], attention: number[][] | null }>} score: log probability per token, in
   *   nats; numCharacters: translated characters of all `length` characters of the normalized text;
   *   isLong: a sentence has more tokens than the training pairs; alternatives: all hypotheses, best
   *   first; attention: [target pieces][source pieces], both with EOS.
   */
  async translate(text, to, { glossary } = {}) {
    const marked = markSpans(text, this.model.metadata.protect);
    const line = normalize(marked?.text ?? text);
    const tag = this.#tag(to);
    const found = [];
    const constrained = this.#constrain(marked, line, glossary);
    for (const sentence of constrained ?? this.#split(line)) {
      found.push(await (constrained
        ? this.#translateConstrained(sentence, tag)
        : this.#translate(toCodePoints(sentence), tag)));
    }
    const { length } = toCodePoints(line);
    const numDropped = found.reduce((sum, one) => sum + one.numDropped, 0);
    const alternatives = joinAlternatives(found.map((one) => one.hypotheses));
    return {
      ...(alternatives[0] ?? { text: "", score: 0 }),
      // A substitute may have more characters than the mark of its span.
      numCharacters: Math.max(length - numDropped, 0),
      length,
      isLong: found.some((one) => one.isLong),
      alternatives,
      ...joinAttention(found),
    };
  }

  #split(line) {
    return splitSentences(line, this.model.metadata.sentence_rules);
  }

  /** The sentences of a text with their constraints; null if it has none. */
  #constrain(marked, line, glossary) {
    if (!marked && !glossary?.size) return null;
    const { metadata, pieces, sourcePieces } = this.model;
    this.substitute ??= chooseSubstitute(sourcePieces, pieces);
    const hasSentenceCase = metadata.sentence_case ?? true;
    const spans = [...(marked?.spans ?? [])];
    const text = marked ? line : line.replace(INTERNAL, "\ufffd");
    const sentences = this.#split(toAscii(text)).map((sentence) =>
      constrain(sentence, this.substitute, spans, hasSentenceCase, glossary));
    return marked || sentences.some(({ constraints }) => constraints.length) ? sentences : null;
  }

  /** Token ids before every sentence: the tag of the target language, if there are several. */
  #tag(to) {
    const tags = this.model.metadata.target_languages;
    if (!tags) return [];
    const code = to ?? Object.keys(tags)[0];
    if (!Object.hasOwn(tags, code)) {
      throw new Error(`The model translates into ${Object.keys(tags).join(", ")}, not ${code}.`);
    }
    return [tags[code]];
  }

  async #translate(sentence, tag) {
    const { ids: tokens, numDropped } = await this.#truncate(sentence, tag.length);
    const ids = [...tag, ...tokens];
    const outputs = await this.model.run(this.signature, { ids });
    const hypotheses = this.#hypotheses(outputs);
    for (const hypothesis of hypotheses) {
      hypothesis.text = toText(await this.model.decode(hypothesis.ids));
    }
    const best = hypotheses[0]?.ids ?? [];
    const { pieces, sourcePieces, metadata } = this.model;
    const source = [...ids, metadata.special_ids.eos];
    const width = metadata.tokens + 1;
    const attentionRow = (_, row) =>
      [...outputs.attention.slice(row * width, row * width + source.length)];
    return {
      numDropped,
      isLong: source.length > (metadata.max_length ?? width),
      hypotheses,
      sourcePieces: source.map((id) => sourcePieces[id]),
      targetPieces: best.map((id) => pieces[id]),
      attention: outputs.attention ? best.map(attentionRow) : null,
    };
  }

  /**
   * The token ids of a target. A file with two vocabularies has a signature for it; files of earlier
   * versions lack it. With one vocabulary, the model would encode capitals as small letters.
   */
  async #encodeTarget(target) {
    const { pieces, sourcePieces, signatures } = this.model;
    if (signatures.includes(TOKENIZE_TARGET)) return this.model.encode(target, TOKENIZE_TARGET);
    this.hasOneVocabulary ??=
      pieces.length === sourcePieces.length && pieces.every((one, id) => one === sourcePieces[id]);
    if (!this.hasOneVocabulary) {
      this.subwords ??= new Map(pieces.map((piece, id) => [piece, id]).filter(([piece]) => piece));
      return longestSubwords(target, this.subwords);
    }
    if (sentenceCase(target) === target) return this.model.encode(target);
    const numOfLast = (await this.model.encode("a")).length;
    return (await this.model.encode(`${target} a`)).slice(0, -numOfLast);
  }

  /** Translates a sentence with constraints. */
  async #translateConstrained({ text, constraints }, tag) {
    const { metadata, pieces, sourcePieces, signatures } = this.model;
    const { bos, eos } = metadata.special_ids;
    this.tables ??= targetTables(pieces);
    const { ids: tokens, numDropped } = await this.#truncate(toCodePoints(text), tag.length);
    const places = spansOfTokens(tokens.map((id) => sourcePieces[id]), text, constraints);
    const ids = [...tag, ...tokens];
    const targets = [];
    for (const [index, { target, isReserved }] of constraints.entries()) {
      const span = [...tag.map(() => false), ...places[index]];
      targets.push({ span, ids: await this.#encodeTarget(target), isReserved });
    }
    const isBeam = this.signature === "beam" && signatures.includes("decode_step_beam");
    const signature = isBeam ? "decode_step_beam" : "decode_step";
    const { state, ...memory } = await this.model.run("encode", { ids });
    const [beamSize, size] = this.model.outputShape(signature, "log_probabilities");
    const length = ids.length + 1;
    const width = metadata.tokens + 1;
    let states = state;
    const numStates = state.length;
    const step = async (token, rows) => {
      const packed = new Float32Array(beamSize * numStates);
      rows.forEach((row, index) =>
        packed.set(states.subarray(row * numStates, (row + 1) * numStates), index * numStates));
      const outputs = await this.model.run(signature, { token, state: packed, ...memory });
      states = outputs.state;
      const row = (values, count, index) => values.subarray(index * count, (index + 1) * count);
      return {
        logProbabilities: rows.map((_, index) => row(outputs.log_probabilities, size, index)),
        attention: outputs.attention
          ? rows.map((_, index) => row(outputs.attention, width, index))
          : null,
      };
    };
    const decoding = metadata.decoding ?? {};
    const longest = Math.min(decoding.max_length ?? width, metadata.tokens, 2 * length + 10);
    const found = await constrainedSearch(step, targets, decoding, {
      beamSize,
      limit: targets.reduce((sum, target) => sum + target.ids.length, longest),
      length,
      bos,
      eos,
      continuesWord: this.tables.continuesWord,
    });
    const decode = async (some) => toText(await this.model.decode(some));
    const hypotheses = [];
    for (const { coded, total } of found) {
      hypotheses.push({
        ids: coded,
        score: total / coded.length,
        text: await putBack(coded, constraints, this.tables, eos, decode),
      });
    }
    const isLong = length > (metadata.max_length ?? width);
    return { numDropped, isLong, hypotheses, sourcePieces: [], targetPieces: [], attention: null };
  }

  /** Token ids and score of each hypothesis; there may be fewer hypotheses than beams. */
  #hypotheses({ ids, count, counts = count, score, scores = score }) {
    const width = ids.length / counts.length;
    return [...counts]
      .map((size, beam) => ({
        ids: [...ids.slice(beam * width, beam * width + size)],
        score: scores[beam],
      }))
      .filter((hypothesis) => hypothesis.ids.length);
  }

  /** Shortens a text by whole words until the model can read its tokens after `numTags` tags. */
  async #truncate(line, numTags) {
    const maxTokens = this.model.metadata.tokens - numTags;
    let codepoints = line;
    const { length } = line;
    let ids = await this.model.encode(toText(codepoints));
    while (ids.length > maxTokens) {
      const share = Math.floor((codepoints.length * maxTokens) / ids.length);
      const end = Math.min(codepoints.length - 1, share);
      const space = codepoints.lastIndexOf(SPACE, end);
      codepoints = codepoints.slice(0, space > 0 ? space : end);
      ids = await this.model.encode(toText(codepoints));
    }
    return { ids, numDropped: length - codepoints.length };
  }
}

/** Joins the hypotheses of sentences, rank by rank; a score is the mean over all tokens. */
function joinAlternatives([first, ...others]) {
  return first
    .slice(0, Math.min(first.length, ...others.map((hypotheses) => hypotheses.length)))
    .map((hypothesis, rank) => {
      const row = [hypothesis, ...others.map((hypotheses) => hypotheses[rank])];
      const numTokens = row.reduce((sum, one) => sum + one.ids.length, 0);
      const total = row.reduce((sum, one) => sum + one.score * one.ids.length, 0);
      const text = joinSentences(row.map((one) => one.text));
      return { text, score: row.length > 1 ? total / numTokens : hypothesis.score };
    });
}

/** Joins pieces and attention of sentences; a sentence has no attention to another one. */
function joinAttention(sentences) {
  const sourcePieces = [];
  const targetPieces = [];
  const rows = [];
  for (const [index, sentence] of sentences.entries()) {
    // Only the last EOS stays.
    const isLast = index === sentences.length - 1;
    const end = isLast ? sentence.sourcePieces.length : -1;
    const targetEnd = isLast || sentence.targetPieces.at(-1) !== EOS ? undefined : -1;
    for (const weights of sentence.attention?.slice(0, targetEnd) ?? []) {
      rows.push([...sourcePieces.map(() => 0), ...weights.slice(0, end)]);
    }
    sourcePieces.push(...sentence.sourcePieces.slice(0, end));
    targetPieces.push(...sentence.targetPieces.slice(0, targetEnd));
  }
  const padded = (row) => [...row, ...sourcePieces.slice(row.length).map(() => 0)];
  const attention = sentences[0].attention && rows.map(padded);
  return { sourcePieces, targetPieces, attention };
}
