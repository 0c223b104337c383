import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service';
import { SessionsService } from '../auth/sessions/sessions.service';
import { Clock } from '../common/time/clock';
import { AppConfig } from '../config/app-config';
import { isAlone } from '../database/exclusive-work';
import { type Tx, UnitOfWork } from '../database/unit-of-work';
import { RateLimits } from '../limits/rate-limits';
import { FlowsService } from '../oauth/flow/flows.service';
import { KeyRotation } from '../tokens/keys/key-rotation.service';

/** Rows a statement: so few are locked for milliseconds, however much there is to do. */
const BATCH = 1_000;
/** What processes' clocks may differ by. */
const SLACK_SECONDS = 60 * 60;
/** Longer than any request that knew a user who was then deleted, and than a pause of all workers. */
const LATE_SECONDS = 24 * 60 * 60;
/** Longer than any access token may live: the oldest key tells since when keys have signed. */
const KEY_SECONDS = 24 * 60 * 60 + SLACK_SECONDS;

type Purge = (tx: Tx) => Promise<number>;

/** Forgets what has been kept for long enough. */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger(RetentionService.name);
  private isStopping = false;

  constructor(
    private readonly sessions: SessionsService,
    private readonly audit: AuditService,
    private readonly limits: RateLimits,
    private readonly flows: FlowsService,
    private readonly keys: KeyRotation,
    private readonly unitOfWork: UnitOfWork,
    private readonly config: AppConfig,
    private readonly clock: Clock,
  ) {}

  /**
   * Deletes all that is due, a batch at a time, and no kind of rows while another process does: the
   * one that finds another at it leaves the rest of that kind to it. A fault with one kind of rows
   * is logged and keeps no other from its turn.
   */
  async run(): Promise<void> {
    for (const [kind, purge] of Object.entries(this.purges())) {
      try {
        const rows = await this.purgeAll(kind, purge);
        if (rows > 0) this.logger.log({ msg: 'old rows forgotten', kind, rows });
      } catch (error) {
        this.logger.error({ msg: 'retention failed', kind, err: error });
      }
    }
  }

  /** From now on `run` ends with the batch that it is at. */
  stop(): void {
    this.isStopping = true;
  }

  private purges(): Readonly<Record<string, Purge>> {
    const { sessionSeconds, auditSeconds } = this.config.retention;
    const ago = (seconds: number): Date => this.clock.inSeconds(-seconds);
    return {
      sessions: (tx) => this.sessions.purge(tx, ago(sessionSeconds), BATCH),
      ...(auditSeconds !== null && {
        audit_events: (tx: Tx) => this.audit.purge(tx, ago(auditSeconds), BATCH),
      }),
      audit_addresses: (tx) => this.audit.forgetDeleted(tx, ago(LATE_SECONDS), BATCH),
      rate_limits: (tx) => this.limits.purge(tx, ago(SLACK_SECONDS), BATCH),
      oauth_spent_flows: (tx) => this.flows.purge(tx, ago(SLACK_SECONDS), BATCH),
      signing_keys: (tx) => this.keys.purge(tx, ago(KEY_SECONDS), BATCH),
    };
  }

  private async purgeAll(kind: string, purge: Purge): Promise<number> {
    let rows = 0;
    while (!this.isStopping) {
      // Held for one batch and not for the run, which would take a connection out of the pool.
      const batch = await this.unitOfWork.run(async (tx) =>
        (await isAlone(tx, `gatehouse.retention.${kind}`)) ? purge(tx) : 0,
      );
      rows += batch;
      if (batch < BATCH) break;
    }
    return rows;
  }
}
