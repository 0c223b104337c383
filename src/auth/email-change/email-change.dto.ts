import { EmailField, PasswordField } from '../../common/http/fields';

export class ChangeEmailDto {
  @EmailField()
  new_email: string;

  @PasswordField()
  password: string;
}
