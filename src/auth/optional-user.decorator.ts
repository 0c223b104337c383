import { Reflector } from '@nestjs/core';

/** On a public route: a token that is sent must be good, and its user is at hand. */
export const OptionalUser = Reflector.createDecorator<true>();
