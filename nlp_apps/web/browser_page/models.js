/** The list of models, and their way onto this device. */

import { Refusal, bearing } from "../shared/authorization.js";

const LIST = new URL("../../models.json", import.meta.url);

/**
 * The models that the server offers: models.json, beside the folder of this page.
 *
 * @returns {Promise<{ file: string, task?: string }[]>} `file`: its place below the list's folder.
 *   Empty where there is no list.
 */
export async function listModels() {
  const response = await ask(LIST);
  if (response.status === 404) return [];
  try {
    return await response.json();
  } catch {
    throw new Error(`${LIST.pathname} cannot be read as a list of models.`);
  }
}

/**
 * Loads a file whole.
 *
 * @param {string} file as the list has it.
 * @param {(bytes: number, size: number) => void} arrived is told how many bytes have come, and of
 *   how many; 0: nobody knows.
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8Array>}
 */
export async function download(file, arrived, signal) {
  const place = file.split("/").map(encodeURIComponent).join("/");
  const response = await ask(new URL(place, LIST), signal);
  if (!response.ok) throw new Error(`${file} is not there (status ${response.status}).`);
  // A server that compresses tells the size of something else.
  const isPacked = response.headers.has("Content-Encoding");
  const size = isPacked ? 0 : Number(response.headers.get("Content-Length"));
  const chunks = [];
  let bytes = 0;
  try {
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      bytes += value.length;
      arrived(bytes, size);
    }
  } catch {
    signal.throwIfAborted();
    throw new Error(`${file}: the connection broke off.`);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function ask(url, signal) {
  let response;
  try {
    response = await fetch(url, { headers: bearing(), signal });
  } catch {
    signal?.throwIfAborted();
    throw new Error("The server does not answer. Is it still running?");
  }
  if (response.status === 401) throw new Refusal(401, "The server wants a token.");
  return response;
}
