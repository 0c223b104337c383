import type { Role } from '../../src/common/access/principal';
import type { Answer } from './api';
import { alter } from './effects';
import { tokenIn } from './inbox';
import type { TestApp } from './test-app';

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

export const PASSWORD = 'correct horse battery';

let count = 0;

/** Registers somebody new; their address stays unverified. */
export async function signUp({ api }: TestApp, name = `person${count++}`): Promise<Person> {
  const person = { username: name, email: `${name}@example.com`, password: PASSWORD };
  const answer = await api.post('auth/register', person);
  expect(answer.status).toBe(201);
  return { ...person, id: answer.body.id };
}

/** Registers somebody new and follows the link in their mail. */
export async function signUpVerified(test: TestApp, name?: string): Promise<Person> {
  const person = await signUp(test, name);
  const mail = await test.inbox.waitFor(person.email, /confirm/i);
  const answer = await test.api.post('auth/email/verification/confirm', { token: tokenIn(mail) });
  expect(answer.status).toBe(200);
  return person;
}

export async function signIn(test: TestApp, person: Person): Promise<Tokens> {
  const { username, password } = person;
  const answer = await test.api.post('auth/login', { username, password });
  expect(answer.status).toBe(200);
  return answer.body;
}

/** Somebody new with a verified address and a session. */
export async function signedIn(test: TestApp): Promise<{ person: Person; tokens: Tokens }> {
  const person = await signUpVerified(test);
  return { person, tokens: await signIn(test, person) };
}

/** As `signedIn`, with a role that nobody gets by signing up. */
export async function signedInAs(
  test: TestApp,
  role: Role,
): Promise<{ person: Person; tokens: Tokens }> {
  const person = await signUpVerified(test);
  await alter(test, person, 'role = $2', role);
  return { person, tokens: await signIn(test, person) };
}

/** Sixteen at once; the answers in the order of asking. */
export const sixteen = <T>(ask: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 16 }, (_, n) => ask(n)));

/** How many answers have each status: `{ 200: 1, 400: 15 }`. */
export function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
