import { ApiProperty } from '@nestjs/swagger';
import type { TokenPair } from './sessions.service';

/** RFC 6749 §5.1. */
export class TokenPairDto {
  @ApiProperty({ example: 'eyJhbGciOiJIUzI1NiIs…' })
  access_token: string;

  @ApiProperty({ example: 'eyJhbGciOiJIUzI1NiIs…' })
  refresh_token: string;

  @ApiProperty({ enum: ['bearer'], example: 'bearer' })
  token_type: 'bearer';

  @ApiProperty({ description: 'seconds that the access token lives', example: 1800 })
  expires_in: number;
}

export const toTokenPairDto = (pair: TokenPair): TokenPairDto => ({
  access_token: pair.accessToken,
  refresh_token: pair.refreshToken,
  token_type: 'bearer',
  expires_in: pair.expiresInSeconds,
});
