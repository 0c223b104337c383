import { randomBytes } from 'node:crypto';
import { isAble } from './abilities';
import type { Answer } from './client';
import { linkTokenIn, waitForMail } from './mailbox';
import type { Target } from './target';

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface SignedIn {
  readonly person: Person;
  readonly tokens: Tokens;
}

/** A password that nobody else has, and that no log holds by chance. */
export const newPassword = (): string => `horse battery ${randomBytes(12).toString('base64url')}`;

/** Names, address and password of somebody who has no account yet. */
export function newcomer(): Omit<Person, 'id'> {
  const username = `attack-${randomBytes(9).toString('hex')}`;
  return { username, email: `${username}@people.example`, password: newPassword() };
}

/** An account whose address is verified, made by the admin or else by sign-up and a mail. */
export async function newPerson(target: Target): Promise<Person> {
  const person = newcomer();
  if (!isAble('admin')) return verified(target, await signUp(target, person));
  const wanted = { ...person, is_verified: true };
  const answer = await target.client().post('users', wanted, { token: await target.adminToken() });
  expect([answer.status, answer.body]).toEqual([201, expect.objectContaining({})]);
  return { ...person, id: answer.body.id };
}

/** Signs up; the address stays unverified. */
export async function signUp(target: Target, person = newcomer()): Promise<Person> {
  const answer = await target.client().post('auth/register', person);
  expect([answer.status, answer.body]).toEqual([201, expect.objectContaining({})]);
  return { ...person, id: answer.body.id };
}

/** Follows the link that signing up sent. */
export async function verified(target: Target, person: Person): Promise<Person> {
  const token = linkTokenIn(await waitForMail(target, person.email, /^Confirm your e-mail/));
  const answer = await target.client().post('auth/email/verification/confirm', { token });
  expect(answer.status).toBe(200);
  return person;
}

export async function signIn(
  target: Target,
  { username, password }: Pick<Person, 'username' | 'password'>,
): Promise<Tokens> {
  const answer = await target.client().post('auth/login', { username, password });
  expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({})]);
  return answer.body as Tokens;
}

/** Somebody new, signed in. */
export async function signedIn(target: Target): Promise<SignedIn> {
  const person = await newPerson(target);
  return { person, tokens: await signIn(target, person) };
}

/** Whether an access token opens anything. */
export async function isAccepted(target: Target, accessToken: string): Promise<boolean> {
  const { status, body } = await target.client().get('auth/me', { token: accessToken });
  expect([status, body?.code]).toEqual(status === 200 ? [200, undefined] : [401, body?.code]);
  return status === 200;
}

/** Changes an account as an admin may. */
export async function amend(target: Target, { id }: Person, change: object): Promise<Answer> {
  const token = await target.adminToken();
  const answer = await target.client().patch(`users/${id}`, change, { token });
  expect(answer.status).toBe(200);
  return answer;
}
