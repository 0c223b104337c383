import { Injectable } from '@nestjs/common';
import { cursorAt, type Position, readCursor } from '../common/http/pages';
import { isUuid } from '../common/http/uuid-param.pipe';
import { isInstant } from '../common/time/instant';
import { inBatches } from '../database/in-batches';
import { ListReader } from '../database/list-reader';
import type { AuditEvent } from './audit-event.entity';
import {
  type AuditFilter,
  type AuditPosition,
  AuditRepository,
  type ListedEvent,
} from './audit.repository';

export interface AuditPage {
  /** Newest first. */
  readonly events: readonly AuditEvent[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

const BATCH = 500;

/** Reads what `AuditService` wrote. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly events: AuditRepository,
    private readonly reader: ListReader,
  ) {}

  /** @throws ValidationFailedError for a cursor that is not of this list */
  list(filter: AuditFilter, limit: number, cursor?: string): Promise<AuditPage> {
    return this.page(filter, limit, cursor);
  }

  /** As `list`, as it was a moment ago. */
  survey(filter: AuditFilter, limit: number, cursor?: string): Promise<AuditPage> {
    return this.page(filter, limit, cursor, this.reader);
  }

  /** All that is known about or by a user, newest first, read as it is asked for. */
  async *historyOf(userId: string): AsyncGenerator<AuditEvent> {
    const rows = inBatches<ListedEvent>(BATCH, (after, most) =>
      this.events.list({ userId }, after?.position ?? null, most),
    );
    for await (const { event } of rows) yield event;
  }

  private async page(
    filter: AuditFilter,
    limit: number,
    cursor?: string,
    reader?: ListReader,
  ): Promise<AuditPage> {
    const { subjectId, userId, action, since, until } = filter;
    const list = ['audit', subjectId, userId, action, since, until];
    const after = cursor === undefined ? null : readCursor(list, cursor, isPosition);
    // One more than asked for tells whether there is a next page.
    const rows = await this.events.list(filter, after, limit + 1, reader);
    const page = rows.slice(0, limit);
    return {
      events: page.map(({ event }) => event),
      nextCursor: rows.length > limit ? cursorAt(list, page.at(-1)!.position) : null,
    };
  }
}

const isPosition = (position: Position): position is AuditPosition => {
  const [time, id, ...more] = position;
  return !!time && isInstant(time) && !!id && isUuid(id) && more.length === 0;
};
