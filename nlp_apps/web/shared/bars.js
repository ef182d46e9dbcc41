/** Shares of 1 as bars with their numbers. */

import { element } from "./dom.js";
import { percent } from "./number-format.js";

/** List items, one for each {name, share}; the one at `best` stands out. */
export function bars(rows, best = -1) {
  return rows.map(({ name, share }, index) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", share.toFixed(4));
    return element(
      "li",
      index === best ? { class: "best" } : {},
      element("span", { class: "name", dir: "auto" }, name),
      bar,
      element("span", { class: "number" }, percent(share)),
    );
  });
}
