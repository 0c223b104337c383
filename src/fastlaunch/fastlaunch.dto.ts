import { ApiProperty } from '@nestjs/swagger';
import { EmailField, NewPasswordField, TokenField, UsernameField } from '../common/http/fields';

export class FastLaunchUserDto {
  @UsernameField()
  username: string;

  @EmailField()
  email: string;

  @NewPasswordField()
  password: string;
}

export class UserCreatedDto {
  @ApiProperty({ example: 'User created. Check your email to verify.' })
  message: string;
}

export class RefreshTokenDto {
  @TokenField()
  refresh_token: string;
}

export class DetailDto {
  @ApiProperty({ example: 'If the email exists, a reset link has been sent.' })
  detail: string;
}
