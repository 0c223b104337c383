import { ApiProperty } from '@nestjs/swagger';
import { describeDevice } from './device';
import type { Session } from './session.entity';

export class SessionDto {
  @ApiProperty({ format: 'uuid', example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11' })
  id: string;

  @ApiProperty({ description: 'the one that asks', example: true })
  current: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  created_at: string;

  @ApiProperty({
    description: 'last sign-in or refresh',
    format: 'date-time',
    example: '2026-11-21T09:30:00.000Z',
  })
  last_used_at: string;

  @ApiProperty({ example: '203.0.113.7' })
  ip: string;

  @ApiProperty({ type: String, nullable: true, example: 'Mozilla/5.0 (X11; Linux x86_64) …' })
  user_agent: string | null;

  @ApiProperty({ example: 'Firefox on Linux' })
  device: string;

  @ApiProperty({ example: 'password' })
  method: string;
}

export class SessionsDto {
  @ApiProperty({ example: 1 })
  count: number;

  @ApiProperty({ type: [SessionDto] })
  sessions: SessionDto[];
}

export const toSessionDto = (session: Session, currentId: string): SessionDto => ({
  id: session.id,
  current: session.id === currentId,
  created_at: session.createdAt.toISOString(),
  last_used_at: session.lastUsedAt.toISOString(),
  ip: session.ip,
  user_agent: session.userAgent,
  device: describeDevice(session.userAgent),
  method: session.method,
});
