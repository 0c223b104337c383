import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import bcrypt from '@node-rs/bcrypt';
import { Client } from 'pg';
import { ARGON2_ENGINE, type Argon2Engine } from '../../src/auth/passwords/argon2-engine';
import type { Argon2Parameters } from '../../src/auth/passwords/password-hash';
import { MailQueue } from '../../src/mail/mail.queue';
import type { Answer } from './api';
import type { TestApp } from './test-app';

/** What whoever asked can tell: what came back, and how much was done before it did. */
export interface Outside {
  readonly status: number;
  readonly text: string;
  readonly headers: readonly string[];
  /** On the connections of the service itself; what it says to its queue is counted as `queued`. */
  readonly statements: readonly string[];
  /** Each with what it costs: `argon2 verify m=1024,t=1,p=1`. */
  readonly hashes: readonly string[];
  /** Mails in the outbox. */
  readonly owed: number;
  /** Jobs in the queue. */
  readonly queued: number;
}

export interface Measured {
  readonly answer: Answer;
  readonly outside: Outside;
  /** Statements after the answer, until every mail is settled. */
  readonly afterwards: readonly string[];
}

interface Entry {
  readonly statement?: string;
  readonly hash?: string;
  readonly queued?: number;
}

class Ledger {
  readonly entries: Entry[] = [];
  isAnswered = false;
}

/** As it stands in `pg_stat_activity`. */
const OWN_CONNECTION = 'gatehouse';

type Call = (...parameters: unknown[]) => unknown;

/**
 * Counts the work of single requests. What is done is put down to the request that it is done for,
 * whatever else is under way, and what the test itself asks the database to none.
 */
export class Workbench {
  private readonly requests = new AsyncLocalStorage<Ledger | 'test'>();
  private readonly spies: { mockRestore(): void }[] = [];
  private ledgers: Ledger[] = [];
  private afterwards: string[] = [];

  constructor(private readonly test: TestApp) {
    this.watchRequests(test.app.getHttpServer());
    this.watch(Client.prototype, 'query', statementOf);
    const engine = test.app.get<Argon2Engine>(ARGON2_ENGINE, { strict: false });
    this.watch(engine, 'hash', (_, [, parameters]) => {
      const { memoryKib, timeCost, parallelism } = parameters as Argon2Parameters;
      return { hash: `argon2 hash m=${memoryKib},t=${timeCost},p=${parallelism}` };
    });
    this.watch(engine, 'verify', (_, [hash]) => ({
      hash: `argon2 verify ${String(hash).split('$')[3]}`,
    }));
    this.watch(bcrypt, 'verify', (_, [, hash]) => ({
      hash: `bcrypt verify ${String(hash).split('$')[2]}`,
    }));
    this.watch(test.app.get(MailQueue, { strict: false }), 'add', (_, [ids]) => ({
      queued: (ids as readonly string[]).length,
    }));
  }

  /** Does one request while nobody else asks for anything, and waits for all that comes of it. */
  async measure(ask: () => Promise<Answer>): Promise<Measured> {
    await this.settle();
    this.ledgers = [];
    this.afterwards = [];
    const answer = await ask();
    await this.settle();
    const [ledger, ...others] = this.ledgers;
    if (!ledger || others.length > 0) throw new Error('that was not one request');
    const { status, text } = answer;
    const headers = [...answer.headers.keys()].toSorted();
    const { afterwards } = this;
    return { answer, outside: { status, text, headers, ...sumOf(ledger.entries) }, afterwards };
  }

  close(): void {
    for (const spy of this.spies) spy.mockRestore();
  }

  private settle(): Promise<void> {
    return this.requests.run('test', () => this.test.mailsSettled());
  }

  private watchRequests(server: Server): void {
    const emit = server.emit.bind(server) as Call;
    const emitInLedger = (...event: unknown[]): unknown => {
      if (event[0] !== 'request') return emit(...event);
      const ledger = new Ledger();
      this.ledgers.push(ledger);
      const response = event[2] as { end: Call };
      const end = response.end.bind(response);
      response.end = (...rest) => {
        ledger.isAnswered = true;
        return end(...rest);
      };
      return this.requests.run(ledger, () => emit(...event));
    };
    server.emit = emitInLedger as Server['emit'];
  }

  /** Lets each call happen, and puts it down as what `entryOf` makes of it. */
  private watch(
    target: object,
    name: string,
    entryOf: (self: unknown, parameters: readonly unknown[]) => Entry | null,
  ): void {
    const watched = target as Record<string, Call>;
    const call = watched[name]!;
    const enter = this.enter.bind(this);
    const spy = jest.spyOn(watched, name).mockImplementation(function (
      this: unknown,
      ...parameters: unknown[]
    ) {
      const entry = entryOf(this, parameters);
      if (entry) enter(entry);
      return call.apply(this, parameters);
    });
    this.spies.push(spy);
  }

  private enter(entry: Entry): void {
    const ledger = this.requests.getStore();
    if (ledger === 'test') return;
    if (ledger && !ledger.isAnswered) ledger.entries.push(entry);
    else if (entry.statement) this.afterwards.push(entry.statement);
  }
}

function statementOf(client: unknown, [query]: readonly unknown[]): Entry | null {
  const { connectionParameters } = client as {
    readonly connectionParameters: { readonly application_name?: string };
  };
  if (connectionParameters.application_name !== OWN_CONNECTION) return null;
  const text = typeof query === 'string' ? query : (query as { readonly text: string }).text;
  return { statement: text.replaceAll(/\s+/g, ' ').trim() };
}

/** Sorted, since what is asked at once reaches the database in any order. */
function sumOf(entries: readonly Entry[]) {
  const statements = entries.flatMap(({ statement }) => statement ?? []).toSorted();
  return {
    statements,
    hashes: entries.flatMap(({ hash }) => hash ?? []).toSorted(),
    owed: statements.filter((text) => text.startsWith('INSERT INTO "mail_outbox"')).length,
    queued: entries.reduce((sum, { queued = 0 }) => sum + queued, 0),
  };
}
