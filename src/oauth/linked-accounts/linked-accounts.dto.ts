import { ApiProperty } from '@nestjs/swagger';

export class LinkedAccountDto {
  @ApiProperty({ example: 'google' })
  provider: string;

  @ApiProperty({ example: 'Google' })
  display_name: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'as the provider told it last',
    example: 'ada@example.com',
  })
  email: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:00:00.000Z' })
  linked_at: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-21T09:05:00.000Z' })
  last_used_at: string;
}

export class LinkedAccountsDto {
  @ApiProperty({ example: 1 })
  count: number;

  @ApiProperty({ description: 'whether a password signs in as well', example: true })
  has_password: boolean;

  @ApiProperty({ type: [LinkedAccountDto] })
  linked_accounts: LinkedAccountDto[];
}
