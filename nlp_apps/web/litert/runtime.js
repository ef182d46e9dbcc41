/** Loads LiteRT.js from the folder `node_modules` beside this one. */

const WASM = new URL("../node_modules/@litertjs/core/wasm/", import.meta.url);

let loading;

/** LiteRT.js is not installed. */
export class RuntimeMissingError extends Error {}

/** Returns the module @litertjs/core with its WASM loaded. A failed load is tried again. */
export function loadRuntime() {
  loading ??= load().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load() {
  if (typeof WebAssembly === "undefined") {
    throw new Error(
      "WebAssembly is missing or turned off in this browser. Turn it on for this page, or use "
        + "another browser.",
    );
  }
  let litert;
  try {
    litert = await import("@litertjs/core");
  } catch {
    throw new RuntimeMissingError();
  }
  await litert.loadLiteRt(WASM.href);
  return litert;
}
