import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, IsIn, IsOptional, ValidateIf } from 'class-validator';
import { LoginNameField, PasswordField, TokenField } from '../../common/http/fields';

export class LoginDto {
  @LoginNameField()
  username: string;

  @PasswordField()
  password: string;
}

const isPassword = ({ grant_type = 'password' }: TokenRequestDto) => grant_type === 'password';
const isRefresh = ({ grant_type }: TokenRequestDto) => grant_type === 'refresh_token';

/** RFC 6749 §4.3.2 and §6. */
export class TokenRequestDto {
  @ApiPropertyOptional({
    enum: ['password', 'refresh_token'],
    default: 'password',
    example: 'password',
  })
  // RFC 6749 §3.2: a parameter without a value counts as left out.
  @Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value))
  @IsOptional()
  @IsIn(['password', 'refresh_token'], { message: 'must be password or refresh_token' })
  grant_type?: 'password' | 'refresh_token';

  @ValidateIf(isPassword)
  @LoginNameField()
  username: string;

  @ValidateIf(isPassword)
  @PasswordField()
  password: string;

  @ValidateIf(isRefresh)
  @TokenField()
  @ApiPropertyOptional({ description: 'with grant_type=refresh_token' })
  refresh_token: string;

  @ApiPropertyOptional({ description: 'taken and not used, as are client_id and client_secret' })
  @Allow()
  scope?: string;

  @Allow()
  client_id?: string;

  @Allow()
  client_secret?: string;
}
