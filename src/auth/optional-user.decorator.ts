import { Reflector } from '@nestjs/core';

/**
 * On a public route: a Bearer token that is sent must be good, and its user is at hand; so is the
 * user of a good cookie.
 */
export const OptionalUser = Reflector.createDecorator<true>();
