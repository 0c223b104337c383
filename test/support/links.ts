import { tokenIn } from './inbox';
import type { Person, Tokens } from './people';
import type { TestApp } from './test-app';

/** The tokens of mail links, obtained as their owners do: by asking, and reading the mail. */

async function newest(test: TestApp, to: string, subject: RegExp): Promise<string> {
  await test.mailsSettled();
  const mail = test.inbox.of(to).findLast((received) => subject.test(received.subject));
  if (!mail) throw new Error(`no mail to ${to} matches ${subject}`);
  return tokenIn(mail);
}

/** From the mail that signing up sent. */
export const verificationToken = (test: TestApp, { email }: Pick<Person, 'email'>) =>
  newest(test, email, /^Confirm your e-mail address/);

export async function resetToken(test: TestApp, { email }: Pick<Person, 'email'>): Promise<string> {
  const answer = await test.api.post('auth/password/reset/request', { email });
  expect(answer.status).toBe(200);
  return newest(test, email, /^Reset your/);
}

export async function emailChangeToken(
  test: TestApp,
  { password }: Pick<Person, 'password'>,
  { access_token: token }: Tokens,
  newEmail: string,
): Promise<string> {
  const change = { new_email: newEmail, password };
  const answer = await test.api.post('auth/email/change', change, { token });
  expect(answer.status).toBe(200);
  return newest(test, newEmail, /^Confirm your new/);
}
