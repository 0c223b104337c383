import { en } from '../../src/mail/templates/catalog/en';
import type { Answer } from './api';
import type { ReceivedMail } from './inbox';
import type { TestApp } from './test-app';

export interface Effects {
  readonly answer: Answer;
  /** Sent because of it, oldest first: `password_changed to ada@example.com`. */
  readonly mails: string[];
  /** Its audit events, oldest first. */
  readonly audits: string[];
}

/** Does something and waits for all that came of it. */
export async function effectsOf(test: TestApp, act: () => Promise<Answer>): Promise<Effects> {
  await test.mailsSettled();
  const { mails } = test.inbox;
  const [mailsBefore, auditsBefore] = [mails.length, await test.auditTrail()];
  const answer = await act();
  await test.mailsSettled();
  return {
    answer,
    mails: mails
      .slice(mailsBefore)
      .toSorted((a, b) => a.id.localeCompare(b.id))
      .map((mail) => `${kindOf(mail)} to ${mail.to}`),
    audits: (await test.auditTrail()).slice(auditsBefore.length),
  };
}

/** By its subject: some mails leave no row behind that would say it. */
function kindOf({ subject }: ReceivedMail): string {
  const kinds = Object.entries(en.mails).filter(([, copy]) => {
    const parts = copy.subject.split(/\{\{\w+\}\}/);
    return new RegExp(
      `^${parts.map((part) => part.replaceAll(/[.?()]/g, String.raw`\$&`)).join('.+')}$`,
    ).test(subject);
  });
  if (kinds.length !== 1) throw new Error(`which mail is "${subject}"?`);
  return kinds[0]![0];
}

export async function userRow({ query }: TestApp, { id }: { readonly id: string }) {
  const [row] = await query('SELECT * FROM users WHERE id = $1', [id]);
  return row;
}

/** Changes columns of a user behind the service's back: `alter(test, ada, 'is_active = false')`. */
export async function alter(
  { query }: TestApp,
  { id }: { readonly id: string },
  assignment: string,
  ...values: unknown[]
): Promise<void> {
  await query(`UPDATE users SET ${assignment} WHERE id = $1`, [id, ...values]);
}

export async function countOf({ query }: TestApp, table: string): Promise<number> {
  const [{ count }] = await query(`SELECT count(*)::int AS count FROM ${table}`);
  return count;
}
