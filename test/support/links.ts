import { tokenIn } from './inbox';
import type { Person, Tokens } from './people';
import type { TestApp } from './test-app';

/** The tokens of mail links, obtained as their owners do: by asking, and reading the mail. */

/** The token of the one mail to `to`, after the first `skip`, whose subject matches. */
async function inMail(test: TestApp, to: string, subject: RegExp, skip = 0): Promise<string> {
  await test.mailsSettled();
  const mails = test.inbox.of(to).slice(skip);
  const [mail] = mails.filter((received) => subject.test(received.subject));
  if (!mail) throw new Error(`no new mail to ${to} matches ${subject}`);
  return tokenIn(mail);
}

/** From the mail that signing up sent, or one that came after the first `skip` mails. */
export const verificationToken = (test: TestApp, { email }: Pick<Person, 'email'>, skip = 0) =>
  inMail(test, email, /^Confirm your e-mail address/, skip);

export async function resetToken(test: TestApp, { email }: Pick<Person, 'email'>): Promise<string> {
  await test.mailsSettled();
  const skip = test.inbox.of(email).length;
  const answer = await test.api.post('auth/password/reset/request', { email });
  expect(answer.status).toBe(200);
  return inMail(test, email, /^Reset your/, skip);
}

export async function emailChangeToken(
  test: TestApp,
  { password }: Pick<Person, 'password'>,
  { access_token: token }: Tokens,
  newEmail: string,
): Promise<string> {
  const change = { new_email: newEmail, password };
  await test.mailsSettled();
  const skip = test.inbox.of(newEmail).length;
  const answer = await test.api.post('auth/email/change', change, { token });
  expect(answer.status).toBe(200);
  return inMail(test, newEmail, /^Confirm your new/, skip);
}
