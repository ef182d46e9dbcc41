/** A table of numbers with shaded cells. */

import { element } from "./dom.js";
import { rounded } from "./number-format.js";

const MAX_WIDE_COLUMNS = 20; // More columns get small cells, which hide their numbers.

/**
 * @param {{ rows: string[], columns: string[], values: number[][], corner: string[],
 *   caption: string }} table values: from 0 to 1; corner: labels of the axes; caption: for screen
 *   readers.
 * @param {(row: number) => void} onPointer receives the row under the pointer.
 */
export function heatmap({ rows, columns, values, corner, caption }, onPointer) {
  const max = Math.max(...values.flat(), 1e-9);
  const header = element("tr", {}, element("td", { class: "corner muted" }));
  header.firstChild.append(...corner.map((line) => element("div", {}, line)));
  const isVertical = columns.some((name) => name.length > 3);
  for (const name of columns) {
    const label = element("span", { class: isVertical ? "vertical" : "", dir: "auto" }, name);
    header.append(element("th", { scope: "col" }, label));
  }
  const lines = rows.map((name, row) => {
    const line = element("tr", {}, element("th", { scope: "row", dir: "auto", title: name }, name));
    line.append(...values[row].map((value, column) => {
      const number = element("span", {}, value.toFixed(2));
      if (value < 0.005) number.className = "zero";
      const title = `${name} – ${columns[column]}: ${rounded(value, 3)}`;
      const cell = element("td", { title }, number);
      cell.style.setProperty("--value", (value / max).toFixed(3));
      return cell;
    }));
    line.addEventListener("pointerenter", () => onPointer(row));
    return line;
  });
  const table = element(
    "table",
    { class: columns.length > MAX_WIDE_COLUMNS ? "heatmap small" : "heatmap" },
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, header),
    element("tbody", {}, ...lines),
  );
  const box = element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Attention weights" },
    table,
  );
  const select = (row) => {
    lines.forEach((line, index) => line.classList.toggle("selected", index === row));
  };
  return { box, select };
}
