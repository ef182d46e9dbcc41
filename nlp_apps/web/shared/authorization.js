/** The bearer token that a server may want, and what a server refuses. */

const KEPT = "nlp_apps token";

/** Why there is no answer, in words for people. Status 0: nothing came back at all. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Keeps a token until the tab is closed. */
export function keepToken(token) {
  sessionStorage.setItem(KEPT, token);
}

export function hasToken() {
  return sessionStorage.getItem(KEPT) !== null;
}

/** The headers that bear the token, where there is one. */
export function bearing() {
  return hasToken() ? { Authorization: `Bearer ${sessionStorage.getItem(KEPT)}` } : {};
}
