import { Injectable, Logger } from '@nestjs/common';
import type { Client } from '../common/http/client';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import { Telemetry } from '../telemetry/telemetry';
import { AUDIT_ACTIONS, type AuditAction } from './audit-event.entity';
import { AuditRepository } from './audit.repository';

/** What a deletion cleans itself, well within the time of a statement. */
const CLEANED_AT_ONCE = 10_000;

export interface SecurityEvent {
  readonly action: AuditAction;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  /** Null where no request caused it. */
  readonly client: Client | null;
  /** Never personal data, a secret or a token. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

/** The audit trail: an event is kept exactly if the transaction that caused it is. */
@Injectable()
export class AuditService {
  private readonly logger = new Logger(AuditService.name);

  constructor(
    private readonly events: AuditRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly telemetry: Telemetry,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {
    telemetry.expect({ actions: AUDIT_ACTIONS });
  }

  /** As `record`, for what somebody did to their own account. */
  recordOwn(
    tx: Tx,
    action: AuditAction,
    userId: string,
    client: Client,
    details: SecurityEvent['details'] = {},
  ): Promise<void> {
    return this.record(tx, { action, actorId: userId, subjectId: userId, client, details });
  }

  async record(tx: Tx, event: SecurityEvent, id = this.random.id()): Promise<void> {
    const { action, actorId, subjectId, client, details = {} } = event;
    await this.events.insert(tx, {
      id,
      action,
      actorId,
      subjectId,
      ip: client?.ip ?? null,
      userAgent: client?.userAgent ?? null,
      requestId: client?.requestId ?? null,
      details,
      createdAt: this.clock.now(),
    });
    if (client) this.unitOfWork.attribute(tx, client.requestId);
    this.unitOfWork.afterCommit(tx, async () => {
      this.telemetry.securityEvent(action);
      this.logger.log({
        msg: 'security event',
        action,
        actorId,
        subjectId,
        requestId: client?.requestId,
      });
    });
  }

  /**
   * As `record`, for work of many transactions: one event, whose details are always those of the
   * latest that committed.
   */
  async recordProgress(tx: Tx, id: string, event: SecurityEvent): Promise<void> {
    if (!(await this.events.updateDetails(tx, id, event.details ?? {})))
      await this.record(tx, event, id);
  }

  /**
   * Takes address, user agent and request id from events about or by a user; ids stay, as
   * pseudonyms. Of somebody with very many, who was attacked for long, `forgetDeleted` does the rest.
   */
  forget(tx: Tx, userId: string): Promise<void> {
    return this.events.anonymize(tx, userId, CLEANED_AT_ONCE);
  }

  /**
   * As `forget`, for at most so many events of users deleted since: those that were too many for
   * the deletion, and what was under way at that moment, such as a refused sign-in, and wrote its
   * event after. Says how many it were.
   */
  forgetDeleted(tx: Tx, since: Date, most: number): Promise<number> {
    return this.events.anonymizeDeleted(tx, since, most);
  }

  /** Deletes at most so many events from before, and says how many. */
  purge(tx: Tx, before: Date, most: number): Promise<number> {
    return this.events.deleteOld(tx, before, most);
  }
}
