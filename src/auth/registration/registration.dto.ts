import { ApiProperty } from '@nestjs/swagger';
import {
  EmailField,
  NewPasswordField,
  ProfileField,
  UsernameField,
} from '../../common/http/fields';
import { UserDto } from '../../users/user.dto';

export class RegisterDto {
  @UsernameField()
  username: string;

  @EmailField()
  email: string;

  @NewPasswordField()
  password: string;

  @ProfileField(100, 'Ada Lovelace')
  full_name?: string | null;
}

export class RegisteredDto extends UserDto {
  @ApiProperty({ example: 'Account created. Check your e-mail to verify the address.' })
  message: string;
}
