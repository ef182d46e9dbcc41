/** The server's REST API, at the address of this page. */

import { RequestError, authorizationHeaders } from "../shared/authorization.js";

const TOKENS_PER_REQUEST = 16; // Small enough to show progress, large enough for a request.

/** Lists the models: {name, state, version, task}; the last two only of available models. */
export async function listModels() {
  return (await send("v1/models")).models;
}

/** Lists the models that run in the browser: {file, task}; none if the list is missing. */
export async function listBrowserModels() {
  try {
    const response = await fetch("device/models.json", { headers: authorizationHeaders() });
    return response.ok ? await response.json() : [];
  } catch {
    return [];
  }
}

/** Returns a model: {name, version, metadata, signatures, limits, predict, generate}. */
export async function openModel(name) {
  const path = `v1/models/${encodeURIComponent(name)}`;
  const { card: metadata, ...model } = await send(`${path}/card`);

  /**
   * Predicts one instance; returns the prediction and its latency in milliseconds. Inputs that the
   * signature lacks are left out.
   */
  async function predict(signature, inputs, signal) {
    const start = performance.now();
    const accepted = model.signatures[signature]?.inputs ?? inputs;
    const instance = Object.fromEntries(
      Object.entries(inputs).filter(([name]) => Object.hasOwn(accepted, name)),
    );
    const body = { signature_name: signature, instances: [instance] };
    const { predictions } = await send(`${path}:predict`, body, signal);
    return { prediction: predictions[0], time: performance.now() - start };
  }

  /** Continues a prompt; yields the added text, the number of tokens and whether EOS came. */
  async function* generate(prompt, { max_tokens, seed, ...parameters }, signal) {
    let [text, numTokens, ended] = [prompt, 0, false];
    for (let request = 0; numTokens < max_tokens && !ended; request += 1) {
      const limit = Math.min(TOKENS_PER_REQUEST, max_tokens - numTokens);
      const instance = { text, ...parameters, max_tokens: limit, seed: seed + request };
      const { prediction } = await predict("serving_default", instance, signal);
      text += prediction.continuation;
      numTokens += prediction.tokens;
      ended = prediction.ended ?? prediction.tokens < limit;
      yield { added: prediction.continuation, numTokens, ended };
    }
  }
  return { ...model, metadata, predict, generate };
}

async function send(path, body, signal) {
  const headers = authorizationHeaders();
  if (body) headers["Content-Type"] = "application/json";
  const method = body ? "POST" : "GET";
  let response;
  let text = "";
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal });
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw new RequestError(0, "The server does not respond. Check that it is running.");
  }
  // A response may arrive while it is aborted; it must not be shown.
  signal?.throwIfAborted();
  const content = parse(text);
  if (response.ok && content) return content;
  throw new RequestError(
    response.status,
    content?.error ?? `The response has status ${response.status} and is not JSON.`,
  );
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // The page of a proxy, or NaN, which JSON lacks.
  }
}
