import { NewPasswordField, PasswordField } from '../../common/http/fields';

export class ChangePasswordDto {
  @PasswordField()
  current_password: string;

  @NewPasswordField()
  new_password: string;
}
