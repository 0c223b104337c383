import { Injectable, Logger } from '@nestjs/common';
import type { Client } from '../common/http/client';
import { Random } from '../common/random/random';
import { Clock } from '../common/time/clock';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import { type AuditAction, AuditEvent } from './audit-event.entity';

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
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

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

  async record(tx: Tx, event: SecurityEvent): Promise<void> {
    const { action, actorId, subjectId, client, details = {} } = event;
    await tx.insert(AuditEvent, {
      id: this.random.id(),
      action,
      actorId,
      subjectId,
      ip: client?.ip ?? null,
      userAgent: client?.userAgent ?? null,
      requestId: client?.requestId ?? null,
      details,
      createdAt: this.clock.now(),
    });
    this.unitOfWork.afterCommit(tx, async () =>
      this.logger.log({
        msg: 'security event',
        action,
        actorId,
        subjectId,
        requestId: client?.requestId,
      }),
    );
  }
}
