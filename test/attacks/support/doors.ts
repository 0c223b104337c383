import type { Answer, Client } from './client';
import type { TokenType } from './jwt';
import { linkTokenIn, mailsTo, waitForMail } from './mailbox';
import { newPassword, type Person, signIn, signUp, type Tokens } from './people';
import type { Target } from './target';

/** A route that takes a token, and how it refuses one that is no good. */
export interface Door {
  readonly name: string;
  /** The one type it opens for. */
  readonly takes: TokenType;
  /** As `outcomeOf` says it. */
  readonly refusal: string;
  present(client: Client, token: string): Promise<Answer>;
}

const NOBODY = '00000000-0000-4000-8000-000000000000';

interface Operation {
  readonly security?: readonly Readonly<Record<string, unknown>>[];
}

/** What an answer amounts to: `401 invalid_access_token`, `302 error=invalid_token`, `200`. */
export function outcomeOf({ status, headers, body }: Answer): string {
  const location = headers.get('location');
  const said = location ? new URL(location).search.slice(1) : body?.code;
  return said ? `${status} ${said}` : String(status);
}

/** Every route that OpenAPI says is for a signed-in user. */
export async function accessDoors(target: Target): Promise<Door[]> {
  const { body } = await target.client().get('/openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>);
  return paths.flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security = [] }]) => security.some((way) => 'bearer' in way))
      .map(([method]) => accessDoor(method.toUpperCase(), path.replace(/\{.*?\}/g, NOBODY))),
  );
}

function accessDoor(method: string, path: string): Door {
  return {
    name: `${method} ${path}`,
    takes: 'access',
    refusal: '401 invalid_access_token',
    present: (client, token) => client.call(method, path, { token }),
  };
}

function jsonDoor(takes: TokenType, path: string, refusal: string, more: object = {}): Door {
  const field = takes === 'refresh' ? 'refresh_token' : 'token';
  return {
    name: `POST ${path}`,
    takes,
    refusal,
    present: (client, token) => client.post(path, { [field]: token, ...more }),
  };
}

function formDoor(takes: TokenType, path: string, refusal: string, more: object = {}): Door {
  const field = takes === 'refresh' ? 'refresh_token' : 'token';
  return {
    name: `POST ${path} (form)`,
    takes,
    refusal,
    present: (client, token) => client.call('POST', path, { form: { [field]: token, ...more } }),
  };
}

const BAD_REFRESH = '401 invalid_refresh_token';
const BAD_LINK = '400 invalid_token';
const NEW = { new_password: newPassword() };

/** Every route that takes a token in its body or query. */
export const BODY_DOORS: readonly Door[] = [
  jsonDoor('refresh', 'auth/refresh', BAD_REFRESH),
  jsonDoor('refresh', '/auth/refresh', BAD_REFRESH),
  jsonDoor('refresh', 'auth/logout', BAD_REFRESH),
  formDoor('refresh', 'auth/token', BAD_REFRESH, { grant_type: 'refresh_token' }),
  jsonDoor('password_reset', 'auth/password/reset/confirm', BAD_LINK, NEW),
  jsonDoor('password_reset', '/auth/reset-password', BAD_LINK, NEW),
  formDoor('password_reset', '/pages/reset-password', '400', NEW),
  jsonDoor('email_verification', 'auth/email/verification/confirm', BAD_LINK),
  formDoor('email_verification', '/pages/verify-email', '400'),
  {
    name: 'GET /auth/verify-email',
    takes: 'email_verification',
    refusal: '302 error=invalid_token',
    present: (client, token) => client.get(`/auth/verify-email?token=${encodeURIComponent(token)}`),
  },
  jsonDoor('email_change', 'auth/email/change/confirm', BAD_LINK),
  formDoor('email_change', '/pages/confirm-email-change', '400'),
];

export const allDoors = async (target: Target): Promise<Door[]> => [
  ...(await accessDoors(target)),
  ...BODY_DOORS,
];

export const TYPES = [
  'access',
  'refresh',
  'email_verification',
  'password_reset',
  'email_change',
] as const satisfies readonly TokenType[];

export interface Holder extends Readonly<Record<TokenType, string>> {
  readonly person: Person;
  readonly tokens: Tokens;
}

/** Somebody new with one good token of each type. Needs 'mailbox'. */
export async function holderOfAll(target: Target): Promise<Holder> {
  const person = await signUp(target);
  const verification = linkTokenIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
  await target.client().post('auth/email/verification/confirm', { token: verification });
  const tokens = await signIn(target, person);
  return {
    person,
    tokens,
    access: tokens.access_token,
    refresh: tokens.refresh_token,
    email_verification: verification,
    password_reset: await resetToken(target, person),
    email_change: await emailChangeToken(target, person, tokens, `new-${person.email}`),
  };
}

/** From a new mail to them. */
export async function resetToken(
  target: Target,
  { email }: Pick<Person, 'email'>,
): Promise<string> {
  const { length: skip } = await mailsTo(target, email);
  const answer = await target.client().post('auth/password/reset/request', { email });
  expect(answer.status).toBe(200);
  return linkTokenIn(await waitForMail(target, email, /^Reset your/, skip));
}

/** From a mail to the new address. */
export async function emailChangeToken(
  target: Target,
  { password }: Pick<Person, 'password'>,
  { access_token: token }: Tokens,
  newEmail: string,
): Promise<string> {
  const change = { new_email: newEmail, password };
  const answer = await target.client().post('auth/email/change', change, { token });
  expect(answer.status).toBe(200);
  return linkTokenIn(await waitForMail(target, newEmail, /^Confirm your new/));
}

/** How each of these doors answers to this token, each asked by somebody else. */
export async function outcomesOf(
  target: Target,
  doors: readonly Door[],
  token: string,
): Promise<Record<string, string>> {
  const outcomes = await Promise.all(
    doors.map(async (door) => {
      const answer = await door.present(target.client(), token);
      return [door.name, outcomeOf(answer)] as const;
    }),
  );
  return Object.fromEntries(outcomes);
}

export const refusalsOf = (doors: readonly Door[]): Record<string, string> =>
  Object.fromEntries(doors.map(({ name, refusal }) => [name, refusal]));
