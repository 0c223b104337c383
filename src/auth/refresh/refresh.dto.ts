import { TokenField } from '../../common/http/fields';

export class RefreshDto {
  @TokenField()
  refresh_token: string;
}
