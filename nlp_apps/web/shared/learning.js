/** Buttons with which a classifier on this device learns the label of a text. */

import { element } from "./dom.js";
import { count } from "./number-format.js";

const MAX_BUTTONS = 12; // labels

/**
 * Opens the buttons.
 *
 * @param {{ text: HTMLTextAreaElement, teach: HTMLElement }} parts
 * @param {{ metadata: object, learning: { learn: Function, forget: Function } }} model
 * @param {{ showError: Function, onChange: () => void }} callbacks
 * @returns {{ show: (isShown: boolean) => void }}
 */
export function openLearning(parts, { metadata, learning }, { showError, onChange }) {
  let learned = 0;
  const note = element("p", { class: "muted" }, "Wrong? Correct label:");
  const buttons = metadata.labels.slice(0, MAX_BUTTONS).map((label) => {
    const button = element("button", { type: "button" }, label);
    button.addEventListener("click", () => learn(label));
    return button;
  });
  const forget = element("button", { type: "button", class: "link" }, "Forget");
  forget.hidden = true;
  forget.addEventListener("click", () => {
    learning.forget();
    learned = 0;
    update();
  });
  parts.teach.replaceChildren(note, ...buttons, forget);

  async function learn(label) {
    setDisabled(true); // A second step needs the matrix of the first.
    try {
      await learning.learn(parts.text.value, label);
      learned += 1;
      update();
    } catch (error) {
      showError(error);
    }
    setDisabled(false);
  }

  function setDisabled(isDisabled) {
    for (const button of [...buttons, forget]) button.disabled = isDisabled;
  }

  function update() {
    forget.hidden = !learned;
    forget.textContent = `Forget ${count(learned, "text")}`;
    onChange();
  }
  return { show: (isShown) => (parts.teach.hidden = !isShown) };
}
