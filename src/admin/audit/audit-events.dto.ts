import { ApiProperty } from '@nestjs/swagger';
import { AUDIT_ACTIONS, type AuditAction, type AuditEvent } from '../../audit/audit-event.entity';
import { toWireDetails } from '../../audit/wire-details';
import {
  ChoiceQuery,
  CursorQuery,
  InstantQuery,
  IntegerQuery,
  UuidQuery,
} from '../../common/http/query-fields';

export class ListAuditEventsDto {
  @UuidQuery('whom it happened to, or who did it; of deleted users too')
  user?: string;

  @ChoiceQuery(AUDIT_ACTIONS)
  action?: AuditAction;

  @InstantQuery('from then on')
  since?: Date;

  @InstantQuery('before then')
  until?: Date;

  @IntegerQuery({ least: 1, most: 100, fallback: 50 })
  limit: number = 50;

  @CursorQuery()
  cursor?: string;
}

export class AuditEventDto {
  @ApiProperty({ format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' })
  id: string;

  @ApiProperty({ enum: AUDIT_ACTIONS, example: 'sign_in_succeeded' })
  action: AuditAction;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'who did it; null for nobody known, or the service itself',
    example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  })
  actor_id: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'whom it happened to; null where no account was meant',
    example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  })
  subject_id: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null where no request caused it, and of deleted users',
    example: '203.0.113.7',
  })
  ip: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'as for `ip`',
    example: 'Mozilla/5.0 (X11; Linux x86_64) …',
  })
  user_agent: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'djNdv2VWgI4l-7' })
  request_id: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'what else there is to say of this action; nothing personal',
    example: { method: 'password' },
  })
  details: AuditEvent['details'];

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  created_at: string;
}

export const toAuditEventDto = (event: AuditEvent): AuditEventDto => ({
  id: event.id,
  action: event.action,
  actor_id: event.actorId,
  subject_id: event.subjectId,
  ip: event.ip,
  user_agent: event.userAgent,
  request_id: event.requestId,
  details: toWireDetails(event.details),
  created_at: event.createdAt.toISOString(),
});
