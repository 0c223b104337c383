import type { Role } from '../../src/common/access/principal';
import type { Client } from '../../src/common/http/client';
import { SessionsService } from '../../src/auth/sessions/sessions.service';
import { UnitOfWork } from '../../src/database/unit-of-work';
import type { Route } from '../../src/route-table';
import { UsersService } from '../../src/users/users.service';
import { alter } from './effects';
import type { TestApp } from './test-app';

/** `owner` is a user whose own id, or session's id, is in the path; the others name a stranger's. */
export const CALLERS = [
  'anonymous',
  'guest',
  'user',
  'unverified',
  'disabled',
  'admin',
  'owner',
] as const;
export type Caller = (typeof CALLERS)[number];

export interface AccessRow {
  readonly route: Route;
  /** The status that each caller got; null for an owner where nothing in the path is anybody's. */
  readonly statuses: Readonly<Record<Caller, number | null>>;
}

interface Somebody {
  readonly id: string;
  readonly sessionId: string;
  readonly token: string;
}

const CLIENT: Client = { ip: '127.0.0.1', userAgent: null, requestId: 'access-table', counts: [] };
const SOMETHING = '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11';
const OF_A_USER = /^\/api\/v1\/users\/:id(?=\/|$)/;
const OF_A_SESSION = /(?<=\/sessions\/):id$/;

const isOwned = ({ path }: Route): boolean => OF_A_USER.test(path) || OF_A_SESSION.test(path);

/** Knocks at every route as every caller, each time as somebody new: some routes end sessions. */
export class AccessProbe {
  private count = 0;

  constructor(private readonly test: TestApp) {}

  async knockAtAll(routes: readonly Route[]): Promise<AccessRow[]> {
    // Left over, so that no admin who knocks is the last one.
    await this.somebody('admin');
    const rows: AccessRow[] = [];
    for (const route of routes) rows.push({ route, statuses: await this.knock(route) });
    return rows;
  }

  private async knock(route: Route): Promise<AccessRow['statuses']> {
    const statuses = {} as Record<Caller, number | null>;
    for (const caller of CALLERS)
      statuses[caller] =
        caller === 'owner' && !isOwned(route) ? null : await this.statusOf(route, caller);
    return statuses;
  }

  /** Without a body: whoever is let in is told that fields are missing, or that it is done. */
  private async statusOf(route: Route, caller: Caller): Promise<number> {
    const self = caller === 'anonymous' ? null : await this.callerOf(caller);
    const named = caller === 'owner' ? self! : await this.somebody('user');
    const path = route.path
      .replace(OF_A_USER, `/api/v1/users/${named.id}`)
      .replace(OF_A_SESSION, named.sessionId)
      .replace(':provider', 'google')
      .replace(':id', SOMETHING);
    const { status } = await this.test.api.call(route.method, path, { token: self?.token });
    return status;
  }

  private async callerOf(caller: Exclude<Caller, 'anonymous'>): Promise<Somebody> {
    if (caller === 'guest' || caller === 'admin') return this.somebody(caller);
    const somebody = await this.somebody('user');
    if (caller === 'unverified') await alter(this.test, somebody, 'email_verified_at = NULL');
    if (caller === 'disabled') await alter(this.test, somebody, 'is_active = false');
    return somebody;
  }

  private somebody(role: Role): Promise<Somebody> {
    const { app } = this.test;
    const username = `knocker${this.count++}`;
    return app.get(UnitOfWork).run(async (tx) => {
      const account = await app.get(UsersService, { strict: false }).create(tx, {
        username,
        email: `${username}@example.com`,
        passwordHash: null,
        role,
        isEmailVerified: true,
      });
      const sessions = app.get(SessionsService, { strict: false });
      const pair = await sessions.open(tx, account, 'password', CLIENT);
      return { id: account.id, sessionId: pair.sessionId, token: pair.accessToken };
    });
  }
}

export function renderAccess(rows: readonly AccessRow[]): string {
  const cells = rows.map(({ route, statuses }) => [
    route.method,
    route.path,
    ...CALLERS.map((caller) => String(statuses[caller] ?? '-')),
  ]);
  const all = [['METHOD', 'PATH', ...CALLERS.map((caller) => caller.toUpperCase())], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
