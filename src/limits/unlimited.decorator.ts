import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { RateLimited } from './rate-limit.decorator';

/** Marks, in OpenAPI, a route that never answers 429. */
export const UNLIMITED = 'x-unlimited';

/** Never turned away, however often it is asked: for machines, that would take it for an outage. */
export const Unlimited = () => applyDecorators(RateLimited('none'), ApiExtension(UNLIMITED, true));
