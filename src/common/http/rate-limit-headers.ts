import type { FastifyRequest } from 'fastify';

/** How much of a limit is used. */
export interface Count {
  /** As in the `RateLimit` header: `login-ip`. */
  readonly name: string;
  /** So many in so many seconds. */
  readonly limit: { readonly points: number; readonly seconds: number };
  /** Zero where it could not be counted. */
  readonly used: number;
  /** Until the count starts anew. */
  readonly secondsLeft: number;
}

const COUNTS = Symbol('what a request was counted against');

/** What a request was counted against so far; the headers of its answer tell it. */
export const countsOf = (request: FastifyRequest & { [COUNTS]?: Count[] }): Count[] =>
  (request[COUNTS] ??= []);

/**
 * The `RateLimit` and `RateLimit-Policy` fields (draft-ietf-httpapi-ratelimit-headers): `q` in `w`
 * seconds are allowed, `r` are left for the next `t` seconds.
 */
export function rateLimitHeaders(counts: readonly Count[]): Record<string, string> {
  const policies = counts.map(
    ({ name, limit }) => `"${name}";q=${limit.points};w=${limit.seconds}`,
  );
  const states = counts.map(({ name, limit, used, secondsLeft }) => {
    const left = Math.max(0, limit.points - used);
    return `"${name}";r=${left};t=${Math.ceil(secondsLeft)}`;
  });
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') };
}
