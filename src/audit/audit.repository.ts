import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ListReader } from '../database/list-reader';
import { PreparedStatements } from '../database/prepared-statement';
import type { Tx } from '../database/unit-of-work';
import { type AuditAction, AuditEvent } from './audit-event.entity';

/** All of these. */
export interface AuditFilter {
  /** Whom it happened to. */
  readonly subjectId?: string;
  /** Whom it happened to, or who did it. */
  readonly userId?: string;
  readonly action?: AuditAction;
  readonly since?: Date;
  /** Not this moment itself. */
  readonly until?: Date;
}

/** When, as text that loses nothing, and which of those at the same time. */
export type AuditPosition = readonly [time: string, id: string];

export interface ListedEvent {
  readonly event: AuditEvent;
  readonly position: AuditPosition;
}

const COLUMNS = `id, action, actor_id AS "actorId", subject_id AS "subjectId", ip,
  user_agent AS "userAgent", request_id AS "requestId", details, created_at AS "createdAt"`;
/** With microseconds, which a Date would cut off. */
const TIME = `to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** The id of a request is its caller's choice, and leads to its lines in the log. */
const ANONYMOUS = 'ip = NULL, user_agent = NULL, request_id = NULL';
const IS_PERSONAL = '(ip IS NOT NULL OR user_agent IS NOT NULL OR request_id IS NOT NULL)';
const DELETED_SINCE = `ARRAY(SELECT subject_id FROM audit_events
  WHERE action = 'user_deleted' AND created_at > $1)`;
const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC';

const INSERT = {
  name: 'insert_audit_event',
  text: `INSERT INTO audit_events (id, action, actor_id, subject_id, ip, user_agent, request_id,
      details, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
};

@Injectable()
export class AuditRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statements: PreparedStatements,
  ) {}

  async insert(tx: Tx, event: AuditEvent): Promise<void> {
    await this.statements.runIn(tx, INSERT, [
      event.id,
      event.action,
      event.actorId,
      event.subjectId,
      event.ip,
      event.userAgent,
      event.requestId,
      event.details,
      event.createdAt,
    ]);
  }

  /** False if there is no such event. */
  async updateDetails(tx: Tx, id: string, details: AuditEvent['details']): Promise<boolean> {
    const { affected } = await tx.update(AuditEvent, { id }, { details });
    return affected === 1;
  }

  /** Newest first, from behind `after` on. Each filter walks an index that has this order. */
  async list(
    { userId, ...filter }: AuditFilter,
    after: AuditPosition | null,
    most: number,
    reader: ListReader = this.dataSource,
  ): Promise<ListedEvent[]> {
    const values: unknown[] = [];
    const add = (value: unknown): string => `$${values.push(value)}`;
    const conditions = conditionsOf(filter, after, add);
    const limit = add(most);
    const walk = (...more: string[]): string => {
      const all = [...conditions, ...more];
      const where = all.length > 0 ? `WHERE ${all.join(' AND ')}` : '';
      return `(SELECT * FROM audit_events ${where} ${NEWEST_FIRST} LIMIT ${limit})`;
    };
    // An OR of the two would have to sort everything that somebody ever did or met with.
    const user = userId === undefined ? null : add(userId);
    const found = user
      ? `${walk(`subject_id = ${user}`)} UNION ${walk(`actor_id = ${user}`)}`
      : walk();
    const rows = await reader.query<(AuditEvent & { readonly time: string })[]>(
      `SELECT ${COLUMNS}, ${TIME} AS time FROM (${found}) e ${NEWEST_FIRST} LIMIT ${limit}`,
      values,
    );
    return rows.map(({ time, ...event }) => ({ event, position: [time, event.id] }));
  }

  async anonymize(tx: Tx, userId: string, most: number): Promise<void> {
    await tx.query(
      `UPDATE audit_events SET ${ANONYMOUS} WHERE id = ANY(ARRAY(
         SELECT id FROM audit_events
         WHERE (subject_id = $1 OR actor_id = $1) AND ${IS_PERSONAL} LIMIT $2))`,
      [userId, most],
    );
  }

  async anonymizeDeleted(tx: Tx, since: Date, most: number): Promise<number> {
    const [, changed] = await tx.query<[unknown, number]>(
      // No join: an event between two deleted users is one row, and fills a batch as one.
      `UPDATE audit_events SET ${ANONYMOUS} WHERE id = ANY(ARRAY(
         SELECT id FROM audit_events
         WHERE (subject_id = ANY(${DELETED_SINCE}) OR actor_id = ANY(${DELETED_SINCE}))
           AND ${IS_PERSONAL}
         LIMIT $2))`,
      [since, most],
    );
    return changed;
  }

  async deleteOld(tx: Tx, before: Date, most: number): Promise<number> {
    const [, deleted] = await tx.query<[unknown, number]>(
      `DELETE FROM audit_events WHERE id = ANY(ARRAY(
         SELECT id FROM audit_events WHERE created_at < $1 ORDER BY created_at LIMIT $2))`,
      [before, most],
    );
    return deleted;
  }
}

function conditionsOf(
  { subjectId, action, since, until }: Omit<AuditFilter, 'userId'>,
  after: AuditPosition | null,
  add: (value: unknown) => string,
): string[] {
  return [
    ...(subjectId === undefined ? [] : [`subject_id = ${add(subjectId)}`]),
    ...(action === undefined ? [] : [`action = ${add(action)}`]),
    ...(since === undefined ? [] : [`created_at >= ${add(since)}`]),
    ...(until === undefined ? [] : [`created_at < ${add(until)}`]),
    ...(after
      ? [`(created_at, id) < (${add(after[0])}::timestamptz, ${add(after[1])}::uuid)`]
      : []),
  ];
}
