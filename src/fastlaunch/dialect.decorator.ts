import { applyDecorators, Controller, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DialectFilter } from './dialect.filter';

/** A controller of `/auth` at the root, whose refusals are in FastLaunch's words. */
export const InDialect = () =>
  applyDecorators(
    ApiTags('fastlaunch'),
    UseFilters(DialectFilter),
    Controller({ path: 'auth', version: VERSION_NEUTRAL }),
  );
