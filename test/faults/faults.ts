import { setTimeout } from 'node:timers/promises';
import type { Manner } from './mail-server';
import { overlap, type Span } from './member';
import { patiently } from './patiently';
import { CUT, DOWN, type Failure, REFUSED } from './traffic';
import type { World } from './world';

export interface Fault {
  readonly title: string;
  readonly needsRedis?: true;
  /** Whether a client may meet with this on account of it; by default with nothing at all. */
  readonly excuses?: (failure: Failure, world: World) => boolean;
  /** Whether a mail may have gone out that could not be marked as sent. */
  readonly mayRepeatMails?: true;
  /** Returns when nothing of it is left but what the service has to recover from. */
  readonly inflict: (world: World) => Promise<void>;
}

/** How long most faults last. */
const WHILE_MS = 3_000;

const lasting = (milliseconds = WHILE_MS): Promise<void> => setTimeout(milliseconds);

const whileMailServerIs =
  (manner: Manner) =>
  async ({ mails }: World): Promise<void> => {
    mails.manner = manner;
    await lasting();
    // A fault that met nobody was none.
    await patiently('a mail for the server', () => mails.timesOf(manner) > 1);
    mails.manner = 'accept';
  };

const databaseIsDown = ({ trouble }: Failure): boolean => trouble === DOWN;

const processIsGone = ({ trouble, member, from, to }: Failure, { apis }: World): boolean =>
  [REFUSED, CUT].includes(trouble) &&
  apis.some(
    ({ name, downtimes }) =>
      name === member && downtimes.some((downtime) => overlap(downtime, { from, to })),
  );

const restart =
  (mode: 'fast' | 'immediate') =>
  async ({ postgres }: World): Promise<void> => {
    await postgres.stop(mode);
    await lasting(1_000);
    await postgres.start();
  };

/** In this order, each once the service has recovered from the one before. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'the worker is killed (SIGKILL) while it sends mails, and started again',
    mayRepeatMails: true,
    inflict: async ({ mails, worker }) => {
      mails.manner = 'take and say nothing';
      await patiently('mails for the server', () => mails.timesOf('take and say nothing') > 2);
      await worker.kill();
      mails.manner = 'accept';
      await lasting(1_000);
      await worker.start();
    },
  },
  {
    title: 'the mail server refuses mails for now (450)',
    inflict: whileMailServerIs('refuse for now'),
  },
  {
    title: 'the mail server refuses every second mail for good (550)',
    inflict: whileMailServerIs('refuse every second for good'),
  },
  {
    title: 'the mail server takes mails and hangs up without an answer',
    inflict: whileMailServerIs('take and hang up'),
  },
  {
    title: 'one API process is killed (SIGKILL) and started again',
    excuses: processIsGone,
    inflict: async ({ apis: [api] }) => {
      await api.kill();
      await lasting(1_000);
      await api.start();
    },
  },
  {
    title: 'one API process is told to stop (SIGTERM) and started again',
    excuses: processIsGone,
    inflict: async ({ apis: [api] }) => {
      await api.stop();
      await api.start();
    },
  },
  {
    title: 'Postgres is restarted in fast mode',
    excuses: databaseIsDown,
    mayRepeatMails: true,
    inflict: restart('fast'),
  },
  {
    title: 'Postgres is restarted in immediate mode, and recovers from the crash',
    excuses: databaseIsDown,
    mayRepeatMails: true,
    inflict: restart('immediate'),
  },
  {
    title: 'a process of Postgres is killed (SIGKILL), and Postgres restarts itself',
    excuses: databaseIsDown,
    mayRepeatMails: true,
    inflict: ({ postgres }) => postgres.killBackend(),
  },
  {
    title: 'Postgres hangs for three seconds (SIGSTOP, SIGCONT)',
    excuses: databaseIsDown,
    mayRepeatMails: true,
    inflict: async ({ postgres }) => {
      const wake = await postgres.hang();
      await lasting();
      wake();
    },
  },
  {
    title: 'Redis is emptied (FLUSHALL)',
    needsRedis: true,
    inflict: async ({ redis }) => {
      await redis!.command('FLUSHALL');
    },
  },
  {
    title: 'Redis is killed (SIGKILL) and started again, empty',
    needsRedis: true,
    inflict: async ({ redis }) => {
      await redis!.stop();
      await lasting();
      await redis!.start();
    },
  },
  {
    title: 'Redis hangs for three seconds (SIGSTOP, SIGCONT)',
    needsRedis: true,
    inflict: async ({ redis }) => {
      redis!.hang();
      await lasting();
      redis!.wake();
    },
  },
  {
    title: 'the mail server takes connections and says nothing',
    inflict: whileMailServerIs('say nothing'),
  },
];

export interface Phase extends Span {
  /** Null before the first one. */
  readonly fault: Fault | null;
}
