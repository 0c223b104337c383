import { EmailField } from '../../common/http/fields';

export class RequestVerificationDto {
  @EmailField({ optional: true })
  email?: string;
}
