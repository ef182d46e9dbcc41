/** Downloads the list of models, models, and their golden outputs. */

import { RequestError, authorizationHeaders } from "../shared/authorization.js";

const LIST = new URL("../../models.json", import.meta.url); // Beside the folder `web`.
const GOLDEN = ["golden.json", "vectors.json"]; // The second is the name in version 0.1.0.

/**
 * Lists the models that the server offers.
 *
 * @returns {Promise<{ file: string, task?: string }[]>} `file`: its path relative to models.json.
 *   Empty if the server has no list.
 */
export async function listModels() {
  const response = await request(LIST);
  if (response.status === 404) return [];
  try {
    return await response.json();
  } catch {
    throw new Error(`${LIST.pathname} is not JSON. Write it with nlp_apps.litert.model_index.`);
  }
}

/** Lists the available models of the server's own page; none if a static server has the files. */
export async function listServerModels() {
  try {
    const response = await request(new URL("../v1/models", LIST));
    const { models } = await response.json();
    return models.filter(({ state }) => state === "AVAILABLE");
  } catch {
    return [];
  }
}

/**
 * Downloads a model.
 *
 * @param {string} file its path in the list.
 * @param {AbortSignal} signal
 * @param {(received: number, size: number) => void} onProgress receives the number of bytes; size
 *   0: unknown.
 * @returns {Promise<Uint8Array>}
 */
export async function downloadModel(file, signal, onProgress) {
  const response = await request(urlOf(file), signal);
  if (!response.ok) throw new Error(`${file}: download failed with status ${response.status}.`);
  // Content-Length of a compressed response is not the size of the file.
  const isCompressed = response.headers.has("Content-Encoding");
  const size = isCompressed ? 0 : Number(response.headers.get("Content-Length"));
  const chunks = [];
  let received = 0;
  try {
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      received += value.length;
      onProgress(received, size);
    }
  } catch {
    signal.throwIfAborted();
    throw new Error(`${file}: the connection was interrupted.`);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Downloads the golden outputs of a model. */
export async function downloadGolden(file, signal) {
  for (const name of GOLDEN) {
    const response = await request(urlOf(file.replace(/[^/]*$/, name)), signal);
    if (response.ok) return response.json();
  }
  throw new Error(`the server has no ${GOLDEN[0]} beside ${file}`);
}

function urlOf(file) {
  return new URL(file.split("/").map(encodeURIComponent).join("/"), LIST);
}

async function request(url, signal) {
  let response;
  try {
    response = await fetch(url, { headers: authorizationHeaders(), signal });
  } catch {
    signal?.throwIfAborted();
    throw new Error("The server does not respond. Check that it is running.");
  }
  if (response.status === 401) throw new RequestError(401, "The server requires a token.");
  return response;
}
