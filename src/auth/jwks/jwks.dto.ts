import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { RingKey } from '../../tokens/keys/key-ring';

/** RFC 7517 §4, and RFC 7518 §6.2.1 and §6.3.1: the members of a public key, no others. */
export class JwkDto {
  @ApiProperty({ enum: ['RSA', 'EC'], example: 'EC' })
  kty: 'RSA' | 'EC';

  @ApiProperty({ example: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' })
  kid: string;

  @ApiProperty({ enum: ['sig'], example: 'sig' })
  use: 'sig';

  @ApiProperty({ enum: ['RS256', 'ES256'], example: 'ES256' })
  alg: 'RS256' | 'ES256';

  @ApiPropertyOptional({ description: 'of an RSA key: the modulus' })
  n?: string;

  @ApiPropertyOptional({ description: 'of an RSA key: the exponent' })
  e?: string;

  @ApiPropertyOptional({ description: 'of an EC key: the curve', example: 'P-256' })
  crv?: string;

  @ApiPropertyOptional({
    description: 'of an EC key',
    example: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  })
  x?: string;

  @ApiPropertyOptional({
    description: 'of an EC key',
    example: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  })
  y?: string;
}

/** RFC 7517 §5. */
export class JwksDto {
  @ApiProperty({ type: [JwkDto] })
  keys: JwkDto[];
}

export const toJwkDto = ({ kid, algorithm: alg, publicJwk }: RingKey): JwkDto => ({
  ...publicJwk,
  kid,
  use: 'sig',
  alg,
});
