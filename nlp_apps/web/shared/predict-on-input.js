/** Predicts while the user types. */

const PAUSE = 250; // milliseconds without a key; fluent typists pause less

/**
 * Runs `predict(text, signal)` after a pause in typing, or at once on Ctrl + Enter.
 *
 * A new run aborts the previous one, so that a late prediction is never shown.
 *
 * @param {HTMLTextAreaElement} field
 * @param {(text: string, signal: AbortSignal) => Promise<void>} predict must stop when `signal`
 *   aborts.
 * @param {{ setBusy: (isBusy: boolean) => void, showError: (error: Error) => void }} callbacks
 * @returns {{ run: () => void, runSoon: (event: Event) => void, stop: () => void }} runSoon: runs
 *   after a pause; a listener for the input of another field.
 */
export function predictOnInput(field, predict, { setBusy, showError }) {
  let timer;
  let controller = new AbortController();

  function stop() {
    clearTimeout(timer);
    controller.abort();
    setBusy(false);
  }

  async function run() {
    stop();
    controller = new AbortController();
    const { signal } = controller;
    setBusy(true);
    try {
      await predict(field.value, signal);
    } catch (error) {
      if (!signal.aborted) showError(error);
    }
    if (!signal.aborted) setBusy(false);
  }

  function runAfter(pause, event) {
    if (event.isComposing) return; // An input method is still composing the character.
    stop();
    timer = setTimeout(run, pause);
  }

  const runSoon = (event) => runAfter(PAUSE, event);
  const onInput = (event) => runAfter(field.value.trim() ? PAUSE : 0, event);

  field.addEventListener("input", onInput);
  field.addEventListener("compositionend", onInput);
  onCtrlEnter(field, run);
  return { run, runSoon, stop };
}

/** Calls `run` on Ctrl + Enter or Cmd + Enter. */
export function onCtrlEnter(field, run) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
}
