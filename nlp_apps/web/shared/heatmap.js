/** A table whose cells are shaded by their values. */

import { element } from "./dom.js";
import { rounded } from "./number-format.js";

const NUMBERS = 20; // With more columns the cells are too small to show numbers.

/**
 * @param {{ rows: string[], columns: string[], values: number[][], corner: string[],
 *   caption: string }} what values from 0 to 1; what columns and rows are; the same at length for
 *   screen readers, which read the table cell by cell.
 * @param {(row: number) => void} pointed is told which row the pointer is on.
 */
export function heatmap({ rows, columns, values, corner, caption }, pointed) {
  const most = Math.max(...values.flat(), 1e-9);
  const head = element("tr", {}, element("td", { class: "corner pale" }));
  head.firstChild.append(...corner.map((line) => element("div", {}, line)));
  const isTall = columns.some((name) => name.length > 3);
  for (const name of columns) {
    const shown = element("span", { class: isTall ? "upright" : "", dir: "auto" }, name);
    head.append(element("th", { scope: "col" }, shown));
  }
  const lines = rows.map((name, row) => {
    const line = element("tr", {}, element("th", { scope: "row", dir: "auto", title: name }, name));
    line.append(...values[row].map((value, column) => {
      const number = element("span", {}, value.toFixed(2));
      if (value < 0.005) number.className = "nothing";
      const title = `${name} – ${columns[column]}: ${rounded(value, 3)}`;
      const cell = element("td", { title }, number);
      cell.style.setProperty("--shade-of", (value / most).toFixed(3));
      return cell;
    }));
    line.addEventListener("pointerenter", () => pointed(row));
    return line;
  });
  const table = element(
    "table",
    { class: columns.length > NUMBERS ? "map small" : "map" },
    element("caption", { class: "spoken" }, caption),
    element("thead", {}, head),
    element("tbody", {}, ...lines),
  );
  const box = element(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Attention as a table" },
    table,
  );
  const select = (row) => {
    lines.forEach((line, own) => line.classList.toggle("chosen", own === row));
  };
  return { box, select };
}
