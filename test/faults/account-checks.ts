import { type Answer, Api } from '../support/api';
import { type Check, judgeAll } from './check';
import type { DeviceSession, Ledger } from './ledger';
import type { Person } from './person';
import { ledgersOf, type Scenario } from './scenario';

export const ACCOUNT_CHECKS: readonly Check[] = [
  {
    title: 'every acknowledged sign-up is an account, and there are no others',
    look: async (scenario) => {
      const rows = await scenario.world.postgres.query<{ username: string }>(
        'SELECT username FROM users',
      );
      const found = new Set(rows.map(({ username }) => username));
      const known = ledgersOf(scenario).map(({ username }) => username);
      const missing = known.filter((username) => !found.delete(username));
      return { checked: `${known.length} accounts`, wrong: [...missing, ...found] };
    },
  },
  {
    title: 'the audit trail has every acknowledged event, and none that was never asked for',
    look: checkAuditTrail,
  },
  {
    title:
      'everybody can verify their address, those as well whose first mail was refused for good',
    look: async (scenario) => {
      const late = scenario.people.filter(
        ({ ledger: { isRegistered: is, isVerified } }) => is && !isVerified,
      );
      const wrong = await judgeAll(late, (person) => verifyNow(person, scenario));
      return { checked: `${late.length} of ${scenario.people.length} people were left`, wrong };
    },
  },
  {
    title: 'everybody signs in with the password that was acknowledged last',
    look: async (scenario) => {
      const ledgers = ledgersOf(scenario);
      const wrong = await judgeAll(ledgers, async (ledger) => {
        const { status } = await signIn(scenario, ledger, ledger.password);
        return status === 200 ? null : `${ledger.username}: ${status}`;
      });
      return { checked: `${ledgers.length} passwords`, wrong };
    },
  },
  {
    title: 'nobody signs in with a password from before an acknowledged change or reset',
    look: async (scenario) => {
      const old = ledgersOf(scenario).flatMap((ledger) =>
        ledger.formerPasswords.map((password) => ({ ledger, password })),
      );
      const wrong = await judgeAll(old, async ({ ledger, password }) => {
        const { status, body } = await signIn(scenario, ledger, password);
        return body.code === 'invalid_credentials' ? null : `${ledger.username}: ${status}`;
      });
      return { checked: `${old.length} former passwords`, wrong };
    },
  },
  {
    title: 'no session works that was acknowledged as ended, by neither of its tokens',
    look: async (scenario) => {
      const ended = sessionsOf(scenario).filter((session) => session.ended !== null);
      const wrong = await judgeAll(ended, async (session) => {
        const { access, refresh } = await present(scenario, session);
        const isDead =
          access.body.code === 'invalid_access_token' &&
          refresh.body.code === 'invalid_refresh_token';
        return isDead ? null : `${session.ended}: ${access.status} and ${refresh.status}`;
      });
      return { checked: `${ended.length} ended sessions`, wrong };
    },
  },
  {
    title: 'every other session works, by both of its tokens',
    look: async (scenario) => {
      const live = sessionsOf(scenario).filter((session) => session.ended === null);
      const wrong = await judgeAll(live, async (session) => {
        const { access, refresh } = await present(scenario, session);
        const isLive = access.status === 200 && refresh.status === 200;
        return isLive ? null : `${access.status} and ${refresh.status} ${refresh.body.code ?? ''}`;
      });
      return { checked: `${live.length} live sessions`, wrong };
    },
  },
];

const sessionsOf = (scenario: Scenario): DeviceSession[] =>
  ledgersOf(scenario).flatMap(({ sessions }) => sessions);

const apiOf = ({ world }: Scenario): Api => new Api(world.apis[1].origin);

const signIn = (scenario: Scenario, { username }: Ledger, password: string): Promise<Answer> =>
  apiOf(scenario).post('auth/login', { username, password });

async function present(scenario: Scenario, { accessToken, refreshToken }: DeviceSession) {
  const api = apiOf(scenario);
  const access = await api.get('auth/me', { token: accessToken });
  const refresh = await api.post('auth/refresh', { refresh_token: refreshToken });
  return { access, refresh };
}

async function verifyNow(person: Person, scenario: Scenario): Promise<string | null> {
  const { email, username } = person.ledger;
  await apiOf(scenario).post('auth/email/verification/request', { email });
  await scenario.world.settled();
  const mail = scenario.world.mails.to(email).at(-1);
  return mail && (await person.confirm(mail)) ? null : username;
}

async function checkAuditTrail(scenario: Scenario) {
  const rows = await scenario.world.postgres.query<{ what: string; count: number }>(
    `SELECT u.username || ' ' || e.action AS what, count(*)::int AS count
     FROM audit_events e JOIN users u ON u.id = e.subject_id GROUP BY 1`,
  );
  const found = new Map(rows.map(({ what, count }) => [what, count]));
  const wrong: string[] = [];
  let acknowledged = 0;
  for (const { username, events } of ledgersOf(scenario))
    for (const [action, { least, most }] of events) {
      const count = found.get(`${username} ${action}`) ?? 0;
      found.delete(`${username} ${action}`);
      acknowledged += least;
      if (count < least || count > most)
        wrong.push(`${username} ${action}: ${count}, not ${least} to ${most}`);
    }
  wrong.push(...[...found].map(([what, count]) => `${what}: ${count}, not 0`));
  return { checked: `${acknowledged} events`, wrong };
}
