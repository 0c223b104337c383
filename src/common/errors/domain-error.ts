/**
 * Base of every expected failure. It knows nothing of HTTP: `problem-map.ts` gives the status.
 * `message` is read by people who call the API, so it tells them what to do.
 */
export abstract class DomainError extends Error {
  abstract readonly code: string;
  /** For 429 and 503: how long the caller should wait, in whole seconds. */
  readonly retryAfterSeconds?: number;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
