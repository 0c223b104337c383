import { ApiProperty } from '@nestjs/swagger';
import { AUDIT_ACTIONS, type AuditAction, type AuditEvent } from '../../audit/audit-event.entity';
import { toWireDetails } from '../../audit/wire-details';
import { describeDevice } from '../../auth/sessions/device';
import { CursorQuery, IntegerQuery } from '../../common/http/query-fields';
import { seenBy } from '../own-event';

export class ListActivityDto {
  @IntegerQuery({ least: 1, most: 100, fallback: 20 })
  limit: number = 20;

  @CursorQuery()
  cursor?: string;
}

export class ActivityDto {
  @ApiProperty({ format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' })
  id: string;

  @ApiProperty({ enum: AUDIT_ACTIONS, example: 'password_changed' })
  action: AuditAction;

  @ApiProperty({
    description: 'false: an admin or the service did it, or somebody who did not prove to be you',
    example: true,
  })
  by_you: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'null where an admin or the service did it',
    example: '203.0.113.7',
  })
  ip: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({ example: 'Firefox on Linux' })
  device: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { method: 'password' } })
  details: AuditEvent['details'];

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  created_at: string;
}

export const toActivityDto = (userId: string, event: AuditEvent): ActivityDto => {
  const { id, action, actorId, ip, userAgent, details, createdAt } = seenBy(userId, event);
  return {
    id,
    action,
    by_you: actorId === userId,
    ip,
    user_agent: userAgent,
    device: describeDevice(userAgent),
    details: toWireDetails(details),
    created_at: createdAt.toISOString(),
  };
};
