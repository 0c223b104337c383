import { ApiProperty } from '@nestjs/swagger';
import { TokenField } from '../../common/http/fields';

export class LogoutDto {
  @TokenField({ optional: true })
  refresh_token?: string;
}

export class RevokedDto {
  @ApiProperty({ description: 'how many sessions this ended', example: 3 })
  revoked: number;
}
