/** Builds elements and renders templates. */

/** Creates an element with attributes and children. */
export function element(tag, attributes = {}, ...children) {
  const created = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.append(...children);
  return created;
}

/** Loads the templates of all views into the document. */
export async function loadTemplates() {
  const response = await fetch(new URL("templates.html", import.meta.url));
  const loaded = new DOMParser().parseFromString(await response.text(), "text/html");
  document.body.append(...loaded.querySelectorAll("template"));
}

/** Renders a template into a container; returns its elements by their `data-part`. */
export function render(container, template) {
  // Not cloneNode: in Chromium 150 dir="auto" of its copies ignores later changes of the text.
  container.replaceChildren(document.importNode(document.getElementById(template).content, true));
  const parts = container.querySelectorAll("[data-part]");
  return Object.fromEntries([...parts].map((part) => [part.dataset.part, part]));
}
