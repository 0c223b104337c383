import { Body, Controller, Header, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../common/access/public.decorator';
import { type Client, FromClient } from '../../common/http/client';
import { Problems } from '../../common/http/problems.decorator';
import { RefreshService } from '../sessions/refresh.service';
import { TokenPairDto, toTokenPairDto } from '../sessions/token-pair.dto';
import { RefreshDto } from './refresh.dto';

@ApiTags('auth')
@Controller('auth')
export class RefreshController {
  constructor(private readonly refreshes: RefreshService) {}

  @Post('refresh')
  @Public()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Exchange a refresh token for the next pair',
    description: 'Each refresh token works once. One that was replaced long ago ends its session.',
  })
  @ApiOkResponse({ type: TokenPairDto })
  @Problems('invalid_refresh_token', 'refresh_token_reused', 'validation_failed')
  async refresh(@Body() body: RefreshDto, @FromClient() client: Client): Promise<TokenPairDto> {
    return toTokenPairDto(await this.refreshes.refresh(body.refresh_token, client));
  }
}
