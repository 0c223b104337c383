import { EmailField, NewPasswordField, TokenField } from '../../common/http/fields';

export class RequestPasswordResetDto {
  @EmailField()
  email: string;
}

export class ConfirmPasswordResetDto {
  @TokenField()
  token: string;

  @NewPasswordField()
  new_password: string;
}
