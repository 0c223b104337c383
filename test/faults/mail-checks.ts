import type { MailKind } from '../../src/mail/templates/mail-kind';
import type { Check } from './check';
import type { Phase } from './faults';
import type { Ledger } from './ledger';
import type { Delivery } from './mail-server';
import { ledgersOf, type Scenario } from './scenario';
import { MAILS_AT_ONCE } from './settings';

/** A worker's mark may follow so long after the server's answer. */
const MARKING_MS = 2_000;

interface OutboxRow {
  readonly id: string;
  readonly kind: MailKind;
  readonly recipient: string;
  readonly is_sent: boolean;
  readonly is_failed: boolean;
}

export const MAIL_CHECKS: readonly Check[] = [
  {
    title: 'every acknowledged deed owes its mail, once',
    look: async (scenario) => {
      const rows = await outbox(scenario);
      const ledgers = ledgersOf(scenario);
      const counts = countsOf(rows, scenario.world.mails.deliveries);
      const wrong = ledgers.flatMap((ledger) => wrongCounts(ledger, counts));
      return { checked: `${ledgers.length} people, ${rows.length} mails`, wrong };
    },
  },
  {
    title: 'the mail server has every mail that is owed, but those that it refused for good',
    look: async (scenario) => {
      const { deliveries, refusedForGood } = scenario.world.mails;
      const delivered = new Set(deliveries.map(({ id }) => id));
      const rows = await outbox(scenario);
      const wrong = rows
        .filter(({ id, is_sent: isSent, is_failed: isFailed }) =>
          isSent ? !delivered.has(id) : !isFailed || !refusedForGood.has(id),
        )
        .map(({ id, kind, is_failed: isFailed }) => `${kind} ${id}${isFailed ? ', given up' : ''}`);
      const refused = `${refusedForGood.size} refused`;
      return { checked: `${rows.length} mails, ${refused}`, wrong };
    },
  },
  {
    title: "no mail comes twice unless the first one's answer, or its mark, was lost in a fault",
    look: async (scenario) => {
      const { repeated, unexplained, unmarked } = repetitions(scenario);
      const most = MAILS_AT_ONCE * interruptions(scenario).length;
      const wrong = unexplained.map(({ id, subject }) => `${id} ${subject}`);
      if (unmarked > most) wrong.push(`${unmarked} were not marked, more than ${most}`);
      return { checked: `${repeated} came again, ${unmarked} of them for want of a mark`, wrong };
    },
  },
];

const interruptions = ({ phases }: Scenario): Phase[] =>
  phases.filter(({ fault }) => fault?.mayRepeatMails);

/** All but the last delivery of each mail, by whether something explains the next one. */
function repetitions(scenario: Scenario) {
  const last = new Map<string, Delivery>();
  const earlier: Delivery[] = [];
  for (const delivery of scenario.world.mails.deliveries) {
    const before = last.get(delivery.id);
    if (before) earlier.push(before);
    last.set(delivery.id, delivery);
  }
  const told = earlier.filter(({ isTold }) => isTold);
  const wasInterrupted = ({ at }: Delivery): boolean =>
    interruptions(scenario).some(({ from, to }) => at > from - MARKING_MS && at < to);
  return {
    repeated: earlier.length,
    unmarked: told.length,
    unexplained: told.filter((delivery) => !wasInterrupted(delivery)),
  };
}

const outbox = ({ world }: Scenario): Promise<OutboxRow[]> =>
  world.postgres.query<OutboxRow>(
    `SELECT id, kind, recipient, sent_at IS NOT NULL AS is_sent, failed_at IS NOT NULL AS is_failed
     FROM mail_outbox`,
  );

type Counts = ReadonlyMap<string, number>;

/** By recipient and kind. A link to verify what is verified is owed no more, and leaves no row. */
function countsOf(rows: readonly OutboxRow[], deliveries: readonly Delivery[]): Counts {
  const counts = new Map<string, number>();
  const count = (to: string, kind: MailKind) =>
    counts.set(`${to} ${kind}`, (counts.get(`${to} ${kind}`) ?? 0) + 1);
  for (const { recipient, kind } of rows) count(recipient, kind);
  const known = new Set(rows.map(({ id }) => id));
  for (const { id, to } of deliveries) if (!known.has(id)) count(to, 'email_verification');
  return counts;
}

function wrongCounts({ email, events, resetLinks }: Ledger, counts: Counts): string[] {
  const done = (action: 'password_changed' | 'password_reset' | 'refresh_token_reused'): number =>
    events.get(action)?.least ?? 0;
  const exactly = (count: number) => ({ least: count, most: count });
  const owed = {
    email_verification: { least: 1, most: Number.POSITIVE_INFINITY },
    password_reset: resetLinks,
    password_changed: exactly(done('password_changed') + done('password_reset')),
    refresh_token_reused: exactly(done('refresh_token_reused')),
  };
  return Object.entries(owed).flatMap(([kind, { least, most }]) => {
    const count = counts.get(`${email} ${kind}`) ?? 0;
    return count < least || count > most
      ? [`${kind} to ${email}: ${count}, not ${least} to ${most}`]
      : [];
  });
}
