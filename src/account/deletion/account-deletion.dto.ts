import { PasswordField } from '../../common/http/fields';

export class DeleteAccountDto {
  @PasswordField({ optional: true })
  password?: string;
}
