import { TokenField } from '../common/http/fields';

/** The token of a mail link. */
export class LinkTokenDto {
  @TokenField()
  token: string;
}
