/** Asks while somebody types. */

const PAUSE = 250; // milliseconds without a key; a fluent typist's are shorter

/**
 * Watches a text field: `work(text, signal)` answers its text after a pause, or at once after
 * Ctrl + Enter. Each question gives up the one before it, so that a late answer is never shown.
 *
 * @param {HTMLTextAreaElement} field what is typed into.
 * @param {(text: string, signal: AbortSignal) => Promise<void>} work must stop when `signal` says.
 * @param {{ busy: (is: boolean) => void, failed: (error: Error) => void }} told
 * @returns {{ ask: () => void, stop: () => void }}
 */
export function live(field, work, { busy, failed }) {
  let timer;
  let controller = new AbortController();

  function stop() {
    clearTimeout(timer);
    controller.abort();
    busy(false);
  }

  async function ask() {
    stop();
    controller = new AbortController();
    const { signal } = controller;
    busy(true);
    try {
      await work(field.value, signal);
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
    if (!signal.aborted) busy(false);
  }

  function typed(event) {
    if (event.isComposing) return; // Half a character of an input method.
    stop();
    timer = setTimeout(ask, field.value.trim() ? PAUSE : 0);
  }

  field.addEventListener("input", typed);
  field.addEventListener("compositionend", typed);
  onAskKey(field, ask);
  return { ask, stop };
}

/** Calls `ask` on Ctrl + Enter, or Cmd + Enter. */
export function onAskKey(field, ask) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      ask();
    }
  });
}
