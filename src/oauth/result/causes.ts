const MOST = 5;

/**
 * Their messages are the provider's own sentences, in which it may repeat what it was sent, or quote
 * what it answered: a token that fits no header, text that is no JSON.
 */
const QUOTES_THE_PROVIDER = new Set([
  'TokenError',
  'AuthorizationError',
  'UserInfoError',
  'GooglePlusAPIError',
  'SyntaxError',
  'TypeError',
]);

interface Facts {
  /** RFC 6749 §5.2, as openid-client and passport keep it. */
  readonly error?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  /** What passport calls the cause: an error, or the answer with its status. */
  readonly oauthError?: unknown;
}

/**
 * Why a provider's answer was no good, from the outermost reason to the innermost. Of each error
 * only its sentence, and the word and status it was given: the rest of it holds codes and tokens.
 */
export function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let { cause } = error;
  while (cause instanceof Error && causes.length < MOST) {
    causes.push(describe(cause));
    cause = cause.cause ?? (cause as Facts).oauthError;
  }
  return causes;
}

function describe(cause: Error & Facts): string {
  const { name, message, error, code, status, oauthError } = cause;
  const sentence = QUOTES_THE_PROVIDER.has(name) ? name : message;
  const answered = (oauthError as { readonly statusCode?: unknown } | undefined)?.statusCode;
  return [sentence, ...[error, code, status, answered].filter(isWordOrNumber)].join(' ');
}

/** `invalid_grant`, `ECONNREFUSED`, 503; no code or token is in letters of one case. */
const isWordOrNumber = (fact: unknown): boolean =>
  typeof fact === 'number' ||
  (typeof fact === 'string' && /^(?:[a-z_]{1,40}|[A-Z_]{1,40})$/.test(fact));
