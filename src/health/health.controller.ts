import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../common/access/public.decorator';
import { Problems } from '../common/http/problems.decorator';
import { Unlimited } from '../limits/unlimited.decorator';
import { type Dependency, HealthService } from './health.service';

class HealthDto {
  @ApiProperty({ enum: ['ok'], example: 'ok' })
  status: 'ok';

  @ApiProperty({
    description: 'what was asked and answered',
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { database: 'up', queue: 'up' },
  })
  checks: Partial<Record<Dependency, 'up'>>;
}

@ApiTags('system')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @ApiOperation({ summary: 'Whether everything the service stands on answers' })
  @ApiOkResponse({ type: HealthDto })
  @Problems('dependency_down')
  all(): Promise<HealthDto> {
    return this.check('database', 'queue');
  }

  @Get('live')
  @Unlimited()
  @ApiOperation({ summary: 'Whether the process answers', description: 'Asks nothing else.' })
  @ApiOkResponse({ type: HealthDto })
  live(): Promise<HealthDto> {
    return this.check();
  }

  @Get('ready')
  @Unlimited()
  @ApiOperation({
    summary: 'Whether requests should be sent here',
    description: 'Asks the database alone: without the queue, mails wait and all else goes on.',
  })
  @ApiOkResponse({ type: HealthDto })
  @Problems('dependency_down', 'shutting_down')
  async ready(): Promise<HealthDto> {
    await this.health.demandReady();
    return { status: 'ok', checks: { database: 'up' } };
  }

  @Get('database')
  @ApiOperation({ summary: 'Whether Postgres answers' })
  @ApiOkResponse({ type: HealthDto })
  @Problems('dependency_down')
  database(): Promise<HealthDto> {
    return this.check('database');
  }

  @Get('queue')
  @ApiOperation({ summary: 'Whether the mail queue answers' })
  @ApiOkResponse({ type: HealthDto })
  @Problems('dependency_down')
  queue(): Promise<HealthDto> {
    return this.check('queue');
  }

  private async check(...dependencies: Dependency[]): Promise<HealthDto> {
    await this.health.demand(...dependencies);
    return { status: 'ok', checks: Object.fromEntries(dependencies.map((name) => [name, 'up'])) };
  }
}
