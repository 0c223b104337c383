import { TokenField } from '../../common/http/fields';

export class RefreshDto {
  /** Left out in cookie mode. */
  @TokenField({ optional: true })
  refresh_token?: string;
}
