import type { Answer } from './api';
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
  const [mailsBefore, auditsBefore] = [await mails(test), await test.auditTrail()];
  const answer = await act();
  await test.mailsSettled();
  return {
    answer,
    mails: (await mails(test)).slice(mailsBefore.length),
    audits: (await test.auditTrail()).slice(auditsBefore.length),
  };
}

async function mails({ query }: TestApp): Promise<string[]> {
  const rows = await query(
    'SELECT kind, recipient FROM mail_outbox WHERE sent_at IS NOT NULL ORDER BY id',
  );
  return rows.map(({ kind, recipient }) => `${kind} to ${recipient}`);
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
