import { EmailField, UsernameField } from '../../common/http/fields';

/** Held to what the API holds a registration to. */
export class NewAdminDto {
  @UsernameField()
  username: string;

  @EmailField()
  email: string;
}
