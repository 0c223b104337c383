import type { DomainError } from '../errors/domain-error';
import { ValidationFailedError, type FieldError } from './http.errors';

/** What HTTP makes of one error code. */
export interface ProblemRow {
  readonly status: number;
  readonly title: string;
  /** RFC 6749 §5.2 `error` on the OAuth2 token routes; `invalid_request` where absent. */
  readonly oauthError?: string;
  /** 401 only, RFC 6750 §3: a token was sent and is not good. */
  readonly tokenSent?: boolean;
  /** Instead of the error's own sentence. */
  readonly detail?: string;
}

/** The error codes of the whole service; filled in by the composition root. */
export abstract class ProblemMap {
  abstract rowOf(error: DomainError): ProblemRow;
  /** Gives a framework's or driver's error the domain error it amounts to. */
  abstract translate(error: unknown): DomainError;
}

/** RFC 9457. `code` is stable and for programs, `detail` a sentence for people. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
  readonly error?: string;
  readonly error_description?: string;
}

export interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ProblemBody;
}

/** RFC 6749 appendix A.8: `error_description` is printable ASCII without `"` and `\`. */
const oauthText = (sentence: string): string => sentence.replaceAll(/[^ -~]|["\\]/g, "'");

/** RFC 6749 §5.2: the one field whose fault has an error of its own. */
const oauthErrorOf = (row: ProblemRow, errors: readonly FieldError[] = []): string =>
  errors.some(({ pointer }) => pointer === '/grant_type')
    ? 'unsupported_grant_type'
    : (row.oauthError ?? 'invalid_request');

export function toProblem(
  error: DomainError,
  row: ProblemRow,
  request: { id: string; speaksOAuth: boolean },
): ProblemReply {
  const errors = 'errors' in error ? (error as ValidationFailedError).errors : undefined;
  const detail = row.detail ?? error.message;
  return {
    status: row.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      ...(row.status === 401 && {
        'www-authenticate': row.tokenSent ? 'Bearer error="invalid_token"' : 'Bearer',
      }),
      ...(error.retryAfterSeconds !== undefined && {
        'retry-after': String(Math.max(1, Math.ceil(error.retryAfterSeconds))),
      }),
    },
    body: {
      type: `/problems/${error.code}`,
      title: row.title,
      status: row.status,
      detail,
      code: error.code,
      request_id: request.id,
      ...(errors && { errors }),
      ...(request.speaksOAuth && {
        error: oauthErrorOf(row, errors),
        error_description: oauthText(detail),
      }),
    },
  };
}
