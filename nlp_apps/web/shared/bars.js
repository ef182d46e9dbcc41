/** Bar charts of probabilities. */

import { element } from "./dom.js";
import { percent } from "./number-format.js";

/**
 * Returns a list item for each {name, probability, isBest, threshold}. Those with `isBest` are
 * emphasized; a threshold is a mark in the bar.
 */
export function bars(rows) {
  return rows.map(({ name, probability, isBest, threshold }) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--probability", probability.toFixed(4));
    if (threshold !== undefined) {
      bar.classList.add("with-threshold");
      bar.style.setProperty("--threshold", threshold.toFixed(4));
    }
    return element(
      "li",
      isBest ? { class: "best" } : {},
      element("span", { class: "name", dir: "auto" }, name),
      bar,
      element("span", { class: "number" }, percent(probability)),
    );
  });
}
