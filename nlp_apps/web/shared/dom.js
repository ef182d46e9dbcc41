/** Small helpers for building the page. */

/** Makes an element: attributes by name, then what is inside it. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Loads the templates that all views are filled with. */
export async function loadTemplates() {
  const response = await fetch(new URL("templates.html", import.meta.url));
  const loaded = new DOMParser().parseFromString(await response.text(), "text/html");
  document.body.append(...loaded.querySelectorAll("template"));
}

/** Fills a place with a copy of a template; gives its parts by their `data-part`. */
export function fill(place, template) {
  // Not cloneNode: in Chromium 150 dir="auto" of its copies does not follow a changing text.
  place.replaceChildren(document.importNode(document.getElementById(template).content, true));
  const parts = place.querySelectorAll("[data-part]");
  return Object.fromEntries([...parts].map((part) => [part.dataset.part, part]));
}
