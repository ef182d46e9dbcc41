/** Bar charts of probabilities. */

import { element } from "./dom.js";
import { percent } from "./number-format.js";

/** Returns a list item for each {name, probability}; the item at `best` is emphasized. */
export function bars(rows, best = -1) {
  return rows.map(({ name, probability }, index) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--probability", probability.toFixed(4));
    return element(
      "li",
      index === best ? { class: "best" } : {},
      element("span", { class: "name", dir: "auto" }, name),
      bar,
      element("span", { class: "number" }, percent(probability)),
    );
  });
}
