import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, MoreThan, Not } from 'typeorm';
import type { Role } from '../../common/access/principal';
import type { Client } from '../../common/http/client';
import { Clock } from '../../common/time/clock';
import { GatheredLookup } from '../../database/gathered-lookup';
import { PreparedStatements } from '../../database/prepared-statement';
import type { Tx } from '../../database/unit-of-work';
import { type Account, type AccountRow, toAccount } from '../../users/account';
import { Session } from './session.entity';
import {
  AUTHENTICATE,
  AUTHENTICATE_REFRESH,
  CURRENT,
  EXCHANGE,
  LIVE,
  OPEN,
  ROTATE,
} from './session-statements';

/** A session, and whose it must be. */
export interface SessionOf {
  readonly sessionId: string;
  readonly userId: string;
}

/** Which session, and which generation of its refresh token, was presented. */
export interface Presented extends SessionOf {
  readonly jti: string;
}

/** A session that has just begun. */
export interface NewSession extends Omit<
  Session,
  'previousJti' | 'rotatedAt' | 'lastUsedAt' | 'revokedAt'
> {
  /** As their account knows; what of their sessions is left is asked as well. */
  readonly hasSignedInBefore: boolean;
}

export interface Rotation {
  readonly jti: string;
  readonly now: Date;
  readonly expiresAt: Date;
  readonly client: Client;
}

/** What a token pair is made from. */
export interface Generation {
  readonly sessionId: string;
  readonly userId: string;
  readonly role: Role;
  readonly refreshJti: string;
  readonly rotatedAt: Date;
  readonly expiresAt: Date;
}

interface GenerationRow {
  readonly id: string;
  readonly user_id: string;
  readonly role: Role;
  readonly refresh_jti: string;
  readonly rotated_at: Date;
  readonly expires_at: Date;
}

@Injectable()
export class SessionsRepository {
  private readonly live = new GatheredLookup((sessions: readonly SessionOf[]) =>
    this.authenticateAll(sessions),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: PreparedStatements,
    private readonly clock: Clock,
  ) {}

  /**
   * Says whether the user has signed in before, and no session that is kept is from this device.
   * Two that open at once do not see each other.
   */
  async insert(tx: Tx, session: NewSession): Promise<boolean> {
    const [row] = await this.statements.runIn<{ readonly is_new_device: boolean }>(tx, OPEN, [
      session.id,
      session.userId,
      session.securityStamp,
      session.refreshJti,
      session.createdAt,
      session.expiresAt,
      session.exchangeCodeHash,
      session.ip,
      session.userAgent,
      session.device,
      session.method,
      session.hasSignedInBefore,
    ]);
    return row!.is_new_device;
  }

  /** The account whose live session this is, read together with others; null if there is none. */
  authenticate(session: SessionOf): Promise<Account | null> {
    return this.live.find(session);
  }

  /** As `authenticate`, if the presented generation is the current one. */
  async authenticateRefresh(presented: Presented, now: Date): Promise<Account | null> {
    const { sessionId, userId, jti } = presented;
    const values = [now, sessionId, userId, jti];
    const [row] = await this.statements.run<AccountRow>(AUTHENTICATE_REFRESH, values);
    return row ? toAccount(row) : null;
  }

  async findOpening(id: string, userId: string): Promise<Date | null> {
    const session = await this.dataSource.getRepository(Session).findOneBy({ id, userId });
    return session?.createdAt ?? null;
  }

  /**
   * Rotates atomically: of N concurrent callers with one generation, one gets the next
   * (RFC 9700 §4.14.2); the others get null.
   */
  async rotate(presented: Presented, next: Rotation): Promise<Generation | null> {
    const [row] = await this.statements.run<GenerationRow>(ROTATE, [
      next.now,
      presented.sessionId,
      presented.userId,
      presented.jti,
      next.jti,
      next.expiresAt,
      next.client.ip,
      next.client.userAgent,
    ]);
    return row ? toGeneration(row) : null;
  }

  /** One of N concurrent callers with one code gets the session's first generation. */
  async exchange(codeHash: string, now: Date, expiresAt: Date): Promise<Generation | null> {
    const values = [now, codeHash, expiresAt];
    const [row] = await this.statements.run<GenerationRow>(EXCHANGE, values);
    return row ? toGeneration(row) : null;
  }

  /** The generation that replaced the presented one after `since`, if it is still the current one. */
  async findSuccessor(presented: Presented, now: Date, since: Date): Promise<Generation | null> {
    const [row] = await this.statements.run<GenerationRow>(CURRENT, [
      now,
      presented.sessionId,
      presented.userId,
      presented.jti,
      since,
    ]);
    return row ? toGeneration(row) : null;
  }

  /**
   * Ends a live session that is at a generation other than the presented one: true for exactly one
   * of N concurrent callers.
   */
  async revokeReused(tx: Tx, presented: Presented, now: Date): Promise<boolean> {
    await this.holdStamp(tx, presented.userId);
    const [, ended] = await tx.query<[unknown, number]>(
      `UPDATE sessions s SET revoked_at = $1 FROM users u
       WHERE u.id = s.user_id AND ${LIVE} AND s.id = $2 AND s.user_id = $3 AND s.refresh_jti <> $4`,
      [now, presented.sessionId, presented.userId, presented.jti],
    );
    return ended === 1;
  }

  /** True if this call ended it; false if it had ended, or is not this user's. */
  async revoke(tx: Tx, sessionId: string, userId: string, now: Date): Promise<boolean> {
    await this.holdStamp(tx, userId);
    const [, ended] = await tx.query<[unknown, number]>(
      `UPDATE sessions s SET revoked_at = $1 FROM users u
       WHERE u.id = s.user_id AND ${LIVE} AND s.id = $2 AND s.user_id = $3`,
      [now, sessionId, userId],
    );
    return ended === 1;
  }

  /** Ends every live session of a user and says how many there were. */
  async revokeAll(tx: Tx, userId: string, now: Date): Promise<number> {
    await this.holdStamp(tx, userId);
    const [, ended] = await tx.query<[unknown, number]>(
      `UPDATE sessions s SET revoked_at = $1 FROM users u
       WHERE u.id = s.user_id AND ${LIVE} AND s.user_id = $2`,
      [now, userId],
    );
    return ended;
  }

  /** Ends the live sessions that a sign-in method opened, but one. */
  async revokeOpenedBy(
    tx: Tx,
    method: string,
    { userId, sessionId }: Pick<Presented, 'userId' | 'sessionId'>,
    now: Date,
  ): Promise<void> {
    await tx.update(
      Session,
      { userId, method, id: Not(sessionId), revokedAt: IsNull(), expiresAt: MoreThan(now) },
      { revokedAt: now },
    );
  }

  /** Takes one live session over to the user's new stamp, so that it outlives a change of it. */
  async restamp(tx: Tx, session: Pick<Session, 'id' | 'securityStamp'>, now: Date, stamp: string) {
    await tx.update(
      Session,
      { id: session.id, securityStamp: session.securityStamp, expiresAt: MoreThan(now) },
      { securityStamp: stamp },
    );
  }

  /** Newest use first, without those whose tokens nobody has fetched. */
  listLive(userId: string, now: Date): Promise<Session[]> {
    return this.dataSource
      .getRepository(Session)
      .createQueryBuilder('s')
      .innerJoin('users', 'u', 'u.id = s.user_id AND u.security_stamp = s.security_stamp')
      .where('s.user_id = :userId AND s.revoked_at IS NULL AND s.expires_at > :now', {
        userId,
        now,
      })
      .andWhere('s.exchange_code_hash IS NULL')
      .orderBy('s.last_used_at', 'DESC')
      .addOrderBy('s.id', 'DESC')
      .getMany();
  }

  /** Live and ended, in the order of ids, from behind `after` on. */
  listAll(userId: string, after: string | null, most: number): Promise<Session[]> {
    return this.dataSource.getRepository(Session).find({
      where: { userId, ...(after && { id: MoreThan(after) }) },
      order: { id: 'ASC' },
      take: most,
    });
  }

  /** Forgets sessions that ended before a moment, and says how many. */
  async deleteEnded(tx: Tx, before: Date, most: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown, number]>(
      `DELETE FROM sessions WHERE id = ANY(ARRAY(
         SELECT id FROM sessions WHERE least(expires_at, revoked_at) < $1
         LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [before, most],
    );
    return deleted;
  }

  private async authenticateAll(sessions: readonly SessionOf[]): Promise<(Account | null)[]> {
    const rows = await this.statements.run<AccountRow & { readonly place: number }>(AUTHENTICATE, [
      this.clock.now(),
      sessions.map(({ sessionId }) => sessionId),
      sessions.map(({ userId }) => userId),
    ]);
    const accounts = sessions.map((): Account | null => null);
    for (const row of rows) accounts[row.place - 1] = toAccount(row);
    return accounts;
  }

  /**
   * Waits for whoever is changing the user's stamp, and keeps others from it. Without this, a
   * statement that had to wait for that change in the row of a kept session would find there the
   * new stamp, compare it with the user's old one (READ COMMITTED reads only the awaited row anew),
   * and take a session that lives on for one that has ended.
   */
  private async holdStamp(tx: Tx, userId: string): Promise<void> {
    await tx.query('SELECT FROM users WHERE id = $1 FOR SHARE', [userId]);
  }
}

const toGeneration = (row: GenerationRow): Generation => ({
  sessionId: row.id,
  userId: row.user_id,
  role: row.role,
  refreshJti: row.refresh_jti,
  rotatedAt: row.rotated_at,
  expiresAt: row.expires_at,
});
