import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service';
import type { Client } from '../../common/http/client';
import { Random } from '../../common/random/random';
import { Clock } from '../../common/time/clock';
import { AppConfig } from '../../config/app-config';
import { type Tx, UnitOfWork } from '../../database/unit-of-work';
import { TokensService } from '../../tokens/tokens.service';
import type { Account, SignedInUser } from '../../users/account';
import type { Session, SignInMethod } from './session.entity';
import { type Generation, type Presented, SessionsRepository } from './sessions.repository';

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds that the access token lives. */
  readonly expiresInSeconds: number;
}

/** Opens, proves, rotates and ends sessions, and issues the tokens that stand for them. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly tokens: TokensService,
    private readonly audit: AuditService,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /**
   * Opens a session under the stamp the caller saw when it proved the user: if the password was
   * changed since, the session is void from the start.
   */
  async open(
    tx: Tx,
    account: Pick<Account, 'id' | 'role' | 'securityStamp'>,
    method: SignInMethod,
    client: Client,
  ): Promise<TokenPair> {
    const now = this.clock.now();
    const session: Session = {
      id: this.random.id(),
      userId: account.id,
      securityStamp: account.securityStamp,
      refreshJti: this.random.uuid(),
      previousJti: null,
      rotatedAt: now,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: this.refreshExpiry(),
      revokedAt: null,
      ip: client.ip,
      userAgent: client.userAgent,
      method,
    };
    await this.sessions.insert(tx, session);
    const { id: sessionId, userId, refreshJti, expiresAt } = session;
    const { role } = account;
    return this.pairOf({ sessionId, userId, role, refreshJti, rotatedAt: now, expiresAt });
  }

  /** The user of a live session, or null after it ended in whatever way. One query. */
  async authenticate(sessionId: string, userId: string): Promise<SignedInUser | null> {
    const account = await this.sessions.authenticate(sessionId, userId, this.clock.now());
    return (
      account && {
        userId: account.id,
        sessionId,
        role: account.role,
        hasVerifiedEmail: account.emailVerifiedAt !== null,
        account,
      }
    );
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
    return this.unitOfWork.run(async (tx) => {
      const revoked = await this.sessions.revokeAll(tx, userId, this.clock.now());
      await this.audit.recordOwn(tx, 'all_sessions_revoked', userId, client, { revoked });
      return revoked;
    });
  }

  /** Lets one session outlive the user's new stamp; one that has ended stays ended. */
  async keep(tx: Tx, sessionId: string, seenStamp: string, newStamp: string): Promise<void> {
    const session = { id: sessionId, securityStamp: seenStamp };
    await this.sessions.restamp(tx, session, this.clock.now(), newStamp);
  }

  list(userId: string): Promise<Session[]> {
    return this.sessions.listLive(userId, this.clock.now());
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
    };
  }
}
