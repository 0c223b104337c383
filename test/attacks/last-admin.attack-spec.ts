import type { Answer } from './support/client';
import { newcomer, newPassword } from './support/people';
import { expectProblem } from './support/problems';
import { needing, useTarget } from './support/target';

const target = useTarget();

interface Admin {
  readonly id: string;
  readonly token: string;
  readonly password: string;
}

async function signedIn(username: string, password: string): Promise<Admin> {
  const { body } = await target.client().post('auth/login', { username, password });
  const token = body.access_token as string;
  const me = await target.client().get('users/me', { token });
  return { id: me.body.id, token, password };
}

/** Whoever is the one admin now: each test leaves another. */
let last: Admin;
beforeAll(async () => {
  last = await signedIn(target.admin.username, target.admin.password);
});

async function secondAdmin(): Promise<Admin> {
  const { username, email } = newcomer();
  const password = newPassword();
  const wanted = { username, email, password, role: 'admin', is_verified: true };
  const made = await target.client().post('users', wanted, { token: last.token });
  expect(made.status).toBe(201);
  return signedIn(username, password);
}

const patch = (change: object) => (of: Admin, by: Admin) =>
  target.client().patch(`users/${of.id}`, change, { token: by.token });

/** What one admin does to an account, another's or their own. */
const ENDS: Readonly<Record<string, (of: Admin, by: Admin) => Promise<Answer>>> = {
  demoted: patch({ role: 'user' }),
  disabled: patch({ is_active: false }),
  deleted: (of, by) => target.client().delete(`users/${of.id}`, { token: by.token }),
};
const OWN_ENDS: typeof ENDS = {
  'step down': patch({ role: 'guest' }),
  'disable themselves': patch({ is_active: false }),
  'delete themselves': ({ token, password }) =>
    target.client().call('DELETE', 'users/me', { token, json: { password } }),
};

const isAdmin = async ({ token }: Admin): Promise<boolean> =>
  (await target.client().get('users/stats/count', { token })).status === 200;

/** Thirty attempts by two admins at once: one of the two is left, and is an admin. */
async function expectOneLeft(
  admins: readonly [Admin, Admin],
  attempt: (n: number) => Promise<Answer>,
): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => attempt(n)));
  expect(answers.some(({ status }) => status < 300)).toBe(true);
  for (const { status, body } of answers) {
    const refusal = `${status} ${body?.code}`;
    if (status < 300) continue;
    expect(['409 last_admin', '401 invalid_access_token', '404 user_not_found']).toContain(refusal);
  }
  const left = [];
  for (const admin of admins) if (await isAdmin(admin)) left.push(admin);
  expect(left).toHaveLength(1);
  [last] = left as [Admin];
  const { body } = await target.client().get('users/stats/count', { token: last.token });
  expect(body.by_role.admin).toBeGreaterThan(0);
}

// Somebody else's target would be left without its admin if this attack succeeded.
describe('the last admin', () => {
  needing('settings').each(Object.keys(ENDS))(
    'CWE-362: two admins who have each other %s at once leave one',
    async (how) => {
      const [one, other] = [last, await secondAdmin()];
      await expectOneLeft([one, other], (n) =>
        n % 2 === 0 ? ENDS[how]!(other, one) : ENDS[how]!(one, other),
      );
    },
  );

  needing('settings').each(Object.keys(OWN_ENDS))(
    'CWE-362: two admins who both %s at once leave one',
    async (how) => {
      const admins = [last, await secondAdmin()] as const;
      await expectOneLeft(admins, (n) => OWN_ENDS[how]!(admins[n % 2]!, admins[n % 2]!));
    },
  );

  needing('settings').each([...Object.keys(ENDS), ...Object.keys(OWN_ENDS)])(
    'CWE-284: the only one is not %s',
    async (how) => {
      const answer = await (ENDS[how] ?? OWN_ENDS[how]!)(last, last);
      expectProblem(answer, 409, 'last_admin');
      expect(await isAdmin(last)).toBe(true);
    },
  );
});
