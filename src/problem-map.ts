import { HttpException } from '@nestjs/common';
import type * as access from './common/access/access.errors';
import { VerifiedEmailRequiredError } from './common/access/access.errors';
import type { DomainError } from './common/errors/domain-error';
import type * as http from './common/http/http.errors';
import {
  BodyTooLargeError,
  InternalError,
  MalformedRequestError,
  RouteNotFoundError,
  UnsupportedMediaTypeError,
} from './common/http/http.errors';
import { ProblemMap, type ProblemRow } from './common/http/problem';
import type { ReauthenticationRequiredError } from './account/account.errors';
import type * as auth from './auth/auth.errors';
import type * as cookies from './auth/cookies/cookies.errors';
import type { WeakPasswordError } from './auth/passwords/passwords.errors';
import type { SessionNotFoundError } from './auth/sessions/sessions.errors';
import { DatabaseUnavailableError } from './database/database.errors';
import { isDatabaseUnavailable } from './database/pg-errors';
import type { MailNotFoundError } from './dev/dev.errors';
import type * as health from './health/health.errors';
import type * as identities from './auth/identities/identities.errors';
import type * as support from './admin/support/support.errors';
import type * as limits from './limits/limits.errors';
import type * as mail from './mail/mail.errors';
import type * as oauth from './oauth/oauth.errors';
import type * as users from './users/users.errors';

type ErrorsOf<M> = {
  [K in keyof M]: M[K] extends abstract new (...args: never[]) => infer E
    ? E extends DomainError
      ? E
      : never
    : never;
}[keyof M];

type KnownError =
  | ErrorsOf<typeof access>
  | ReauthenticationRequiredError
  | WeakPasswordError
  | SessionNotFoundError
  | DatabaseUnavailableError
  | MailNotFoundError
  | ErrorsOf<typeof health>
  | ErrorsOf<typeof http>
  | ErrorsOf<typeof auth>
  | ErrorsOf<typeof cookies>
  | ErrorsOf<typeof identities>
  | ErrorsOf<typeof oauth>
  | ErrorsOf<typeof limits>
  | ErrorsOf<typeof mail>
  | ErrorsOf<typeof support>
  | ErrorsOf<typeof users>;

export type ErrorCode = KnownError['code'];

/** The one place where an error meets HTTP. A code without a row does not compile. */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'Malformed request' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  invalid_token: { status: 400, title: 'Invalid link' },
  wrong_password: { status: 400, title: 'Wrong password' },
  email_unchanged: { status: 400, title: 'E-mail unchanged' },
  invalid_code: { status: 400, title: 'Invalid code' },
  redirect_not_allowed: { status: 400, title: 'Redirect not allowed' },
  state_mismatch: { status: 400, title: 'State mismatch' },
  protected_field: { status: 400, title: 'Protected field' },
  unauthenticated: { status: 401, title: 'Not signed in' },
  invalid_access_token: { status: 401, title: 'Invalid access token', tokenSent: true },
  invalid_credentials: { status: 401, title: 'Invalid credentials', oauthError: 'invalid_grant' },
  email_not_verified: { status: 401, title: 'E-mail not verified', oauthError: 'invalid_grant' },
  invalid_refresh_token: {
    status: 401,
    title: 'Invalid refresh token',
    oauthError: 'invalid_grant',
    tokenSent: true,
  },
  refresh_token_reused: {
    status: 401,
    title: 'Refresh token reused',
    oauthError: 'invalid_grant',
    tokenSent: true,
  },
  forbidden: { status: 403, title: 'Forbidden' },
  premium_required: { status: 403, title: 'Premium required' },
  account_disabled: { status: 403, title: 'Account disabled', oauthError: 'invalid_grant' },
  reauthentication_required: { status: 403, title: 'Sign in again' },
  csrf_token_invalid: { status: 403, title: 'Invalid CSRF token' },
  origin_not_allowed: { status: 403, title: 'Origin not allowed' },
  access_denied: { status: 403, title: 'Access denied' },
  provider_email_unverified: { status: 403, title: 'Provider e-mail unverified' },
  unknown_provider: { status: 404, title: 'Unknown provider' },
  identity_not_found: { status: 404, title: 'Not linked' },
  not_found: { status: 404, title: 'Not found' },
  user_not_found: { status: 404, title: 'User not found' },
  session_not_found: { status: 404, title: 'Session not found' },
  mail_not_found: { status: 404, title: 'Mail not found' },
  username_taken: { status: 409, title: 'Username taken' },
  email_taken: { status: 409, title: 'E-mail taken' },
  identity_taken: { status: 409, title: 'Sign-in taken' },
  provider_already_linked: { status: 409, title: 'Provider already linked' },
  last_admin: { status: 409, title: 'Last admin' },
  no_email: { status: 409, title: 'No e-mail' },
  user_disabled: { status: 409, title: 'User disabled' },
  mail_not_failed: { status: 409, title: 'Mail not failed' },
  last_sign_in_method: { status: 409, title: 'Last sign-in method' },
  body_too_large: { status: 413, title: 'Body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  validation_failed: { status: 422, title: 'Validation failed' },
  weak_password: { status: 422, title: 'Weak password' },
  rate_limited: { status: 429, title: 'Too many attempts', oauthError: 'temporarily_unavailable' },
  internal_error: { status: 500, title: 'Internal error', oauthError: 'server_error' },
  overloaded: { status: 503, title: 'Overloaded', oauthError: 'temporarily_unavailable' },
  provider_not_configured: { status: 503, title: 'Provider not configured' },
  provider_error: { status: 503, title: 'Provider error' },
  dependency_down: {
    status: 503,
    title: 'Dependency down',
    oauthError: 'temporarily_unavailable',
  },
  shutting_down: { status: 503, title: 'Shutting down' },
} as const satisfies Record<ErrorCode, ProblemRow>;

/** 4xx that Fastify or Nest answers before any code of ours runs. */
const BY_STATUS: Readonly<Record<number, () => DomainError>> = {
  404: () => new RouteNotFoundError(),
  413: () => new BodyTooLargeError(),
  // Which of the two the route takes is not known here.
  415: () =>
    new UnsupportedMediaTypeError(
      'application/json or, to a form, application/x-www-form-urlencoded',
    ),
};

export class GatehouseProblems extends ProblemMap {
  rowOf(error: DomainError): ProblemRow {
    const row = PROBLEMS[error.code as ErrorCode];
    // The same trouble, but whoever is on a signed-in route is authenticated.
    return error instanceof VerifiedEmailRequiredError ? { ...row, status: 403 } : row;
  }

  translate(error: unknown): DomainError {
    const status =
      error instanceof HttpException
        ? error.getStatus()
        : (error as { statusCode?: number } | null)?.statusCode;
    // The status first: a client that hangs up in the middle of its body is an ECONNRESET too.
    if (status === undefined || status < 400 || status >= 500)
      return isDatabaseUnavailable(error)
        ? new DatabaseUnavailableError(error)
        : new InternalError(error);
    return (
      BY_STATUS[status]?.() ??
      new MalformedRequestError('The request is not well formed.', { cause: error })
    );
  }
}
