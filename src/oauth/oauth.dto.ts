import { ApiProperty } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import { HasLength } from '../common/http/fields';

export class ProviderDto {
  @ApiProperty({ example: 'google' })
  name: string;

  @ApiProperty({ example: 'Google' })
  display_name: string;

  @ApiProperty({
    description: 'where a link or button leads',
    example: 'http://localhost:8000/api/v1/auth/oauth/google',
  })
  start_url: string;
}

export class ProvidersDto {
  @ApiProperty({ type: [ProviderDto] })
  providers: ProviderDto[];
}

export class ExchangeDto {
  @ApiProperty({
    description: 'from `?code=` where the sign-in ended',
    example: 'q3Jc0Zx1b8mYtW2m1m4v8rN6s5xkq2hT9aEpJ0kzNJ3',
    minLength: 1,
    maxLength: 128,
  })
  @IsString({ message: 'must be a string' })
  @HasLength(1, 128)
  code: string;
}

export class AuthorizationUrlDto {
  @ApiProperty({ example: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…' })
  authorization_url: string;
}
