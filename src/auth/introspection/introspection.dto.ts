import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Allow, IsOptional, IsString } from 'class-validator';
import { HasLength } from '../../common/http/fields';
import type { LiveToken } from './introspection.service';

/** As much as a resource server may have been sent in a header; longer is no token of ours either. */
const LONGEST_TOKEN = 16_384;
const LONGEST_HINT = 64;

/** RFC 7662 §2.1. */
export class IntrospectionRequestDto {
  @ApiProperty({ example: 'eyJhbGciOiJFUzI1NiIs…', maxLength: LONGEST_TOKEN })
  @IsString({ message: 'must be a string' })
  @HasLength(1, LONGEST_TOKEN)
  token: string;

  @ApiPropertyOptional({
    example: 'access_token',
    maxLength: LONGEST_HINT,
    description: 'taken and not needed: a token says itself which it is',
  })
  @IsOptional()
  @IsString({ message: 'must be a string' })
  @HasLength(0, LONGEST_HINT)
  token_type_hint?: string;

  @ApiPropertyOptional({ description: 'taken and not used' })
  @Allow()
  client_id?: string;
}

/** RFC 7662 §2.2. All but `active` are there only if it is true. */
export class IntrospectionDto {
  @ApiProperty({ example: true })
  active: boolean;

  @ApiPropertyOptional({
    enum: ['bearer', 'refresh_token'],
    example: 'bearer',
    description: '`bearer` for an access token: refuse anything else where one is wanted',
  })
  token_type?: 'bearer' | 'refresh_token';

  @ApiPropertyOptional({
    format: 'uuid',
    description: 'the user',
    example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a11',
  })
  sub?: string;

  @ApiPropertyOptional({
    format: 'uuid',
    description: 'the session',
    example: '0199f0c4-7d2e-7c4a-9c1b-5f2f6b1c8a12',
  })
  sid?: string;

  @ApiPropertyOptional({ format: 'uuid', example: 'a2f7c1de-2f0b-4a53-8c1e-6f1f0c1d9b3a' })
  jti?: string;

  @ApiPropertyOptional({ example: 'https://auth.example.com' })
  iss?: string;

  @ApiPropertyOptional({ example: 'gatehouse' })
  aud?: string;

  @ApiPropertyOptional({ description: 'seconds since 1970', example: 1_795_254_000 })
  exp?: number;

  @ApiPropertyOptional({ description: 'seconds since 1970', example: 1_795_252_200 })
  iat?: number;

  @ApiPropertyOptional({ description: 'as it is now', example: 'ada' })
  username?: string;

  @ApiPropertyOptional({ description: 'as it is now', example: 'user' })
  role?: string;
}

/** RFC 7662 §2.2: of a token that is not good nothing is told, not even why. */
export function toIntrospectionDto(token: LiveToken | null): IntrospectionDto {
  if (!token) return { active: false };
  const { type, issuer, audience, claims, user } = token;
  return {
    active: true,
    token_type: type === 'access' ? 'bearer' : 'refresh_token',
    sub: user.userId,
    sid: user.sessionId,
    jti: claims.jti,
    iss: issuer,
    aud: audience,
    exp: claims.exp,
    iat: claims.iat,
    username: user.account.username,
    role: user.role,
  };
}
