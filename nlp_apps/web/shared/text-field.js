/** The text field of every view. */

import { element } from "./dom.js";

/**
 * Restores the text of the last view of the same task, and connects the button "Clear" and the
 * examples, which are shown while the field is empty.
 *
 * @param {{ text: HTMLTextAreaElement, clear: HTMLButtonElement, examples: HTMLElement }} parts
 * @param {{ text?: string }} saved holds the text between views.
 * @param {() => void} onClear
 * @param {string[]} [texts] the examples.
 */
export function textField({ text, clear, examples }, saved, onClear, texts = []) {
  text.value = saved.text ?? "";
  const save = () => {
    saved.text = text.value;
    clear.hidden = !text.value;
    examples.hidden = Boolean(text.value) || !texts.length;
  };
  text.addEventListener("input", save);
  clear.addEventListener("click", () => {
    text.value = "";
    save();
    text.focus();
    onClear();
  });
  examples.append(...texts.map((example) => {
    const button = element("button", { type: "button" }, example);
    button.addEventListener("click", () => {
      text.value = example;
      text.focus();
      text.dispatchEvent(new Event("input"));
    });
    return element("li", {}, button);
  }));
  save();
}
