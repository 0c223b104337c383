import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { Random } from '../../common/random/random';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { inBatches } from '../../database/in-batches';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { digestOf, TokensService } from '../../tokens/tokens.service';
import { type Account, isPremium, type SignedInUser } from '../../users/account';
import { describeDevice } from './device';
import { type Addressee, NewSignInMail } from './new-sign-in-mail';
import type { Session, SignInMethod } from './session.entity';
import { type Generation, type Presented, SessionsRepository } from './sessions.repository';

/** Long enough for one redirect and one request (RFC 6749 §4.1.2 allows ten minutes). */
const EXCHANGE_CODE_SECONDS = 60;

const BATCH = 500;

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token lives. */
  readonly expiresInSeconds: number;
  /** Seconds that the refresh token lives, and with it the session unless it is refreshed. */
  readonly refreshExpiresInSeconds: number;
  readonly sessionId: string;
}

/** As they were before this sign-in. */
export type SigningIn = Pick<Account, 'id' | 'role' | 'securityStamp' | 'lastLoginAt'> & Addressee;

/** Whether somebody who has signed in before did not do so from this device. */
export interface Opened {
  readonly isNewDevice: boolean;
}

interface SignIn {
  readonly method: SignInMethod;
  /** As people know it. */
  readonly methodName: string;
  readonly client: Client;
}

/** Opens, proves, rotates and ends sessions, and issues the tokens that stand for them. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly tokens: TokensService,
    private readonly newSignInMail: NewSignInMail,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Opens a session under the stamp the caller saw when it proved the user: if the password was
   * changed since, the session is void from the start. Owes the user a mail if the device is new.
   * @param methodName the method as people know it
   */
  async open(
    tx: Tx,
    account: SigningIn,
    method: SignInMethod,
    client: Client,
    methodName: string = method,
  ): Promise<TokenPair & Opened> {
    const life = { expiresAt: this.refreshExpiry(), exchangeCodeHash: null };
    const opened = await this.insert(tx, account, { method, methodName, client }, life);
    return { ...this.pairOf(opened), isNewDevice: opened.isNewDevice };
  }

  /**
   * As `open`, for tokens that are fetched with the one-time code that this answers with. A session
   * whose code is not exchanged within a minute has ended.
   */
  async openForExchange(
    tx: Tx,
    account: SigningIn,
    method: SignInMethod,
    client: Client,
    methodName: string = method,
  ): Promise<{ readonly code: string } & Opened> {
    const code = this.random.secret(32);
    const expiresAt = this.clock.inSeconds(EXCHANGE_CODE_SECONDS);
    const life = { expiresAt, exchangeCodeHash: digestOf(code) };
    const { isNewDevice } = await this.insert(tx, account, { method, methodName, client }, life);
    return { code, isNewDevice };
  }

  /** The first pair of the session that `code` stands for: for one of N concurrent callers. */
  async exchange(code: string): Promise<TokenPair | null> {
    const now = this.clock.now();
    const generation = await this.sessions.exchange(digestOf(code), now, this.refreshExpiry());
    return generation && this.pairOf(generation);
  }

  /** The user of a live session, or null after it ended in whatever way. One query. */
  async authenticate(sessionId: string, userId: string): Promise<SignedInUser | null> {
    const account = await this.sessions.authenticate({ sessionId, userId });
    return account && signedIn(account, sessionId, this.clock.now());
  }

  /** As `authenticate`, by the refresh token that rotates next; one that was replaced is nobody's. */
  async authenticateRefresh(presented: Presented): Promise<SignedInUser | null> {
    const now = this.clock.now();
    const account = await this.sessions.authenticateRefresh(presented, now);
    return account && signedIn(account, presented.sessionId, now);
  }

  /** When the sign-in was, however often the session was refreshed since; null if it is gone. */
  openedAt(sessionId: string, userId: string): Promise<Date | null> {
    return this.sessions.findOpening(sessionId, userId);
  }

  /** The next pair for exactly one of N concurrent callers, null for the rest. */
  async rotate(presented: Presented, client: Client): Promise<TokenPair | null> {
    const generation = await this.sessions.rotate(presented, {
      jti: this.random.uuid(),
      now: this.clock.now(),
      expiresAt: this.refreshExpiry(),
      client,
    });
    return generation && this.pairOf(generation);
  }

  /** The current pair for a token replaced within the grace, else null. */
  async pairWithinGrace(presented: Presented): Promise<TokenPair | null> {
    const graceStart = this.clock.inSeconds(-this.config.tokens.refreshReuseGraceSeconds);
    const generation = await this.sessions.findSuccessor(presented, this.clock.now(), graceStart);
    return generation && this.pairOf(generation);
  }

  /** True for the one call that found the session live, at another generation, and ended it. */
  revokeReused(tx: Tx, presented: Presented): Promise<boolean> {
    return this.sessions.revokeReused(tx, presented, this.clock.now());
  }

  /** Ends one session of a user, and says whether it was live. */
  end(
    { sessionId, userId }: { readonly sessionId: string; readonly userId: string },
    action: 'signed_out' | 'session_revoked',
    client: Client,
  ): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      const ended = await this.sessions.revoke(tx, sessionId, userId, this.clock.now());
      if (ended) await this.audit.recordOwn(tx, action, userId, client, { sessionId });
      return ended;
    });
  }

  /** Ends all sessions of a user, the caller's too, and says how many were live. */
  revokeAll(userId: string, client: Client): Promise<number> {
    return this.unitOfWork.run((tx) => this.endAll(tx, userId, userId, client));
  }

  /** As `revokeAll`, by somebody who may be another. */
  async endAll(tx: Tx, userId: string, actorId: string, client: Client): Promise<number> {
    const revoked = await this.sessions.revokeAll(tx, userId, this.clock.now());
    await this.audit.record(tx, {
      action: 'all_sessions_revoked',
      actorId,
      subjectId: userId,
      client,
      details: { revoked },
    });
    return revoked;
  }

  /** Ends what a sign-in method opened, when it is taken away; the session that asks stays. */
  endOpenedBy(
    tx: Tx,
    method: SignInMethod,
    asking: { readonly userId: string; readonly sessionId: string },
  ): Promise<void> {
    return this.sessions.revokeOpenedBy(tx, method, asking, this.clock.now());
  }

  /** Lets one session outlive the user's new stamp; one that has ended stays ended. */
  async keep(tx: Tx, sessionId: string, seenStamp: string, newStamp: string): Promise<void> {
    const session = { id: sessionId, securityStamp: seenStamp };
    await this.sessions.restamp(tx, session, this.clock.now(), newStamp);
  }

  /** All that are known, the ended ones too, oldest first. */
  historyOf(userId: string): AsyncGenerator<Session> {
    return inBatches(BATCH, (after, most) =>
      this.sessions.listAll(userId, after?.id ?? null, most),
    );
  }

  /** Forgets at most so many sessions that expired or were revoked before; says how many it were. */
  purge(tx: Tx, before: Date, most: number): Promise<number> {
    return this.sessions.deleteEnded(tx, before, most);
  }

  list(userId: string): Promise<Session[]> {
    return this.sessions.listLive(userId, this.clock.now());
  }

  private async insert(
    tx: Tx,
    account: SigningIn,
    { method, methodName, client: { ip, userAgent } }: SignIn,
    life: Pick<Session, 'expiresAt' | 'exchangeCodeHash'>,
  ): Promise<Generation & Opened> {
    const { id: userId, role, securityStamp, lastLoginAt } = account;
    const { expiresAt } = life;
    const now = this.clock.now();
    const device = describeDevice(userAgent);
    const sessionId = this.random.id();
    const refreshJti = this.random.uuid();
    const isNewDevice = await this.sessions.insert(tx, {
      id: sessionId,
      userId,
      securityStamp,
      refreshJti,
      createdAt: now,
      ip,
      userAgent,
      device,
      method,
      hasSignedInBefore: lastLoginAt !== null,
      ...life,
    });
    if (isNewDevice) await this.newSignInMail.owe(tx, account, { device, ip, methodName });
    return { sessionId, userId, role, refreshJti, rotatedAt: now, expiresAt, isNewDevice };
  }

  private refreshExpiry(): Date {
    return this.clock.inSeconds(this.config.tokens.refreshTokenSeconds);
  }

  /** The refresh token of a generation is always the same one, so a late tab gets the current. */
  private pairOf(generation: Generation): TokenPair {
    const { sessionId: sid, userId: sub, role, refreshJti, rotatedAt, expiresAt } = generation;
    const { accessTokenSeconds } = this.config.tokens;
    return {
      accessToken: this.tokens.issue(
        'access',
        { sub, sid, role },
        { expiresAt: this.clock.inSeconds(accessTokenSeconds) },
      ),
      refreshToken: this.tokens.issue(
        'refresh',
        { sub, sid },
        { jti: refreshJti, issuedAt: rotatedAt, expiresAt },
      ),
      expiresInSeconds: accessTokenSeconds,
      refreshExpiresInSeconds: (expiresAt.getTime() - this.clock.now().getTime()) / 1000,
      sessionId: sid,
    };
  }
}

const signedIn = (account: Account, sessionId: string, now: Date): SignedInUser => ({
  userId: account.id,
  sessionId,
  role: account.role,
  hasVerifiedEmail: account.emailVerifiedAt !== null,
  isPremium: isPremium(account, now),
  account,
});
