import { ApiProperty } from '@nestjs/swagger';
import { TokenField } from '../common/http/fields';

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
  /** From the callback's `?code=`. */
  @TokenField()
  code: string;
}

export class AuthorizationUrlDto {
  @ApiProperty({ example: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…' })
  authorization_url: string;
}
