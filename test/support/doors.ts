import type { TokenType } from '../../src/tokens/token-claims';
import type { Answer } from './api';
import { emailChangeToken, resetToken, verificationToken } from './links';
import { type Person, PASSWORD, signedIn, type Tokens } from './people';
import type { TestApp } from './test-app';

/** A route that takes a token, and what it answers to one that is no good. */
export interface Door {
  readonly name: string;
  /** The one type it opens for. */
  readonly takes: TokenType;
  readonly refusal: readonly [status: number, code: string];
  present(test: TestApp, token: string): Promise<Answer>;
}

function bearer(method: string, path: string, json?: unknown): Door {
  return {
    name: `${method} ${path}`,
    takes: 'access',
    refusal: [401, 'invalid_access_token'],
    present: ({ api }, token) => api.call(method, path, { json, token }),
  };
}

function refresh(path: string, present: Door['present']): Door {
  return {
    name: `POST ${path}`,
    takes: 'refresh',
    refusal: [401, 'invalid_refresh_token'],
    present,
  };
}

function link(takes: TokenType, path: string, more: object = {}): Door {
  return {
    name: `POST ${path}`,
    takes,
    refusal: [400, 'invalid_token'],
    present: ({ api }, token) => api.post(path, { token, ...more }),
  };
}

export const DOORS: readonly Door[] = [
  bearer('GET', 'auth/me'),
  bearer('GET', 'users/me'),
  bearer('PATCH', 'users/me', { bio: 'changed' }),
  bearer('GET', 'users/me/sessions'),
  bearer('GET', 'users'),
  bearer('POST', 'auth/email/verification/request', {}),
  bearer('POST', 'auth/password/change', {
    current_password: PASSWORD,
    new_password: 'changed by nobody',
  }),
  bearer('POST', 'auth/email/change', { new_email: 'thief@example.com', password: PASSWORD }),
  bearer('POST', 'auth/logout-all'),
  bearer('GET', 'users/me/activity'),
  bearer('GET', 'users/me/export'),
  bearer('GET', 'users/me/subscription'),
  bearer('DELETE', 'users/me', { password: PASSWORD }),
  bearer('GET', '/auth/get-user'),
  bearer('PATCH', '/auth/update-user', { bio: 'changed' }),
  refresh('auth/refresh', ({ api }, token) => api.post('auth/refresh', { refresh_token: token })),
  refresh('auth/token', ({ api }, token) => {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    return api.call('POST', 'auth/token', { form });
  }),
  refresh('/auth/refresh', ({ api }, token) => api.post('/auth/refresh', { refresh_token: token })),
  link('password_reset', 'auth/password/reset/confirm', { new_password: PASSWORD }),
  link('password_reset', '/auth/reset-password', { new_password: PASSWORD }),
  link('email_verification', 'auth/email/verification/confirm'),
  link('email_change', 'auth/email/change/confirm'),
];

export const TYPES = [
  'access',
  'refresh',
  'email_verification',
  'password_reset',
  'email_change',
] as const satisfies readonly TokenType[];

/** The plainest door that a type opens. */
export const doorFor = (type: TokenType): Door => DOORS.find(({ takes }) => takes === type)!;

export interface Holder extends Readonly<Record<TokenType, string>> {
  readonly person: Person;
  readonly tokens: Tokens;
}

/** Somebody new with one good token of each type. */
export async function holderOfAll(test: TestApp): Promise<Holder> {
  const { person, tokens } = await signedIn(test);
  return {
    person,
    tokens,
    access: tokens.access_token,
    refresh: tokens.refresh_token,
    email_verification: await verificationToken(test, person),
    password_reset: await resetToken(test, person),
    email_change: await emailChangeToken(test, person, tokens, `new-${person.email}`),
  };
}
