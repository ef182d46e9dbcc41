/**
 * What the views ask of a model, answered by a host on this device.
 *
 * Questions and answers are those of the server's signatures (saved_models/README.md), and a `note`
 * where not all of a text was read.
 */

const ANSWERS = {
  translation: { align: aligned, serving_default: aligned, nbest: nBest },
  sentiment: { probabilities: judged, attend: attended },
  generation: { score: ({ host, text }) => host.surprisals(text) },
};
const FRAME = 16; // milliseconds between two pictures of a screen

/**
 * @param {Translator | Classifier | Writer} host
 * @returns {{ card: object, signatures: object, ask: Function, write: Function }} as the views take
 *   a model.
 */
export function asking(host) {
  const { card } = host.model;
  const answers = { ...ANSWERS[card.task] };
  // Where it looked is not known of a model without attention.
  if (card.task === "translation" && !hasAttention(host)) delete answers.align;
  const first = { translation: "translate", sentiment: "classify" }[card.task];
  let last = {}; // The views ask twice of the same text.

  async function ask(signature, { text }, signal) {
    await nextFrame();
    signal.throwIfAborted();
    const began = performance.now();
    if (first && last.text !== text) {
      last = { text, found: await host[first](text) };
      last.time = performance.now() - began;
    }
    const answer = await answers[signature]({ host, text, found: last.found });
    signal.throwIfAborted();
    return { answer, time: last.time ?? performance.now() - began };
  }

  async function* write(beginning, how, signal) {
    let shown = 0;
    let frame = performance.now();
    for await (const written of host.write(beginning, how)) {
      signal.throwIfAborted();
      const isLast = written.isOver || written.tokens === how.max_tokens;
      // A picture of the screen for each token would take longer than the token.
      if (!isLast && performance.now() - frame < FRAME) continue;
      const text = isLast ? written.continuation : written.settled;
      yield { more: text.slice(shown), tokens: written.tokens, isOver: written.isOver };
      shown = text.length;
      await nextFrame();
      signal.throwIfAborted();
      frame = performance.now();
    }
  }
  return { card, signatures: answers, ask, write };
}

/** Runs a model once, so that nobody waits with a text while its parts are made ready. */
export async function warmUp(host) {
  const how = { ...host.model.card.defaults, max_tokens: 1 };
  const runs = {
    translation: () => host.translate(""),
    sentiment: () => host.classify("a"),
    generation: () => host.write("", how).next(),
  };
  await runs[host.model.card.task]();
}

function hasAttention({ model, signature }) {
  return model.outputsOf(signature).includes("attention");
}

function aligned({ host, text, found }) {
  return {
    translation: found.text,
    score: found.score,
    source_pieces: found.sourcePieces,
    target_pieces: found.targetPieces,
    attention: found.attention,
    note: cutNote([...text].length, found.read, host.model.card.tokens),
  };
}

function nBest({ found: { alternatives } }) {
  return {
    translations: alternatives.map((one) => one.text),
    scores: alternatives.map((one) => one.score),
  };
}

function judged({ host, found: { probabilities, tokens, read } }) {
  const left = tokens - read.length;
  const note = left && `The text is longer than this model has room for: of its ${tokens} tokens it `
    + `read ${read.length}${WHERE[host.model.card.truncation]}.`;
  return { labels: host.model.card.labels, probabilities, ...(note && { note }) };
}

const WHERE = {
  head: ", those at the beginning",
  tail: ", those at the end",
  both: ", half at the beginning and half at the end",
  windows: ", those at the beginning",
};

function attended({ found: { pieces, weights } }) {
  return { pieces, weights };
}

function cutNote(size, read, room) {
  if (read >= size) return undefined;
  return `The text is longer than this model has room for (${room} tokens): translated are the `
    + `first ${read} of its ${size} characters.`;
}

/** Lets the browser show what has changed; in a tab that nobody sees, at once. */
function nextFrame() {
  return new Promise((go) => {
    if (document.hidden) setTimeout(go);
    else requestAnimationFrame(() => setTimeout(go));
  });
}
