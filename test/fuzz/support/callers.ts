import { SessionsService } from '../../../src/auth/sessions/sessions.service';
import { PasswordHasher } from '../../../src/auth/passwords/password-hasher';
import type { Role } from '../../../src/common/access/principal';
import type { Client } from '../../../src/common/http/client';
import { UnitOfWork } from '../../../src/database/unit-of-work';
import { CsrfTokens } from '../../../src/tokens/csrf-tokens';
import { digestOf, TokensService } from '../../../src/tokens/tokens.service';
import { UsersService } from '../../../src/users/users.service';
import { claimsOf, keyOf, ringOf, sign, signBy } from '../../support/forge';
import { PASSWORD } from '../../support/people';
import type { TestApp } from '../../support/test-app';

export const CALLERS = [
  'anonymous',
  'user',
  'unverified',
  'guest',
  'admin',
  'cookie',
  'cookie without proof',
  'ended session',
  'garbage',
  'forged',
  'service',
] as const;
export type CallerKind = (typeof CALLERS)[number];

const ROLES: Partial<Record<CallerKind, Role>> = { guest: 'guest', admin: 'admin' };
const clientOf = (): Client => ({
  ip: '127.0.0.1',
  userAgent: 'fuzz',
  requestId: 'fuzz',
  counts: [],
});
const SESSION_LIFE_SECONDS = 3600;
/** Of a service that may ask whose a token is. */
export const SERVICE_CREDENTIAL = 'a-credential-of-a-service-that-is-long-enough';

export interface Caller {
  readonly headers: Readonly<Record<string, string>>;
  /** What stands for something of theirs in a generated request: `$ID`, `$PASSWORD`, … */
  readonly values: Readonly<Record<string, string>>;
}

interface Somebody {
  readonly id: string;
  readonly accessToken: string;
  readonly sessionId: string;
  readonly values: Readonly<Record<string, string>>;
}

/** People to call as. Whoever changed something is not asked again: it may have been themselves. */
export class Callers {
  private readonly known = new Map<string, Somebody>();
  private passwordHash?: string;
  private count = 0;

  constructor(private readonly test: TestApp) {}

  async get(kind: CallerKind): Promise<Caller> {
    const self = await this.somebodyAs(kind);
    const other = await this.somebodyAs('other');
    return {
      headers: this.headersOf(kind, self),
      values: {
        ...self.values,
        $OTHER: other.id,
        $NEW: `new${this.count++}`,
        $MAIL: await this.failedMail(other),
      },
    };
  }

  /** Somebody who is in nobody's way: their row must be there in the end. */
  async witness(role: Role): Promise<string> {
    return (await this.somebody(role, true)).id;
  }

  /** To be called after anything but a reading that worked. */
  forget(): void {
    this.known.clear();
  }

  private async somebodyAs(kind: CallerKind | 'other'): Promise<Somebody> {
    const known = this.known.get(kind);
    if (known) return known;
    const role = ROLES[kind as CallerKind] ?? 'user';
    const somebody = await this.somebody(role, kind !== 'unverified');
    if (kind === 'ended session')
      await this.test.query('UPDATE sessions SET revoked_at = created_at WHERE id = $1', [
        somebody.sessionId,
      ]);
    this.known.set(kind, somebody);
    return somebody;
  }

  private headersOf(kind: CallerKind, { accessToken, sessionId, values }: Somebody) {
    const { app, config } = this.test;
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
    if (kind === 'anonymous') return {};
    if (kind === 'garbage') return bearer('eyJhbGciOiJIUzI1NiJ9.e30.AAAA');
    if (kind === 'forged') return bearer('$FORGED');
    if (kind === 'service') return bearer(SERVICE_CREDENTIAL);
    if (!kind.startsWith('cookie')) return bearer(accessToken);
    const csrfToken = app.get(CsrfTokens, { strict: false }).of(sessionId);
    const cookies = {
      gatehouse_access: accessToken,
      gatehouse_refresh: values.$REFRESH,
      gatehouse_csrf: csrfToken,
    };
    const cookie = Object.entries(cookies).map((pair) => pair.join('='));
    return {
      cookie: cookie.join('; '),
      ...(kind === 'cookie' && {
        'x-csrf-token': csrfToken,
        origin: config.addresses.frontendUrl,
      }),
    };
  }

  private async somebody(role: Role, isEmailVerified: boolean): Promise<Somebody> {
    const { app, clock } = this.test;
    const get = <T>(type: abstract new (...args: never[]) => T): T =>
      app.get(type, { strict: false });
    const username = `fuzz${this.count++}`;
    this.passwordHash ??= await get(PasswordHasher).hash(PASSWORD);
    const { passwordHash } = this;
    const email = `${username}@example.com`;
    const sessions = get(SessionsService);
    const { account, pair, code } = await get(UnitOfWork).run(async (tx) => {
      const wanted = { username, email, passwordHash, role, isEmailVerified };
      const made = await get(UsersService).create(tx, wanted);
      const opened = await sessions.open(tx, made, 'password', clientOf());
      const { code: forTokens } = await sessions.openForExchange(tx, made, 'google', clientOf());
      return { account: made, pair: opened, code: forTokens };
    });
    const { id, securityStamp } = account;
    const { sessionId, accessToken, refreshToken } = pair;
    const tokens = get(TokensService);
    const when = { expiresAt: clock.inSeconds(SESSION_LIFE_SECONDS) };
    const bound = digestOf(securityStamp);
    const values = {
      $ID: id,
      $SESSION: sessionId,
      $USERNAME: username,
      $EMAIL: email,
      $PASSWORD: PASSWORD,
      $ACCESS: accessToken,
      $REFRESH: refreshToken,
      $CODE: code,
      $VERIFY: tokens.issue('email_verification', { sub: id, bound: digestOf(email) }, when),
      $RESET: tokens.issue('password_reset', { sub: id, bound }, when),
      $CHANGE: tokens.issue(
        'email_change',
        { sub: id, sid: sessionId, email: `new-${email}`, bound },
        when,
      ),
    };
    return { id, accessToken, sessionId, values };
  }

  /** Given up on, so that it can be retried. */
  private async failedMail(other: Somebody): Promise<string> {
    const [row] = await this.test.query(
      `INSERT INTO mail_outbox (id, kind, recipient, user_id, locale, values, created_at, failed_at)
       VALUES ($1, 'password_changed', $2, $3, 'en', '{"username":"x"}', $4, $4)
       ON CONFLICT (id) DO UPDATE SET failed_at = excluded.failed_at RETURNING id`,
      [other.id, other.values.$EMAIL, other.id, this.test.clock.now()],
    );
    return row.id;
  }
}

/** A token with any payload under the key of access tokens, as only a bug could make one. */
export function forgedToken(test: TestApp, genuine: string, payload: unknown): string {
  const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  const claims = isObject ? { ...claimsOf(genuine), ...payload } : payload;
  const signer = ringOf(test).signer();
  return signer ? signBy(claims, signer) : sign(claims, keyOf(test, 'access'));
}
