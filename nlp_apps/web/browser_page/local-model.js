/**
 * Adapts a predictor in the browser to the views, which expect a model of the server.
 *
 * Inputs and predictions are those of the server's signatures (saved_models/README.md), with a
 * `note` if the model read only a part of the text.
 */

import { Glossary } from "../litert/glossary.js";
import { Keyboard } from "../litert/keyboard.js";
import { LONG_TEXT } from "../shared/long-text.js";

const SIGNATURES = {
  translation: {
    align: toAlign, serving_default: toAlign, nbest: toNBest, constrained: toNBest,
  },
  sentiment: { probabilities: toProbabilities, attend: toAttend },
  generation: { score: ({ predictor, text }) => predictor.surprisals(text) },
};
const FRAME = 16; // milliseconds between two frames of a screen

/**
 * @param {Translator | Classifier | Generator} predictor
 * @returns {{ metadata: object, signatures: object, predict: Function, generate: Function,
 *   keyboard?: Keyboard, learning?: { learn: Function, forget: Function } }} keyboard, learning: if
 *   the model has the signatures.
 */
export function localModel(predictor) {
  const { metadata } = predictor.model;
  const signatures = { ...SIGNATURES[metadata.task] };
  // A model without attention has no alignment.
  if (metadata.task === "translation" && !hasAttention(predictor)) delete signatures.align;
  if (metadata.task === "translation" && !predictor.canConstrain) delete signatures.constrained;
  const method = { translation: "translate", sentiment: "classify" }[metadata.task];
  const readGlossary = keepLast(toGlossary);
  let last = {}; // The views request two signatures of the same text.

  async function predict(signature, { text, to, glossary }, signal) {
    await nextFrame();
    signal.throwIfAborted();
    const start = performance.now();
    if (method && (last.text !== text || last.to !== to || last.glossary !== glossary)) {
      const options = glossary ? { glossary: readGlossary(glossary) } : {};
      last = { text, to, glossary, result: await predictor[method](text, to, options) };
      last.time = performance.now() - start;
    }
    const prediction = await signatures[signature]({ predictor, text, result: last.result });
    signal.throwIfAborted();
    return { prediction, time: last.time ?? performance.now() - start };
  }

  async function* generate(prompt, parameters, signal) {
    let length = 0;
    let frame = performance.now();
    for await (const step of predictor.generate(prompt, parameters)) {
      signal.throwIfAborted();
      const isLast = step.ended || step.numTokens === parameters.max_tokens;
      // Drawing a frame for each token would take longer than the tokens.
      if (!isLast && performance.now() - frame < FRAME) continue;
      const text = isLast ? step.continuation : step.stableText;
      yield { added: text.slice(length), numTokens: step.numTokens, ended: step.ended };
      length = text.length;
      await nextFrame();
      signal.throwIfAborted();
      frame = performance.now();
    }
  }

  const found = { metadata, signatures, predict, generate };
  if (metadata.task === "generation" && Keyboard.fits(predictor.model)) {
    found.keyboard = new Keyboard(predictor);
  }
  if (metadata.task === "sentiment" && predictor.canLearn) {
    const anew = () => (last = {}); // Predictions change.
    found.learning = {
      learn: (text, label) => predictor.learn(text, label).then(anew),
      forget: () => anew(predictor.forget()),
    };
  }
  return found;
}

/** Runs a model once, because the first run of a signature is slow. */
export async function warmUp(predictor) {
  const parameters = { ...predictor.model.metadata.defaults, max_tokens: 1 };
  const runs = {
    translation: () => predictor.translate(""),
    sentiment: () => predictor.classify("a"),
    generation: () => predictor.generate("", parameters).next(),
  };
  await runs[predictor.model.metadata.task]();
}

/** Reads lines `term TAB translation` without comments. */
function toGlossary(lines) {
  return new Glossary(lines.split("\n").map((line) => line.split("\t")));
}

/** Returns a function that keeps its last result. */
function keepLast(compute) {
  let last = {};
  return (input) => {
    if (last.input !== input) last = { input, result: compute(input) };
    return last.result;
  };
}

function hasAttention({ model, signature }) {
  return model.outputNames(signature).includes("attention");
}

function toAlign({ predictor, result }) {
  const { tokens, sentence_rules: splits } = predictor.model.metadata;
  const { numCharacters, length } = result;
  let note = result.isLong && LONG_TEXT.translation;
  if (numCharacters < length) {
    note = `${splits ? "A sentence" : "The text"} exceeds ${tokens} tokens. The model translated `
      + `${numCharacters} of ${length} characters.`;
  }
  return {
    translation: result.text,
    score: result.score,
    source_pieces: result.sourcePieces,
    target_pieces: result.targetPieces,
    attention: result.attention,
    ...(note && { note }),
  };
}

function toNBest(inputs) {
  const { alternatives } = inputs.result;
  const { note } = toAlign(inputs);
  return {
    ...(note && { note }),
    translations: alternatives.map((one) => one.text),
    scores: alternatives.map((one) => one.score),
  };
}

function toProbabilities({ predictor, result: { probabilities, numTokens } }) {
  const { labels, thresholds, tokens, truncation, max_length: maxLength } =
    predictor.model.metadata;
  // EOS is one of `max_length` tokens; version 0.1.0 does not store it.
  const numRead = truncation === "windows" || !maxLength ? tokens : Math.min(tokens, maxLength - 1);
  const note = numTokens > numRead && `The text has ${numTokens} tokens. The model read `
    + `${numRead} of them${KEPT[truncation] ?? ""}.`;
  return { labels, probabilities, ...(thresholds && { thresholds }), ...(note && { note }) };
}

/** The tokens that each truncation keeps. */
const KEPT = {
  head: " from the start",
  tail: " from the end",
  both: ", half from the start and half from the end",
  windows: " from the start",
};

function toAttend({ result: { pieces, weights } }) {
  return { pieces, weights };
}

/** Lets the browser draw a frame; in a hidden tab it continues at once. */
function nextFrame() {
  return new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
