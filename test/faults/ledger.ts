import type { AuditAction } from '../../src/audit/audit-event.entity';

export interface DeviceSession {
  accessToken: string;
  refreshToken: string;
  /** Why it must not work any more; null while it must. */
  ended: string | null;
}

/** How often something was done: attempts without an answer may have done it as well. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** What the service has acknowledged to one person, and has to hold to. */
export class Ledger {
  readonly email: string;
  password: string;
  readonly formerPasswords: string[] = [];
  isRegistered = false;
  isVerified = false;
  readonly sessions: DeviceSession[] = [];
  /** Events that must be in the audit trail. */
  readonly events = new Map<AuditAction, Bounds>();
  /** Reset links that were asked for. */
  resetLinks: Bounds = { least: 0, most: 0 };
  passwordChangedAt = 0;

  constructor(readonly username: string) {
    this.email = `${username}@example.com`;
    this.password = `${username} has thought of this`;
  }

  get live(): DeviceSession[] {
    return this.sessions.filter(({ ended }) => ended === null);
  }

  /** A password that nobody had before. */
  get nextPassword(): string {
    return `${this.username} has thought of ${this.formerPasswords.length + 2}`;
  }

  /** It was done once; so many attempts without an answer may have done it too. */
  record(action: AuditAction, unclear = 0): void {
    this.events.set(action, oneMore(this.events.get(action), unclear));
  }

  requestReset(unclear: number): void {
    this.resetLinks = oneMore(this.resetLinks, unclear);
  }

  replacePassword(password: string): void {
    this.formerPasswords.push(this.password);
    this.password = password;
    this.passwordChangedAt = Date.now();
  }

  open(tokens: { readonly access_token: string; readonly refresh_token: string }): DeviceSession {
    const { access_token: accessToken, refresh_token: refreshToken } = tokens;
    const session = { accessToken, refreshToken, ended: null };
    this.sessions.push(session);
    return session;
  }

  endSessions(reason: string, except?: DeviceSession): void {
    for (const session of this.live) if (session !== except) session.ended = reason;
  }
}

const oneMore = ({ least, most }: Bounds = { least: 0, most: 0 }, unclear: number): Bounds => ({
  least: least + 1,
  most: most + 1 + unclear,
});
