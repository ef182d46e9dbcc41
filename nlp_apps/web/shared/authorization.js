/** The server's bearer token, and errors of requests. */

const STORAGE_KEY = "nlp_apps token";

/** A failed request with a message for the user. Status 0: no response arrived. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Stores a token until the tab is closed. */
export function storeToken(token) {
  sessionStorage.setItem(STORAGE_KEY, token);
}

export function hasToken() {
  return sessionStorage.getItem(STORAGE_KEY) !== null;
}

/** Returns the Authorization header, or no header without a token. */
export function authorizationHeaders() {
  return hasToken() ? { Authorization: `Bearer ${sessionStorage.getItem(STORAGE_KEY)}` } : {};
}
