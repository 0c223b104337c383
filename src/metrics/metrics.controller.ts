import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Header, Headers, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { UnauthenticatedError } from '../common/access/access.errors';
import { Public } from '../common/access/public.decorator';
import { RouteNotFoundError } from '../common/http/http.errors';
import { AppConfig } from '../config/app-config';
import { Unlimited } from '../limits/unlimited.decorator';
import { MetricsService } from './metrics.service';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Open in development; with METRICS_TOKEN only for its bearer; in production not there without. */
@ApiExcludeController()
@Public()
@Unlimited()
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  read(@Headers('authorization') authorization = ''): Promise<string> {
    const { metricsToken, environment } = this.config;
    if (!metricsToken && environment === 'production') throw new RouteNotFoundError();
    if (metricsToken && !timingSafeEqual(sha256(authorization), sha256(`Bearer ${metricsToken}`)))
      throw new UnauthenticatedError();
    return this.metrics.render();
  }
}
