/** The server's REST, from the same place as this page. */

const KEPT = "nlp_apps token";

/** Why there is no answer, in words for people. Status 0: nothing came back at all. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Keeps a bearer token until the tab is closed. */
export function keepToken(token) {
  sessionStorage.setItem(KEPT, token);
}

export function hasToken() {
  return sessionStorage.getItem(KEPT) !== null;
}

/** The models, each {name, state, version, task}; the last two only while it answers. */
export async function listModels() {
  return (await send("v1/models")).models;
}

/** One model: {name, version, card, signatures, limits, ask}. */
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
  return { ...model, ask };
}

async function send(path, body, signal) {
  const headers = {};
  if (hasToken()) headers.Authorization = `Bearer ${sessionStorage.getItem(KEPT)}`;
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
