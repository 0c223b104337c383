import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Public } from '../common/access/public.decorator';
import { Problems } from '../common/http/problems.decorator';
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
  @ApiOperation({ summary: 'Whether the process answers', description: 'Asks nothing else.' })
  @ApiOkResponse({ type: HealthDto })
  live(): Promise<HealthDto> {
    return this.check();
  }

  @Get('ready')
  @ApiOperation({ summary: 'Whether requests should be sent here' })
  @ApiOkResponse({ type: HealthDto })
  @Problems('dependency_down')
  ready(): Promise<HealthDto> {
    return this.check('database', 'queue');
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
