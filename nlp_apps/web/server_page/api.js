/** The server's REST, from the same place as this page. */

import { Refusal, bearing } from "../shared/authorization.js";

const TOKENS_AT_ONCE = 16; // Few enough to be seen coming, enough for a call to be worth it.

/** The models, each {name, state, version, task}; the last two only while it answers. */
export async function listModels() {
  return (await send("v1/models")).models;
}

/** One model: {name, version, card, signatures, limits, ask, write}. */
export async function readModel(name) {
  const place = `v1/models/${encodeURIComponent(name)}`;
  const model = await send(`${place}/card`);

  /** Asks one row; gives the answer and the milliseconds that it took. */
  async function ask(signature, instance, signal) {
    const began = performance.now();
    const body = { signature_name: signature, instances: [instance] };
    const { predictions } = await send(`${place}:predict`, body, signal);
    return { answer: predictions[0], time: performance.now() - began };
  }

  /** Continues a text; after each step gives what is new, all tokens, and whether it has ended. */
  async function* write(beginning, { max_tokens, seed, ...how }, signal) {
    let [text, tokens, isOver] = [beginning, 0, false];
    for (let call = 0; tokens < max_tokens && !isOver; call += 1) {
      const asked = Math.min(TOKENS_AT_ONCE, max_tokens - tokens);
      const instance = { text, ...how, max_tokens: asked, seed: seed + call };
      const { answer } = await ask("serving_default", instance, signal);
      text += answer.continuation;
      tokens += answer.tokens;
      isOver = answer.ended ?? answer.tokens < asked;
      yield { more: answer.continuation, tokens, isOver };
    }
  }
  return { ...model, ask, write };
}

async function send(path, body, signal) {
  const headers = bearing();
  if (body) headers["Content-Type"] = "application/json";
  const method = body ? "POST" : "GET";
  let response;
  let text = "";
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal });
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw new Refusal(0, "The server does not answer. Is it still running?");
  }
  // An answer can arrive in the moment of being given up: nobody may see it.
  signal?.throwIfAborted();
  const answer = parse(text);
  if (response.ok && answer) return answer;
  throw new Refusal(
    response.status,
    answer?.error ?? `The server's answer (status ${response.status}) cannot be read.`,
  );
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // A proxy's page, or NaN, which JSON does not have.
  }
}
